//! Telegram, by a bot. Source: <https://core.telegram.org/bots/api>.
//!
//! The first message of an incident is brought up to date by what nobody has to look up for; the rest answer it.

mod payload;
mod send;
#[cfg(test)]
mod tests;

use monitor_core::Timestamp;
use monitor_core::secret::Secret;
use probes::Outbound;

use crate::destination::{Destination, DestinationKind, Field, Rate};
use crate::fields::{Address, FieldError, Fields};
use crate::message::{Post, Receipt, SendError};

/// A chat, and the bot that writes to it.
#[derive(Debug, Clone)]
pub struct Settings {
    token: Secret,
    /// A number, or the name of a public chat behind an `@`.
    chat: String,
    topic: Option<u32>,
    server: Address,
}

impl Destination for Settings {
    const KIND: DestinationKind = DestinationKind {
        name: "telegram",
        summary: "a Telegram chat, group, topic or channel, by a bot",
        fields: &[
            Field {
                name: "token",
                help: "the bot's token, as @BotFather tells it",
                example: "7204518396:AAGf3kXw9ZqTn5VbYc2LrJd8MhPs6Eu1KoI",
                required: true,
                secret: true,
            },
            Field {
                name: "chat",
                help: "the chat: its number, which begins with -100 for groups and channels, or @name of a public one; the bot \
                       has to be in it",
                example: "-1001894527360",
                required: true,
                secret: false,
            },
            Field {
                name: "topic",
                help: "the number of a topic of the group, which is in the middle of the links to its messages",
                example: "42",
                required: false,
                secret: false,
            },
            Field {
                name: "url",
                help: "a Bot API server of your own; https://api.telegram.org unless it is given",
                example: "https://api.telegram.org",
                required: false,
                secret: false,
            },
        ],
        // 20 a minute in a group, and no more than one a second in the long run.
        // Source: <https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this>.
        rate: Rate { burst: 3, per_minute: 20 },
        example: "add-destination ops telegram token=7204518396:AAGf3kXw9ZqTn5VbYc2LrJd8MhPs6Eu1KoI chat=-1001894527360",
    };

    fn read(fields: &Fields<'_>) -> Result<Self, FieldError> {
        let token = fields.secret("token")?;
        let (bot, secret) = token.expose().split_once(':').unwrap_or_default();
        let valid = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if bot.parse::<u64>().is_err() || secret.len() < 20 || !secret.chars().all(valid) {
            let why = "is no token of a bot; it has a number, a colon and some 35 letters; ask @BotFather for it";
            return Err(FieldError::new("token", why));
        }
        let chat = fields.line("chat")?;
        let named = |name: &str| name.len() >= 4 && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if chat.parse::<i64>().is_err() && !chat.strip_prefix('@').is_some_and(named) {
            let why = "is no chat; give its number, such as -1001894527360, or the @name of a public one";
            return Err(FieldError::new("chat", why));
        }
        let topic = fields.text("topic").map(|_| fields.number("topic", 1..=i32::MAX.unsigned_abs(), 1)).transpose()?;
        let server = fields.address("url", Some("https://api.telegram.org"))?;
        Ok(Self { token, chat: chat.to_owned(), topic, server })
    }

    fn shown(&self) -> Vec<(&'static str, String)> {
        let mut shown = vec![("token", "***".to_owned()), ("chat", self.chat.clone())];
        shown.extend(self.topic.map(|topic| ("topic", topic.to_string())));
        shown.push(("url", self.server.shown()));
        shown
    }

    async fn send(&self, post: &Post<'_>, outbound: &Outbound, now: Timestamp) -> Result<Receipt, SendError> {
        send::send(self, post, outbound, now).await
    }
}
