//! Conversations with the engine, as people have them.

mod adding;
mod chat;
mod dialogs;
mod looking;
mod roles;
