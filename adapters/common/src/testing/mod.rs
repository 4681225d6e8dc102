//! What the tests of all adapters share: lines as they arrive from each platform, and replies that no command would give.

mod heard;
mod replies;

pub use heard::{DISCORD_BOT, Entity, HEARD, Heard, SLACK_BOT, TELEGRAM_BOT};
pub use replies::{essence, reply};
