use monitor_core::people::Permission;

use super::selection::{SELECTION, filter, none, said, these};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::Given;
use crate::kinds;

/// Stops checking a monitor.
pub(crate) const COMMAND: Command = Command {
    name: "pause-monitor",
    aliases: &["pause"],
    summary: "Stops checking a monitor, or all of a label or group, until they are resumed; open incidents end.",
    examples: &["pause-monitor shop", "pause-monitor env=staging", "pause-monitor group:shop"],
    arguments: &[SELECTION],
    permission: Permission::Edit,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    if let Some(filter) = filter(&given)? {
        let names = turn.services.pause_all(turn.actor, &filter, true).await?;
        return match names.is_empty() {
            true => Err(none(&filter)),
            false => Ok(Answer::text(format!(
                "Paused: {}. I do not check them until you say `resume-monitor {}`.",
                these(&names),
                said(&filter)
            ))),
        };
    }
    let before = turn.services.pause_monitor(turn.actor, given.get("monitor").unwrap_or_default()).await?;
    let name = &before.settings.name;
    Ok(Answer::text(match before.paused {
        true => format!("`{name}` is paused already. `resume-monitor {name}` starts it again."),
        false if !kinds::of(&before.settings.spec).is_probed() => {
            format!("`{name}` is paused: I do not wait for it until you say `resume-monitor {name}`.")
        }
        false => format!("`{name}` is paused: I do not check it until you say `resume-monitor {name}`."),
    }))
}
