use monitor_core::people::Permission;

use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind};
use crate::period;
use crate::present::{self, report};
use crate::reply::Block;

/// Incidents that a report lists; it counts all.
const MOST_INCIDENTS: usize = 20;

/// Shows what a period looked like.
pub(crate) const COMMAND: Command = Command {
    name: "show-report",
    aliases: &["report"],
    summary: "Shows what a period looked like, of one monitor or of all: checks, uptime, latency, traffic, incidents.",
    examples: &[
        "show-report 24h",
        "show-report shop 7d",
        "show-report shop from 2026-03-01 to 2026-03-08",
        "show-report shop from 2026-03-01 14:00 to 2026-03-01 18:00",
        "show-report shop 30d as png",
        "show-report shop 30d as pdf",
    ],
    arguments: &[&[
        Argument::new(
            "period",
            Kind::Period,
            "How far to look back, like 1h, 24h, 7d, 30d, 90d, 2w, today or yesterday.",
        )
        .words(&["period", "last"])
        .positional()
        .default("24h"),
        Argument::new("monitor", Kind::Monitor, "Only this monitor; `all` for all.")
            .words(&["monitor", "of"])
            .positional()
            .default("all"),
        Argument::new("from", Kind::Time, "The first day or time, in UTC.").words(&["from", "since"]),
        Argument::new("to", Kind::Time, "The last day, included, or the end, in UTC.").words(&["to", "until"]),
        Argument::new(
            "as",
            Kind::Choice(&["chart", "pdf", "csv", "png", "svg", "json"]),
            "How to show it: charts, the report to pass on, tables for a spreadsheet, pictures as files, or the figures as JSON.",
        )
        .words(&["as", "format"])
        .default("chart"),
    ]],
    permission: Permission::Read,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let window = period::window(&given, turn.now)?;
    let monitor = given.get("monitor").filter(|name| !name.eq_ignore_ascii_case("all"));
    let form = given.get("as").map(str::to_ascii_lowercase);
    if form.as_deref() == Some("pdf") {
        let printed = turn.services.report_pdf(turn.actor, monitor, window).await?;
        return Ok(Answer::of(report::pdf(&printed)));
    }
    let view = turn.services.report(turn.actor, monitor, window).await?;
    match form.as_deref() {
        Some("json") => return Ok(Answer::of(vec![Block::Code { text: report::json(&view) }])),
        Some("csv") => return Ok(Answer::of(report::csv(&view))),
        _ => {}
    }
    let mut blocks = report::figures(&view);
    if view.incidents.len() > MOST_INCIDENTS {
        blocks.push(present::outages("The latest incidents", &view.incidents[..MOST_INCIDENTS], turn.now));
    } else if !view.incidents.is_empty() {
        blocks.push(present::outages("Incidents", &view.incidents, turn.now));
    }
    blocks.push(report::counted(&view));
    match form.as_deref() {
        Some(kind @ ("png" | "svg")) => blocks.extend(report::drawn(&view, kind).await?),
        _ => {
            let charts = documents::charts(&view.document());
            blocks.extend(charts.into_iter().map(|(_, chart)| Block::Chart { chart }));
        }
    }
    Ok(Answer::of(blocks))
}
