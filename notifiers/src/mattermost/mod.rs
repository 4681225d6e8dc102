//! Mattermost, by an incoming webhook. Source: <https://developers.mattermost.com/integrate/webhooks/incoming>.
//!
//! A webhook tells no id of its messages, so what nobody has to look up for is not told.

mod payload;
#[cfg(test)]
mod tests;

use monitor_core::Timestamp;
use monitor_core::alerting::Event;
use probes::Outbound;

use crate::chat;
use crate::destination::{Destination, DestinationKind, Field, Rate};
use crate::fields::{Address, FieldError, Fields};
use crate::http::Request;
use crate::message::{Post, Receipt, SendError};

/// The webhook of a channel.
#[derive(Debug, Clone)]
pub struct Settings {
    url: Address,
}

impl Destination for Settings {
    const KIND: DestinationKind = DestinationKind {
        name: "mattermost",
        summary: "a Mattermost channel, by an incoming webhook",
        fields: &[Field {
            name: "url",
            help: "the webhook: Integrations, Incoming Webhooks, Add Incoming Webhook",
            example: "https://chat.shop.example/hooks/k7xw3zq9tbnp5yfjrm8dsc1hae",
            required: true,
            secret: true,
        }],
        // Servers that limit at all take 10 a second and 100 at once unless they are told otherwise; less is polite.
        // Source: <https://docs.mattermost.com/configure/environment-configuration-settings.html#rate-limiting>.
        rate: Rate { burst: 20, per_minute: 120 },
        example: "add-destination ops mattermost url=https://chat.shop.example/hooks/k7xw3zq9tbnp5yfjrm8dsc1hae",
    };

    fn read(fields: &Fields<'_>) -> Result<Self, FieldError> {
        let url = fields.address("url", None)?;
        if !url.url().path().contains("/hooks/") {
            let why = "is no incoming webhook, which has /hooks/ in it; make one under Integrations, Incoming Webhooks";
            return Err(FieldError::new("url", why));
        }
        Ok(Self { url })
    }

    fn shown(&self) -> Vec<(&'static str, String)> {
        vec![("url", self.url.shown())]
    }

    fn wants(&self, event: Event) -> bool {
        event.is_loud()
    }

    async fn send(&self, post: &Post<'_>, outbound: &Outbound, now: Timestamp) -> Result<Receipt, SendError> {
        let request = Request::post(self.url.url().clone()).json(&payload::payload(post));
        let reply = request.ask(outbound, now).await?;
        if reply.is_success() {
            return Ok(reply.receipt(None));
        }
        let advice = match reply.status {
            // A webhook that is not there is answered with 400.
            400 | 401 | 403 | 404 => "check that the webhook, its channel and its owner are still there",
            501 => "incoming webhooks are switched off: let an administrator switch them on",
            _ => "",
        };
        Err(chat::refused(&reply, &reply.text_at("/message"), None, advice, now))
    }
}
