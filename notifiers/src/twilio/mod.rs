//! SMS by Twilio. An alert takes two segments at most.
//!
//! Twilio knows no idempotency keys: an answer that is lost is followed by a second message.

mod payload;
#[cfg(test)]
mod tests;

use monitor_core::Timestamp;
use monitor_core::alerting::Event;
use monitor_core::secret::Secret;
use probes::Outbound;

use crate::destination::{Destination, DestinationKind, Field, Rate};
use crate::fields::{Address, FieldError, Fields};
use crate::http::{Reply, Request};
use crate::message::{Post, Receipt, SendError};
use crate::phone::{Number, Numbers, Sender, TO};

/// Where messages are taken. Source: <https://www.twilio.com/docs/messaging/api/message-resource>.
const PLATFORM: &str = "https://api.twilio.com";
/// Length of Twilio's identifiers: two letters and 32 hexadecimal digits. Source:
/// <https://www.twilio.com/docs/glossary/what-is-a-sid>.
const SID_LENGTH: usize = 34;

/// What is needed to send text messages.
#[derive(Debug, Clone)]
pub struct Settings {
    to: Numbers,
    from: From,
    account: String,
    /// The account, or an API key of it.
    user: String,
    token: Secret,
    address: Address,
}

/// Who it comes from.
#[derive(Debug, Clone)]
enum From {
    /// A number or a name.
    Sender(Sender),
    /// A messaging service, which chooses.
    Service(String),
}

impl Destination for Settings {
    const KIND: DestinationKind = DestinationKind {
        name: "twilio",
        summary: "SMS by Twilio",
        fields: &[
            TO,
            Field {
                name: "from",
                help: "your Twilio number, a sender name of 11 letters and digits at most, or the SID of a messaging service (MG…)",
                example: "+447700900987",
                required: true,
                secret: true,
            },
            Field {
                name: "account",
                help: "account SID (AC…)",
                example: "AC5e1f7d09b3c84a2690d7f4e8b1a6c352",
                required: true,
                secret: false,
            },
            Field {
                name: "token",
                help: "auth token of the account, or the secret of the API key",
                example: "8d3b0f6a4c2e97515be0c7da91f4238e",
                required: true,
                secret: true,
            },
            Field {
                name: "key",
                help: "SID of an API key (SK…), instead of the account's own token",
                example: "SK27c94f0be3a15d8672f0b4ce91d8a63f",
                required: false,
                secret: false,
            },
            Field {
                name: "url",
                help: "address of a proxy or gateway to send to instead of Twilio",
                example: "https://api.twilio.com",
                required: false,
                secret: false,
            },
        ],
        // A long number sends one segment a second, and what comes faster waits in its queue.
        // Source: <https://help.twilio.com/articles/115002943027>.
        rate: Rate { burst: 10, per_minute: 30 },
        example: "add-destination ops-sms twilio to=+447700900123 from=+447700900987 account=AC5e1f7d09b3c84a2690d7f4e8b1a6c352 token=8d3b0f6a4c2e97515be0c7da91f4238e",
    };

    fn read(fields: &Fields<'_>) -> Result<Self, FieldError> {
        let account = sid("account", fields.line("account")?, "AC")?;
        let user = match fields.optional_line("key")? {
            Some(key) => sid("key", key, "SK")?,
            None => account.clone(),
        };
        let from = match fields.line("from")? {
            from if is_sid(from, "MG") => From::Service(from.to_owned()),
            from => From::Sender(Sender::read("from", from)?),
        };
        Ok(Self {
            to: Numbers::of(fields)?,
            from,
            account,
            user,
            token: fields.secret("token")?,
            address: fields.address("url", Some(PLATFORM))?,
        })
    }

    fn shown(&self) -> Vec<(&'static str, String)> {
        let from = match &self.from {
            From::Sender(sender) => sender.to_string(),
            From::Service(service) => service.clone(),
        };
        let mut shown = vec![("to", self.to.to_string()), ("from", from), ("account", self.account.clone())];
        if self.user != self.account {
            shown.push(("key", self.user.clone()));
        }
        shown.extend([("token", "***".to_owned()), ("url", self.address.shown())]);
        shown
    }

    /// What is sent to a phone cannot be brought up to date, and rings whatever it says.
    fn wants(&self, event: Event) -> bool {
        event.is_loud()
    }

    async fn send(&self, post: &Post<'_>, outbound: &Outbound, now: Timestamp) -> Result<Receipt, SendError> {
        self.to.each(|number| async move { self.send_to(&number, post, outbound, now).await }).await
    }
}

impl Settings {
    async fn send_to(
        &self,
        number: &Number,
        post: &Post<'_>,
        outbound: &Outbound,
        now: Timestamp,
    ) -> Result<Receipt, SendError> {
        let form = payload::payload(self, post, number);
        let fields = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        let url = self.address.join(["2010-04-01", "Accounts", self.account.as_str(), "Messages.json"]);
        let mut request = Request::post(url).basic(&self.user, &self.token).form(&fields).conceal(number.digits());
        if let From::Sender(Sender::Number(from)) = &self.from {
            request = request.conceal(from.digits());
        }
        let reply = request.ask(outbound, now).await?;
        if !reply.is_success() {
            return Err(refused(&reply, now));
        }
        Ok(reply.receipt(Some(reply.text_at("/sid")).filter(|sid| !sid.is_empty())))
    }
}

/// Codes that pass, though the status is 400. Source: <https://www.twilio.com/docs/api/errors>.
const PASSING: [i64; 3] = [
    14_107, // Message rate exceeded.
    20_429, // Too many requests.
    21_611, // The queue of the sender is full.
];

/// What people can do about a code. Source: <https://www.twilio.com/docs/api/errors>.
const ADVICE: [(i64, &str); 8] = [
    (20_003, "the account or its token is wrong"),
    (21_211, "no phone has this number"),
    (21_408, "messages to this country are not allowed; allow it under Messaging, Geo permissions"),
    (21_606, "the sender cannot send text messages to this number"),
    (21_608, "a trial account sends to verified numbers only"),
    (21_610, "the person wrote STOP; they have to write START to your number"),
    (21_612, "this sender cannot reach this number"),
    (21_614, "the number cannot take text messages"),
];

fn refused(reply: &Reply, now: Timestamp) -> SendError {
    let code = reply.json().pointer("/code").and_then(serde_json::Value::as_i64).unwrap_or_default();
    let said = match ADVICE.iter().find(|(known, _)| *known == code) {
        Some((_, advice)) => format!("error {code}, {advice}"),
        None if code == 0 => reply.text_at("/message"),
        None => format!("error {code}, {}", reply.text_at("/message")),
    };
    match reply.refused(&said, now) {
        SendError::Never { why } if PASSING.contains(&code) => SendError::Again { why },
        error => error,
    }
}

fn is_sid(text: &str, prefix: &str) -> bool {
    text.len() == SID_LENGTH && text.starts_with(prefix) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn sid(field: &'static str, text: &str, prefix: &str) -> Result<String, FieldError> {
    let why = || format!("is no such identifier: it begins with {prefix} and has 32 digits and letters behind it");
    if is_sid(text, prefix) { Ok(text.to_owned()) } else { Err(FieldError::new(field, why())) }
}
