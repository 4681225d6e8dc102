//! From local times to instants, through changes of the clocks.

use jiff::civil::{DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{Span, Timestamp};

/// What becomes of a local time that a change of the clocks skips.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Skipped {
    /// It comes when the clocks are changed: cron makes up for it.
    AtTheChange,
    /// It does not come: systemd leaves it out.
    Never,
}

/// The first instant after that one of those local times of which `next_civil` answers the first that is not before one. What comes
/// twice counts the first time.
pub(super) fn next(
    after: Timestamp,
    zone: &TimeZone,
    skipped: Skipped,
    next_civil: impl Fn(DateTime) -> Option<DateTime>,
) -> Option<Timestamp> {
    let mut from = beginning(after, zone)?;
    loop {
        let found = next_civil(from)?;
        match zone.to_ambiguous_timestamp(found).offset() {
            AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
                return offset.to_timestamp(found).ok();
            }
            AmbiguousOffset::Gap { before, after } => {
                let change = latest_change(before.to_timestamp(found).ok()?, zone)?;
                if skipped == Skipped::AtTheChange {
                    return Some(change);
                }
                from = after.to_datetime(change);
            }
        }
    }
}

/// The local time from which on something can come after that instant.
fn beginning(after: Timestamp, zone: &TimeZone) -> Option<DateTime> {
    let offset = zone.to_offset(after);
    let local = offset.to_datetime(after);
    match zone.to_ambiguous_timestamp(local).offset() {
        // All that comes twice has come.
        AmbiguousOffset::Fold { before, after: second } if offset == second => {
            Some(before.to_datetime(latest_change(after, zone)?))
        }
        _ => next_second(local),
    }
}

/// When the clocks were changed last, that instant included.
fn latest_change(at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let end = at.checked_add(Span::new().nanoseconds(1)).ok()?;
    zone.preceding(end).next().map(|change| change.timestamp())
}

/// The whole second after that time.
fn next_second(at: DateTime) -> Option<DateTime> {
    let time = at.time();
    let whole = Time::new(time.hour(), time.minute(), time.second(), 0).ok()?;
    at.date().to_datetime(whole).checked_add(Span::new().seconds(1)).ok()
}
