use jiff::SignedDuration;
use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use super::{Days, RoutingError, Severity, TimeOfDay, Zone};
use crate::Timestamp;

/// Times of day at which a destination is not told, but after them: when the clock there shows a time within them, be it for
/// the first or the second time that night. Hours over midnight belong to the day on which they begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    /// The first minute.
    pub from: TimeOfDay,
    /// The first minute after them; the same as the first: a whole day.
    pub to: TimeOfDay,
    /// Where the clock hangs.
    pub zone: Zone,
    /// The days on which they begin.
    pub days: Days,
    /// From that severity on it is told all the same; `None`: nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub except: Option<Severity>,
}

/// How often quiet hours may touch each other before their end is found: once a day, and where clocks are changed.
const MOST_PIECES: usize = 40;

impl QuietHours {
    /// Whether they end at all.
    ///
    /// # Errors
    /// [`RoutingError::Endless`].
    pub fn validate(&self) -> Result<(), RoutingError> {
        if self.from == self.to && self.days == Days::ALL { Err(RoutingError::Endless) } else { Ok(()) }
    }

    /// Until when something of that severity waits; `None`: it does not.
    #[must_use]
    pub fn until(&self, at: Timestamp, severity: Severity) -> Option<Timestamp> {
        if self.except.is_some_and(|loud| severity >= loud) || !self.is_quiet(at) {
            return None;
        }
        let mut end = at;
        for _ in 0..MOST_PIECES {
            let local = self.zone.local(end);
            // As long as no clock is changed, it shows the end after as much time as it seems.
            let piece = end + self.left(local).unsigned_abs();
            end = self.zone.next_change(end).filter(|change| *change < piece).unwrap_or(piece);
            if !self.is_quiet(end) {
                break;
            }
        }
        Some(end)
    }

    /// Whether it is quiet then.
    #[must_use]
    pub fn is_quiet(&self, at: Timestamp) -> bool {
        let local = self.zone.local(at);
        let (from, to) = (self.from.time(), self.to.time());
        let today = || self.days.has(local.date().weekday());
        let yesterday = || self.days.has(local.date().weekday().previous());
        let time = local.time();
        if from < to {
            today() && (from..to).contains(&time)
        } else {
            (time >= from && today()) || (time < to && yesterday())
        }
    }

    /// How long it is to the next time that the end is shown.
    fn left(&self, local: DateTime) -> SignedDuration {
        let left = local.time().duration_until(self.to.time());
        if left > SignedDuration::ZERO { left } else { left + SignedDuration::from_hours(24) }
    }
}

impl std::fmt::Display for QuietHours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{} {}", self.from, self.to, self.zone)?;
        if self.days != Days::ALL {
            write!(f, " on {}", self.days)?;
        }
        self.except.map_or(Ok(()), |loud| write!(f, " except {}", loud.as_str()))
    }
}

#[cfg(test)]
mod tests;
