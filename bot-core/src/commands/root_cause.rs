use monitor_core::people::Permission;

use super::incident::{TEXT, WHICH, called, text};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::Given;

/// Says what caused an incident.
pub(crate) const COMMAND: Command = Command {
    name: "root-cause",
    aliases: &["cause", "set-cause"],
    summary: "Says what caused an incident, open or over; it stands in the postmortem.",
    examples: &["root-cause #12 a full disk"],
    arguments: &[&[WHICH, TEXT.required("What caused it?")]],
    permission: Permission::Respond,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let text = text(&given, "text");
    let row = turn.services.set_cause(turn.actor, given.get("incident"), &text).await?;
    let answer = Answer::text(format!("That is the root cause of {} now.", called(&row)));
    Ok(answer.offering("Postmortem", format!("postmortem #{}", row.incident.id)))
}
