//! The conversation: what people type becomes a command, a command becomes a neutral [`Reply`], and every adapter renders
//! that within the limits of its platform.
//!
//! [`Engine::handle`] takes a [`Request`] and always answers. Commands are declared once, one file each in `commands/`; the
//! parser, the dialogs that ask for what is missing, help, completion and `docs/commands.md` are derived from that.
//!
//! To add a command: its file in `commands/` with a `COMMAND`, a line in the list of `commands.rs`, a test in
//! `tests/`, and `docs/commands.md`, which the test `the_docs_are_those_of_the_declarations` writes for you.
//!
//! The words of destinations come from `notifiers::KINDS`; `docs/destinations.md` is written by a test as well.
//!
//! To add the words of a check kind: its file in `kinds/` with a `KIND`, a line in the list of `kinds.rs`, options that no
//! other kind has in `kinds/options.rs`, and `docs/checks.md`, which a test writes for you as well.

pub mod cards;
mod command;
pub mod commands;
mod complete;
mod destinations;
mod dialog;
mod docs;
mod encounter;
mod engine;
mod form;
pub mod grammar;
mod kinds;
mod period;
mod present;
mod press;
pub mod reply;
mod sensitive;
mod settings;
mod text;
mod values;

pub use command::Command;
pub use complete::{Choice, Completion};
pub use destinations::docs as destinations_docs;
pub use docs::docs;
pub use encounter::{Encounter, Place, Visitor};
pub use engine::{Engine, Input, Request};
pub use kinds::checks_docs;
pub use reply::Reply;
pub use sensitive::may_hold_secret;
pub use text::TextStyle;
