use monitor_core::people::Permission;

use super::selection::{SELECTION, filter, none, these};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::Given;
use crate::kinds;

/// Starts checking a monitor again.
pub(crate) const COMMAND: Command = Command {
    name: "resume-monitor",
    aliases: &["resume", "unpause"],
    summary: "Starts checking a paused monitor, or all of a label or group, again, at once.",
    examples: &["resume-monitor shop", "resume-monitor env=staging"],
    arguments: &[SELECTION],
    permission: Permission::Edit,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    if let Some(filter) = filter(&given)? {
        let names = turn.services.pause_all(turn.actor, &filter, false).await?;
        return match names.is_empty() {
            true => Err(none(&filter)),
            false => Ok(Answer::text(format!("I check again: {}.", these(&names)))),
        };
    }
    let before = turn.services.resume_monitor(turn.actor, given.get("monitor").unwrap_or_default()).await?;
    let name = &before.settings.name;
    let interval = monitor_core::duration::format(before.settings.interval);
    let probed = kinds::of(&before.settings.spec).is_probed();
    Ok(Answer::text(match before.paused {
        _ if !probed && before.paused => format!("I wait for `{name}` again ({}).", before.settings.spec.target()),
        _ if !probed => format!("`{name}` is not paused; I wait for it ({}).", before.settings.spec.target()),
        true => format!("I check `{name}` again, every {interval}, beginning now."),
        false => format!("`{name}` is not paused; I check it every {interval}."),
    }))
}
