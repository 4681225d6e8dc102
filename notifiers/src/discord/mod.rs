//! Discord, by the webhook of a channel.
//! Source: <https://docs.discord.com/developers/resources/webhook#execute-webhook>.
//!
//! The first message of an incident is brought up to date by what nobody has to look up for; a webhook cannot answer
//! messages, so the rest become messages of their own.

mod payload;
#[cfg(test)]
mod tests;

use http::Method;
use monitor_core::Timestamp;
use probes::Outbound;
use url::Url;

use crate::chat::{self, Step};
use crate::destination::{Destination, DestinationKind, Field, Rate};
use crate::fields::{Address, FieldError, Fields};
use crate::http::{Reply, Request};
use crate::message::{Post, Receipt, SendError};

/// The version of the API that is spoken, in which `retry_after` is in seconds. Without one in the address Discord takes an
/// older one, in which it is in milliseconds. Source: <https://github.com/discord/discord-api-docs/issues/4722>.
const VERSION: &str = "v10";

/// `Unknown Message`. Source: <https://docs.discord.com/developers/topics/opcodes-and-status-codes#json>.
const UNKNOWN_MESSAGE: u64 = 10_008;

/// The webhook of a channel.
#[derive(Debug, Clone)]
pub struct Settings {
    url: Address,
}

impl Destination for Settings {
    const KIND: DestinationKind = DestinationKind {
        name: "discord",
        summary: "a Discord channel, by a webhook",
        fields: &[Field {
            name: "url",
            help: "the webhook: Edit Channel, Integrations, Webhooks, Copy Webhook URL; with ?thread_id= for a thread",
            example: "https://discord.com/api/webhooks/1098765432109876543/Qm7vXk2_ZtR9wLcN4sYbHj8pGdFaEu-K3oTiMx6",
            required: true,
            secret: true,
        }],
        // 5 in 2 seconds for a webhook, 30 in a minute for its channel. Discord does not publish them but says them in
        // `X-RateLimit-*`; whoever is over is told how long to wait.
        // Source: <https://docs.discord.com/developers/topics/rate-limits>.
        rate: Rate { burst: 5, per_minute: 30 },
        example: "add-destination ops discord \
                  url=https://discord.com/api/webhooks/1098765432109876543/Qm7vXk2_ZtR9wLcN4sYbHj8pGdFaEu-K3oTiMx6",
    };

    fn read(fields: &Fields<'_>) -> Result<Self, FieldError> {
        let url = fields.address("url", None)?;
        let segments: Vec<&str> = url.url().path().trim_end_matches('/').split('/').collect();
        match segments.iter().rposition(|segment| *segment == "webhooks").map(|at| &segments[at + 1..]) {
            Some([id, token]) if id.parse::<u64>().is_ok() && is_token(token) => Ok(Self { url }),
            Some([_, _, _]) => {
                Err(FieldError::new("url", "leave out what follows the token, such as /slack or /github"))
            }
            _ => {
                let why =
                    "is no webhook; copy it in Discord under Edit Channel, Integrations, Webhooks, Copy Webhook URL";
                Err(FieldError::new("url", why))
            }
        }
    }

    fn shown(&self) -> Vec<(&'static str, String)> {
        vec![("url", self.url.shown())]
    }

    async fn send(&self, post: &Post<'_>, outbound: &Outbound, now: Timestamp) -> Result<Receipt, SendError> {
        match chat::step(post) {
            Step::Skip => Ok(chat::skipped()),
            Step::Edit(first) => self.edit(first, post, outbound, now).await,
            Step::Write { first } => {
                let reply = Request::post(self.endpoint(None)).json(&payload::payload(post)).ask(outbound, now).await?;
                if !reply.is_success() {
                    return Err(refused(&reply, now));
                }
                if let Some(first) = first.filter(|_| chat::outdates_first(post.notification.event)) {
                    // It was told. That the first message looks as it did is no reason to tell it again.
                    let _edited = self.edit(first, post, outbound, now).await;
                }
                Ok(reply.receipt(Some(reply.text_at("/id")).filter(|id| !id.is_empty())))
            }
        }
    }
}

impl Settings {
    async fn edit(
        &self,
        first: &str,
        post: &Post<'_>,
        outbound: &Outbound,
        now: Timestamp,
    ) -> Result<Receipt, SendError> {
        let request = Request::new(Method::PATCH, self.endpoint(Some(first))).json(&payload::payload(post));
        let reply = request.ask(outbound, now).await?;
        if reply.is_success() {
            return Ok(reply.receipt(Some(first.to_owned())));
        }
        let unknown = reply.status == 404 && reply.json()["code"] == UNKNOWN_MESSAGE;
        if unknown { Ok(chat::gone(first)) } else { Err(refused(&reply, now)) }
    }

    /// Where messages are made, or one of them is changed.
    fn endpoint(&self, message: Option<&str>) -> Url {
        let mut url = self.url.url().clone();
        let mut segments: Vec<&str> = self.url.url().path().trim_matches('/').split('/').collect();
        if let Some(at) = segments.iter().rposition(|segment| *segment == "webhooks") {
            let versioned =
                at > 0 && segments[at - 1].strip_prefix('v').is_some_and(|number| number.parse::<u8>().is_ok());
            segments.splice(at - usize::from(versioned)..at, [VERSION]);
        }
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().extend(segments);
            path.extend(message.iter().flat_map(|id| ["messages", *id]));
        }
        let thread = self.url.url().query_pairs().find(|(name, _)| name == "thread_id").map(|(_, id)| id.into_owned());
        url.set_query(None);
        if let Some(thread) = thread {
            url.query_pairs_mut().append_pair("thread_id", &thread);
        }
        if message.is_none() {
            // Without it Discord does not tell the id.
            url.query_pairs_mut().append_pair("wait", "true");
        }
        url
    }
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

fn refused(reply: &Reply, now: Timestamp) -> SendError {
    let advice = match reply.status {
        401 | 403 | 404 => "the webhook is gone: make a new one in Discord and give its url",
        _ => "",
    };
    let seconds = reply.json()["retry_after"].as_f64();
    chat::refused(reply, &reply.text_at("/message"), seconds, advice, now)
}
