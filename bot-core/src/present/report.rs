//! A report as figures, files and JSON.

mod files;
mod json;

use monitor_core::duration;
use monitor_core::health::Status;
use monitor_core::report::Report;
use services::view::ReportView;

use super::{bytes, count, latency, percent};
use crate::reply::{Block, Field};
pub(crate) use files::{csv, drawn, pdf};
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
    fields.push(Field::new("error rate", percent(documents::error_rate(report))));
    fields
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
    Block::text(format!("How it was counted: {}", documents::counting(&view.document())))
}
