use monitor_core::people::Permission;

use super::incident::{TEXT, WHICH, called, text};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::Given;

/// Writes something down on an incident.
pub(crate) const COMMAND: Command = Command {
    name: "note",
    aliases: &["add-note", "comment"],
    summary: "Writes something down in an incident's timeline.",
    examples: &["note #12 restarted the database", "note shop \"the disk is full\""],
    arguments: &[&[WHICH, TEXT.required("What shall I write down?")]],
    permission: Permission::Respond,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let text = text(&given, "text");
    let row = turn.services.note(turn.actor, given.get("incident"), &text).await?;
    Ok(Answer::text(format!("Noted in the timeline of {}.", called(&row))))
}
