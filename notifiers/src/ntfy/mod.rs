//! ntfy, by publishing as JSON. Source: <https://docs.ntfy.sh/publish/#publish-as-json>.

mod payload;

use monitor_core::Timestamp;
use monitor_core::secret::Secret;
use probes::Outbound;

use crate::destination::{Destination, DestinationKind, Field, Rate};
use crate::fields::{Address, FieldError, Fields};
use crate::http::Request;
use crate::message::{Post, Receipt, SendError};

/// A topic of an ntfy server.
#[derive(Debug, Clone)]
pub struct Settings {
    server: Address,
    /// Secret, because whoever knows it can read it and write to it.
    topic: Secret,
    token: Option<Secret>,
}

impl Destination for Settings {
    const KIND: DestinationKind = DestinationKind {
        name: "ntfy",
        summary: "push messages to phones and desktops by ntfy, on ntfy.sh or a server of your own",
        fields: &[
            Field {
                name: "topic",
                help: "the topic that the phones are subscribed to: 1 to 64 letters, digits, _ and -; hard to guess, since \
                       whoever knows it can read it",
                example: "shop-alerts-7f3a91c2",
                required: true,
                secret: true,
            },
            Field {
                name: "url",
                help: "the server; https://ntfy.sh unless it is given",
                example: "https://ntfy.shop.example",
                required: false,
                secret: false,
            },
            Field {
                name: "token",
                help: "an access token, when the topic is protected",
                example: "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2",
                required: false,
                secret: true,
            },
        ],
        // 60 at once, and one more each 5 seconds. Source: <https://docs.ntfy.sh/config/#rate-limiting>.
        rate: Rate { burst: 60, per_minute: 12 },
        example: "add-destination ops-phone ntfy topic=shop-alerts-7f3a91c2",
    };

    fn read(fields: &Fields<'_>) -> Result<Self, FieldError> {
        let topic = fields.line("topic")?;
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if topic.len() > 64 || !topic.bytes().all(valid) {
            return Err(FieldError::new("topic", "has to be 1 to 64 letters, digits, _ and -"));
        }
        Ok(Self {
            server: fields.address("url", Some("https://ntfy.sh"))?,
            topic: Secret::new(topic),
            token: fields.optional_secret("token")?,
        })
    }

    fn shown(&self) -> Vec<(&'static str, String)> {
        let mut shown = vec![("url", self.server.shown()), ("topic", "***".to_owned())];
        shown.extend(self.token.as_ref().map(|_| ("token", "***".to_owned())));
        shown
    }

    async fn send(&self, post: &Post<'_>, outbound: &Outbound, now: Timestamp) -> Result<Receipt, SendError> {
        let payload = payload::payload(self, post);
        let mut request = Request::post(self.server.url().clone()).json(&payload).conceal(self.topic.expose());
        if let Some(token) = &self.token {
            request = request.bearer(token);
        }
        let reply = request.ask(outbound, now).await?;
        if !reply.is_success() {
            return Err(reply.refused(&reply.text_at("/error"), now));
        }
        Ok(reply.receipt(Some(reply.text_at("/id")).filter(|id| !id.is_empty())))
    }
}
