//! WhatsApp by Meta's Cloud API.
//!
//! A business may write first only with a template that Meta approved; free text is taken within 24 hours of the last
//! message that the person wrote. Source:
//! <https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages>.
//!
//! The Cloud API knows no idempotency keys; the notification's key goes along and comes back with the states of the message.

mod errors;
mod payload;
#[cfg(test)]
mod tests;

use monitor_core::Timestamp;
use monitor_core::alerting::Event;
use monitor_core::secret::Secret;
use probes::Outbound;

use crate::destination::{Destination, DestinationKind, Field, Rate};
use crate::fields::{Address, FieldError, Fields};
use crate::http::Request;
use crate::message::{Post, Receipt, SendError};
use crate::phone::{Number, Numbers, TO};

/// Where messages are taken. Source: <https://developers.facebook.com/docs/graph-api/overview>.
const PLATFORM: &str = "https://graph.facebook.com";
/// The version of the Graph API that is spoken unless another is given.
const VERSION: &str = "v23.0";
/// Most parameters that a template can be filled with here: headline, details, organisation, time.
const MAX_PARAMETERS: u32 = 4;
/// Longest name of a template. Source:
/// <https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview>.
const MAX_TEMPLATE_NAME: usize = 512;

/// What is needed to send messages.
#[derive(Debug, Clone)]
pub struct Settings {
    to: Numbers,
    /// The id of the number that it comes from; not the number itself.
    phone: Secret,
    token: Secret,
    message: Message,
    version: String,
    address: Address,
}

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Message {
    /// A template that Meta approved.
    Template {
        name: String,
        language: String,
        /// How many of its places are filled, from the first on.
        parameters: usize,
    },
    /// Free text.
    Text,
}

impl Destination for Settings {
    const KIND: DestinationKind = DestinationKind {
        name: "whatsapp",
        summary: "WhatsApp by Meta's Cloud API, with a template of yours",
        fields: &[
            TO,
            Field {
                name: "phone",
                help: "phone number ID that it comes from: WhatsApp, API Setup; not the number itself",
                example: "106540352242922",
                required: true,
                secret: true,
            },
            Field {
                name: "token",
                help: "access token of a system user with whatsapp_business_messaging, one that does not expire",
                example: "EAAJZBx9T2kQwBO7nV4cYdL1sMhZAq3Rf8GtUe5Wp6XiKo0Dj",
                required: true,
                secret: true,
            },
            Field {
                name: "template",
                help: "name of the template that Meta approved; without one free text is sent, which arrives only within 24 hours of \
                       the person's last message",
                example: "watchword_alert",
                required: false,
                secret: false,
            },
            Field {
                name: "language",
                help: "language of the template; en by default",
                example: "en_US",
                required: false,
                secret: false,
            },
            Field {
                name: "parameters",
                help: "how many places its body has, 0 to 4: {{1}} headline, {{2}} details, {{3}} organisation, {{4}} time; 2 by default",
                example: "2",
                required: false,
                secret: false,
            },
            Field {
                name: "version",
                help: "version of the Graph API; v23.0 by default",
                example: "v23.0",
                required: false,
                secret: false,
            },
            Field {
                name: "url",
                help: "address of a proxy or gateway to send to instead of Meta",
                example: "https://graph.facebook.com",
                required: false,
                secret: false,
            },
        ],
        // One message each six seconds to the same person, with bursts up to 45.
        // Source: <https://developers.facebook.com/docs/whatsapp/cloud-api/overview#pair-rate-limits>.
        rate: Rate { burst: 10, per_minute: 10 },
        example: "add-destination ops-whatsapp whatsapp to=+447700900123 phone=106540352242922 token=EAAJZBx9T2kQwBO7nV4cYdL1sMhZAq3Rf8GtUe5Wp6XiKo0Dj template=watchword_alert",
    };

    fn read(fields: &Fields<'_>) -> Result<Self, FieldError> {
        let phone = fields.line("phone")?;
        if !(5..=20).contains(&phone.len()) || !phone.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(FieldError::new("phone", "is the ID of your number, of digits only; see WhatsApp, API Setup"));
        }
        Ok(Self {
            to: Numbers::of(fields)?,
            phone: Secret::new(phone),
            token: fields.secret("token")?,
            message: message(fields)?,
            version: version(fields)?,
            address: fields.address("url", Some(PLATFORM))?,
        })
    }

    fn shown(&self) -> Vec<(&'static str, String)> {
        let hidden = || "***".to_owned();
        let mut shown = vec![("to", self.to.to_string()), ("phone", hidden()), ("token", hidden())];
        match &self.message {
            Message::Text => {}
            Message::Template { name, language, parameters } => {
                shown.push(("template", name.clone()));
                shown.push(("language", language.clone()));
                shown.push(("parameters", parameters.to_string()));
            }
        }
        shown.extend([("version", self.version.clone()), ("url", self.address.shown())]);
        shown
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
        let url = self.address.join([self.version.as_str(), self.phone.expose(), "messages"]);
        let request = Request::post(url).bearer(&self.token).json(&payload::payload(self, post, number));
        let reply = request.conceal(number.digits()).conceal(self.phone.expose()).ask(outbound, now).await?;
        if !reply.is_success() {
            return Err(errors::refused(&reply, now));
        }
        Ok(reply.receipt(Some(reply.text_at("/messages/0/id")).filter(|id| !id.is_empty())))
    }
}

fn message(fields: &Fields<'_>) -> Result<Message, FieldError> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let Some(name) = fields.optional_line("template")? else { return Ok(Message::Text) };
    if name.len() > MAX_TEMPLATE_NAME || !name.bytes().all(word) {
        return Err(FieldError::new("template", "is no name of a template: lower-case letters, digits and _"));
    }
    let language = fields.optional_line("language")?.unwrap_or("en");
    if !(2..=10).contains(&language.len()) || !language.bytes().all(word) {
        return Err(FieldError::new("language", "is no language of a template; write it like en or pt_BR"));
    }
    let parameters = usize::try_from(fields.number("parameters", 0..=MAX_PARAMETERS, 2)?).unwrap_or_default();
    Ok(Message::Template { name: name.to_owned(), language: language.to_owned(), parameters })
}

fn version(fields: &Fields<'_>) -> Result<String, FieldError> {
    let version = fields.optional_line("version")?.unwrap_or(VERSION);
    let numbers = version.strip_prefix('v').and_then(|rest| rest.split_once('.'));
    let digits = |text: &str| (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    match numbers {
        Some((major, minor)) if digits(major) && digits(minor) => Ok(version.to_owned()),
        _ => Err(FieldError::new("version", "is no version of the Graph API; write it like v23.0")),
    }
}
