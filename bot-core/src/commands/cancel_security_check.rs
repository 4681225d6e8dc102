use monitor_core::people::Permission;
use services::view::TaskState;

use super::check_security::number;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind, Known};

/// Calls a security check off.
pub(crate) const COMMAND: Command = Command {
    name: "cancel-security-check",
    aliases: &["stop-security-check"],
    summary: "Calls a security check off that waits or is being made.",
    examples: &["cancel-security-check", "cancel-security-check 12"],
    arguments: &[&[Argument::new("check", Kind::Text, "Its number; without it, the only one that is not over.")
        .of(Known::SecurityCheck)
        .like("12")
        .positional()]],
    permission: Permission::Respond,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let which = if given.has("check") { Some(number(&given, "check")?) } else { None };
    let row = turn.services.cancel_security_check(turn.actor, which).await?;
    Ok(Answer::text(match row.state {
        TaskState::Cancelled => format!("Security check {} is called off.", row.id),
        _ => format!("Security check {} is being called off; that takes a moment.", row.id),
    }))
}
