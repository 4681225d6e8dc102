//! What many checks add up to.

use std::time::Duration;

use crate::Timestamp;
use crate::outcome::{Reason, Verdict};
use crate::sketch::Sketch;

/// How long one rollup is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Resolution {
    /// 60 seconds.
    Minute,
    /// 60 minutes.
    Hour,
    /// 24 hours, from midnight UTC.
    Day,
}

impl Resolution {
    /// All resolutions, the finest first: each is made from the one before it, the finest from raw results.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// The length of one rollup.
    #[must_use]
    pub const fn length(self) -> Duration {
        Duration::from_secs(match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        })
    }

    /// The number that stands for it in the database.
    #[must_use]
    pub const fn number(self) -> i16 {
        match self {
            Self::Minute => 1,
            Self::Hour => 2,
            Self::Day => 3,
        }
    }

    /// The resolution that this one is made from; `None`: from raw results.
    #[must_use]
    pub const fn finer(self) -> Option<Self> {
        match self {
            Self::Minute => None,
            Self::Hour => Some(Self::Minute),
            Self::Day => Some(Self::Hour),
        }
    }

    /// The resolution that is made from this one; `None`: there is none.
    #[must_use]
    pub const fn coarser(self) -> Option<Self> {
        match self {
            Self::Minute => Some(Self::Hour),
            Self::Hour => Some(Self::Day),
            Self::Day => None,
        }
    }
}

/// The figures of one check that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// When the check started.
    pub at: Timestamp,
    /// Why it ended as it did.
    pub reason: Reason,
    /// From start to end; zero when that is not known, as of a heartbeat whose start was not reported.
    pub duration: Duration,
    /// Bytes of the response body.
    pub response_bytes: u64,
}

/// What a number of checks add up to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Checks that found what was expected, in time.
    pub ok: u64,
    /// Checks that found what was expected, too slowly.
    pub slow: u64,
    /// Checks that failed.
    pub failed: u64,
    /// Checks that could tell nothing.
    pub inconclusive: u64,
    /// Bytes of all response bodies.
    pub bytes: u64,
    /// The sum of the durations in `latency`, in microseconds.
    pub latency_sum_us: u64,
    /// How long the checks took that were answered as expected (ok and slow), as far as that is known.
    pub latency: Sketch,
}

impl Tally {
    /// Adds one check.
    pub fn add(&mut self, sample: &Sample) {
        let verdict = sample.reason.verdict();
        match verdict {
            Verdict::Ok => self.ok += 1,
            Verdict::Slow => self.slow += 1,
            Verdict::Failed => self.failed += 1,
            Verdict::Inconclusive => self.inconclusive += 1,
        }
        self.bytes = self.bytes.saturating_add(sample.response_bytes);
        if matches!(verdict, Verdict::Ok | Verdict::Slow) && !sample.duration.is_zero() {
            let micros = u64::try_from(sample.duration.as_micros()).unwrap_or(u64::MAX);
            self.latency_sum_us = self.latency_sum_us.saturating_add(micros);
            self.latency.add(sample.duration);
        }
    }

    /// Adds all checks of another tally.
    pub fn merge(&mut self, other: &Self) {
        self.ok += other.ok;
        self.slow += other.slow;
        self.failed += other.failed;
        self.inconclusive += other.inconclusive;
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.latency_sum_us = self.latency_sum_us.saturating_add(other.latency_sum_us);
        self.latency.merge(&other.latency);
    }

    /// All checks, inconclusive ones included.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.conclusive() + self.inconclusive
    }

    /// Checks that say something of the target.
    #[must_use]
    pub fn conclusive(&self) -> u64 {
        self.successful() + self.failed
    }

    /// Checks that found what was expected, slow ones included.
    #[must_use]
    pub fn successful(&self) -> u64 {
        self.ok + self.slow
    }

    /// Successful checks of the conclusive ones, 0 to 1; `None` when there are none.
    #[must_use]
    pub fn success_rate(&self) -> Option<f64> {
        ratio(self.successful(), self.conclusive())
    }

    /// The mean duration of successful checks, of those whose duration is known.
    #[must_use]
    pub fn mean_latency(&self) -> Option<Duration> {
        self.latency_sum_us.checked_div(self.latency.count()).map(Duration::from_micros)
    }
}

/// `part / whole`, or `None` when there is no whole.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub(crate) fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The tally of one monitor over one step of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollup {
    /// When it starts.
    pub start: Timestamp,
    /// How long it is.
    pub resolution: Resolution,
    /// What was counted.
    pub tally: Tally,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn samples() -> impl Strategy<Value = Vec<Sample>> {
        let sample = (0_i64..10_000_000, prop::sample::select(Reason::ALL), 0_u64..100_000_000, 0_u64..10_000_000);
        prop::collection::vec(
            sample.prop_map(|(at, reason, micros, response_bytes)| Sample {
                at: Timestamp::from_millis(at),
                reason,
                duration: Duration::from_micros(micros),
                response_bytes,
            }),
            0..200,
        )
    }

    fn tally(samples: &[Sample]) -> Tally {
        let mut tally = Tally::default();
        samples.iter().for_each(|sample| tally.add(sample));
        tally
    }

    #[test]
    fn failures_count_but_do_not_blur_the_latency() {
        let sample = |reason, ms| Sample {
            at: Timestamp::default(),
            reason,
            duration: Duration::from_millis(ms),
            response_bytes: 10,
        };
        let tally = tally(&[
            sample(Reason::Ok, 100),
            sample(Reason::Slow, 300),
            sample(Reason::ResponseTimeout, 10_000),
            sample(Reason::LocalNetwork, 0),
        ]);
        assert_eq!((tally.total(), tally.conclusive(), tally.successful(), tally.bytes), (4, 3, 2, 40));
        assert_eq!(tally.mean_latency(), Some(Duration::from_millis(200)));
        assert_eq!(tally.success_rate(), Some(2.0 / 3.0));
        assert_eq!(Tally::default().success_rate(), None);
    }

    #[test]
    fn what_took_nobody_knows_how_long_is_no_latency() {
        let sample = |seconds| Sample {
            at: Timestamp::default(),
            reason: Reason::Ok,
            duration: Duration::from_secs(seconds),
            response_bytes: 0,
        };
        let tally = tally(&[sample(0), sample(3), sample(0)]);
        assert_eq!((tally.successful(), tally.latency.count()), (3, 1));
        assert_eq!(tally.mean_latency(), Some(Duration::from_secs(3)));
    }

    proptest! {
        #[test]
        fn rollups_of_parts_equal_the_rollup_of_the_whole(samples in samples(), cut in any::<prop::sample::Index>()) {
            let (left, right) = samples.split_at(cut.index(samples.len() + 1));
            let mut merged = tally(left);
            merged.merge(&tally(right));
            prop_assert_eq!(merged, tally(&samples));
        }
    }
}
