//! The periods of reports, as people say them.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::duration;
use monitor_core::report::{DAY, Window};

use crate::grammar::{Given, parse_time};

/// Shortest and longest period of a report: five minutes and ten years.
const LENGTHS: std::ops::RangeInclusive<Duration> = Duration::from_secs(300)..=Duration::from_secs(3_653 * 86_400);

/// Reads a period up to now: `1h`, `24h`, `7d`, `2w`.
///
/// # Errors
/// How to write one.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let wrong =
        || format!("`{}` is not a period; write it like 1h, 24h, 7d or 2w", monitor_core::http::shorten(text, 40));
    let lower = text.trim().to_ascii_lowercase();
    let weeks = ["weeks", "week", "w"]
        .iter()
        .find_map(|unit| lower.strip_suffix(unit))
        .and_then(|weeks| weeks.trim().parse::<u32>().ok());
    let length = match weeks {
        Some(weeks) => DAY * 7 * weeks.min(10_000),
        // A bare number could be anything.
        None if lower.bytes().all(|b| b.is_ascii_digit() || b == b'.') => return Err(wrong()),
        None => duration::parse(&lower).map_err(|_| wrong())?,
    };
    if LENGTHS.contains(&length) {
        Ok(length)
    } else {
        Err(format!("a report covers 5 minutes to 10 years, not {}", duration::humanize(length)))
    }
}

/// The window that `period`, or `from` and `to`, ask for. Without either: the last 24 hours.
///
/// # Errors
/// What does not fit together.
pub(crate) fn window(given: &Given, now: Timestamp) -> Result<Window, String> {
    let (from, to) = (given.get("from").map(parse_time).transpose()?, given.get("to").map(parse_time).transpose()?);
    match (given.get("period"), from, to) {
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
            Err("say either a period like 7d, or from and to, not both".to_owned())
        }
        (None, None, Some(_)) => Err("say where it starts, like `from 2026-03-01 to 2026-03-08`".to_owned()),
        (None, None, None) => Ok(Window { from: now - DAY, to: now }),
        (Some(period), None, None) => parse(period).map(|length| Window { from: now - length, to: now }),
        (None, Some((from, _)), to) => between(from, to, now),
    }
}

/// A day named as the end is included.
fn between(from: Timestamp, to: Option<(Timestamp, bool)>, now: Timestamp) -> Result<Window, String> {
    let to = match to {
        Some((day, true)) => day + DAY,
        Some((at, false)) => at,
        None => now,
    };
    let window = Window { from, to: to.min(now) };
    match window.length() {
        _ if from >= now => Err(format!("the period starts at {}, which has not come yet", from.to_minute())),
        _ if from >= to => Err(format!("the period ends ({}) before it starts ({})", to.to_minute(), from.to_minute())),
        length if !LENGTHS.contains(&length) => {
            Err(format!("a report covers 5 minutes to 10 years, not {}", duration::humanize(length)))
        }
        _ => Ok(window),
    }
}
