use monitor_core::alerting::IncidentBrief;
use serde_json::{Value, json};

use crate::escape::{cut, html};
use crate::message::Post;
use crate::words::{self, Fact};

/// Largest event, in bytes, with what the homeserver adds to it. The limits below add up to less.
/// Source: <https://spec.matrix.org/latest/client-server-api/#size-limits>.
#[cfg(test)]
pub(super) const MAX_EVENT: usize = 65_536;

const MAX_TITLE: usize = 500;
const MAX_TEXT: usize = 8_000;
const MAX_LINE: usize = 500;

/// A new message, in answer to the first one about the incident.
/// Source: <https://spec.matrix.org/latest/client-server-api/#rich-replies>.
pub(super) fn message(first: Option<&str>, post: &Post<'_>) -> Value {
    let mut message = content(post);
    if let Some(first) = first {
        message["m.relates_to"] = json!({ "m.in_reply_to": { "event_id": first } });
    }
    message
}

/// What a message is changed to; the body is for clients that do not know of changes.
/// Source: <https://spec.matrix.org/latest/client-server-api/#event-replacements>.
pub(super) fn edit(first: &str, post: &Post<'_>) -> Value {
    json!({
        "msgtype": "m.text",
        "body": format!("* {}", title(post)),
        "m.mentions": {},
        "m.new_content": content(post),
        "m.relates_to": { "rel_type": "m.replace", "event_id": first },
    })
}

/// The message, as text and as HTML. It mentions nobody, whatever a target answers.
fn content(post: &Post<'_>) -> Value {
    let title = title(post);
    let text = fit(&words::text(post), MAX_TEXT);
    let members = post.notification.incident.as_ref().map(|brief| words::members(brief, IncidentBrief::MEMBERS));
    let members: Vec<String> = members.unwrap_or_default().iter().map(|line| fit(line, MAX_LINE)).collect();
    let line = |Fact { name, value }| fit(&format!("{name}: {value}"), MAX_LINE);
    let facts: Vec<String> = words::facts(post).into_iter().map(line).collect();

    let mut lines = vec![title.clone(), text.clone()];
    lines.extend(members.iter().map(|line| format!("- {line}")));
    lines.extend(facts.iter().cloned());
    lines.retain(|line| !line.is_empty());

    let mut formatted = format!("<p><strong>{}</strong></p>", html(&title));
    if !text.is_empty() {
        formatted += &format!("<p>{}</p>", breaks(&html(&text)));
    }
    if !members.is_empty() {
        formatted += &format!("<ul><li>{}</li></ul>", html(&members.join("\n")).replace('\n', "</li><li>"));
    }
    formatted += &format!("<p>{}</p>", breaks(&html(&facts.join("\n"))));
    json!({
        // A notice would be shown to nobody who is away.
        "msgtype": "m.text",
        "body": lines.join("\n"),
        "format": "org.matrix.custom.html",
        "formatted_body": formatted,
        "m.mentions": {},
    })
}

fn title(post: &Post<'_>) -> String {
    let title = format!("{} {}", words::look(post.notification).symbol, words::title(post.notification));
    fit(&title, MAX_TITLE)
}

fn breaks(html: &str) -> String {
    html.replace('\n', "<br>")
}

/// Cut to that many bytes of HTML.
fn fit(text: &str, limit: usize) -> String {
    cut(text, limit, |c| match c {
        '&' | '<' | '>' | '"' | '\n' => "&quot;".len(),
        '\\' | '\r' | '\t' => 2,
        c if c.is_control() => 6,
        c => c.len_utf8(),
    })
}
