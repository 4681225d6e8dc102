use std::time::Duration;

use super::Window;
use crate::Timestamp;
use crate::rollup::Resolution;

/// Most rows that a report reads, roughly: above that a coarser resolution is taken where it is fine enough.
const MAX_ROWS: u64 = 5_000;

/// Most rows that are read for each edge of a period, beside those.
const MAX_EDGE_ROWS: u64 = 20_000;

/// A period is cut into this many rollups at least, so that its edges are not moved far.
const MIN_STEPS: u32 = 7;

/// How long results and rollups are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Single results.
    pub raw: Duration,
    /// Rollups by the minute.
    pub minute: Duration,
    /// Rollups by the hour.
    pub hour: Duration,
    /// Rollups by the day, flips and incidents.
    pub day: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        let days = |days: u64| Duration::from_secs(days * 86_400);
        Self { raw: days(1), minute: days(7), hour: days(90), day: days(3 * 365) }
    }
}

impl Retention {
    /// How long rollups of that resolution are kept.
    #[must_use]
    pub fn of(&self, resolution: Resolution) -> Duration {
        match resolution {
            Resolution::Minute => self.minute,
            Resolution::Hour => self.hour,
            Resolution::Day => self.day,
        }
    }
}

/// Up to when results have been rolled up: everything that started before is in a rollup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Into minutes.
    pub minute: Timestamp,
    /// Into hours.
    pub hour: Timestamp,
    /// Into days.
    pub day: Timestamp,
}

impl Progress {
    /// Up to when results have been rolled up into that resolution.
    #[must_use]
    pub fn of(&self, resolution: Resolution) -> Timestamp {
        match resolution {
            Resolution::Minute => self.minute,
            Resolution::Hour => self.hour,
            Resolution::Day => self.day,
        }
    }
}

/// Where a stretch of a period is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Single results.
    Raw,
    /// Rollups.
    Rollup(Resolution),
}

/// A stretch of a period and where it is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// The stretch.
    pub window: Window,
    /// Where it is read from.
    pub source: Source,
}

/// Cuts a period into stretches, each read from the coarsest source that fits into it: the middle from rollups of one
/// resolution, the edges from finer ones, and what has not been rolled up yet from single results. The period's edges
/// are moved outwards to whole rollups where nothing finer is kept, or where reading it for that many monitors would
/// take too long; the window of the answer says what is covered.
#[must_use]
pub fn cover(
    window: Window,
    now: Timestamp,
    monitors: u64,
    progress: &Progress,
    retention: &Retention,
) -> (Window, Vec<Segment>) {
    let Some(base) = base(window, now, monitors, retention) else {
        return (window, vec![Segment { window, source: Source::Raw }]);
    };
    let edge = edge(base, now.since(window.from), monitors, retention);
    let last = coarse_to_fine(edge).find(|resolution| window.to <= progress.of(*resolution));
    let to = last.map_or(window.to, |resolution| window.to.ceil(resolution.length()));
    let covered = Window { from: window.from.floor(edge.length()), to };
    let mut segments = Vec::new();
    let mut from = covered.from;
    while from < to {
        let segment = stretch(Window { from, to }, base, progress);
        from = segment.window.to;
        segments.push(segment);
    }
    (covered, segments)
}

fn coarse_to_fine(coarsest: Resolution) -> impl Iterator<Item = Resolution> {
    Resolution::ALL.into_iter().rev().filter(move |resolution| *resolution <= coarsest)
}

/// The longest stretch at the beginning of the period that is read from one source.
fn stretch(window: Window, base: Resolution, progress: &Progress) -> Segment {
    let Window { from, to } = window;
    // Up to where whole rollups of that resolution lie within the period.
    let whole = |resolution: Resolution| progress.of(resolution).min(to).floor(resolution.length());
    let fits = |resolution: &Resolution| from.floor(resolution.length()) == from && whole(*resolution) > from;
    let Some(resolution) = coarse_to_fine(base).find(fits) else {
        return Segment { window, source: Source::Raw };
    };
    // No further than to where a coarser resolution may take over.
    let coarser = Resolution::ALL.into_iter().find(|coarser| *coarser > resolution && *coarser <= base);
    let handover = coarser.map_or(to, |coarser| from.floor(coarser.length()) + coarser.length());
    Segment { window: Window { from, to: whole(resolution).min(handover) }, source: Source::Rollup(resolution) }
}

/// The finest resolution that the edges of the period are read at.
fn edge(base: Resolution, age: Duration, monitors: u64, retention: &Retention) -> Resolution {
    let affordable = |resolution: &Resolution| {
        let steps = |finer: Resolution| {
            finer.coarser().map_or(0, |coarser| coarser.length().as_secs() / finer.length().as_secs())
        };
        let read = Resolution::ALL.into_iter().filter(|finer| finer >= resolution && *finer < base).map(steps);
        monitors.saturating_mul(read.sum()) <= MAX_EDGE_ROWS
    };
    let kept = Resolution::ALL.into_iter().filter(|resolution| *resolution <= base && age <= retention.of(*resolution));
    kept.into_iter().find(affordable).unwrap_or(base)
}

/// The resolution that most of the period is read at; `None`: single results.
fn base(window: Window, now: Timestamp, monitors: u64, retention: &Retention) -> Option<Resolution> {
    let (age, length) = (now.since(window.from), window.length());
    let rows = |step: Duration| monitors.saturating_mul(length.as_secs() / step.as_secs().max(1));
    // A monitor at 1 s gives 60 results a minute; few do, so the budget is held against one in 10 s.
    if age <= retention.raw && length <= Duration::from_secs(7_200) && rows(Duration::from_secs(10)) <= MAX_ROWS {
        return None;
    }
    let kept = || Resolution::ALL.into_iter().filter(|resolution| age <= retention.of(*resolution));
    let fine_enough = || kept().filter(|resolution| length >= resolution.length() * MIN_STEPS);
    fine_enough()
        .find(|resolution| rows(resolution.length()) <= MAX_ROWS)
        .or_else(|| fine_enough().next_back())
        .or_else(|| kept().next())
        .or(Some(Resolution::Day))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: Duration = Duration::from_secs(3_600);
    const DAY: Duration = Duration::from_secs(86_400);

    fn now() -> Timestamp {
        Timestamp::from_millis(1_772_374_509_250)
    }

    fn progress() -> Progress {
        let behind = now() - Duration::from_secs(90);
        Progress { minute: behind.floor(Duration::from_secs(60)), hour: behind.floor(HOUR), day: behind.floor(DAY) }
    }

    fn sources(length: Duration, monitors: u64) -> Vec<Source> {
        let window = Window { from: now() - length, to: now() };
        cover(window, now(), monitors, &progress(), &Retention::default())
            .1
            .iter()
            .map(|segment| segment.source)
            .collect()
    }

    #[test]
    fn a_period_is_read_at_a_resolution_that_suits_it() {
        use Resolution::{Day, Hour, Minute};
        use Source::{Raw, Rollup};
        assert_eq!(sources(HOUR, 1), [Raw]);
        assert_eq!(sources(DAY, 1), [Rollup(Minute), Raw]);
        assert_eq!(sources(7 * DAY, 1), [Rollup(Minute), Rollup(Hour), Rollup(Minute), Raw]);
        assert_eq!(sources(90 * DAY, 1), [Rollup(Hour), Rollup(Minute), Raw]);
        assert_eq!(sources(90 * DAY, 1_000), [Rollup(Day), Rollup(Hour), Rollup(Minute), Raw]);
        assert_eq!(sources(400 * DAY, 1), [Rollup(Day), Rollup(Hour), Rollup(Minute), Raw]);
        assert_eq!(sources(DAY, 1_000), [Rollup(Hour), Rollup(Minute), Raw]);
    }

    #[test]
    fn a_week_is_a_week_for_one_monitor_and_for_many() {
        for monitors in [1, 67, 200] {
            let window = Window { from: now() - 7 * DAY, to: now() };
            let (covered, _) = cover(window, now(), monitors, &progress(), &Retention::default());
            assert!(covered.length() < 7 * DAY + Duration::from_secs(60), "{monitors}: {:?}", covered.length());
        }
    }

    #[test]
    fn what_is_no_longer_kept_is_not_asked_for() {
        let from = now() - 30 * DAY;
        let window = Window { from, to: from + HOUR };
        let (covered, segments) = cover(window, now(), 1, &progress(), &Retention::default());
        assert_eq!(segments, [Segment { window: covered, source: Source::Rollup(Resolution::Hour) }]);
        assert!(covered.from <= window.from && covered.to >= window.to && covered.length() <= 2 * HOUR);
    }

    #[test]
    fn an_end_in_the_present_hour_is_moved_to_the_end_of_its_minute() {
        let to = now() - Duration::from_secs(300);
        let (covered, segments) =
            cover(Window { from: to - 7 * DAY, to }, now(), 1, &progress(), &Retention::default());
        let sources: Vec<Source> = segments.iter().map(|segment| segment.source).collect();
        assert_eq!(sources, [Source::Rollup(Resolution::Hour), Source::Rollup(Resolution::Minute)]);
        assert_eq!(covered.to, to.ceil(Duration::from_secs(60)));
    }

    proptest! {
        #[test]
        fn segments_tile_the_period(age_s in 1_u64..100_000_000, length_s in 1_u64..100_000_000, monitors in 1_u64..20_000) {
            let from = now() - Duration::from_secs(age_s);
            let window = Window { from, to: (from + Duration::from_secs(length_s)).min(now()) };
            let (covered, segments) = cover(window, now(), monitors, &progress(), &Retention::default());
            prop_assert!(covered.from <= window.from && covered.to >= window.to);
            prop_assert_eq!(segments.first().map(|segment| segment.window.from), Some(covered.from));
            prop_assert_eq!(segments.last().map(|segment| segment.window.to), Some(covered.to));
            prop_assert!(segments.windows(2).all(|pair| pair[0].window.to == pair[1].window.from));
            for segment in &segments {
                if let Source::Rollup(resolution) = segment.source {
                    prop_assert_eq!(segment.window.from.floor(resolution.length()), segment.window.from);
                    prop_assert_eq!(segment.window.to.floor(resolution.length()), segment.window.to);
                    prop_assert!(segment.window.to <= progress().of(resolution));
                }
            }
        }
    }
}
