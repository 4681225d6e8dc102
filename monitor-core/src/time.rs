use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z, leap seconds ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The point `ms` milliseconds after the epoch.
    #[must_use]
    pub const fn from_millis(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The time from `earlier` to here; zero when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The largest multiple of `step` that is not after this point. `step` of zero gives the point itself.
    #[must_use]
    pub fn floor(self, step: Duration) -> Self {
        match millis(step) {
            0 => self,
            step => Self(self.0.div_euclid(step).saturating_mul(step)),
        }
    }

    /// The smallest multiple of `step` that is not before this point. `step` of zero gives the point itself.
    #[must_use]
    pub fn ceil(self, step: Duration) -> Self {
        let floor = self.floor(step);
        if floor == self { self } else { floor + step }
    }

    fn civil(self) -> Option<jiff::Zoned> {
        let at = jiff::Timestamp::from_millisecond(self.0).ok()?;
        Some(at.to_zoned(jiff::tz::TimeZone::UTC))
    }

    /// `2026-03-01 14:05 UTC`, for people.
    #[must_use]
    pub fn to_minute(self) -> String {
        self.civil().map_or_else(|| self.to_string(), |at| at.strftime("%Y-%m-%d %H:%M UTC").to_string())
    }

    /// `2026-03-01 14:05:09 UTC`, for people.
    #[must_use]
    pub fn to_second(self) -> String {
        self.civil().map_or_else(|| self.to_string(), |at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
    }

    /// `2026-03-01`, for people.
    #[must_use]
    pub fn to_day(self) -> String {
        self.civil().map_or_else(|| self.to_string(), |at| at.strftime("%Y-%m-%d").to_string())
    }
}

/// A duration in whole milliseconds, as the integer that timestamps are made of.
pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

impl Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, rhs: Duration) -> Self {
        Self(self.0.saturating_add(millis(rhs)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, rhs: Duration) -> Self {
        Self(self.0.saturating_sub(millis(rhs)))
    }
}

/// RFC 3339 in UTC with milliseconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(at) => write!(f, "{at:.3}"),
            Err(_) => write!(f, "{} ms after 1970", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_to_steps_on_both_sides_of_the_epoch() {
        let minute = Duration::from_secs(60);
        assert_eq!(Timestamp(61_000).floor(minute), Timestamp(60_000));
        assert_eq!(Timestamp(61_000).ceil(minute), Timestamp(120_000));
        assert_eq!(Timestamp(60_000).ceil(minute), Timestamp(60_000));
        assert_eq!(Timestamp(-1).floor(minute), Timestamp(-60_000));
        assert_eq!(Timestamp(5).floor(Duration::ZERO), Timestamp(5));
    }

    #[test]
    fn time_never_runs_backwards_into_a_panic() {
        assert_eq!(Timestamp(5).since(Timestamp(9)), Duration::ZERO);
        assert_eq!(Timestamp(i64::MAX) + Duration::MAX, Timestamp(i64::MAX));
        assert_eq!(Timestamp(i64::MAX).to_string(), "9223372036854775807 ms after 1970");
    }

    #[test]
    fn prints_for_people_and_for_machines() {
        let at = Timestamp(1_772_374_509_250);
        assert_eq!(at.to_string(), "2026-03-01T14:15:09.250Z");
        assert_eq!(at.to_second(), "2026-03-01 14:15:09 UTC");
        assert_eq!(at.to_minute(), "2026-03-01 14:15 UTC");
        assert_eq!(at.to_day(), "2026-03-01");
    }
}
