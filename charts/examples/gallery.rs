//! Writes every kind of chart, light and dark, as SVG, PNG and text into the folder given as argument.

use std::error::Error;
use std::f64::consts::TAU;
use std::path::PathBuf;

use charts::{Bar, BarChart, Chart, LineChart, Point, Series, Span, State, Theme, TimelineChart, Unit};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Monday, 3 August 2026, 09:17 UTC.
const NOW: i64 = 1_785_748_620_000;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("usage: gallery FOLDER")?);
    std::fs::create_dir_all(&folder)?;
    for (name, chart) in gallery() {
        std::fs::write(folder.join(format!("{name}.svg")), chart.svg(Theme::Auto))?;
        std::fs::write(folder.join(format!("{name}.txt")), format!("{}\n\n{}\n", chart.text(80), chart.alt()))?;
        std::fs::write(folder.join(format!("{name}-light.png")), chart.png(Theme::Light, 2.0)?)?;
        std::fs::write(folder.join(format!("{name}-dark.png")), chart.png(Theme::Dark, 2.0)?)?;
    }
    Ok(())
}

fn gallery() -> Vec<(&'static str, Chart)> {
    vec![
        ("latency-1h", latency("Latency of shop", HOUR, MINUTE / 2, None)),
        ("latency-24h", latency("Latency of shop", DAY, 5 * MINUTE, Some((150, 178)))),
        ("latency-90d", latency("Latency of shop", 90 * DAY, HOUR / 4, Some((900, 1_500)))),
        (
            "latency-empty",
            latency(
                "Latency of a monitor that never ran, with a name that is far too long for one line",
                DAY,
                2 * DAY,
                Some((0, 9)),
            ),
        ),
        ("traffic-7d", traffic(7)),
        ("traffic-30d", traffic(30)),
        ("traffic-3y", traffic(1_095)),
        ("uptime-24h", uptime(DAY)),
        ("uptime-90d", uptime(90 * DAY)),
        ("uptime-all", every_state()),
    ]
}

/// A repeatable number between 0 and 1 that looks like chance.
fn noise(seed: i64) -> f64 {
    let mixed = (seed.unsigned_abs() + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    f64::from(u16::try_from((mixed >> 40) & 0xFFFF).unwrap_or(0)) / 65_536.0
}

fn latency(title: &str, length: i64, step: i64, gap: Option<(i64, i64)>) -> Chart {
    let points = |base: f64, spread: f64, salt: i64| {
        let point = |index: i64| {
            let at_ms = NOW - length + index * step;
            let phase = (at_ms % DAY) as f64 / DAY as f64;
            let busy = 1.0 + 0.25 * (TAU * (phase - 0.3)).sin();
            let spike = if noise(index / 3 + salt) > 0.985 { 1.0 + noise(index) } else { 1.0 };
            let value = (base + spread * noise(index + salt)) * busy * spike;
            let is_gap = gap.is_some_and(|(from, to)| (from..to).contains(&index));
            Point { at_ms, value: (!is_gap).then_some(value) }
        };
        (0..=length / step).map(point).collect()
    };
    let series = vec![
        Series { name: "p50".to_owned(), points: points(150.0, 25.0, 0) },
        Series { name: "p95".to_owned(), points: points(260.0, 110.0, 7_000) },
    ];
    Chart::Line(LineChart {
        title: title.to_owned(),
        unit: Unit::Milliseconds,
        start_ms: NOW - length,
        end_ms: NOW,
        series,
    })
}

fn traffic(days: i64) -> Chart {
    let months = ["May", "Jun", "Jul", "Aug"];
    let bar = |day: i64| {
        let (month, day_of_month) = (usize::try_from(day / 30 % 4).unwrap_or(0), day % 30 + 1);
        let value = 4.1e8 + 4.8e8 * noise(day * 3 + 1);
        Bar {
            label: format!("{day_of_month} {}", months[month]),
            value: (day != 4).then_some(value),
            detail: (day != 4).then(|| "2,880 checks".to_owned()),
        }
    };
    Chart::Bars(BarChart { title: "Traffic per day".to_owned(), unit: Unit::Bytes, bars: (0..days).map(bar).collect() })
}

fn uptime(length: i64) -> Chart {
    let start = NOW - length;
    let at = |share: f64| start + (length as f64 * share) as i64;
    let spans = [
        (0.0, 0.18, State::Up),
        (0.18, 0.22, State::Degraded),
        (0.22, 0.55, State::Up),
        (0.55, 0.59, State::Down),
        (0.59, 0.78, State::Up),
        (0.78, 0.78005, State::Down),
        (0.780_05, 0.9, State::Up),
        (0.9, 0.93, State::Maintenance),
        (0.93, 1.0, State::Up),
    ];
    timeline(
        "Uptime of shop",
        start,
        spans.map(|(from, to, state)| Span { start_ms: at(from), end_ms: at(to), state }).to_vec(),
    )
}

fn every_state() -> Chart {
    let states = [
        State::Unknown,
        State::Up,
        State::Degraded,
        State::Down,
        State::Maintenance,
        State::Paused,
        State::Inconclusive,
        State::Up,
    ];
    let start = NOW - 8 * DAY;
    let span =
        |(state, day): (State, i64)| Span { start_ms: start + day * DAY, end_ms: start + (day + 1) * DAY, state };
    timeline("Every state there is", start, states.into_iter().zip(0..).map(span).collect())
}

fn timeline(title: &str, start_ms: i64, spans: Vec<Span>) -> Chart {
    Chart::Timeline(TimelineChart { title: title.to_owned(), start_ms, end_ms: NOW, spans })
}
