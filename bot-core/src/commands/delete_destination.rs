use monitor_core::people::Permission;

use super::YES;
use super::destination::DESTINATION;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::Given;
use crate::reply::Block;

/// Deletes a destination.
pub(crate) const COMMAND: Command = Command {
    name: "delete-destination",
    aliases: &["remove-destination"],
    summary: "Deletes a destination. I say who relies on it, and ask before I do.",
    examples: &["delete-destination ops-mail", "delete-destination ops-mail --yes"],
    arguments: &[&[DESTINATION, YES]],
    permission: Permission::Edit,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let name = given.get("destination").unwrap_or_default();
    if turn.confirmed || given.has("yes") {
        let gone = turn.services.delete_destination(turn.actor, name).await?;
        return Ok(Answer::text(format!("`{}` is deleted.", gone.name)));
    }
    let view = turn.services.destination(turn.actor, name).await?;
    let uses = turn.services.destination_uses(turn.actor, name).await?;
    let relied = match uses.as_slice() {
        [] => "Nothing relies on it.".to_owned(),
        uses => format!("These rely on it, and would tell nobody there any more: {}.", uses.join(", ")),
    };
    let name = &view.name;
    let text = format!(
        "Shall I delete `{name}` ({})? {relied} What it was still to be told is dropped, and its settings are gone. `yes` or `no`.",
        view.kind
    );
    Ok(Answer::question(vec![Block::text(text)], &format!("Shall I delete {name}?"), Given::default()))
}
