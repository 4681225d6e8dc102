use monitor_core::people::Permission;

use super::MONITOR;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::Given;
use crate::present;
use crate::reply::Block;

/// Checks a monitor at once.
pub(crate) const COMMAND: Command = Command {
    name: "check-now",
    aliases: &["check"],
    summary: "Checks a monitor at once and shows what was found.",
    examples: &["check-now shop"],
    arguments: &[&[MONITOR]],
    permission: Permission::Respond,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let (monitor, outcome) = turn.services.check_now(turn.actor, given.get("monitor").unwrap_or_default()).await?;
    let title = format!("`{}`: {}", monitor.settings.name, present::verdict(&outcome));
    Ok(Answer::of(vec![Block::text(title), Block::fields("What I found", present::findings(&outcome))]))
}
