use monitor_core::alerting::IncidentBrief;
use serde::Serialize;
use serde_json::{Value, json};

use crate::escape::cut;
use crate::message::Post;
use crate::words::{self, Fact};

/// Longest text of a section. Source: <https://docs.slack.dev/reference/block-kit/blocks/section-block>.
pub(super) const MAX_SECTION: usize = 3_000;

/// Longest title: far below the 4,000 characters that Slack wants at most.
/// Source: <https://docs.slack.dev/reference/methods/chat.postMessage#truncating>.
const MAX_TITLE: usize = 300;

/// Longest line of a member; with the line that tells how many are left out they stay below [`MAX_SECTION`].
const MAX_MEMBER: usize = 250;

/// Longest field, of 2,000 characters and 10 fields that a section takes.
const MAX_FIELD: usize = 300;

/// A message of an incoming webhook: a line of text, which is also what phones show, and an attachment of blocks with a
/// coloured bar. Source: <https://docs.slack.dev/reference/messaging/payload>.
#[derive(Debug, Serialize)]
pub(super) struct Payload {
    text: String,
    /// Whether the text has markup. It has not: names are shown as they are.
    mrkdwn: bool,
    attachments: [Attachment; 1],
    unfurl_links: bool,
    unfurl_media: bool,
}

#[derive(Debug, Serialize)]
struct Attachment {
    color: String,
    fallback: String,
    blocks: Vec<Value>,
}

pub(super) fn payload(post: &Post<'_>) -> Payload {
    let notification = post.notification;
    let look = words::look(notification);
    let title = escape(&format!("{} {}", look.symbol, words::title(notification)), MAX_TITLE);
    let mut blocks = Vec::new();
    let text = words::text(post);
    if !text.trim().is_empty() {
        blocks.push(json!({ "type": "section", "text": plain(&text, MAX_SECTION) }));
    }
    let members = notification.incident.as_ref().map(|brief| words::members(brief, IncidentBrief::MEMBERS));
    if let Some(members) = members.filter(|members| !members.is_empty()) {
        let lines: Vec<String> = members.iter().map(|line| escape(&format!("• {line}"), MAX_MEMBER)).collect();
        blocks.push(json!({ "type": "section", "text": object(&lines.join("\n")) }));
    }
    let fields: Vec<Value> = words::facts(post).iter().map(field).collect();
    blocks.push(json!({ "type": "section", "fields": fields }));
    Payload {
        text: title.clone(),
        mrkdwn: false,
        attachments: [Attachment { color: look.hex(), fallback: title, blocks }],
        unfurl_links: false,
        unfurl_media: false,
    }
}

fn field(Fact { name, value }: &Fact) -> Value {
    plain(&format!("{name}: {value}"), MAX_FIELD)
}

fn plain(text: &str, limit: usize) -> Value {
    object(&escape(text, limit))
}

/// A text without markup, in which `*`, `_` and `~` are shown as they are.
fn object(escaped: &str) -> Value {
    json!({ "type": "plain_text", "text": escaped, "emoji": false })
}

/// The text without the characters that Slack takes for markup in all texts, cut to that length behind it.
/// Source: <https://docs.slack.dev/messaging/formatting-message-text#escaping>.
fn escape(text: &str, limit: usize) -> String {
    let entity = |c: char| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        _ => None,
    };
    let size = |c: char| entity(c).map_or(c.len_utf16(), str::len);
    let mut escaped = String::with_capacity(text.len());
    for c in cut(text, limit, size).chars() {
        match entity(c) {
            Some(entity) => escaped.push_str(entity),
            None => escaped.push(c),
        }
    }
    escaped
}
