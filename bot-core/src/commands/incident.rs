//! What the commands about one incident share.

use services::view::IncidentRow;

use crate::command::{Answer, Turn};
use crate::grammar::{Argument, Given, Kind};
use crate::{cards, present};

/// Which incident is meant.
pub(super) const INCIDENT: Argument = Argument::new(
    "incident",
    Kind::Incident,
    "Its number, or the name of its monitor. Without it, the only one that is open.",
)
.positional();

/// Which incident is meant, where words follow that would be taken for it.
pub(super) const WHICH: Argument =
    INCIDENT.required("Which incident? Say its number, or the name of its monitor.").unless(&["text"]);

/// What somebody says of it.
pub(super) const TEXT: Argument = Argument::new("text", Kind::Text, "What to write down.")
    .words(&["text", "note"])
    .positional()
    .greedy()
    .like("\"the database was full\"");

/// What was said in several words.
pub(super) fn text(given: &Given, name: &str) -> String {
    given.all(name).flatten().collect::<Vec<_>>().join(" ")
}

/// An incident as its card shows it, after a sentence.
pub(super) fn answer(turn: Turn<'_>, said: String, row: &IncidentRow) -> Answer {
    let mut answer = Answer::text(said);
    answer.reply.blocks.extend(cards::incident(row, turn.now).blocks);
    answer
}

/// What an incident is called within a sentence.
pub(super) fn called(row: &IncidentRow) -> String {
    format!("incident #{} ({})", row.incident.id, present::incident_name(row))
}
