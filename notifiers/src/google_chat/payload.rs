use monitor_core::alerting::IncidentBrief;
use serde_json::{Value, json};

use crate::escape::{cut, html};
use crate::message::Post;
use crate::words::{self, Fact};

/// Longest message, in bytes. The limits below add up to less.
/// Source: <https://developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages/create>.
#[cfg(test)]
pub(super) const MAX_MESSAGE: usize = 32_000;

const MAX_TITLE: usize = 500;
const MAX_TEXT: usize = 6_000;
const MAX_MEMBER: usize = 400;
const MAX_VALUE: usize = 300;

/// A message with a card. The texts of a card may hold some HTML tags.
/// Source: <https://developers.google.com/workspace/chat/format-messages#card-formatting>.
pub(super) fn payload(post: &Post<'_>) -> Value {
    let notification = post.notification;
    let look = words::look(notification);
    let title = words::title(notification);
    let shown = fit(&title, MAX_TITLE);
    let mut widgets = vec![paragraph(&format!("{} <b><font color=\"{}\">{shown}</font></b>", look.symbol, look.hex()))];
    let text = fit(&words::text(post), MAX_TEXT);
    if !text.is_empty() {
        widgets.push(paragraph(&text));
    }
    let members = notification.incident.as_ref().map(|brief| words::members(brief, IncidentBrief::MEMBERS));
    if let Some(members) = members.filter(|members| !members.is_empty()) {
        let lines: Vec<String> = members.iter().map(|line| format!("• {}", fit(line, MAX_MEMBER))).collect();
        widgets.push(paragraph(&lines.join("\n")));
    }
    widgets.extend(words::facts(post).iter().map(|Fact { name, value }| {
        json!({ "decoratedText": { "topLabel": name, "text": fit(value, MAX_VALUE), "wrapText": true } })
    }));
    let mut message = json!({
        // What a phone shows, which is no markup.
        "fallbackText": cut(&format!("{} {title}", look.symbol), MAX_TITLE, |c| c.len_utf8() * 2),
        "cardsV2": [{ "cardId": "watchword", "card": { "sections": [{ "widgets": widgets }] } }],
    });
    if let Some(brief) = &notification.incident {
        message["thread"] = json!({ "threadKey": brief.thread_key() });
    }
    message
}

fn paragraph(text: &str) -> Value {
    json!({ "textParagraph": { "text": text } })
}

/// The text as HTML, cut to that many bytes of it.
fn fit(text: &str, limit: usize) -> String {
    html(&cut(text, limit, |c| match c {
        '&' | '<' | '>' | '"' => "&quot;".len(),
        // As JSON writes it.
        '\\' | '\n' | '\r' | '\t' => 2,
        c if c.is_control() => 6,
        c => c.len_utf8(),
    }))
}
