//! What storage promises, on SQLite and on PostgreSQL.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod audits;
mod connecting;
mod dependencies;
mod destinations;
mod dialogs;
mod health;
mod heartbeats;
mod incidents;
mod key_check;
mod maintenance;
mod migrations;
mod monitors;
mod notices;
mod outbox;
mod overview;
mod people;
mod posted;
mod results;
mod retention;
mod rollups;
mod routing;
mod rules;
mod schedule;
mod secrets;
mod security;
mod sizes;
mod support;
mod wal;
