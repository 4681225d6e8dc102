use monitor_core::people::Permission;
use services::view::NotificationFilter;

use super::destination::{DESTINATION, settings, state};
use super::list_notifications::table;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::Given;
use crate::reply::Block;

/// How many of its notifications are shown.
const LATEST: u64 = 10;

/// Shows one destination.
pub(crate) const COMMAND: Command = Command {
    name: "show-destination",
    aliases: &[],
    summary: "Shows a destination: what it is, whether it takes what it is told, and what it was told last.",
    examples: &["show-destination ops-mail"],
    arguments: &[&[DESTINATION]],
    permission: Permission::Read,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let view = turn.services.destination(turn.actor, given.get("destination").unwrap_or_default()).await?;
    let mut blocks = vec![Block::text(format!("`{}`: {}", view.name, state(&view, turn.now))), settings(&view)];
    let filter = NotificationFilter { destination: Some(view.id), ..NotificationFilter::default() };
    let (_, rows) = turn.services.notifications(turn.actor, &filter, 0, LATEST).await?;
    if !rows.is_empty() {
        blocks.push(table("Latest notifications", &rows, turn.now));
    }
    Ok(Answer::of(blocks))
}
