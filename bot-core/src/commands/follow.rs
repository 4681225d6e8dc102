use monitor_core::people::Permission;
use services::platforms::Followed;

use super::MONITOR;
use super::selection::{GROUP, LABEL, filter, none, these};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind};

/// All monitors, those that are still to be added too.
const EVERYTHING: Argument =
    Argument::new("everything", Kind::Flag, "All monitors, also those that are still to be added.")
        .words(&["everything", "all"]);

/// Whose cards are meant.
pub(super) const WHOSE: &[Argument] = &[LABEL, MONITOR.unless(&["label", "group", "everything"]), GROUP, EVERYTHING];

/// Has cards appear here.
pub(crate) const COMMAND: Command = Command {
    name: "follow",
    aliases: &[],
    summary: "Has the cards of incidents appear in this conversation: of everything, of a label or group, or of one monitor.",
    examples: &["follow everything", "follow env=prod", "follow group:shop", "follow shop"],
    arguments: &[WHOSE],
    permission: Permission::Respond,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let what = what(&given)?;
    let names = turn.services.follow(turn.actor, turn.conversation, &what).await?;
    Ok(Answer::text(match &what {
        Followed::Everything => "I tell here when anything fails, also what is still to be added.".to_owned(),
        Followed::Filter(filter) if names.is_empty() => return Err(none(filter)),
        Followed::Filter(_) => {
            format!(
                "I tell here when any of these fails: {}. What is added later is told where it is added.",
                these(&names)
            )
        }
        Followed::Monitor(_) => format!("I tell here when `{}` fails.", names.join(", ")),
    }))
}

/// Whose cards were said.
pub(super) fn what(given: &Given) -> Result<Followed, Failure> {
    if given.has(EVERYTHING.name) {
        return Ok(Followed::Everything);
    }
    Ok(match filter(given)? {
        Some(filter) => Followed::Filter(filter),
        None => Followed::Monitor(given.get("monitor").unwrap_or_default().to_owned()),
    })
}
