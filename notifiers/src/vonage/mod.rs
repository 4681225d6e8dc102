//! SMS by Vonage, formerly Nexmo, and its SMS API. An alert takes two segments at most.
//!
//! Vonage knows no idempotency keys; the notification's key goes along as reference, so that a second message shows as one.

mod payload;
#[cfg(test)]
mod tests;

use monitor_core::Timestamp;
use monitor_core::alerting::Event;
use monitor_core::secret::Secret;
use probes::Outbound;

use crate::destination::{Destination, DestinationKind, Field, Rate};
use crate::fields::{Address, FieldError, Fields};
use crate::http::{Reply, Request};
use crate::message::{Post, Receipt, SendError};
use crate::phone::{Number, Numbers, Sender, TO};

/// Where messages are taken. Source: <https://developer.vonage.com/api/sms>.
const PLATFORM: &str = "https://rest.nexmo.com";

/// What is needed to send text messages.
#[derive(Debug, Clone)]
pub struct Settings {
    to: Numbers,
    from: Sender,
    key: Secret,
    secret: Secret,
    address: Address,
}

impl Destination for Settings {
    const KIND: DestinationKind = DestinationKind {
        name: "vonage",
        summary: "SMS by Vonage, formerly Nexmo",
        fields: &[
            TO,
            Field {
                name: "from",
                help: "your Vonage number, or a sender name of 11 letters and digits at most where the country allows it",
                example: "+447700900987",
                required: true,
                secret: true,
            },
            Field { name: "key", help: "API key", example: "7b3c9e1d", required: true, secret: true },
            Field { name: "secret", help: "API secret", example: "Q9xT4mL7vB2kR8wZ", required: true, secret: true },
            Field {
                name: "url",
                help: "address of a proxy or gateway to send to instead of Vonage",
                example: "https://rest.nexmo.com",
                required: false,
                secret: false,
            },
        ],
        // An account makes 30 requests a second, a long number sends one segment a second.
        // Source: <https://api.support.vonage.com/hc/en-us/articles/203993598>.
        rate: Rate { burst: 10, per_minute: 30 },
        example: "add-destination ops-sms vonage to=+447700900123 from=Watchword key=7b3c9e1d secret=Q9xT4mL7vB2kR8wZ",
    };

    fn read(fields: &Fields<'_>) -> Result<Self, FieldError> {
        Ok(Self {
            to: Numbers::of(fields)?,
            from: Sender::read("from", fields.line("from")?)?,
            key: fields.secret("key")?,
            secret: fields.secret("secret")?,
            address: fields.address("url", Some(PLATFORM))?,
        })
    }

    fn shown(&self) -> Vec<(&'static str, String)> {
        let hidden = || "***".to_owned();
        vec![
            ("to", self.to.to_string()),
            ("from", self.from.to_string()),
            ("key", hidden()),
            ("secret", hidden()),
            ("url", self.address.shown()),
        ]
    }

    /// What is sent to a phone cannot be brought up to date, and rings whatever it says.
    fn wants(&self, event: Event) -> bool {
        event.is_loud()
    }

    async fn send(&self, post: &Post<'_>, outbound: &Outbound, now: Timestamp) -> Result<Receipt, SendError> {
        self.to.each(|number| async move { self.send_to(&number, post, outbound, now).await }).await
    }
}

impl Settings {
    async fn send_to(
        &self,
        number: &Number,
        post: &Post<'_>,
        outbound: &Outbound,
        now: Timestamp,
    ) -> Result<Receipt, SendError> {
        let form = payload::payload(self, post, number);
        let fields = form.each_ref().map(|(name, value)| (*name, value.as_str()));
        let mut request = Request::post(self.address.join(["sms", "json"])).form(&fields).conceal(number.digits());
        if let Sender::Number(from) = &self.from {
            request = request.conceal(from.digits());
        }
        let reply = request.conceal(self.key.expose()).conceal(self.secret.expose()).ask(outbound, now).await?;
        if reply.is_success() { judged(&reply) } else { Err(reply.refused("", now)) }
    }
}

/// Statuses in the body that are worth another try.
const PASSING: [&str; 3] = [
    "1",  // Throttled.
    "5",  // Internal error.
    "10", // Too many connections.
];

/// Statuses in the body, in words. Source: <https://developer.vonage.com/messaging/sms/guides/troubleshooting-sms>.
const STATUSES: [(&str, &str); 17] = [
    ("1", "throttled"),
    ("2", "a parameter is missing"),
    ("3", "a parameter is wrong; check the numbers"),
    ("4", "the key or the secret is wrong"),
    ("5", "internal error"),
    ("6", "the message cannot be sent to this number"),
    ("7", "the number is barred from messages"),
    ("8", "the account is barred"),
    ("9", "the account has no credit left"),
    ("10", "too many connections"),
    ("11", "the account may not use this interface"),
    ("12", "the message is too long"),
    ("14", "the signature is wrong"),
    ("15", "the sender is not allowed"),
    ("22", "the network is not known"),
    ("23", "the callback is wrong"),
    ("29", "a trial account sends to its test numbers only"),
];

/// Vonage answers 200 whatever comes of it, with a status for each segment.
fn judged(reply: &Reply) -> Result<Receipt, SendError> {
    let json = reply.json();
    let messages =
        json.pointer("/messages").and_then(serde_json::Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let text = |message: &serde_json::Value, name: &str| message[name].as_str().unwrap_or_default().to_owned();
    let statuses: Vec<String> = messages.iter().map(|message| text(message, "status")).collect();
    let Some(first) = messages.first() else {
        return Err(SendError::again(reply.why("it does not say what became of the message")));
    };
    // What passes outweighs what does not: the next try tells more.
    let failed = statuses.iter().find(|status| PASSING.contains(&status.as_str()));
    let Some(status) = failed.or_else(|| statuses.iter().find(|status| *status != "0")) else {
        return Ok(reply.receipt(Some(text(first, "message-id")).filter(|id| !id.is_empty())));
    };
    let known = STATUSES.iter().find(|(known, _)| known == status);
    let said =
        messages.iter().find(|message| text(message, "status") == *status).map(|message| text(message, "error-text"));
    let words = known.map(|(_, words)| (*words).to_owned()).or(said).unwrap_or_default();
    let why = reply.why(&format!("status {status}, {words}"));
    Err(if PASSING.contains(&status.as_str()) { SendError::Again { why } } else { SendError::Never { why } })
}
