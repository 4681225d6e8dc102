//! The charts of a period.

use charts::{Bar, BarChart, Chart, LineChart, Point, Series, Span, State, TimelineChart, Unit, format};
use monitor_core::Timestamp;
use monitor_core::health::Status;
use monitor_core::report::DayTraffic;

use super::ReportDocument;

/// The charts of a report with the words for their files. One monitor has an uptime bar, several have a curve.
#[must_use]
pub fn charts(document: &ReportDocument<'_>) -> Vec<(&'static str, Chart)> {
    let uptime = if document.monitor.is_some() { uptime(document) } else { uptime_curve(document) };
    vec![("latency", latency(document)), ("traffic", traffic(document)), ("uptime", uptime)]
}

/// The uptime of all monitors together over the period.
fn uptime_curve(document: &ReportDocument<'_>) -> Chart {
    let window = document.report.window;
    let points = document.report.uptime.iter().map(|point| Point {
        at_ms: point.at.max(window.from).as_millis(),
        value: point.uptime.map(|uptime| uptime * 100.0),
    });
    Chart::Line(LineChart {
        title: title("Uptime", document),
        unit: Unit::Percent,
        start_ms: window.from.as_millis(),
        end_ms: window.to.as_millis(),
        series: vec![Series { name: "uptime".to_owned(), points: points.collect() }],
    })
}

fn title(what: &str, document: &ReportDocument<'_>) -> String {
    match document.monitor {
        Some(monitor) => format!("{what} of {monitor}"),
        None => format!("{what} of all monitors"),
    }
}

fn latency(document: &ReportDocument<'_>) -> Chart {
    let report = &document.report;
    let line = |name: &str, value: fn(&(std::time::Duration, std::time::Duration)) -> std::time::Duration| Series {
        name: name.to_owned(),
        points: report
            .latency
            .iter()
            .map(|point| Point {
                at_ms: point.at.max(report.window.from).as_millis(),
                value: point.quantiles.as_ref().map(|quantiles| value(quantiles).as_secs_f64() * 1e3),
            })
            .collect(),
    };
    Chart::Line(LineChart {
        title: title("Latency", document),
        unit: Unit::Milliseconds,
        start_ms: report.window.from.as_millis(),
        end_ms: report.window.to.as_millis(),
        series: vec![line("p50", |(p50, _)| *p50), line("p95", |(_, p95)| *p95)],
    })
}

fn traffic(document: &ReportDocument<'_>) -> Chart {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let bar = |day: &DayTraffic| Bar {
        label: short_day(day.day),
        value: (day.checks > 0).then_some(day.bytes as f64),
        detail: Some(checks(day.checks)),
    };
    Chart::Bars(BarChart {
        title: title("Traffic per day", document),
        unit: Unit::Bytes,
        bars: document.report.days.iter().map(bar).collect(),
    })
}

/// `3 Aug`.
fn short_day(day: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(day.as_millis());
    at.map_or_else(|_| day.to_day(), |at| at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%-d %b").to_string())
}

/// The statuses of a monitor over the period.
#[must_use]
pub fn uptime(document: &ReportDocument<'_>) -> Chart {
    let window = document.report.window;
    let span = |span: &monitor_core::report::Span| Span {
        start_ms: span.from.as_millis(),
        end_ms: span.to.as_millis(),
        state: state(span.status),
    };
    Chart::Timeline(TimelineChart {
        title: title("Uptime", document),
        start_ms: window.from.as_millis(),
        end_ms: window.to.as_millis(),
        spans: document.timeline.iter().map(span).collect(),
    })
}

fn state(status: Status) -> State {
    match status {
        Status::Up => State::Up,
        Status::Degraded => State::Degraded,
        Status::Down => State::Down,
        Status::Paused => State::Paused,
        Status::Maintenance => State::Maintenance,
        Status::Unknown => State::Unknown,
        Status::Inconclusive => State::Inconclusive,
    }
}

/// `1 check`, `2,880 checks`.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
fn checks(number: u64) -> String {
    format!("{} check{}", format::count(number as f64), if number == 1 { "" } else { "s" })
}
