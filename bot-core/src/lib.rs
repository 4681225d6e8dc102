//! The conversation: what people type becomes a command, a command becomes a neutral [`Reply`], and every adapter renders
//! that within the limits of its platform.
//!
//! [`Engine::handle`] takes a [`Request`] and always answers. Commands are declared once, one file each in `commands/`; the
//! parser, the dialogs that ask for what is missing, help, completion and `docs/commands.md` are derived from that.
//!
//! To add a command: its file in `commands/` with a `COMMAND`, a line in the list of `commands.rs`, a test in
//! `tests/`, and `docs/commands.md`, which the test `the_docs_are_those_of_the_declarations` writes for you.

pub mod cards;
mod command;
pub mod commands;
mod complete;
mod dialog;
mod docs;
mod engine;
pub mod grammar;
mod period;
mod present;
pub mod reply;
mod sensitive;
mod settings;
mod text;

pub use command::Command;
pub use complete::{Choice, Completion};
pub use docs::docs;
pub use engine::{Engine, Input, Request};
pub use reply::Reply;
pub use sensitive::may_hold_secret;
pub use text::TextStyle;
