//! A request to any address, signed.

mod payload;
mod template;
#[cfg(test)]
mod tests;

use ::http::{HeaderName, HeaderValue, Method};
use hmac::{Hmac, KeyInit, Mac};
use monitor_core::Timestamp;
use monitor_core::secret::Secret;
use probes::Outbound;
use sha2::Sha256;

use self::template::Template;
use crate::destination::{Destination, DestinationKind, Field, Rate};
use crate::fields::{Address, FieldError, Fields};
use crate::http::Request;
use crate::message::{Post, Receipt, SendError};

/// Most headers of the owner's.
const MAX_HEADERS: usize = 20;

/// Where a webhook goes and how.
#[derive(Debug, Clone)]
pub struct Settings {
    url: Address,
    method: Method,
    body: Template,
    headers: Vec<(HeaderName, Secret)>,
    /// The key of the signature.
    secret: Option<Secret>,
}

impl Destination for Settings {
    const KIND: DestinationKind = DestinationKind {
        name: "webhook",
        summary: "a JSON request to any address, as you lay it out, signed so that its receiver knows who sent it",
        fields: &[
            Field {
                name: "url",
                help: "where the request goes; user:password@ before the host logs in",
                example: "https://hooks.shop.example/watchword/8f14e45fceea167a",
                required: true,
                secret: true,
            },
            Field {
                name: "secret",
                help: "the key of the signature X-Watchword-Signature: t=SECONDS,v1=HEX, where HEX is the HMAC-SHA256 of \
                       `SECONDS.BODY`; not signed unless it is given",
                example: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZI",
                required: false,
                secret: true,
            },
            Field {
                name: "method",
                help: "POST, PUT or PATCH; POST unless it is given",
                example: "POST",
                required: false,
                secret: false,
            },
            Field {
                name: "headers",
                help: "headers that are sent as well, each `Name: value`, with | or a line's end between them",
                example: "X-Api-Key: 5ebe2294ecd0e0f0 | X-Team: web",
                required: false,
                secret: true,
            },
            Field {
                name: "body",
                help: "the JSON that is sent, an object of key, event, at, organisation, title, text and incident unless it is given. \
                       {{placeholders}} stand within its texts; one that stands alone in a text becomes \
                       the value itself, so that numbers stay numbers. It is shown to others: keys belong into `headers`. They are key, event, at, organisation, title, text, \
                       summary, severity, stage, colour, incident, incident_id, incident_title, opened_at, \
                       acknowledged_at, acknowledged_by, resolved_at, reason, why, members, member_count and failing_count",
                example: r#"{"alert": "{{title}}", "level": "{{severity}}", "failing": "{{failing_count}}"}"#,
                required: false,
                secret: false,
            },
        ],
        // Chosen: the receiver is the owner's own.
        rate: Rate { burst: 60, per_minute: 120 },
        example: "add-destination pager webhook url=https://hooks.shop.example/watchword/8f14e45fceea167a \
                  secret=whsec_MfKQ9r8GKYqrTwjUPD8ILPZI",
    };

    fn read(fields: &Fields<'_>) -> Result<Self, FieldError> {
        let methods = [("POST", 0), ("PUT", 1), ("PATCH", 2)];
        let method = [Method::POST, Method::PUT, Method::PATCH][fields.choice("method", &methods)?].clone();
        let body = Template::read(fields.text("body").unwrap_or(payload::DEFAULT_BODY), payload::PLACEHOLDERS);
        Ok(Self {
            url: fields.address("url", None)?,
            method,
            body: body.map_err(|why| FieldError::new("body", why))?,
            headers: headers(fields.text("headers").unwrap_or_default())?,
            secret: fields.optional_line("secret")?.map(Secret::new),
        })
    }

    fn shown(&self) -> Vec<(&'static str, String)> {
        let mut shown = vec![("url", self.url.shown()), ("method", self.method.to_string())];
        shown.extend(self.secret.as_ref().map(|_| ("secret", "***".to_owned())));
        let names: Vec<String> = self.headers.iter().map(|(name, _)| format!("{name}: ***")).collect();
        shown.extend((!names.is_empty()).then(|| ("headers", names.join(" | "))));
        shown.push(("body", self.body.to_string()));
        shown
    }

    async fn send(&self, post: &Post<'_>, outbound: &Outbound, now: Timestamp) -> Result<Receipt, SendError> {
        let body = self.body.fill(&payload::values(post)).to_string();
        let reply = self.request(&post.notification.key, body, now).send(outbound, now).await?;
        Ok(reply.receipt(None))
    }
}

impl Settings {
    fn request(&self, key: &str, body: String, now: Timestamp) -> Request {
        let seconds = now.as_millis().div_euclid(1_000);
        let signature = self.secret.as_ref().map(|secret| sign(secret, seconds, &body));
        let mut request = Request::new(self.method.clone(), self.url.url().clone()).body("application/json", body);
        for (name, value) in &self.headers {
            request = request.secret_header(name.clone(), "", value);
        }
        request = request
            .header(HeaderName::from_static("idempotency-key"), key)
            .header(HeaderName::from_static("x-watchword-timestamp"), &seconds.to_string());
        match signature {
            Some(signature) => request.header(HeaderName::from_static("x-watchword-signature"), &signature),
            None => request,
        }
    }
}

/// `t=1772359200,v1=5257a8…`: the time is signed as well, so that a receiver can refuse what is old.
fn sign(secret: &Secret, seconds: i64, body: &str) -> String {
    // It takes keys of any length.
    let Ok(mut hmac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else { return String::new() };
    hmac.update(format!("{seconds}.{body}").as_bytes());
    let digest = hmac.finalize().into_bytes();
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={hex}")
}

/// Reads `Name: value | Name: value`.
fn headers(text: &str) -> Result<Vec<(HeaderName, Secret)>, FieldError> {
    let lines = text.split(['\n', '|']).map(str::trim).filter(|line| !line.is_empty());
    let headers: Vec<_> = lines.map(header).collect::<Result<_, _>>()?;
    if headers.len() > MAX_HEADERS {
        return Err(FieldError::new("headers", format!("may be {MAX_HEADERS} at most")));
    }
    Ok(headers)
}

fn header(line: &str) -> Result<(HeaderName, Secret), FieldError> {
    let wrong = |why: &str| FieldError::new("headers", why);
    let (name, value) = line.split_once(':').ok_or_else(|| wrong("have to be like `Name: value`"))?;
    let name: HeaderName = name.trim().parse().map_err(|_| wrong("have names of letters, digits and - only"))?;
    // What says how the request is written, and what we say ourselves.
    let ours = ["host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "idempotency-key"];
    if ours.contains(&name.as_str()) || name.as_str().starts_with("x-watchword-") {
        return Err(wrong("hold one that Watchword sets itself; leave it out"));
    }
    let value = value.trim();
    HeaderValue::from_str(value).map_err(|_| wrong("have values of one line without control characters"))?;
    Ok((name, Secret::new(value)))
}
