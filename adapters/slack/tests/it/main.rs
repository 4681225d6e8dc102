//! The adapter against a server that takes Slack's part, over the real protocol.
#![expect(clippy::unwrap_used, reason = "tests")]

mod begin;
mod cards;
mod conversation;
mod doctor;
mod models;
mod render;
mod resilience;
mod second_client;
mod signed;
mod world;
