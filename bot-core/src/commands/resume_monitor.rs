use monitor_core::people::Permission;

use super::MONITOR;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::Given;

/// Starts checking a monitor again.
pub(crate) const COMMAND: Command = Command {
    name: "resume-monitor",
    aliases: &["resume", "unpause"],
    summary: "Starts checking a paused monitor again, at once.",
    examples: &["resume-monitor shop"],
    arguments: &[&[MONITOR]],
    permission: Permission::Edit,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let before = turn.services.resume_monitor(turn.actor, given.get("monitor").unwrap_or_default()).await?;
    let name = &before.settings.name;
    let interval = monitor_core::duration::format(before.settings.interval);
    Ok(Answer::text(match before.paused {
        true => format!("I check `{name}` again, every {interval}, beginning now."),
        false => format!("`{name}` is not paused; I check it every {interval}."),
    }))
}
