use monitor_core::alerting::Severity;
use monitor_core::incident::Entry;
use monitor_core::people::Permission;

use super::incident::answer;
use super::incident::text;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind};
use crate::reply::Block;

/// Declares an incident.
pub(crate) const COMMAND: Command = Command {
    name: "declare-incident",
    aliases: &["declare", "open-incident"],
    summary: "Declares an incident that no check has found, tells whoever is to be told, and keeps its timeline.",
    examples: &["declare-incident \"payments are slow\" severity warning"],
    arguments: &[&[
        Argument::new("title", Kind::Text, "What is wrong.")
            .positional()
            .greedy()
            .required("What is wrong?")
            .like("\"payments are slow\""),
        Argument::new("severity", Kind::Choice(&["info", "warning", "critical"]), "How loudly it is told.")
            .default("critical"),
    ]],
    permission: Permission::Respond,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let severity = given.get("severity").and_then(Severity::from_word).unwrap_or_default();
    let title = text(&given, "title");
    let row = turn.services.declare_incident(turn.actor, turn.conversation, &title, severity).await?;
    let said = format!("Incident #{} is open. `resolve #{}` ends it.", row.incident.id, row.incident.id);
    let mut answer = answer(turn, said, &row);
    let why = turn.services.why(turn.actor, Some(&row.incident.id.to_string())).await?;
    if !why.told.iter().any(|entry| matches!(entry.entry, Entry::Queued { .. })) {
        let nobody = "Nobody outside of this conversation is told: no route is about all incidents. `add-route all notify NAME` makes one.";
        answer.reply.blocks.push(Block::text(nobody));
    }
    Ok(answer)
}
