//! Small drawings: gauges, bars with thresholds, sparklines. Each says in words what it shows.

use maud::{Markup, html};
use monitor_core::audit::Rating;
use monitor_core::audit::figure::Unit;
use monitor_core::audit::summary::Metric;

/// The class that colours what has this rating.
pub(crate) fn tone(rating: Option<Rating>) -> &'static str {
    match rating {
        Some(Rating::Good) => "good",
        Some(Rating::NeedsWork) => "fair",
        Some(Rating::Poor) => "poor",
        None => "none",
    }
}

/// A word on its colour.
pub(crate) fn pill(tone: &str, word: &str) -> Markup {
    html! { span class={ "pill " (tone) } { (word) } }
}

/// The radius of a gauge's arc.
const RADIUS: f64 = 46.0;

/// The score of a category as an arc, with its words.
pub(crate) fn gauge(title: &str, score: Option<u8>) -> Markup {
    let rating = score.map(Rating::of_score);
    let word = rating.map_or("not scored", Rating::word);
    let round = 2.0 * std::f64::consts::PI * RADIUS;
    let shown = score.map_or_else(|| "–".to_owned(), |score| score.to_string());
    let said = score.map_or_else(|| format!("{title}: not scored"), |score| format!("{title}: {score} of 100, {word}"));
    let filled = f64::from(score.unwrap_or(0)) / 100.0 * round;
    html! {
        li class={ "gauge " (tone(rating)) } {
            svg viewBox="0 0 108 108" role="img" aria-label=(said) {
                circle.track cx="54" cy="54" r=(RADIUS) {}
                @if filled > 0.0 {
                    circle.arc cx="54" cy="54" r=(RADIUS) stroke-dasharray=(format!("{filled:.1} {round:.1}")) transform="rotate(-90 54 54)" {}
                }
                text x="54" y="66" text-anchor="middle" { (shown) }
            }
            span.name { (title) }
            (pill(tone(rating), word))
        }
    }
}

/// Where a metric lies between its thresholds. What is far beyond ends at the bar's end.
pub(crate) fn thresholds(metric: &Metric, unit: Unit) -> Markup {
    let (good, poor) = metric.thresholds;
    let most = poor * 1.5;
    let share = |value: f64| if most > 0.0 { (value / most * 100.0).clamp(0.0, 100.0) } else { 0.0 };
    let (good_at, poor_at) = (share(good), share(poor));
    let (good, poor) = (unit.text(good), unit.text(poor));
    let said = format!("{}, {}: good up to {good}, poor above {poor}", metric.text(), metric.rating().word());
    html! {
        div.scale role="img" aria-label=(said) {
            div.zones {
                span.good style=(format!("width:{good_at:.1}%")) {}
                span.fair style=(format!("width:{:.1}%", poor_at - good_at)) {}
                span.poor style=(format!("width:{:.1}%", 100.0 - poor_at)) {}
                i style=(format!("left:{:.1}%", share(metric.value))) {}
            }
            div.limits {
                span style=(format!("left:{good_at:.1}%")) { (good) }
                span style=(format!("left:{poor_at:.1}%")) { (poor) }
            }
        }
    }
}

/// Scores over time, the oldest first; gaps where there was none. Lines mark from where on a score is good, and poor below.
pub(crate) fn sparkline(title: &str, scores: &[Option<u8>]) -> Markup {
    const WIDTH: f64 = 112.0;
    let y = |score: u8| 38.0 - f64::from(score.min(100)) * 0.34;
    #[expect(clippy::cast_precision_loss, reason = "some dozens of audits")]
    let x = |at: usize| 3.0 + at as f64 * (WIDTH - 6.0) / (scores.len().max(2) - 1) as f64;
    let mut path = String::new();
    let mut draws = false;
    for (at, score) in scores.iter().enumerate() {
        if let Some(score) = score {
            path.push_str(&format!("{}{:.1} {:.1}", if draws { 'L' } else { 'M' }, x(at), y(*score)));
        }
        draws = score.is_some();
    }
    let known: Vec<u8> = scores.iter().copied().flatten().collect();
    let last = scores.iter().enumerate().rev().find_map(|(at, score)| score.map(|score| (at, score)));
    let words = match (known.first(), known.last()) {
        (Some(first), Some(last)) if known.len() > 1 => format!("{first} → {last}"),
        (Some(only), _) => only.to_string(),
        _ => "not scored".to_owned(),
    };
    let said = format!("{title} over {} audits: {words}", scores.len());
    html! {
        svg.spark viewBox={ "0 0 " (WIDTH) " 42" } role="img" aria-label=(said) {
            @for line in [90, 50] {
                path.rule d=(format!("M3 {0:.1}H{1:.1}", y(line), WIDTH - 3.0)) {}
            }
            path.line d=(path) {}
            @if let Some((at, score)) = last {
                circle class=(tone(Some(Rating::of_score(score)))) cx=(format!("{:.1}", x(at))) cy=(format!("{:.1}", y(score))) r="3" {}
            }
        }
        span.words { (words) }
    }
}

/// How much of the most something is, as a plain bar: what it shows stands beside it in numbers.
pub(crate) fn share(part: f64, most: f64) -> Markup {
    let share = if most > 0.0 { (part / most * 100.0).clamp(0.0, 100.0) } else { 0.0 };
    html! { div.share aria-hidden="true" { span style=(format!("width:{share:.1}%")) {} } }
}
