use monitor_core::alerting::IncidentBrief;
use serde::Serialize;

use crate::chat::without_mentions;
use crate::markdown;
use crate::message::Post;
use crate::words::{self, Fact};

/// Longest parts, in UTF-16 units: together far below the 16,383 characters of a post, `PostMessageMaxRunesV2`.
/// Source: <https://github.com/mattermost/mattermost/blob/master/server/public/model/post.go>.
const MAX_TITLE: usize = 300;
const MAX_TEXT: usize = 3_000;
const MAX_LINE: usize = 250;

/// A message of an incoming webhook.
/// Source: <https://developers.mattermost.com/integrate/reference/message-attachments>.
#[derive(Debug, Serialize)]
pub(super) struct Payload {
    text: String,
    attachments: [Attachment; 1],
}

#[derive(Debug, Serialize)]
struct Attachment {
    fallback: String,
    color: String,
    text: String,
    fields: Vec<Field>,
}

#[derive(Debug, Serialize)]
struct Field {
    title: &'static str,
    value: String,
    short: bool,
}

pub(super) fn payload(post: &Post<'_>) -> Payload {
    let notification = post.notification;
    let look = words::look(notification);
    let title = escape(&words::title(notification), MAX_TITLE);
    let mut lines = vec![escape(&words::text(post), MAX_TEXT)];
    if let Some(brief) = &notification.incident {
        let members = words::members(brief, IncidentBrief::MEMBERS);
        lines.extend(members.iter().map(|line| format!("- {}", escape(line, MAX_LINE))));
    }
    lines.retain(|line| !line.is_empty());
    let field = |Fact { name, value }| Field { title: name, value: escape(&value, MAX_LINE), short: true };
    Payload {
        text: format!("{} **{title}**", look.symbol),
        attachments: [Attachment {
            fallback: format!("{} {title}", look.symbol),
            color: look.hex(),
            text: lines.join("\n"),
            fields: words::facts(post).into_iter().map(field).collect(),
        }],
    }
}

/// Markup as Mattermost knows it; `@all` and `@here` call nobody.
fn escape(text: &str, limit: usize) -> String {
    markdown::escape(&without_mentions(text), &[], limit)
}
