use monitor_core::people::Permission;

use super::incident::{INCIDENT, TEXT, answer, called, text};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::Given;

/// Acknowledges an incident.
pub(crate) const COMMAND: Command = Command {
    name: "ack",
    aliases: &["acknowledge"],
    summary: "Says that you take care of an incident: nobody further is told, and everybody sees that it is you.",
    examples: &["ack", "ack #12", "ack shop restarting the database"],
    arguments: &[&[INCIDENT, TEXT]],
    permission: Permission::Respond,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let row = turn.services.acknowledge(turn.actor, given.get("incident"), &text(&given, "text")).await?;
    Ok(answer(turn, format!("You take care of {}.", called(&row)), &row))
}
