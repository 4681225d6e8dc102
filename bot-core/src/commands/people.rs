//! What the commands about people and places share.

use monitor_core::code::ErrorCode;
use monitor_core::people::Role;
use services::platforms::{Code, PLATFORMS};

use crate::command::{Answer, Failure, Turn};
use crate::grammar::{Argument, Given, Kind, Known};
use crate::reply::Block;

/// The platform that a command is about.
pub(super) const PLATFORM: Argument =
    Argument::new("platform", Kind::Choice(PLATFORMS), "The platform.").words(&["platform", "on"]).positional();

/// The words of roles that can be given.
pub(super) const ROLES: &[&str] = &["viewer", "responder", "editor", "admin", "owner"];

/// The connected workspace that a command is about.
pub(super) const WORKSPACE: Argument = Argument::new(
    "place",
    Kind::Text,
    "What is connected, by its name or its number in `list-connections`; without it, the one where you say it, or the only one.",
)
.words(&["place", "in"])
.of(Known::Workspace)
.like("acme");

/// The platform that was said, or else the one that is talked on.
pub(super) fn platform(turn: Turn<'_>, given: &Given, example: &str) -> Result<String, Failure> {
    let here = Some(turn.platform).filter(|here| PLATFORMS.contains(here));
    let said = given.get("platform").or(here).map(str::to_ascii_lowercase);
    said.ok_or_else(|| Failure::new(ErrorCode::MissingValue, format!("Say on which platform, like `{example}`.")))
}

/// The role that was said: `read` is what a viewer may do, and `nothing` none.
pub(super) fn role(given: &Given, name: &str) -> Option<Role> {
    let said = given.get(name)?.to_ascii_lowercase();
    Role::from_word(if said == "read" { "viewer" } else { &said })
}

/// What a platform is called.
pub(super) fn called(platform: &str) -> &str {
    match platform {
        "discord" => "Discord",
        "slack" => "Slack",
        "telegram" => "Telegram",
        other => other,
    }
}

/// What is connected there as a whole.
pub(super) fn whole(platform: &str) -> &'static str {
    match platform {
        "discord" => "server",
        "slack" => "workspace",
        _ => "group",
    }
}

/// The words that are to be said with a code. Whoever keeps lines keeps none of it.
pub(super) fn to_say(text: String, say: &str, code: &Code, then: &str) -> Answer {
    let until = code.expires_at.to_minute();
    let mut answer = Answer::of(vec![
        Block::text(text),
        Block::Code { text: format!("{say} {}", code.code) },
        Block::text(format!("It works once, until {until}. {then}")),
    ]);
    answer.reply.sensitive = true;
    answer.reply.private = true;
    answer
}
