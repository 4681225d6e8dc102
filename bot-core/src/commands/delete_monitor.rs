use monitor_core::code::ErrorCode;
use monitor_core::people::Permission;
use services::view::OverviewFilter;

use super::YES;
use super::selection::{SELECTION, filter, none, said, these};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind};
use crate::reply::Block;

/// What was seen is what is deleted: none that was added meanwhile.
const COUNT: Argument = Argument::new(
    "count",
    Kind::Number(1, u16::MAX),
    "How many there have to be of a label or group; if they are more or fewer by then, nothing is deleted.",
);

/// Deletes a monitor.
pub(crate) const COMMAND: Command = Command {
    name: "delete-monitor",
    aliases: &["delete", "remove", "rm"],
    summary: "Deletes a monitor, or all of a label or group, and all that is known of them. I ask before I do.",
    examples: &["delete-monitor shop", "delete-monitor shop --yes", "delete-monitor env=staging"],
    arguments: &[SELECTION, &[COUNT, YES]],
    permission: Permission::Edit,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    if let Some(filter) = filter(&given)? {
        return delete_all(turn, &given, filter).await;
    }
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

async fn delete_all(turn: Turn<'_>, given: &Given, filter: OverviewFilter) -> Result<Answer, Failure> {
    let names = turn.services.select(turn.actor, &filter).await?;
    if names.is_empty() {
        return Err(none(&filter));
    }
    if given.number("count").is_some_and(|count: usize| count != names.len()) {
        let text = format!("There are other ones by now: {}. Nothing is deleted; say it again.", these(&names));
        return Err(Failure::new(ErrorCode::ConflictingArguments, text));
    }
    if turn.confirmed || given.has("yes") {
        let gone = turn.services.delete_all(turn.actor, &filter).await?;
        return Ok(Answer::text(format!("Deleted: {}.", these(&gone))));
    }
    let text = format!(
        "Shall I delete {}? Their results, reports and incidents go with them, and that cannot be undone. \
         `yes` or `no`; `pause-monitor {}` only stops the checks.",
        these(&names),
        said(&filter),
    );
    let mut proposed = Given::default();
    proposed.put("count", Some(&names.len().to_string()));
    Ok(Answer::question(vec![Block::text(text)], "Shall I delete them?", proposed))
}
