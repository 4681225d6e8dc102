//! The adapter against a Discord of our own, over a real engine and a real database.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod bringing;
mod commands;
mod conversation;
mod doctor;
mod endpoint;
mod fake;
mod gateway;
mod world;
