//! Pushover: push messages to the phones of a person or group, which can go on until somebody confirms them.

mod payload;
#[cfg(test)]
mod tests;

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::Stage;
use monitor_core::secret::Secret;
use probes::Outbound;

use crate::destination::{Destination, DestinationKind, Field, Rate};
use crate::fields::{Address, FieldError, Fields};
use crate::http::{Reply, Request};
use crate::message::{Post, Receipt, SendError};

/// Where messages are taken. Source: <https://pushover.net/api>.
const PLATFORM: &str = "https://api.pushover.net";
/// Length of the keys of users, groups and applications. Source: <https://pushover.net/api#identifiers>.
const KEY_LENGTH: usize = 30;
/// Shortest time between two attempts to wake somebody, in seconds. Source: <https://pushover.net/api#priority>.
const MIN_RETRY_S: u64 = 30;
/// Longest time for which it is attempted, in seconds. Source: as above.
const MAX_EXPIRE_S: u64 = 10_800;
/// Longest name of a device. Source: <https://pushover.net/api#identifiers>.
const MAX_DEVICE: usize = 25;

/// What is needed to send to a person or group.
#[derive(Debug, Clone)]
pub struct Settings {
    user: Secret,
    token: Secret,
    /// Goes on until somebody confirms it, when it is critical.
    emergency: Option<Emergency>,
    device: Option<String>,
    address: Address,
}

/// How somebody is woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Emergency {
    /// Time between two attempts, in seconds.
    retry_s: u64,
    /// When it is given up, in seconds.
    expire_s: u64,
}

impl Destination for Settings {
    const KIND: DestinationKind = DestinationKind {
        name: "pushover",
        summary: "Pushover: push messages, and an alarm until somebody confirms what is critical",
        fields: &[
            Field {
                name: "user",
                help: "key of the user or group that is told, 30 letters and digits",
                example: "uQiRzpo4DXghDmr9QzzfQu27cmVRsG",
                required: true,
                secret: true,
            },
            Field {
                name: "token",
                help: "token of the application that you register with Pushover, 30 letters and digits",
                example: "azGDORePK8gMaC0QOYAMyEEuzJnyUi",
                required: true,
                secret: true,
            },
            Field {
                name: "emergency",
                help: "yes: what is critical sounds again and again until somebody confirms it; no by default",
                example: "yes",
                required: false,
                secret: false,
            },
            Field {
                name: "retry",
                help: "time between two sounds of an emergency, 30s at least; 1m by default",
                example: "1m",
                required: false,
                secret: false,
            },
            Field {
                name: "expire",
                help: "when an emergency falls silent though nobody confirmed it, 3h at most; 1h by default",
                example: "1h",
                required: false,
                secret: false,
            },
            Field {
                name: "device",
                help: "name of the only device to send to; all by default",
                example: "phone",
                required: false,
                secret: false,
            },
            Field {
                name: "url",
                help: "address of a proxy or gateway to send to instead of Pushover",
                example: "https://api.pushover.net",
                required: false,
                secret: false,
            },
        ],
        // An application may send 10,000 messages a month, and has to stay at two connections at once.
        // Source: <https://pushover.net/api#limits>, <https://pushover.net/api#friendly>.
        rate: Rate { burst: 10, per_minute: 10 },
        example: "add-destination ops-phone pushover user=uQiRzpo4DXghDmr9QzzfQu27cmVRsG token=azGDORePK8gMaC0QOYAMyEEuzJnyUi emergency=yes",
    };

    fn read(fields: &Fields<'_>) -> Result<Self, FieldError> {
        let device = fields.optional_line("device")?.map(str::to_owned);
        let valid = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        if device.as_deref().is_some_and(|device| device.len() > MAX_DEVICE || !valid(device)) {
            let why = format!("is no name of a device: letters, digits, _ and -, {MAX_DEVICE} of them at most");
            return Err(FieldError::new("device", why));
        }
        Ok(Self {
            user: key(fields, "user")?,
            token: key(fields, "token")?,
            emergency: emergency(fields)?,
            device,
            address: fields.address("url", Some(PLATFORM))?,
        })
    }

    fn shown(&self) -> Vec<(&'static str, String)> {
        let mut shown = vec![("user", "***".to_owned()), ("token", "***".to_owned())];
        if let Some(Emergency { retry_s, expire_s }) = self.emergency {
            let text = |seconds| monitor_core::duration::format(Duration::from_secs(seconds));
            shown.extend([("emergency", "yes".to_owned()), ("retry", text(retry_s)), ("expire", text(expire_s))]);
        }
        shown.extend(self.device.clone().map(|device| ("device", device)));
        shown.push(("url", self.address.shown()));
        shown
    }

    async fn send(&self, post: &Post<'_>, outbound: &Outbound, now: Timestamp) -> Result<Receipt, SendError> {
        self.silence(post, outbound, now).await?;
        let reply = self.call(&["1", "messages.json"], &payload::payload(self, post), outbound, now).await?;
        let id = ["/receipt", "/request"].map(|pointer| reply.text_at(pointer)).into_iter().find(|id| !id.is_empty());
        Ok(reply.receipt(id))
    }
}

impl Settings {
    /// Ends the emergencies of an incident that somebody takes care of or that is over. Before that is told, so that it
    /// is done again should it fail.
    async fn silence(&self, post: &Post<'_>, outbound: &Outbound, now: Timestamp) -> Result<(), SendError> {
        let quiet = post.notification.incident.as_ref().filter(|brief| brief.stage != Stage::Open);
        let Some(brief) = quiet.filter(|_| self.emergency.is_some()) else { return Ok(()) };
        let path = ["1", "receipts", "cancel_by_tag", &format!("{}.json", brief.thread_key())];
        let form = [("token", self.token.expose().to_owned())];
        match self.call(&path, &form, outbound, now).await {
            // What is refused here for good is no reason to keep silent about the rest.
            Ok(_) | Err(SendError::Never { .. }) => Ok(()),
            Err(passing) => Err(passing),
        }
    }

    async fn call(
        &self,
        path: &[&str],
        form: &[(&'static str, String)],
        outbound: &Outbound,
        now: Timestamp,
    ) -> Result<Reply, SendError> {
        let fields: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let request = Request::post(self.address.join(path.iter().copied())).form(&fields);
        let reply = request.conceal(self.user.expose()).conceal(self.token.expose()).ask(outbound, now).await?;
        if reply.is_success() { Ok(reply) } else { Err(reply.refused(&said(&reply), now)) }
    }
}

/// `user identifier is not a valid user, group, or subscribed user key`
fn said(reply: &Reply) -> String {
    let errors = reply.json().pointer("/errors").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
    errors.iter().filter_map(serde_json::Value::as_str).collect::<Vec<_>>().join("; ")
}

fn key(fields: &Fields<'_>, name: &'static str) -> Result<Secret, FieldError> {
    let key = fields.secret(name)?;
    let valid = key.expose().len() == KEY_LENGTH && key.expose().bytes().all(|byte| byte.is_ascii_alphanumeric());
    if valid {
        Ok(key)
    } else {
        Err(FieldError::new(name, "has 30 letters and digits; copy it from pushover.net once more"))
    }
}

fn emergency(fields: &Fields<'_>) -> Result<Option<Emergency>, FieldError> {
    let seconds = |name: &'static str, range: std::ops::RangeInclusive<u64>, default: u64, limit: &str| {
        let Some(text) = fields.text(name) else { return Ok(default) };
        let given = monitor_core::duration::parse(text).map_err(|error| FieldError::new(name, error.to_string()))?;
        let seconds = given.as_secs();
        if range.contains(&seconds) { Ok(seconds) } else { Err(FieldError::new(name, limit)) }
    };
    let expire_s = seconds("expire", MIN_RETRY_S..=MAX_EXPIRE_S, 3_600, "has to be from 30s to 3h")?;
    let retry_s = seconds("retry", MIN_RETRY_S..=MAX_EXPIRE_S, 60, "has to be from 30s to 3h")?;
    Ok(fields.choice("emergency", &[("no", false), ("yes", true)])?.then_some(Emergency { retry_s, expire_s }))
}
