use monitor_core::alerting::IncidentBrief;
use serde::Serialize;

use super::{Message, Settings};
use crate::escape::cut_chars;
use crate::message::Post;
use crate::phone::Number;
use crate::{sms, words};

/// Longest body of a template with all its places filled, in characters. Source:
/// <https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/components>.
const MAX_TEMPLATE_BODY: usize = 1_024;
/// Longest values of the places, in characters; what they leave of the body is for the words of the template.
const MAX_PARAMETERS: [usize; 4] = [250, 500, 60, 40];
const _: () = {
    let [headline, details, organisation, time] = MAX_PARAMETERS;
    assert!(headline + details + organisation + time < MAX_TEMPLATE_BODY, "some room is left for the template's words");
};
/// Longest free text, in characters. Source:
/// <https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/text-messages>.
pub(super) const MAX_TEXT: usize = 4_096;
/// Longest reference that comes back with the states of a message, in characters. Source:
/// <https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages>.
pub(super) const MAX_REFERENCE: usize = 512;

/// What WhatsApp is sent for one number. Source:
/// <https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/template-messages>.
#[derive(Debug, Serialize)]
pub(super) struct Payload {
    messaging_product: &'static str,
    recipient_type: &'static str,
    to: String,
    biz_opaque_callback_data: String,
    #[serde(flatten)]
    content: Content,
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Content {
    Template { template: Template },
    Text { text: Text },
}

#[derive(Debug, Serialize)]
struct Template {
    name: String,
    language: Language,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    components: Vec<Component>,
}

#[derive(Debug, Serialize)]
struct Language {
    code: String,
}

#[derive(Debug, Serialize)]
struct Component {
    r#type: &'static str,
    parameters: Vec<Parameter>,
}

#[derive(Debug, Serialize)]
struct Parameter {
    r#type: &'static str,
    text: String,
}

#[derive(Debug, Serialize)]
struct Text {
    preview_url: bool,
    body: String,
}

pub(super) fn payload(settings: &Settings, post: &Post<'_>, to: &Number) -> Payload {
    Payload {
        messaging_product: "whatsapp",
        recipient_type: "individual",
        to: to.e164(),
        biz_opaque_callback_data: cut_chars(&post.notification.key, MAX_REFERENCE),
        content: match &settings.message {
            Message::Template { name, language, parameters } => Content::Template {
                template: Template {
                    name: name.clone(),
                    language: Language { code: language.clone() },
                    components: components(post, *parameters),
                },
            },
            Message::Text => {
                let body = format!("{}\n{}", words::title(post.notification), words::body(post));
                Content::Text { text: Text { preview_url: false, body: cut_chars(&body, MAX_TEXT) } }
            }
        },
    }
}

fn components(post: &Post<'_>, count: usize) -> Vec<Component> {
    let parameters: Vec<Parameter> = values(post)
        .iter()
        .zip(MAX_PARAMETERS)
        .take(count)
        .map(|(value, limit)| Parameter { r#type: "text", text: place(value, limit) })
        .collect();
    if parameters.is_empty() { Vec::new() } else { vec![Component { r#type: "body", parameters }] }
}

/// Headline, details, organisation, time.
fn values(post: &Post<'_>) -> [String; 4] {
    let about = |brief: &IncidentBrief| format!("{}, #{}", brief.severity.as_str(), brief.id);
    let about = post.notification.incident.as_ref().map(about);
    let details: Vec<String> = about.into_iter().chain([sms::details(post)]).filter(|part| !part.is_empty()).collect();
    let organisation = post.organisation.to_owned();
    [words::title(post.notification), details.join(": "), organisation, post.notification.at.to_minute()]
}

/// A value may hold no line breaks, tabs or more than four spaces in a row, and may not be empty. Source: error 132018 of
/// <https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes>.
fn place(value: &str, limit: usize) -> String {
    match cut_chars(&sms::one_line(value), limit) {
        empty if empty.is_empty() => "-".to_owned(),
        value => value,
    }
}
