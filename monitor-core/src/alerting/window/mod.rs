//! Maintenance windows: when monitors are worked on, so that nobody is told of what they do meanwhile.

mod error;
mod progress;
mod recurrence;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use error::WindowError;
pub use progress::Progress;
pub use recurrence::Recurrence;

use crate::Timestamp;
use crate::alerting::Zone;
use crate::duration::humanize;

const DAY: Duration = Duration::from_secs(86_400);

/// One time that a window is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrence {
    /// Its first moment.
    pub from: Timestamp,
    /// Its end, at which it is over.
    pub until: Timestamp,
}

impl Occurrence {
    /// Whether it is on at that time.
    #[must_use]
    pub fn covers(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.until
    }
}

/// When a window is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Once.
    Once {
        /// Its first moment.
        from: Timestamp,
        /// Its end.
        until: Timestamp,
        /// Where people look at a clock for it.
        zone: Zone,
    },
    /// Again and again.
    Recurring(Recurrence),
}

impl When {
    /// Shortest time that a window is on.
    pub const SHORTEST: Duration = Duration::from_secs(60);

    /// Longest time that a window is on once. What is longer is a monitor to be paused.
    pub const LONGEST: Duration = DAY.saturating_mul(90);

    /// How far ahead a window may begin.
    pub const AHEAD: Duration = DAY.saturating_mul(5 * 366);

    /// Once, from then until then.
    ///
    /// # Errors
    /// [`WindowError::Order`], [`WindowError::Length`]; [`WindowError::Over`] when the end is not after `now`, and
    /// [`WindowError::TooFar`] when the beginning is years away.
    pub fn once(from: Timestamp, until: Timestamp, zone: Zone, now: Timestamp) -> Result<Self, WindowError> {
        match until.since(from) {
            _ if until <= from => Err(WindowError::Order),
            _ if until <= now => Err(WindowError::Over),
            _ if from.since(now) > Self::AHEAD => Err(WindowError::TooFar),
            length if length < Self::SHORTEST || length > Self::LONGEST => Err(WindowError::Length),
            _ => Ok(Self::Once { from, until, zone }),
        }
    }

    /// Where people look at a clock for it.
    #[must_use]
    pub fn zone(&self) -> &Zone {
        match self {
            Self::Once { zone, .. } => zone,
            Self::Recurring(recurrence) => recurrence.zone(),
        }
    }

    /// Says it: `2026-12-01 22:00 for 4h (Europe/Berlin)`, `FREQ=WEEKLY;BYDAY=SU at 03:00 for 2h (Europe/Berlin)`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Once { from, until, zone } => {
                format!("{} for {} ({zone})", zone.to_minute(*from), humanize(until.since(*from)))
            }
            Self::Recurring(recurrence) => recurrence.words(),
        }
    }

    /// The time at which it is on then. Of several the one that ends last.
    #[must_use]
    pub fn covering(&self, at: Timestamp) -> Option<Occurrence> {
        match self {
            Self::Once { from, until, .. } => {
                Some(Occurrence { from: *from, until: *until }).filter(|it| it.covers(at))
            }
            Self::Recurring(recurrence) => recurrence.covering(at),
        }
    }

    /// The first time that begins after that.
    #[must_use]
    pub fn next(&self, after: Timestamp) -> Option<Occurrence> {
        match self {
            Self::Once { from, until, .. } => {
                Some(Occurrence { from: *from, until: *until }).filter(|it| it.from > after)
            }
            Self::Recurring(recurrence) => recurrence.occurrences(after).find(|it| it.from > after),
        }
    }

    /// The first time that is not over at that time and begins after the one that began at `begun`.
    pub(super) fn first_after(&self, begun: Option<Timestamp>, now: Timestamp) -> Option<Occurrence> {
        let later = |it: &Occurrence| it.until > now && begun.is_none_or(|begun| it.from > begun);
        match self {
            Self::Once { from, until, .. } => Some(Occurrence { from: *from, until: *until }).filter(later),
            Self::Recurring(recurrence) => recurrence.occurrences(now.max(begun.unwrap_or(now))).find(later),
        }
    }

    /// Up to that many times that are not over, the first one at the beginning.
    #[must_use]
    pub fn upcoming(&self, now: Timestamp, most: usize) -> Vec<Occurrence> {
        match self {
            Self::Once { from, until, .. } if *until > now => vec![Occurrence { from: *from, until: *until }],
            Self::Once { .. } => Vec::new(),
            Self::Recurring(recurrence) => recurrence.occurrences(now).take(most).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
