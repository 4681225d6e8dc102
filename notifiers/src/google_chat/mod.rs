//! Google Chat, by the webhook of a space. Source: <https://developers.google.com/workspace/chat/quickstart/webhooks>.
//!
//! All that is told of an incident is in one thread. A webhook cannot change its messages, so what nobody has to look up
//! for is not told.

mod payload;
#[cfg(test)]
mod tests;

use monitor_core::Timestamp;
use monitor_core::alerting::Event;
use probes::Outbound;
use url::Url;

use crate::chat;
use crate::destination::{Destination, DestinationKind, Field, Rate};
use crate::fields::{Address, FieldError, Fields};
use crate::http::Request;
use crate::message::{Post, Receipt, SendError};

/// The webhook of a space.
#[derive(Debug, Clone)]
pub struct Settings {
    url: Address,
}

impl Destination for Settings {
    const KIND: DestinationKind = DestinationKind {
        name: "google-chat",
        summary: "a Google Chat space, by a webhook",
        fields: &[Field {
            name: "url",
            help: "the webhook: in the space's menu choose Apps & integrations, Webhooks, and copy the link",
            example: "https://chat.googleapis.com/v1/spaces/AAQA7xWk2Zc/messages?key=AIzaSyD3kQ9vR7tLm2XwZ&\
                      token=Yb5nTjH8sPgFcUe1ArVz6KdMq4Lx",
            required: true,
            secret: true,
        }],
        // 60 messages a minute in a space, shared by all that write there.
        // Source: <https://developers.google.com/workspace/chat/limits>.
        rate: Rate { burst: 1, per_minute: 60 },
        example: "add-destination ops google-chat \
                  url=https://chat.googleapis.com/v1/spaces/AAQA7xWk2Zc/messages?key=AIzaSyD3kQ9vR7tLm2XwZ&\
                  token=Yb5nTjH8sPgFcUe1ArVz6KdMq4Lx",
    };

    fn read(fields: &Fields<'_>) -> Result<Self, FieldError> {
        let url = fields.address("url", None)?;
        let given = |wanted: &str| url.url().query_pairs().any(|(name, value)| name == wanted && !value.is_empty());
        if !url.url().path().ends_with("/messages") || !given("key") || !given("token") {
            let why = "is no webhook, which ends in a key and a token; copy the whole of it in the space's menu under Apps & \
                       integrations, Webhooks";
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
        let request = Request::post(self.endpoint(&post.notification.key)).json(&payload::payload(post));
        let reply = request.ask(outbound, now).await?;
        if reply.is_success() {
            return Ok(reply.receipt(Some(reply.text_at("/name")).filter(|name| !name.is_empty())));
        }
        let advice = match reply.status {
            400 | 401 | 403 | 404 => "if the webhook or its space is gone, make a new one and give its url",
            _ => "",
        };
        Err(chat::refused(&reply, &reply.text_at("/error/message"), None, advice, now))
    }
}

impl Settings {
    /// What is asked twice with the same id is done once.
    /// Source: <https://developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages/create#query-parameters>.
    fn endpoint(&self, key: &str) -> Url {
        let mut url = self.url.url().clone();
        url.query_pairs_mut()
            .append_pair("messageReplyOption", "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD")
            .append_pair("requestId", key);
        url
    }
}
