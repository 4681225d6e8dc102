//! The periods of reports, as people say them.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::code::ErrorCode;
use monitor_core::duration;
use monitor_core::report::{DAY, Window};

use crate::grammar::{Given, Invalid, parse_time};

/// Shortest and longest period of a report: five minutes and ten years.
const LENGTHS: std::ops::RangeInclusive<Duration> = Duration::from_secs(300)..=Duration::from_secs(3_653 * 86_400);

/// Days that have a name.
const TODAY: &str = "today";
const YESTERDAY: &str = "yesterday";

/// Checks a period: `1h`, `24h`, `7d`, `2w`, `today`, `yesterday`.
///
/// # Errors
/// How to write one.
pub(crate) fn check(text: &str) -> Result<(), Invalid> {
    if is_day(text) { Ok(()) } else { length(text).map(drop) }
}

/// Whether a word means a period, be it one that no report covers.
pub(crate) fn is_meant(text: &str) -> bool {
    is_day(text) || spoken(text).is_some()
}

fn is_day(text: &str) -> bool {
    [TODAY, YESTERDAY].iter().any(|day| text.eq_ignore_ascii_case(day))
}

/// A duration with a unit; a bare number could be anything.
fn spoken(text: &str) -> Option<Duration> {
    let bare = text.trim().bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if bare { None } else { duration::parse(text).ok() }
}

fn length(text: &str) -> Result<Duration, Invalid> {
    let length = spoken(text).ok_or_else(|| {
        let text = monitor_core::http::shorten(text, 40);
        invalid(format!("`{text}` is not a period; write it like 1h, 24h, 7d, 2w, today or yesterday"))
    })?;
    if LENGTHS.contains(&length) { Ok(length) } else { Err(out_of_range(length)) }
}

fn invalid(why: impl Into<String>) -> Invalid {
    Invalid::new(ErrorCode::InvalidPeriod, why)
}

fn out_of_range(length: Duration) -> Invalid {
    invalid(format!("a report covers 5 minutes to 10 years, not {}", duration::humanize(length)))
}

/// The window that `period`, or `from` and `to`, ask for. Without either: the last 24 hours.
///
/// # Errors
/// What does not fit together.
pub(crate) fn window(given: &Given, now: Timestamp) -> Result<Window, Invalid> {
    let (from, to) = (given.get("from").map(parse_time).transpose()?, given.get("to").map(parse_time).transpose()?);
    match (given.get("period"), from, to) {
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
            let why = "say either a period like 7d, or from and to, not both";
            Err(Invalid::new(ErrorCode::ConflictingArguments, why))
        }
        (None, None, Some(_)) => Err(invalid("say where it starts, like `from 2026-03-01 to 2026-03-08`")),
        (None, None, None) => Ok(Window { from: now - DAY, to: now }),
        (Some(day), None, None) if is_day(day) => {
            let today = now.floor(DAY);
            let (from, to) = if day.eq_ignore_ascii_case(TODAY) { (today, now) } else { (today - DAY, today) };
            between(from, Some((to, false)), now)
        }
        (Some(period), None, None) => length(period).map(|length| Window { from: now - length, to: now }),
        (None, Some((from, _)), to) => between(from, to, now),
    }
}

/// A day named as the end is included.
fn between(from: Timestamp, to: Option<(Timestamp, bool)>, now: Timestamp) -> Result<Window, Invalid> {
    let to = match to {
        Some((day, true)) => day + DAY,
        Some((at, false)) => at,
        None => now,
    };
    let window = Window { from, to: to.min(now) };
    match window.length() {
        _ if from >= now => Err(invalid(format!("the period starts at {}, which has not come yet", from.to_minute()))),
        _ if from >= to => {
            Err(invalid(format!("the period ends ({}) before it starts ({})", to.to_minute(), from.to_minute())))
        }
        length if !LENGTHS.contains(&length) => Err(out_of_range(length)),
        _ => Ok(window),
    }
}
