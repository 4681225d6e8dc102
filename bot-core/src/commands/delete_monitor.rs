use monitor_core::people::Permission;

use super::{MONITOR, YES};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::Given;
use crate::reply::Block;

/// Deletes a monitor.
pub(crate) const COMMAND: Command = Command {
    name: "delete-monitor",
    aliases: &["delete", "remove", "rm"],
    summary: "Deletes a monitor and all that is known of it. I ask before I do.",
    examples: &["delete-monitor shop", "delete-monitor shop --yes"],
    arguments: &[&[MONITOR, YES]],
    permission: Permission::Edit,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let name = given.get("monitor").unwrap_or_default();
    if turn.confirmed || given.has("yes") {
        let gone = turn.services.delete_monitor(turn.actor, name).await?;
        return Ok(Answer::text(format!("`{}` is deleted.", gone.settings.name)));
    }
    let monitor = turn.services.monitor(turn.actor, name).await?;
    let name = &monitor.settings.name;
    let text = format!(
        "Shall I delete `{name}` ({}, watched since {})? Its results, reports and incidents go with it, and that cannot be undone. \
         `yes` or `no`; `pause-monitor {name}` only stops the checks.",
        monitor.settings.spec.target(),
        monitor.created_at.to_day(),
    );
    Ok(Answer::question(vec![Block::text(text)], &format!("Shall I delete {name}?"), Given::default()))
}
