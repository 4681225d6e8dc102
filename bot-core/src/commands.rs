//! The commands, one file each. This list is the only place that knows them all.

mod ack;
mod add_alert;
mod add_destination;
mod add_maintenance;
pub(crate) mod add_monitor;
mod add_rotation;
mod add_route;
mod alert;
mod audit;
pub(crate) mod cancel;
mod cancel_audit;
mod cancel_security_check;
mod check_now;
mod check_security;
mod compare_audits;
pub(crate) mod connect;
mod declare_incident;
mod delete_alert;
mod delete_audit_schedule;
mod delete_destination;
mod delete_monitor;
mod delete_rotation;
mod delete_route;
mod destination;
mod disconnect;
mod edit_destination;
mod edit_monitor;
mod end_maintenance;
mod end_silence;
mod follow;
mod forget_host;
pub(crate) mod help;
mod incident;
mod invite;
mod label_monitors;
pub(crate) mod link;
mod list_alerts;
mod list_audit_schedules;
mod list_audits;
mod list_connections;
mod list_destinations;
mod list_hosts;
mod list_incidents;
mod list_maintenance;
mod list_monitors;
mod list_notifications;
mod list_rotations;
mod list_routes;
mod list_security_checks;
mod list_silences;
mod map_role;
mod note;
mod override_on_call;
mod pause_monitor;
mod people;
mod ping_key;
mod postmortem;
mod quiet_hours;
mod resend;
mod resolve;
mod resume_monitor;
mod root_cause;
mod route;
mod schedule_audit;
mod selection;
mod set_access;
mod show_audit;
mod show_destination;
mod show_incident;
mod show_monitor;
mod show_pings;
mod show_report;
mod show_security_check;
mod silence;
mod simulate_alert;
mod status;
mod test_destination;
mod unfollow;
mod unlink;
mod verify_host;
mod who_is_on_call;
mod whoami;
mod why;

use monitor_core::code::ErrorCode;
use monitor_core::people::Permission;

pub use crate::command::Command;
use crate::command::Failure;
use crate::grammar::{Argument, Kind, closest, same_word};

/// Every command, in the order of help and docs.
pub const COMMANDS: &[&Command] = &[
    &help::COMMAND,
    &cancel::COMMAND,
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
    &audit::COMMAND,
    &list_audits::COMMAND,
    &show_audit::COMMAND,
    &compare_audits::COMMAND,
    &cancel_audit::COMMAND,
    &schedule_audit::COMMAND,
    &list_audit_schedules::COMMAND,
    &delete_audit_schedule::COMMAND,
    &check_security::COMMAND,
    &list_security_checks::COMMAND,
    &show_security_check::COMMAND,
    &cancel_security_check::COMMAND,
    &verify_host::COMMAND,
    &list_hosts::COMMAND,
    &forget_host::COMMAND,
    &list_incidents::COMMAND,
    &show_incident::COMMAND,
    &why::COMMAND,
    &ack::COMMAND,
    &resolve::COMMAND,
    &note::COMMAND,
    &root_cause::COMMAND,
    &declare_incident::COMMAND,
    &postmortem::COMMAND,
    &add_alert::COMMAND,
    &list_alerts::COMMAND,
    &simulate_alert::COMMAND,
    &delete_alert::COMMAND,
    &add_destination::COMMAND,
    &list_destinations::COMMAND,
    &show_destination::COMMAND,
    &test_destination::COMMAND,
    &edit_destination::COMMAND,
    &delete_destination::COMMAND,
    &list_notifications::COMMAND,
    &resend::COMMAND,
    &add_route::COMMAND,
    &list_routes::COMMAND,
    &delete_route::COMMAND,
    &quiet_hours::COMMAND,
    &add_rotation::COMMAND,
    &list_rotations::COMMAND,
    &who_is_on_call::COMMAND,
    &override_on_call::COMMAND,
    &delete_rotation::COMMAND,
    &silence::COMMAND,
    &list_silences::COMMAND,
    &end_silence::COMMAND,
    &add_maintenance::COMMAND,
    &list_maintenance::COMMAND,
    &end_maintenance::COMMAND,
    &connect::COMMAND,
    &disconnect::COMMAND,
    &list_connections::COMMAND,
    &link::COMMAND,
    &unlink::COMMAND,
    &whoami::COMMAND,
    &invite::COMMAND,
    &set_access::COMMAND,
    &map_role::COMMAND,
    &follow::COMMAND,
    &unfollow::COMMAND,
];

/// The topics of help and docs, each with the command that it begins with.
const TOPICS: &[(&str, &Command)] = &[
    ("Talking", &help::COMMAND),
    ("Monitors", &add_monitor::COMMAND),
    ("How things are and were", &status::COMMAND),
    ("Heartbeats", &show_pings::COMMAND),
    ("Audits", &audit::COMMAND),
    ("Security", &check_security::COMMAND),
    ("Incidents", &list_incidents::COMMAND),
    ("When to tell", &add_alert::COMMAND),
    ("Where to tell", &add_destination::COMMAND),
    ("Whom to tell", &add_route::COMMAND),
    ("When not to tell", &silence::COMMAND),
    ("People and places", &connect::COMMAND),
];

/// The commands by topic.
pub(crate) fn by_topic() -> impl Iterator<Item = (&'static str, &'static [&'static Command])> {
    let place =
        |first: &Command| COMMANDS.iter().position(|command| command.name == first.name).unwrap_or(COMMANDS.len());
    let ends = TOPICS.iter().skip(1).map(move |(_, next)| place(next)).chain([COMMANDS.len()]);
    TOPICS.iter().zip(ends).map(move |((topic, first), end)| (*topic, &COMMANDS[place(first)..end]))
}

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

/// Whether a command takes something away that could not be had back.
pub(crate) fn takes_away(command: &Command) -> bool {
    let taking = [&silence::COMMAND, &disconnect::COMMAND, &unlink::COMMAND];
    command.name.starts_with("delete-") || taking.iter().any(|other| other.name == command.name)
}

/// Whether a command is about who may do what, so that its answers are nobody else's concern.
pub(crate) fn is_about_rights(command: &Command) -> bool {
    let of_oneself = [&link::COMMAND, &unlink::COMMAND, &whoami::COMMAND];
    command.permission == Permission::Manage || of_oneself.iter().any(|other| other.name == command.name)
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
