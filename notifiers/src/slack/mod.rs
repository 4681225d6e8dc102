//! Slack, by an incoming webhook. Source: <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>.
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
        name: "slack",
        summary: "a Slack channel, by an incoming webhook",
        fields: &[Field {
            name: "url",
            help: "the incoming webhook of the channel, as the settings of the Slack app show it under Incoming Webhooks",
            example: "https://hooks.slack.com/services/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",
            required: true,
            secret: true,
        }],
        // One a second, and short bursts. Source: <https://docs.slack.dev/apis/web-api/rate-limits>.
        rate: Rate { burst: 5, per_minute: 60 },
        example: "add-destination ops slack url=https://hooks.slack.com/services/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",
    };

    fn read(fields: &Fields<'_>) -> Result<Self, FieldError> {
        let url = fields.address("url", None)?;
        let slack = url.url().host_str().is_some_and(|host| host == "slack.com" || host.ends_with(".slack.com"));
        if slack && !url.url().path().starts_with("/services/") {
            let why = "is no incoming webhook, which begins with https://hooks.slack.com/services/; make one in the settings \
                       of your Slack app under Incoming Webhooks";
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
        // Source: <https://docs.slack.dev/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks>.
        let advice = match reply.status {
            403 | 404 | 410 => "the webhook or its channel is gone: make a new webhook and give its url",
            _ => "",
        };
        Err(chat::refused(&reply, &reply.text(), None, advice, now))
    }
}
