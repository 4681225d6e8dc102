use std::time::Duration;

use super::Window;
use crate::Timestamp;
use crate::health::{Flip, Status};

/// A time during which a monitor had one status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its start.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// The status.
    pub status: Status,
}

/// The statuses of a monitor over a period: `before` is the status at its start, `flips` are the changes in it, oldest
/// first. Flips outside the period are ignored. The spans cover the period without gap or overlap.
#[must_use]
pub fn timeline(window: Window, before: Status, flips: &[Flip]) -> Vec<Span> {
    let mut spans = Vec::with_capacity(flips.len() + 1);
    let (mut from, mut status) = (window.from, before);
    for flip in flips.iter().filter(|flip| flip.at >= window.from && flip.at < window.to) {
        if flip.at > from {
            spans.push(Span { from, to: flip.at, status });
            from = flip.at;
        }
        status = flip.to;
    }
    if window.to > from {
        spans.push(Span { from, to: window.to, status });
    }
    spans
}

/// How long which status lasted.
///
/// Uptime is the time up or degraded by the time up, degraded or down. Paused, maintenance, unknown and inconclusive
/// time is excluded, because nothing is known of the target then.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Accounting {
    times: Vec<(Status, Duration)>,
}

impl Accounting {
    /// Adds spans up.
    #[must_use]
    pub fn of<'a>(spans: impl IntoIterator<Item = &'a Span>) -> Self {
        let mut accounting = Self::default();
        for span in spans {
            let length = span.to.since(span.from);
            match accounting.times.iter_mut().find(|(status, _)| *status == span.status) {
                Some((_, time)) => *time = time.saturating_add(length),
                None => accounting.times.push((span.status, length)),
            }
        }
        accounting.times.sort_by_key(|(status, _)| *status);
        accounting
    }

    /// How long that status lasted.
    #[must_use]
    pub fn time(&self, status: Status) -> Duration {
        self.times.iter().find(|(other, _)| *other == status).map_or(Duration::ZERO, |(_, time)| *time)
    }

    /// The statuses that occurred, with their times.
    #[must_use]
    pub fn times(&self) -> &[(Status, Duration)] {
        &self.times
    }

    /// The time up or degraded.
    #[must_use]
    pub fn up(&self) -> Duration {
        self.time(Status::Up).saturating_add(self.time(Status::Degraded))
    }

    /// The time that counts: up, degraded or down.
    #[must_use]
    pub fn counted(&self) -> Duration {
        self.up().saturating_add(self.time(Status::Down))
    }

    /// The time that is excluded.
    #[must_use]
    pub fn excluded(&self) -> Duration {
        self.times.iter().map(|(_, time)| *time).sum::<Duration>().saturating_sub(self.counted())
    }

    /// The uptime, 0 to 1; `None` when no time counts.
    #[must_use]
    pub fn uptime(&self) -> Option<f64> {
        let counted = self.counted();
        (!counted.is_zero()).then(|| self.up().as_secs_f64() / counted.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    #[test]
    fn unknown_and_paused_time_is_excluded() {
        let window = Window { from: at(0), to: at(1_000) };
        let flip = |ms, from, to| Flip { at: at(ms), from, to };
        let spans = timeline(
            window,
            Status::Unknown,
            &[
                flip(100, Status::Unknown, Status::Up),
                flip(500, Status::Up, Status::Down),
                flip(600, Status::Down, Status::Degraded),
                flip(700, Status::Degraded, Status::Paused),
            ],
        );
        let accounting = Accounting::of(&spans);
        assert_eq!(accounting.up(), Duration::from_millis(500));
        assert_eq!(accounting.counted(), Duration::from_millis(600));
        assert_eq!(accounting.excluded(), Duration::from_millis(400));
        assert_eq!(accounting.uptime(), Some(500.0 / 600.0));
        assert_eq!(Accounting::default().uptime(), None);
    }

    proptest! {
        #[test]
        fn spans_cover_the_period_without_gap_or_overlap(from in 0_i64..1_000, length in 1_i64..1_000, mut times in prop::collection::vec(-500_i64..2_500, 0..20)) {
            times.sort_unstable();
            let window = Window { from: at(from), to: at(from + length) };
            let flips: Vec<Flip> = times.iter().enumerate().map(|(index, ms)| Flip {
                at: at(*ms), from: Status::Unknown, to: Status::ALL[index % Status::ALL.len()],
            }).collect();
            let spans = timeline(window, Status::Up, &flips);
            prop_assert_eq!(spans.first().map(|span| span.from), Some(window.from));
            prop_assert_eq!(spans.last().map(|span| span.to), Some(window.to));
            prop_assert!(spans.windows(2).all(|pair| pair[0].to == pair[1].from));
            let accounting = Accounting::of(&spans);
            prop_assert_eq!(accounting.counted() + accounting.excluded(), window.length());
        }
    }
}
