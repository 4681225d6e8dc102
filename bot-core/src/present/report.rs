//! A report as figures, charts, files and JSON.

mod chart;
mod json;

use monitor_core::health::Status;
use monitor_core::report::Report;
use monitor_core::{Timestamp, duration};
use services::view::ReportView;

use super::{bytes, count, latency, percent};
use crate::reply::{Block, Field};
pub(crate) use chart::{charts, files, uptime_chart};
pub(crate) use json::json;

/// What the report is about.
pub(crate) fn subject(view: &ReportView) -> String {
    view.monitor.as_ref().map_or_else(|| "all".to_owned(), |monitor| monitor.settings.name.to_string())
}

/// The figures of a report.
pub(crate) fn figures(view: &ReportView) -> Vec<Block> {
    let report = &view.report;
    let about = match &view.monitor {
        Some(monitor) => format!("`{}`", monitor.settings.name),
        None => super::plural(view.monitors, "monitor"),
    };
    let window = report.window;
    let title = format!(
        "Report on {about}: {} to {} ({})",
        window.from.to_minute().trim_end_matches(" UTC"),
        window.to.to_minute(),
        duration::humanize(window.length())
    );
    vec![
        Block::text(title),
        Block::fields("Uptime", uptime(report)),
        Block::fields("Checks", checks(report)),
        Block::fields("Latency", latencies(report)),
        Block::fields("Traffic", traffic(report)),
    ]
}

fn uptime(report: &Report) -> Vec<Field> {
    let time = |time: Option<std::time::Duration>| time.map_or_else(|| "–".to_owned(), duration::humanize);
    vec![
        Field::new("uptime", percent(report.accounting.uptime())),
        Field::new("time down", duration::humanize(report.accounting.time(Status::Down))),
        Field::new("incidents", count(report.incidents.len() as u64)),
        Field::new("MTTR", format!("{} (mean time to recovery)", time(report.mttr))),
        Field::new("MTBF", format!("{} (mean time between failures)", time(report.mtbf))),
    ]
}

fn checks(report: &Report) -> Vec<Field> {
    let tally = &report.tally;
    let slow = if tally.slow > 0 { format!(", {} of them slow", count(tally.slow)) } else { String::new() };
    let mut fields = vec![
        Field::new("total", count(tally.total())),
        Field::new("successful", format!("{}{slow}", count(tally.successful()))),
        Field::new("failed", count(tally.failed)),
    ];
    if tally.inconclusive > 0 {
        fields.push(Field::new("inconclusive", count(tally.inconclusive)));
    }
    fields.push(Field::new("success rate", percent(tally.success_rate())));
    fields.push(Field::new("error rate", percent(error_rate(report))));
    fields
}

/// Failed checks of the conclusive ones, 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
fn error_rate(report: &Report) -> Option<f64> {
    let conclusive = report.tally.conclusive();
    (conclusive > 0).then(|| report.tally.failed as f64 / conclusive as f64)
}

fn latencies(report: &Report) -> Vec<Field> {
    let mean = report.tally.mean_latency().map_or_else(|| "–".to_owned(), latency);
    let quantiles = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)];
    let quantiles = quantiles.into_iter().map(|(name, q)| Field::new(name, quantile(report, q)));
    std::iter::once(Field::new("mean", mean)).chain(quantiles).collect()
}

/// A quantile of the latency, or `–`.
pub(crate) fn quantile(report: &Report, q: f64) -> String {
    report.tally.latency.quantile(q).map_or_else(|| "–".to_owned(), latency)
}

fn traffic(report: &Report) -> Vec<Field> {
    let size = |size: Option<u64>| size.map_or_else(|| "–".to_owned(), bytes);
    let peak =
        report.peak_day().map_or_else(|| "–".to_owned(), |day| format!("{} ({})", day.day.to_day(), bytes(day.bytes)));
    vec![
        Field::new("in all", bytes(report.tally.bytes)),
        Field::new("per check", size(report.mean_check_bytes())),
        Field::new(
            "per day",
            report.mean_daily_bytes().map_or_else(|| "–".to_owned(), |mean| format!("{} on average", bytes(mean))),
        ),
        Field::new("peak day", peak),
    ]
}

/// The uptime with what it is a share of: `99.95% of 23 h 58 min`.
pub(crate) fn uptime_with_basis(report: &Report) -> String {
    match report.accounting.uptime() {
        Some(uptime) => format!("{} of {}", percent(Some(uptime)), duration::humanize(report.accounting.counted())),
        None => "– (nothing known)".to_owned(),
    }
}

/// How the figures were counted.
pub(crate) fn counted(view: &ReportView) -> Block {
    Block::text(format!("How it was counted: {}", accounting(view)))
}

/// How the figures were counted, in sentences.
pub(crate) fn accounting(view: &ReportView) -> String {
    let accounting = &view.report.accounting;
    let together =
        if view.monitor.is_none() && view.monitors != 1 { ", the times of all monitors added up" } else { "" };
    let basis = format!(
        "Uptime is the time up or degraded ({}) by the time up, degraded or down ({}){together}.",
        duration::humanize(accounting.up()),
        duration::humanize(accounting.counted())
    );
    let counts = [Status::Up, Status::Degraded, Status::Down];
    let excluded: Vec<String> = accounting
        .times()
        .iter()
        .filter(|(status, time)| !counts.contains(status) && !time.is_zero())
        .map(|(status, time)| format!("{} {}", status.as_str(), duration::humanize(*time)))
        .collect();
    let excluded = match excluded.as_slice() {
        [] => "No time is left out.".to_owned(),
        times => format!("Left out, because nothing is known then: {}.", times.join(", ")),
    };
    format!(
        "{}{basis} {excluded} A monitor is down from the check that confirms a failure to the one that confirms recovery. Rates leave out \
         inconclusive checks; latency is that of successful checks, its percentiles within 1%; traffic is response bodies, per day since the first check \
         of the period and not below a day; days are in UTC. \
         MTTR is the mean length of incidents that ended in the period, MTBF the time up by the incidents that began in it.",
        widened(view)
    )
}

/// What is said when the period could not be read as it was asked for.
fn widened(view: &ReportView) -> &'static str {
    let moved = |a: Timestamp, b: Timestamp| a.since(b).max(b.since(a));
    let (asked, read) = (view.asked, view.report.window);
    match moved(asked.from, read.from).max(moved(asked.to, read.to)).as_secs() {
        0..=60 => "",
        61..=3_600 => "The period was widened to whole hours, the finest that is kept or quick to read for it. ",
        _ => "The period was widened to whole days, the finest that is kept or quick to read for it. ",
    }
}
