//! Apprise, by its HTTP API server: more than a hundred services beside those that Watchword knows itself.
//! Source: <https://github.com/caronc/apprise-api#api-details>.

mod payload;
#[cfg(test)]
mod tests;

use ::http::header::ACCEPT;
use monitor_core::Timestamp;
use monitor_core::secret::Secret;
use probes::Outbound;

use crate::destination::{Destination, DestinationKind, Field, Rate};
use crate::fields::{Address, FieldError, Fields};
use crate::http::{Reply, Request};
use crate::message::{Post, Receipt, SendError};

/// Longest key of a configuration. Source: <https://github.com/caronc/apprise-api#persistent-storage-solution>.
const MAX_KEY: usize = 128;

/// An Apprise server and whom it tells.
#[derive(Debug, Clone)]
pub struct Settings {
    server: Address,
    to: To,
    tag: Option<String>,
}

/// Whom it tells.
#[derive(Debug, Clone)]
enum To {
    /// Those of a configuration that the server keeps.
    Key(Secret),
    /// These services.
    Services(Secret),
}

impl Destination for Settings {
    const KIND: DestinationKind = DestinationKind {
        name: "apprise",
        summary: "a hundred more services by an Apprise API server of your own",
        fields: &[
            Field {
                name: "url",
                help: "the Apprise API server; user:password@ before the host logs in",
                example: "http://apprise.shop.example:8000",
                required: true,
                secret: false,
            },
            Field {
                name: "to",
                help: "the key of a configuration that the server keeps, or addresses of services as Apprise writes them, with \
                       commas between them",
                example: "tgram://110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/-1001234567",
                required: true,
                secret: true,
            },
            Field {
                name: "tag",
                help: "which services of the configuration are told; all without a tag unless it is given",
                example: "ops",
                required: false,
                secret: false,
            },
        ],
        // Chosen: the server is the owner's own, and what is behind it has limits that it does not tell.
        rate: Rate { burst: 10, per_minute: 60 },
        example: "add-destination ops-all apprise url=http://apprise.shop.example:8000 to=ops-3fdb1c tag=ops",
    };

    fn read(fields: &Fields<'_>) -> Result<Self, FieldError> {
        let to = fields.line("to")?;
        let key = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let to = if to.contains("://") {
            To::Services(Secret::new(to))
        } else if to.len() <= MAX_KEY && to.bytes().all(key) {
            To::Key(Secret::new(to))
        } else {
            let why = "has to be addresses like mailto://…, or a key of 1 to 128 letters, digits, _ and -";
            return Err(FieldError::new("to", why));
        };
        let tag = fields.optional_line("tag")?.map(str::to_owned);
        Ok(Self { server: fields.address("url", None)?, to, tag })
    }

    fn shown(&self) -> Vec<(&'static str, String)> {
        let to = match &self.to {
            To::Key(_) => "***".to_owned(),
            To::Services(services) => masked(services.expose()),
        };
        let mut shown = vec![("url", self.server.shown()), ("to", to)];
        shown.extend(self.tag.clone().map(|tag| ("tag", tag)));
        shown
    }

    async fn send(&self, post: &Post<'_>, outbound: &Outbound, now: Timestamp) -> Result<Receipt, SendError> {
        let url = match &self.to {
            To::Key(key) => self.server.join(["notify", key.expose()]),
            To::Services(_) => self.server.join(["notify"]),
        };
        let mut request = Request::post(url).json(&payload::payload(self, post)).header(ACCEPT, "application/json");
        let (To::Key(secret) | To::Services(secret)) = &self.to;
        for part in secret.expose().split([',', ' ', '/', '@']).filter(|part| part.len() >= 5).chain([secret.expose()]) {
            request = request.conceal(part);
        }
        judged(request.ask(outbound, now).await?, now)
    }
}

/// What the server's answer means. It says 204 when there is nobody to tell, and 424 when somebody could not be told.
/// Source: <https://github.com/caronc/apprise-api#api-details>.
fn judged(reply: Reply, now: Timestamp) -> Result<Receipt, SendError> {
    match reply.status {
        204 => Err(SendError::never(reply.why("the Apprise server knows no service to tell; check `to` and `tag`"))),
        424 => Err(SendError::again(reply.why("Apprise could not tell one or more of its services; its log says why"))),
        _ if reply.is_success() => Ok(reply.receipt(None)),
        _ => Err(reply.refused(&reply.text_at("/error"), now)),
    }
}

/// `tgram://…, mailto://…`.
fn masked(services: &str) -> String {
    let schemes = services.split([',', ' ']).filter_map(|service| service.split_once("://"));
    schemes.map(|(scheme, _)| format!("{}://…", scheme.trim())).collect::<Vec<_>>().join(", ")
}
