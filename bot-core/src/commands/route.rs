//! What the commands about routes, rotations and silences share.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::{TimeOfDay, Zone};
use monitor_core::code::ErrorCode;
use monitor_core::duration;
use services::RouteView;

use crate::command::Failure;
use crate::grammar::{Argument, Given, Kind, Known, parse_time};

/// The rotation that a command is about.
pub(super) const ROTATION: Argument =
    Argument::new("rotation", Kind::Text, "The rotation's name, with or without an @.")
        .of(Known::Rotation)
        .like("primary")
        .positional();

/// The severities that can be said.
pub(super) const SEVERITIES: Kind = Kind::Choice(&["info", "warning", "critical"]);

/// A route as the command that makes it: `add-route env=prod severity critical notify ops then 10m @primary`.
pub(super) fn said(route: &RouteView) -> String {
    format!("add-route {} severity {} {}", route.words, route.severity.as_str(), steps(&route.steps))
}

/// Who is told when: `notify ops then 10m @primary`.
pub(super) fn steps(steps: &[(Duration, Vec<String>)]) -> String {
    let words = |(place, (after, names)): (usize, &(Duration, Vec<String>))| match place {
        0 => format!("notify {}", names.join(" ")),
        _ => format!("then {} {}", duration::format(*after), names.join(" ")),
    };
    steps.iter().enumerate().map(words).collect::<Vec<_>>().join(" ")
}

/// All that was said for an argument, with spaces between.
pub(super) fn words(given: &Given, name: &str) -> String {
    given.all(name).flatten().collect::<Vec<_>>().join(" ")
}

/// The number that was said, with or without a `#`.
pub(super) fn number(given: &Given, name: &'static str) -> Result<i64, Failure> {
    let said = given.get(name).unwrap_or_default();
    said.trim_start_matches('#').parse().map_err(|_| {
        let said = monitor_core::http::shorten(said, 40);
        Failure::new(
            ErrorCode::InvalidValue,
            format!("`{said}` is not the number of a {name}; `list-{name}s` shows them."),
        )
    })
}

/// The time that was said, as a clock in that zone shows it unless an offset or UTC was said with it, and whether it is a
/// whole day. A time of day is the next one after `after`.
pub(super) fn time(
    given: &Given,
    name: &str,
    zone: &Zone,
    after: Timestamp,
) -> Result<Option<(Timestamp, bool)>, Failure> {
    let Some(said) = given.get(name) else { return Ok(None) };
    if let Ok(clock) = said.parse::<TimeOfDay>() {
        return Ok(Some((clock.next(after, zone), false)));
    }
    let (at, whole) = parse_time(said)?;
    if said.ends_with(['Z', 'z']) || said.ends_with("UTC") || said.parse::<jiff::Timestamp>().is_ok() {
        return Ok(Some((at, whole)));
    }
    let shown = Zone::new("UTC")?.local(at);
    Ok(Some((zone.instant(shown), whole)))
}

/// When something is, as a clock in that zone shows it.
pub(super) fn at(zone: &Zone, at: Timestamp) -> String {
    format!("{} {zone}", zone.to_minute(at))
}
