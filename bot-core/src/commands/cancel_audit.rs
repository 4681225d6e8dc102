use monitor_core::people::Permission;
use services::view::AuditState;

use super::audit::number;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind, Known};

/// Calls an audit off.
pub(crate) const COMMAND: Command = Command {
    name: "cancel-audit",
    aliases: &["stop-audit"],
    summary: "Calls an audit off that waits or is being made.",
    examples: &["cancel-audit", "cancel-audit 12"],
    arguments: &[&[Argument::new("audit", Kind::Text, "Its number; without it, the only one that is not over.")
        .of(Known::Audit)
        .like("12")
        .positional()]],
    permission: Permission::Respond,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let which = if given.has("audit") { Some(number(&given, "audit")?) } else { None };
    let row = turn.services.cancel_audit(turn.actor, which).await?;
    Ok(Answer::text(match row.state {
        AuditState::Cancelled => format!("Audit {} is called off.", row.id),
        _ => format!("Audit {} is being called off; that takes a moment.", row.id),
    }))
}
