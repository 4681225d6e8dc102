use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use charts::{Bar, BarChart, Chart, LineChart, Point, Series, Span, State, Theme, TimelineChart, Unit};
use monitor_core::Timestamp;
use monitor_core::code::ErrorCode;
use monitor_core::health::Status;
use monitor_core::report::DayTraffic;
use services::view::ReportView;

use super::subject;
use crate::command::Failure;
use crate::reply::Block;

/// The charts of a report with the words for their files. One monitor has an uptime bar, several have a curve.
pub(crate) fn charts(view: &ReportView) -> Vec<(&'static str, Chart)> {
    let uptime = if view.monitor.is_some() { uptime_chart(view) } else { uptime_curve(view) };
    vec![("latency", latency(view)), ("traffic", traffic(view)), ("uptime", uptime)]
}

/// The uptime of all monitors together over the period.
fn uptime_curve(view: &ReportView) -> Chart {
    let window = view.report.window;
    let points = view.report.uptime.iter().map(|point| Point {
        at_ms: point.at.max(window.from).as_millis(),
        value: point.uptime.map(|uptime| uptime * 100.0),
    });
    Chart::Line(LineChart {
        title: title("Uptime", view),
        unit: Unit::Percent,
        start_ms: window.from.as_millis(),
        end_ms: window.to.as_millis(),
        series: vec![Series { name: "uptime".to_owned(), points: points.collect() }],
    })
}

fn title(what: &str, view: &ReportView) -> String {
    match &view.monitor {
        Some(monitor) => format!("{what} of {}", monitor.settings.name),
        None => format!("{what} of all monitors"),
    }
}

fn latency(view: &ReportView) -> Chart {
    let report = &view.report;
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
        title: title("Latency", view),
        unit: Unit::Milliseconds,
        start_ms: report.window.from.as_millis(),
        end_ms: report.window.to.as_millis(),
        series: vec![line("p50", |(p50, _)| *p50), line("p95", |(_, p95)| *p95)],
    })
}

fn traffic(view: &ReportView) -> Chart {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let bar = |day: &DayTraffic| Bar {
        label: short_day(day.day),
        value: (day.checks > 0).then_some(day.bytes as f64),
        detail: Some(crate::present::plural(day.checks, "check")),
    };
    Chart::Bars(BarChart {
        title: title("Traffic per day", view),
        unit: Unit::Bytes,
        bars: view.report.days.iter().map(bar).collect(),
    })
}

/// `3 Aug`.
fn short_day(day: Timestamp) -> String {
    let at = jiff::Timestamp::from_millisecond(day.as_millis());
    at.map_or_else(|_| day.to_day(), |at| at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%-d %b").to_string())
}

/// The statuses of a monitor over the period.
pub(crate) fn uptime_chart(view: &ReportView) -> Chart {
    let window = view.report.window;
    let span = |span: &monitor_core::report::Span| Span {
        start_ms: span.from.as_millis(),
        end_ms: span.to.as_millis(),
        state: state(span.status),
    };
    Chart::Timeline(TimelineChart {
        title: title("Uptime", view),
        start_ms: window.from.as_millis(),
        end_ms: window.to.as_millis(),
        spans: view.timeline.iter().map(span).collect(),
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

/// The charts as files. Pixels take a while to draw, so this happens beside what waits for the network.
pub(crate) async fn files(
    view: &ReportView,
    charts: Vec<(&'static str, Chart)>,
    kind: &str,
) -> Result<Vec<Block>, Failure> {
    let subject = subject(view);
    let png = kind == "png";
    let broken = |text| Failure::new(ErrorCode::Internal, text);
    let draw = move || -> Result<Vec<Block>, Failure> {
        let file = |(what, chart): &(&str, Chart)| {
            let bytes = if png {
                chart
                    .png(Theme::Light, 2.0)
                    .map_err(|error| broken(format!("The {what} chart could not be drawn: {error}.")))?
            } else {
                chart.svg(Theme::Auto).into_bytes()
            };
            let (extension, media_type) = if png { ("png", "image/png") } else { ("svg", "image/svg+xml") };
            let name = format!("{subject}-{what}.{extension}");
            Ok(Block::File { name, media_type: media_type.to_owned(), data: STANDARD.encode(bytes) })
        };
        charts.iter().map(file).collect()
    };
    let drawn = tokio::task::spawn_blocking(draw).await;
    drawn.map_err(|_| broken("The charts could not be drawn.".to_owned()))?
}
