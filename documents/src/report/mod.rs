//! The report of what a period looked like.

pub(crate) mod charts;
pub(crate) mod counting;
pub(crate) mod tables;

use std::time::Duration;

use ::charts::{Theme, format};
use maud::{Markup, PreEscaped, html};
use monitor_core::Timestamp;
use monitor_core::audit::Rating;
use monitor_core::duration::humanize;
use monitor_core::health::Status;
use monitor_core::incident::Alert;
use monitor_core::report::{Report, Span, Window};

use crate::figures::{pill, tone};
use crate::page::{chapter, page};
use crate::text::{clean, code, plural, said};

/// Incidents that the report lists; it counts all.
const MOST_INCIDENTS: usize = 100;

/// What the report of a period is made of.
#[derive(Debug, Clone)]
pub struct ReportDocument<'a> {
    /// The monitor; `None`: all of the organisation.
    pub monitor: Option<&'a str>,
    /// What the monitor looks at, such as an address.
    pub target: Option<String>,
    /// How many monitors the figures are about.
    pub monitors: u64,
    /// The period that was asked for.
    pub asked: Window,
    /// The figures.
    pub report: &'a Report,
    /// The statuses of the one monitor over the period; empty for all.
    pub timeline: &'a [Span],
    /// The times of being down, the latest first.
    pub outages: Vec<Outage<'a>>,
}

/// A time of being down.
#[derive(Debug, Clone, Copy)]
pub struct Outage<'a> {
    /// The monitor's name.
    pub monitor: &'a str,
    /// The time.
    pub alert: &'a Alert,
}

/// The report of a period as a page to be printed. `now` is when, and `by` who asked for it.
#[must_use]
pub fn report(document: &ReportDocument<'_>, now: Timestamp, by: Option<&str>) -> String {
    let name = document.monitor.unwrap_or("All monitors");
    let body = html! {
        (cover(document, name, now, by))
        (figures(document.report))
        (outages(document, now))
        (chapter("How it was counted", None, &html! { p { (counting::counting(document)) } }))
    };
    page(&format!("Uptime report: {}", clean(name)), "Uptime report", &now.to_minute(), &body)
}

fn cover(document: &ReportDocument<'_>, name: &str, now: Timestamp, by: Option<&str>) -> Markup {
    let window = document.report.window;
    html! {
        section.cover.period {
            h1 { (said(name)) }
            @match (document.monitor, document.target.as_deref()) {
                (Some(_), Some(target)) => p.address { (code(target, 260)) },
                (Some(_), None) => {},
                (None, _) => p.subject { (format::count(as_float(document.monitors))) " monitor" @if document.monitors != 1 { "s" } " together" },
            }
            dl.facts {
                div { dt { "From" } dd { (window.from.to_minute()) } }
                div { dt { "To" } dd { (window.to.to_minute()) } }
                div { dt { "Which is" } dd { (humanize(window.length())) } }
                div { dt { "Made" } dd { (now.to_minute()) } }
                @if let Some(by) = by { div { dt { "Asked by" } dd { (said(by)) } } }
            }
            (tiles(document.report))
            div.charts {
                @for (_, chart) in charts::charts(document) {
                    // It comes escaped: every text of it goes through the one that draws it.
                    div { (PreEscaped(chart.svg(Theme::Light))) }
                }
            }
        }
    }
}

fn tiles(report: &Report) -> Markup {
    let down = report.accounting.time(Status::Down);
    let tile = |name: &str, value: String, basis: String| {
        html! { div { dt { (name) } dd { (value) span.basis { (basis) } } } }
    };
    html! {
        dl.tiles {
            (tile("Uptime", percent(report.accounting.uptime()), format!("of {} that count", humanize(report.accounting.counted()))))
            (tile("Time down", humanize(down), format!("in {}", plural(report.incidents.len(), "incident"))))
            (tile("Latency, p95", quantile(report, 0.95), format!("half of them within {}", quantile(report, 0.5))))
            (tile("Checks", format::count(as_float(report.tally.total())), format!("{} successful", percent(report.tally.success_rate()))))
        }
    }
}

fn figures(report: &Report) -> Markup {
    let tally = &report.tally;
    let time = |time: Option<Duration>| time.map_or_else(none, humanize);
    let size = |bytes: Option<u64>| bytes.map_or_else(none, |bytes| format::bytes(as_float(bytes)));
    let count = |count: u64| format::count(as_float(count));
    let peak = report.peak_day().map_or_else(none, |day| format!("{}, {}", size(Some(day.bytes)), day.day.to_day()));
    let list = |title: &str, rows: Vec<(&str, String)>| {
        html! { div { h3 { (title) } dl { @for (name, value) in rows { div { dt { (name) } dd { (value) } } } } } }
    };
    let body = html! {
        div.columns {
            (list("Checks", vec![
                ("All", count(tally.total())),
                ("Successful", count(tally.successful())),
                ("Of them slow", count(tally.slow)),
                ("Failed", count(tally.failed)),
                ("Inconclusive", count(tally.inconclusive)),
                ("Success rate", percent(tally.success_rate())),
                ("Error rate", percent(counting::error_rate(report))),
            ]))
            (list("Latency", vec![
                ("Mean", tally.mean_latency().map_or_else(none, latency)),
                ("p50", quantile(report, 0.5)),
                ("p90", quantile(report, 0.9)),
                ("p95", quantile(report, 0.95)),
                ("p99", quantile(report, 0.99)),
                ("Mean time to recovery", time(report.mttr)),
                ("Mean time between failures", time(report.mtbf)),
            ]))
            (list("Traffic", vec![
                ("In all", size(Some(tally.bytes))),
                ("Per check", size(report.mean_check_bytes())),
                ("Per day", size(report.mean_daily_bytes())),
                ("Peak day", peak),
            ]))
        }
    };
    chapter("Figures", None, &body)
}

fn outages(document: &ReportDocument<'_>, now: Timestamp) -> Markup {
    let all = &document.outages;
    if all.is_empty() {
        return chapter("Incidents", None, &html! { p { "There was none." } });
    }
    let lead = (all.len() > MOST_INCIDENTS).then(|| format!("The latest {MOST_INCIDENTS} of {}.", all.len()));
    let body = html! {
        table.outages {
            thead { tr {
                @if document.monitor.is_none() { th scope="col" { "Monitor" } }
                th scope="col" { "Began" } th scope="col" { "Lasted" } th scope="col" { "Ended" } th scope="col" { "Why" }
            } }
            tbody { @for outage in all.iter().take(MOST_INCIDENTS) { (row(document, outage, now)) } }
        }
    };
    chapter("Incidents", lead.as_deref(), &body)
}

fn row(document: &ReportDocument<'_>, outage: &Outage<'_>, now: Timestamp) -> Markup {
    let alert = outage.alert;
    let why = if alert.message.is_empty() { alert.reason.about() } else { alert.message.as_str() };
    html! {
        tr {
            @if document.monitor.is_none() { th scope="row" { (said(outage.monitor)) } }
            @if document.monitor.is_none() { td.when { (alert.opened_at.to_second()) } }
            @else { th.when scope="row" { (alert.opened_at.to_second()) } }
            td.when { (humanize(alert.duration(now))) }
            td.when {
                @match alert.resolved {
                    Some((_, resolution)) => { (resolution.as_str().replace('_', " ")) },
                    None => { (pill(tone(Some(Rating::Poor)), "open still")) },
                }
            }
            td { (said(&monitor_core::http::shorten(why, 300))) }
        }
    }
}

pub(crate) fn percent(share: Option<f64>) -> String {
    share.map_or_else(none, |share| format::percent(share * 100.0))
}

fn none() -> String {
    "–".to_owned()
}

fn latency(time: Duration) -> String {
    format::milliseconds(time.as_secs_f64() * 1e3)
}

fn quantile(report: &Report, q: f64) -> String {
    report.tally.latency.quantile(q).map_or_else(none, latency)
}

#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn as_float(number: u64) -> f64 {
    number as f64
}
