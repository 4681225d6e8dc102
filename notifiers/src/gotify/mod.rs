//! Gotify: push messages by a server of one's own. Source: <https://gotify.net/api-docs#/message/createMessage>.

mod payload;

use ::http::HeaderName;
use monitor_core::Timestamp;
use monitor_core::secret::Secret;
use probes::Outbound;

use crate::destination::{Destination, DestinationKind, Field, Rate};
use crate::fields::{Address, FieldError, Fields};
use crate::http::Request;
use crate::message::{Post, Receipt, SendError};

/// An application of a Gotify server.
#[derive(Debug, Clone)]
pub struct Settings {
    server: Address,
    token: Secret,
}

impl Destination for Settings {
    const KIND: DestinationKind = DestinationKind {
        name: "gotify",
        summary: "push messages by a Gotify server of your own",
        fields: &[
            Field {
                name: "url",
                help: "the server, with its path if it has one",
                example: "https://push.shop.example/gotify/",
                required: true,
                secret: false,
            },
            Field {
                name: "token",
                help: "the token of an application, from Apps in its web page",
                example: "AKz7vCk2bQf1T9e",
                required: true,
                secret: true,
            },
        ],
        // Chosen: the server is the owner's own and has no limit.
        rate: Rate { burst: 60, per_minute: 120 },
        example: "add-destination ops-phone gotify url=https://push.shop.example token=AKz7vCk2bQf1T9e",
    };

    fn read(fields: &Fields<'_>) -> Result<Self, FieldError> {
        Ok(Self { server: fields.address("url", None)?, token: fields.secret("token")? })
    }

    fn shown(&self) -> Vec<(&'static str, String)> {
        vec![("url", self.server.shown()), ("token", "***".to_owned())]
    }

    async fn send(&self, post: &Post<'_>, outbound: &Outbound, now: Timestamp) -> Result<Receipt, SendError> {
        let request = Request::post(self.server.join(["message"])).json(&payload::payload(post));
        let reply = request.secret_header(HeaderName::from_static("x-gotify-key"), "", &self.token).ask(outbound, now);
        let reply = reply.await?;
        if !reply.is_success() {
            return Err(reply.refused(&reply.text_at("/errorDescription"), now));
        }
        let id = reply.json().get("id").and_then(serde_json::Value::as_u64);
        Ok(reply.receipt(id.map(|id| id.to_string())))
    }
}
