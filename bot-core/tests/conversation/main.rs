//! Conversations with the engine, as people have them.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what cannot be set up has failed")]

mod adding;
mod alerts;
mod audits;
mod chat;
mod destinations;
mod dialogs;
mod docs;
mod forms;
mod incidents;
mod kinds;
mod labels;
mod looking;
mod maintenance;
mod people;
mod roles;
mod routing;
mod secrets;
mod security;
