use monitor_core::people::Permission;

use super::MONITOR;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::Given;

/// Stops checking a monitor.
pub(crate) const COMMAND: Command = Command {
    name: "pause-monitor",
    aliases: &["pause"],
    summary: "Stops checking a monitor until it is resumed; an open incident ends.",
    examples: &["pause-monitor shop"],
    arguments: &[&[MONITOR]],
    permission: Permission::Edit,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let before = turn.services.pause_monitor(turn.actor, given.get("monitor").unwrap_or_default()).await?;
    let name = &before.settings.name;
    Ok(Answer::text(match before.paused {
        true => format!("`{name}` is paused already. `resume-monitor {name}` starts it again."),
        false => format!("`{name}` is paused: I do not check it until you say `resume-monitor {name}`."),
    }))
}
