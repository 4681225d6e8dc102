use monitor_core::alerting::IncidentBrief;
use serde::Serialize;

use crate::markdown;
use crate::message::Post;
use crate::words;

/// Longest content: far below the 2,000 characters that Discord takes.
/// Source: <https://docs.discord.com/developers/resources/webhook#execute-webhook>.
const MAX_CONTENT: usize = 500;

/// Longest text and line of a member. With all members they stay below the 4,096 characters of a description.
/// Source: <https://docs.discord.com/developers/resources/message#embed-object-embed-limits>.
const MAX_TEXT: usize = 2_000;
const MAX_MEMBER: usize = 180;

/// Longest value of a field, of 1,024 characters that Discord takes: an embed may have 6,000 in all.
const MAX_VALUE: usize = 150;

/// What is markup in Discord beside what is markup everywhere: it begins mentions, custom emoji and time stamps.
const MARKUP: &[char] = &['<', '@'];

/// A message of a webhook. The content is what a phone shows on its lock screen.
#[derive(Debug, Serialize)]
pub(super) struct Payload {
    content: String,
    embeds: [Embed; 1],
    allowed_mentions: AllowedMentions,
}

#[derive(Debug, Serialize)]
struct Embed {
    description: String,
    color: u32,
    fields: Vec<Field>,
}

#[derive(Debug, Serialize)]
struct Field {
    name: &'static str,
    value: String,
    inline: bool,
}

/// Nobody is called, whatever a target answers.
#[derive(Debug, Serialize)]
struct AllowedMentions {
    parse: [&'static str; 0],
}

pub(super) fn payload(post: &Post<'_>) -> Payload {
    let notification = post.notification;
    let look = words::look(notification);
    let title = markdown::escape(&words::title(notification), MARKUP, MAX_CONTENT);
    let mut lines = vec![markdown::escape(&words::text(post), MARKUP, MAX_TEXT)];
    if let Some(brief) = &notification.incident {
        let members = words::members(brief, IncidentBrief::MEMBERS);
        lines.extend(members.iter().map(|line| format!("- {}", markdown::escape(line, MARKUP, MAX_MEMBER - 2))));
    }
    lines.retain(|line| !line.is_empty());
    let field = |fact: words::Fact| Field {
        name: fact.name,
        value: markdown::escape(&fact.value, MARKUP, MAX_VALUE),
        inline: true,
    };
    Payload {
        content: format!("{} **{title}**", look.symbol),
        embeds: [Embed {
            description: lines.join("\n"),
            color: look.colour,
            fields: words::facts(post).into_iter().map(field).collect(),
        }],
        allowed_mentions: AllowedMentions { parse: [] },
    }
}
