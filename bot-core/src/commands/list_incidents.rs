use monitor_core::Timestamp;
use monitor_core::duration;
use monitor_core::incident::Resolution;
use monitor_core::people::Permission;
use services::view::{IncidentFilter, NamedIncident};

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
    summary: "Lists the times when monitors were down, the latest first.",
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
    let mut blocks = vec![table("Incidents", &incidents, turn.now)];
    blocks.extend(more.then(|| {
        Block::text(format!(
            "These are the latest {MOST}. `list-incidents from 2026-03-01 to 2026-03-08` looks further back."
        ))
    }));
    Ok(Answer::of(blocks))
}

/// Incidents as a table.
pub(crate) fn table(title: &str, incidents: &[NamedIncident], now: Timestamp) -> Block {
    let row = |named: &NamedIncident| {
        let incident = &named.incident;
        let lasted = duration::humanize(incident.duration(now));
        let state = match incident.resolved {
            None => format!("open for {lasted}"),
            Some((_, Resolution::Recovered)) => format!("recovered after {lasted}"),
            Some((_, Resolution::Paused)) => format!("paused after {lasted}"),
        };
        let why =
            if incident.message.is_empty() { incident.reason.about().to_owned() } else { incident.message.clone() };
        vec![named.monitor_name.clone(), incident.opened_at.to_minute(), state, why]
    };
    let title = format!("{title} ({})", present::count(incidents.len() as u64));
    Block::table(title, &["monitor", "since", "state", "why"], incidents.iter().map(row).collect())
}
