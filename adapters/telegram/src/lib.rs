//! Telegram: what happens there to requests, neutral replies to its messages.
//!
//! ```text
//! getUpdates (poll) or a delivery (webhook) -> wire::Update -> heard::Heard: for the bot? which line? -> a lane per conversation
//!   -> Engine::receive -> render::messages -> send
//! incident changes -> adapter_common's keeper -> courier
//! ```
//!
//! [`serve`] listens by long polling, or has Telegram deliver to the [`router`]. Payloads are those of `teloxide-core`; the Bot API
//! is called in `api.rs` and what comes in is read in `wire.rs`, which say why.

mod api;
mod asked;
mod bot;
mod commands;
mod config;
mod courier;
mod examine;
mod heard;
mod line;
mod moved;
mod patience;
mod poll;
pub mod render;
mod seen;
mod send;
mod serve;
mod webhook;
mod wire;

pub use config::{Config, StartError, Webhook};
pub use examine::examine;
pub use serve::serve;
pub use webhook::router;
