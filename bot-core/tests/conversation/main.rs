//! Conversations with the engine, as people have them.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what cannot be set up has failed")]

mod adding;
mod chat;
mod dialogs;
mod kinds;
mod labels;
mod looking;
mod roles;
mod secrets;
