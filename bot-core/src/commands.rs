//! The commands, one file each. This list is the only place that knows them all.

pub(crate) mod add_monitor;
pub(crate) mod cancel;
mod check_now;
pub(crate) mod delete_monitor;
mod edit_monitor;
pub(crate) mod help;
mod label_monitors;
pub(crate) mod list_incidents;
mod list_monitors;
mod pause_monitor;
mod ping_key;
mod resume_monitor;
mod selection;
mod show_monitor;
mod show_pings;
mod show_report;
mod status;

use monitor_core::code::ErrorCode;

pub use crate::command::Command;
use crate::command::Failure;
use crate::grammar::{Argument, Kind, closest, same_word};

/// Every command, in the order of help and docs.
pub const COMMANDS: &[&Command] = &[
    &help::COMMAND,
    &add_monitor::COMMAND,
    &list_monitors::COMMAND,
    &show_monitor::COMMAND,
    &check_now::COMMAND,
    &edit_monitor::COMMAND,
    &pause_monitor::COMMAND,
    &resume_monitor::COMMAND,
    &label_monitors::COMMAND,
    &delete_monitor::COMMAND,
    &status::COMMAND,
    &show_report::COMMAND,
    &show_pings::COMMAND,
    &ping_key::COMMAND,
    &list_incidents::COMMAND,
    &cancel::COMMAND,
];

/// The command of that name or alias.
#[must_use]
pub fn find(word: &str) -> Option<&'static Command> {
    let called = |command: &&Command| command.aliases.iter().any(|alias| same_word(alias, word));
    named(word).or_else(|| COMMANDS.iter().copied().find(|command| called(command)))
}

/// The command of that name, aliases aside.
pub(crate) fn named(word: &str) -> Option<&'static Command> {
    COMMANDS.iter().copied().find(|command| same_word(command.name, word))
}

/// What is said about a word that is no command.
pub(crate) fn unknown(word: &str) -> Failure {
    let words =
        COMMANDS.iter().flat_map(|command| std::iter::once(command.name).chain(command.aliases.iter().copied()));
    let shown = monitor_core::http::shorten(word, 40);
    let text = match closest(word, words) {
        Some(near) => format!("I don't know “{shown}”. Did you mean `{near}`? `help` shows what I can do."),
        None => format!("I don't know “{shown}”. `help` shows what I can do."),
    };
    Failure::new(ErrorCode::UnknownCommand, text)
}

/// The monitor that a command is about.
const MONITOR: Argument =
    Argument::new("monitor", Kind::Monitor, "The monitor's name.").positional().required("Which monitor?");

/// An answer in advance to what a command asks back.
const YES: Argument = Argument::new("yes", Kind::Flag, "Does it without asking back.").words(&["yes", "-y"]);
