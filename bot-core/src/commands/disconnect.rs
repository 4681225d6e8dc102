use monitor_core::people::Permission;

use super::YES;
use super::people::{WORKSPACE, called};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::Given;
use crate::reply::Block;

/// Disconnects a place.
pub(crate) const COMMAND: Command = Command {
    name: "disconnect",
    aliases: &[],
    summary: "Ends the connection of a Discord server, a Slack workspace or a Telegram group. I ask before I do.",
    examples: &["disconnect", "disconnect acme", "disconnect 2 --yes"],
    arguments: &[&[WORKSPACE.positional(), YES]],
    permission: Permission::Manage,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let row = turn.services.workspace(turn.actor, turn.conversation, given.get(WORKSPACE.name)).await?;
    let (name, platform) = (&row.name, called(&row.platform));
    if turn.confirmed || given.has("yes") {
        turn.services.disconnect(turn.actor, row.id).await?;
        return Ok(Answer::text(format!("{name} ({platform}) is disconnected.")));
    }
    let text = format!(
        "Shall I disconnect {name} ({platform})? I do nothing there any more and tell nothing there; which cards appear where, and \
         who may do what there, is forgotten. Who is linked stays so. `yes` or `no`."
    );
    // What was meant here is what is meant on a yes.
    let mut proposed = Given::default();
    proposed.put(WORKSPACE.name, Some(&row.id.to_string()));
    Ok(Answer::question(vec![Block::text(text)], &format!("Shall I disconnect {name}?"), proposed))
}
