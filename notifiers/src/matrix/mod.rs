//! Matrix, by the client-server API. Source: <https://spec.matrix.org/latest/client-server-api/>.
//!
//! The first message of an incident is brought up to date by what nobody has to look up for; the rest answer it. The
//! idempotency key is the transaction id, so what is sent twice is there once.

mod payload;
#[cfg(test)]
mod tests;

use http::Method;
use monitor_core::Timestamp;
use monitor_core::secret::Secret;
use probes::Outbound;
use serde_json::Value;

use crate::chat::{self, Step};
use crate::destination::{Destination, DestinationKind, Field, Rate};
use crate::fields::{Address, FieldError, Fields};
use crate::http::{Reply, Request};
use crate::message::{Post, Receipt, SendError};

/// A room, and the account that writes to it.
#[derive(Debug, Clone)]
pub struct Settings {
    server: Address,
    token: Secret,
    room: String,
}

impl Destination for Settings {
    const KIND: DestinationKind = DestinationKind {
        name: "matrix",
        summary: "a Matrix room that is not encrypted, by an account of its own",
        fields: &[
            Field {
                name: "url",
                help: "the homeserver",
                example: "https://matrix.shop.example",
                required: true,
                secret: false,
            },
            Field {
                name: "token",
                help: "an access token of the account: in Element under All settings, Help & About",
                example: "syt_d2F0Y2h3b3Jk_kZqXvTnRbYwLcMhPsJdE_3kVf9G",
                required: true,
                secret: true,
            },
            Field {
                name: "room",
                help: "the room's internal id, which begins with an exclamation mark: in Element under Room settings, Advanced; \
                       the account has to be in it",
                example: "!KqWxTzRbNvYcLmPhSd:shop.example",
                required: true,
                secret: false,
            },
        ],
        // As Synapse is set unless it is told otherwise: 10 at once, and one more each 5 seconds.
        // Source: <https://element-hq.github.io/synapse/latest/usage/configuration/config_documentation.html#rc_message>.
        rate: Rate { burst: 10, per_minute: 12 },
        example: "add-destination ops matrix url=https://matrix.shop.example token=syt_d2F0Y2h3b3Jk_kZqXvTnRbYwLcMhPsJdE_3kVf9G \
                  room=!KqWxTzRbNvYcLmPhSd:shop.example",
    };

    fn read(fields: &Fields<'_>) -> Result<Self, FieldError> {
        let room = fields.line("room")?;
        if !room.starts_with('!') || room.len() > 255 || room.contains(char::is_whitespace) {
            let why =
                "is no room id, which begins with an exclamation mark; it is in Element under Room settings, Advanced";
            return Err(FieldError::new("room", why));
        }
        Ok(Self { server: fields.address("url", None)?, token: fields.secret("token")?, room: room.to_owned() })
    }

    fn shown(&self) -> Vec<(&'static str, String)> {
        vec![("url", self.server.shown()), ("token", "***".to_owned()), ("room", self.room.clone())]
    }

    async fn send(&self, post: &Post<'_>, outbound: &Outbound, now: Timestamp) -> Result<Receipt, SendError> {
        let key = &post.notification.key;
        match chat::step(post) {
            Step::Skip => Ok(chat::skipped()),
            Step::Edit(first) => {
                let reply = self.put(key, &payload::edit(first, post), outbound, now).await?;
                Ok(reply.receipt(Some(first.to_owned())))
            }
            Step::Write { first } => {
                let reply = self.put(key, &payload::message(first, post), outbound, now).await?;
                if let Some(first) = first.filter(|_| chat::outdates_first(post.notification.event)) {
                    // It was told. That the first message looks as it did is no reason to tell it again.
                    let edit = payload::edit(first, post);
                    let _edited = self.put(&format!("{key}-first"), &edit, outbound, now).await;
                }
                Ok(reply.receipt(Some(reply.text_at("/event_id")).filter(|id| !id.is_empty())))
            }
        }
    }
}

impl Settings {
    async fn put(
        &self,
        transaction: &str,
        content: &Value,
        outbound: &Outbound,
        now: Timestamp,
    ) -> Result<Reply, SendError> {
        let path = ["_matrix", "client", "v3", "rooms", &self.room, "send", "m.room.message", transaction];
        let request = Request::new(Method::PUT, self.server.join(path)).bearer(&self.token).json(content);
        let reply = request.ask(outbound, now).await?;
        if reply.is_success() { Ok(reply) } else { Err(refused(&reply, now)) }
    }
}

fn refused(reply: &Reply, now: Timestamp) -> SendError {
    let advice = match reply.status {
        401 => "log the account in again and give its new token",
        403 => "let the account into the room, and let it write there",
        404 => "check the address of the homeserver and the room",
        _ => "",
    };
    // Source: <https://spec.matrix.org/latest/client-server-api/#rate-limiting>.
    let seconds = reply.json()["retry_after_ms"].as_f64().map(|milliseconds| milliseconds / 1_000.0);
    chat::refused(reply, &reply.text_at("/error"), seconds, advice, now)
}
