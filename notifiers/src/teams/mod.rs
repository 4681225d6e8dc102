//! Microsoft Teams, by the webhook of a workflow.
//! Source: <https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using>.
//!
//! A workflow tells no id of its messages, so what nobody has to look up for is not told.

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

/// The webhook of a workflow.
#[derive(Debug, Clone)]
pub struct Settings {
    url: Address,
}

impl Destination for Settings {
    const KIND: DestinationKind = DestinationKind {
        name: "teams",
        summary: "a Microsoft Teams channel or chat, by the webhook of a workflow",
        fields: &[Field {
            name: "url",
            help: "the webhook: in the channel's menu choose Workflows, Send webhook alerts to a channel, and copy the address",
            example: "https://default4f2c.7b.environment.api.powerplatform.com/powerautomate/automations/direct/workflows/\
                      9d41c7e05b3a4f8c/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&\
                      sig=Hk3xV9mQ2tLc7RzYw4BnPj8SdFgUe1Ao",
            required: true,
            secret: true,
        }],
        // 4 a second and 60 in half a minute, for connectors; Microsoft publishes nothing for workflows. Far less in the long
        // run, since every message is a run of a workflow. Source: the page above, Rate limiting for connectors.
        rate: Rate { burst: 4, per_minute: 30 },
        example: "add-destination ops teams \
                  url=https://default4f2c.7b.environment.api.powerplatform.com/powerautomate/automations/direct/workflows/\
                  9d41c7e05b3a4f8c/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&\
                  sig=Hk3xV9mQ2tLc7RzYw4BnPj8SdFgUe1Ao",
    };

    fn read(fields: &Fields<'_>) -> Result<Self, FieldError> {
        let url = fields.address("url", None)?;
        let host = url.url().host_str().unwrap_or_default();
        if host.ends_with(".webhook.office.com") || host == "outlook.office.com" {
            let why = "is the webhook of an Office 365 connector, which Microsoft has retired; choose Workflows in the channel's \
                       menu, then Send webhook alerts to a channel";
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
            401 | 403 | 404 | 410 => "the workflow is gone or switched off: make a new one in Teams and give its url",
            _ => "",
        };
        Err(chat::refused(&reply, &reply.text_at("/error/message"), None, advice, now))
    }
}
