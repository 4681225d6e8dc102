use monitor_core::people::Permission;
use services::view::IncidentFilter;

use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind};
use crate::period;
use crate::present;
use crate::reply::Block;

/// Most incidents listed.
const MOST: u64 = 50;

/// Lists incidents.
pub(crate) const COMMAND: Command = Command {
    name: "list-incidents",
    aliases: &["incidents"],
    summary: "Lists incidents, the latest first, with their numbers and who takes care of them.",
    examples: &["list-incidents", "list-incidents open", "list-incidents shop 30d"],
    arguments: &[&[
        Argument::new("which", Kind::Choice(&["open", "resolved", "all"]), "Only those that are open, or over.")
            .positional()
            .default("all"),
        Argument::new("period", Kind::Period, "How far to look back, like 24h, 7d, 2w, today or yesterday.")
            .words(&["period", "last"])
            .positional(),
        Argument::new("monitor", Kind::Monitor, "Only those of this monitor.").words(&["monitor", "of"]).positional(),
        Argument::new("from", Kind::Time, "The first day or time, in UTC.").words(&["from", "since"]),
        Argument::new("to", Kind::Time, "The last day, included, or the end, in UTC.").words(&["to", "until"]),
    ]],
    permission: Permission::Read,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let open = match given.get("which").map(str::to_ascii_lowercase).as_deref() {
        Some("open") => Some(true),
        Some("resolved") => Some(false),
        _ => None,
    };
    let bounded = ["period", "from", "to"].iter().any(|name| given.has(name));
    let window = if bounded { Some(period::window(&given, turn.now)?) } else { None };
    let filter = IncidentFilter { window, open };
    let mut incidents = turn.services.incidents(turn.actor, given.get("monitor"), &filter, MOST + 1).await?;
    if incidents.is_empty() {
        return Ok(Answer::text(match open {
            Some(true) => "There is no open incident.",
            _ => "There was no incident.",
        }));
    }
    let more = incidents.len() as u64 > MOST;
    incidents.truncate(usize::try_from(MOST).unwrap_or(usize::MAX));
    let mut blocks = vec![present::incidents("Incidents", &incidents, turn.now)];
    blocks.extend(more.then(|| {
        Block::text(format!(
            "These are the latest {MOST}. `list-incidents from 2026-03-01 to 2026-03-08` looks further back."
        ))
    }));
    Ok(Answer::of(blocks))
}
