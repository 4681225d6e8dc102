use monitor_core::alerting::Severity;
use monitor_core::incident::Entry;
use monitor_core::people::Permission;
use services::view::{UNROUTED, Why};

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
    answer.reply.blocks.extend(nobody(&why).map(Block::text));
    Ok(answer)
}

/// Why nobody outside of the conversation is told now; `None`: somebody is.
fn nobody(why: &Why) -> Option<String> {
    let mut reasons = Vec::new();
    for entry in &why.told {
        match &entry.entry {
            Entry::Queued { .. } => return None,
            Entry::Suppressed { because, .. } if because == UNROUTED => {}
            Entry::Suppressed { destination, because, .. } if destination.is_empty() => reasons.push(because.clone()),
            Entry::Suppressed { destination, because, .. } => reasons.push(format!("{destination} waits, {because}")),
            _ => {}
        }
    }
    Some(match reasons.is_empty() {
        true => "Nobody outside of this conversation is told: no route is about all incidents. `add-route all notify NAME` makes one.".to_owned(),
        // Backticks would mark what can be typed, and a person may have written some of it.
        false => format!("Nobody outside of this conversation is told now: {}.", reasons.join("; ").replace('`', "'")),
    })
}
