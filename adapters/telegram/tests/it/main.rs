//! The adapter beside a server that takes Telegram's part, over real services and a real database.
#![expect(clippy::unwrap_used, reason = "what cannot be set up has failed")]

mod clients;
mod conversation;
mod doctor;
mod questions;
mod resilience;
mod webhook;
mod world;
