use monitor_core::alerting::{IncidentBrief, Severity};
use serde::Serialize;

use super::Settings;
use crate::chat::{utf16, without_mentions};
use crate::escape::cut;
use crate::message::Post;
use crate::words;

/// Longest text of a message. Source: <https://core.telegram.org/bots/api#sendmessage>. Counted in UTF-16 units like the
/// offsets of entities, of which there are never fewer than characters.
const MAX_TEXT: usize = 4_096;

/// Longest title, line of a member and fact. With all of them more than a thousand units are left for the text.
const MAX_TITLE: usize = 256;
const MAX_LINE: usize = 120;

/// What `sendMessage` and `editMessageText` take. The text is formatted by entities instead of markup, so nothing in it has
/// to be escaped. Source: <https://core.telegram.org/bots/api#messageentity>.
#[derive(Debug, Serialize)]
pub(super) struct Payload<'a> {
    chat_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_thread_id: Option<u32>,
    text: String,
    entities: [Entity; 1],
    link_preview_options: LinkPreview,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    disable_notification: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_parameters: Option<Reply>,
}

/// The title, in bold.
#[derive(Debug, Serialize)]
struct Entity {
    r#type: &'static str,
    offset: usize,
    length: usize,
}

#[derive(Debug, Serialize)]
struct LinkPreview {
    is_disabled: bool,
}

#[derive(Debug, Serialize)]
struct Reply {
    message_id: i64,
    allow_sending_without_reply: bool,
}

/// A new message, in answer to the first one about the incident.
pub(super) fn message<'a>(settings: &'a Settings, first: Option<i64>, post: &Post<'_>) -> Payload<'a> {
    let severity = post.notification.incident.as_ref().map(|brief| brief.severity);
    Payload {
        message_thread_id: settings.topic,
        disable_notification: severity == Some(Severity::Info),
        reply_parameters: first.map(|message_id| Reply { message_id, allow_sending_without_reply: true }),
        ..content(settings, post)
    }
}

impl<'a> Payload<'a> {
    /// The same for another chat.
    pub(super) fn for_chat(self, chat_id: &'a str) -> Self {
        Self { chat_id, ..self }
    }
}

/// What a message is changed to.
pub(super) fn edit<'a>(settings: &'a Settings, message: i64, post: &Post<'_>) -> Payload<'a> {
    Payload { message_id: Some(message), ..content(settings, post) }
}

fn content<'a>(settings: &'a Settings, post: &Post<'_>) -> Payload<'a> {
    let title = words::title(post.notification);
    let title = line(&format!("{} {title}", words::look(post.notification).symbol), MAX_TITLE);
    let length = utf16(&title);
    let mut rest = Vec::new();
    if let Some(brief) = &post.notification.incident {
        let members = words::members(brief, IncidentBrief::MEMBERS);
        rest.extend(members.iter().map(|member| line(&format!("• {member}"), MAX_LINE)));
    }
    rest.extend(words::facts(post).into_iter().map(|fact| line(&format!("{}: {}", fact.name, fact.value), MAX_LINE)));
    let rest = rest.join("\n");
    // What is left when the line breaks stand where they have to.
    let room = MAX_TEXT.saturating_sub(length + utf16(&rest) + "\n\n\n".len());
    let text = cut(&without_mentions(&words::text(post)), room, char::len_utf16);
    let parts = [title, text, rest].into_iter().filter(|part| !part.is_empty());
    Payload {
        chat_id: &settings.chat,
        message_id: None,
        message_thread_id: None,
        text: parts.collect::<Vec<_>>().join("\n"),
        entities: [Entity { r#type: "bold", offset: 0, length }],
        link_preview_options: LinkPreview { is_disabled: true },
        disable_notification: false,
        reply_parameters: None,
    }
}

fn line(text: &str, limit: usize) -> String {
    cut(&without_mentions(text), limit, char::len_utf16)
}
