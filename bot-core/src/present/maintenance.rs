//! How maintenance windows are shown.

use monitor_core::Timestamp;
use monitor_core::alerting::{Occurrence, When, Zone};
use monitor_core::duration::humanize;
use services::view::{InMaintenance, MaintenanceRow};

use crate::reply::Block;

/// What a clock shows in the zone of a window, with the day unless it is today: `02:00 Europe/Berlin`.
pub(crate) fn clock(zone: &Zone, at: Timestamp, now: Timestamp) -> String {
    let shown = zone.to_minute(at);
    let today = zone.local(at).date() == zone.local(now).date();
    let time = shown.split_once(' ').filter(|_| today).map_or(shown.as_str(), |(_, time)| time);
    format!("{time} {zone}")
}

/// Until when a monitor is in maintenance, and why: `until 02:00 UTC (move)`.
pub(crate) fn until(window: &InMaintenance, now: Timestamp) -> String {
    format!("until {}{}", clock(window.when.zone(), window.until, now), because(&window.reason))
}

/// The reason in brackets, if there is one.
pub(crate) fn because(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(" ({reason})") }
}

/// What is worked on, until when and why: `shop until 02:00 UTC (move)`.
pub(crate) fn on(window: &MaintenanceRow, lasting: Occurrence, now: Timestamp) -> String {
    let until = clock(window.when.zone(), lasting.until, now);
    format!("`{}` until {until}{}", window.words, because(&window.reason))
}

/// Times to come.
pub(crate) fn times(when: &When, times: &[Occurrence], now: Timestamp) -> Block {
    let zone = when.zone();
    let row = |it: &Occurrence| {
        vec![zone.to_minute(it.from), zone.to_minute(it.until), format!("in {}", humanize(it.from.since(now)))]
    };
    let title = if times.len() == 1 { "The next time".to_owned() } else { format!("The next {} times", times.len()) };
    Block::table(format!("{title} ({zone})"), &["begins", "ends", "which is"], times.iter().map(row).collect())
}
