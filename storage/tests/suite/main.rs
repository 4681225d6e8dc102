//! What storage promises, on SQLite and on PostgreSQL.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod connecting;
mod dependencies;
mod dialogs;
mod health;
mod heartbeats;
mod incidents;
mod key_check;
mod migrations;
mod monitors;
mod notices;
mod overview;
mod people;
mod results;
mod retention;
mod rollups;
mod schedule;
mod secrets;
mod sizes;
mod support;
