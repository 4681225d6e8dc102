//! Discord.
//!
//! What is said there arrives by the gateway, or, where a public key is configured, by the signed endpoint ([`router`]); both
//! hand it to the same handler, which asks the engine and draws the answer with [`render`]. Slash commands are derived from the
//! declarations of the commands ([`declarations`]) and registered at the start where they differ from what Discord knows.
//!
//! - In a guild the bot hears slash commands, its buttons, and messages that mention it; in direct messages, all. Of other
//!   messages Discord sends it no text, because it does not ask for that. A message that is edited is not heard again.
//! - An answer that takes longer than 2 s is put off and put in place later, within the 15 minutes that Discord allows.
//! - Who may not do something is told so alone; so is who said a line that may hold a secret, or asks for a code: in direct messages
//!   where a message in a guild asked for it.
//! - Each incident has its card in the channel and one thread below it, which counts as the channel.

mod api;
mod commands;
mod config;
mod courier;
mod directory;
mod doctor;
mod endpoint;
mod gateway;
mod handler;
pub mod limits;
mod line;
pub mod render;
mod said;
mod scene;
mod serve;
mod whisper;

pub use commands::{Declared, DeclaredOption, declarations};
pub use config::{Config, StartError};
pub use doctor::examine;
pub use endpoint::{PATH, router};
pub use gateway::INTENTS;
pub use serve::serve;

/// The platform's name.
pub const PLATFORM: &str = "discord";

/// What the bot has to be allowed in a guild: View Channels, Send Messages, Embed Links, Attach Files, Read Message History,
/// Create Public Threads and Send Messages in Threads.
/// Source: <https://discord.com/developers/docs/topics/permissions#permissions-bitwise-permission-flags>.
pub const PERMISSIONS: u64 = 1 << 10 | 1 << 11 | 1 << 14 | 1 << 15 | 1 << 16 | 1 << 35 | 1 << 38;
