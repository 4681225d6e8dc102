use monitor_core::alerting::{IncidentBrief, Notification, Severity, Stage};
use serde_json::{Value, json};

use crate::escape::cut;
use crate::message::Post;
use crate::words::{self, Fact};

/// Longest message in UTF-16 units: Teams takes 28 KB, and is seen to count two bytes for each unit.
/// Source: <https://learn.microsoft.com/en-us/microsoftteams/limits-specifications-teams#chat>,
/// <https://stackoverflow.com/questions/78034694>. The limits below add up to less.
#[cfg(test)]
pub(super) const MAX_MESSAGE: usize = 14_000;

const MAX_TITLE: usize = 300;
const MAX_TEXT: usize = 4_000;
const MAX_LINE: usize = 200;

/// Most lines of the text, each of which is a block.
const MAX_LINES: usize = 8;

/// A message with an Adaptive Card, as the workflow "Post to a channel when a webhook request is received" takes it.
/// Source: <https://learn.microsoft.com/en-us/connectors/teams/#microsoft-teams-webhook>.
///
/// All texts are text runs, which know no Markdown.
/// Source: <https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/text-features>.
pub(super) fn payload(post: &Post<'_>) -> Value {
    let notification = post.notification;
    let title = format!("{} {}", words::look(notification).symbol, words::title(notification));
    let title = fit(&title, MAX_TITLE);
    let mut body = vec![json!({
        "type": "Container",
        "style": style(notification),
        "bleed": true,
        "items": [{
            "type": "RichTextBlock",
            "inlines": [{ "type": "TextRun", "text": title, "weight": "Bolder", "size": "Medium" }],
        }],
    })];
    body.extend(text(post).iter().map(|line| block(json!([run(line)]))));
    if let Some(brief) = &notification.incident {
        let members = words::members(brief, IncidentBrief::MEMBERS);
        body.extend(members.iter().map(|line| block(json!([run(&fit(&format!("• {line}"), MAX_LINE))]))));
    }
    body.extend(words::facts(post).iter().map(|Fact { name, value }| {
        let name = json!({ "type": "TextRun", "text": format!("{name}: "), "weight": "Bolder" });
        block(json!([name, run(&fit(value, MAX_LINE))]))
    }));
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "fallbackText": title,
                "msteams": { "width": "Full" },
                "body": body,
            },
        }],
    })
}

/// The lines of the text. What is too long for them is left out.
fn text(post: &Post<'_>) -> Vec<String> {
    let text = fit(&words::text(post), MAX_TEXT);
    let mut lines: Vec<String> = text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
    if lines.len() > MAX_LINES {
        lines.truncate(MAX_LINES);
        lines.push("…".to_owned());
    }
    lines
}

fn block(inlines: Value) -> Value {
    json!({ "type": "RichTextBlock", "inlines": inlines })
}

fn run(text: &str) -> Value {
    json!({ "type": "TextRun", "text": text })
}

/// Cut to that many units of JSON.
fn fit(text: &str, limit: usize) -> String {
    cut(text, limit, |c| match c {
        '"' | '\\' | '\n' | '\r' | '\t' => 2,
        c if c.is_control() => 6,
        c => c.len_utf16(),
    })
}

/// The colour of the title, from those that a card has.
fn style(notification: &Notification) -> &'static str {
    match notification.incident.as_ref().map(|brief| (brief.stage, brief.severity)) {
        None => "emphasis",
        Some((Stage::Resolved, _)) => "good",
        Some((Stage::Acknowledged, _) | (Stage::Open, Severity::Info)) => "accent",
        Some((Stage::Open, Severity::Warning)) => "warning",
        Some((Stage::Open, Severity::Critical)) => "attention",
    }
}
