use monitor_core::people::Permission;

use super::destination::state;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::Given;
use crate::reply::Block;

/// Lists destinations.
pub(crate) const COMMAND: Command = Command {
    name: "list-destinations",
    aliases: &["destinations"],
    summary: "Lists the places outside of this chat that can be told.",
    examples: &["list-destinations"],
    arguments: &[],
    permission: Permission::Read,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, _given: Given) -> Result<Answer, Failure> {
    let all = turn.services.destinations(turn.actor).await?;
    if all.is_empty() {
        return Ok(Answer::text("There are no destinations yet. `add-destination` adds one, and asks what it needs."));
    }
    let rows = all.iter().map(|view| {
        vec![view.name.clone(), view.kind.clone(), state(view, turn.now), view.fallback.clone().unwrap_or_default()]
    });
    Ok(Answer::of(vec![Block::table("Destinations", &["name", "kind", "state", "fallback"], rows.collect())]))
}
