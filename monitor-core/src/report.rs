//! What a period looked like: counts, uptime, latency, traffic, incidents.

mod accounting;
mod cover;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use accounting::{Accounting, Span, timeline};
pub use cover::{Progress, Retention, Segment, Source, cover};

use crate::Timestamp;
use crate::health::Status;
use crate::incident::Alert;
use crate::rollup::Tally;

/// One day.
pub const DAY: Duration = Duration::from_secs(86_400);

/// Most points of a latency curve; a chart 720 pixels wide shows no more.
const MAX_POINTS: u64 = 180;

/// The steps that a latency curve may have, so that its points lie at round times.
const STEPS_S: [u64; 9] = [60, 300, 900, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400];

/// A period of time, `from` included, `to` excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Its start.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
}

impl Window {
    /// How long it is.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.to.since(self.from)
    }
}

/// Everything that a report is made from.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// The period.
    pub window: Window,
    /// Now, for incidents that are still open.
    pub now: Timestamp,
    /// The tallies of the period by their start, in any order, of any lengths.
    pub tallies: Vec<(Timestamp, Tally)>,
    /// For each monitor its statuses over the period.
    pub timelines: Vec<Vec<Span>>,
    /// The incidents that touch the period, the latest first.
    pub incidents: Vec<Alert>,
}

/// A point of the latency curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LatencyPoint {
    /// The start of its step.
    pub at: Timestamp,
    /// The median and the 95th percentile of the step; `None`: nothing answered.
    pub quantiles: Option<(Duration, Duration)>,
}

/// A point of the uptime curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UptimePoint {
    /// The start of its step.
    pub at: Timestamp,
    /// The uptime of all monitors together over the step, 0 to 1; `None`: no time counts.
    pub uptime: Option<f64>,
}

/// What one day transferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayTraffic {
    /// Midnight UTC.
    pub day: Timestamp,
    /// Bytes of response bodies.
    pub bytes: u64,
    /// Checks.
    pub checks: u64,
}

/// What a period looked like.
#[derive(Debug, Clone)]
pub struct Report {
    /// The period.
    pub window: Window,
    /// All checks of the period together.
    pub tally: Tally,
    /// When the first of them was made, as exactly as it is kept.
    pub first_check: Option<Timestamp>,
    /// How long which status lasted.
    pub accounting: Accounting,
    /// The latency over time, one point per step, gaps included.
    pub latency: Vec<LatencyPoint>,
    /// The uptime over time, one point per step, gaps included.
    pub uptime: Vec<UptimePoint>,
    /// The traffic of each day that the period touches.
    pub days: Vec<DayTraffic>,
    /// The incidents that touch the period, the latest first.
    pub incidents: Vec<Alert>,
    /// Mean time to recovery: the mean length of the incidents that were resolved in the period.
    pub mttr: Option<Duration>,
    /// Mean time between failures: the time up in the period by the number of incidents opened in it.
    pub mtbf: Option<Duration>,
}

impl Report {
    /// Works the report out.
    #[must_use]
    pub fn build(inputs: Inputs) -> Self {
        let Inputs { window, now, tallies, timelines, incidents } = inputs;
        let mut tally = Tally::default();
        tallies.iter().for_each(|(_, part)| tally.merge(part));
        let accounting = Accounting::of(timelines.iter().flatten());
        let opened =
            incidents.iter().filter(|incident| incident.opened_at >= window.from && incident.opened_at < window.to);
        let resolved: Vec<Duration> = incidents
            .iter()
            .filter(|incident| incident.resolved.is_some_and(|(at, _)| at >= window.from && at < window.to))
            .map(|incident| incident.duration(now))
            .collect();
        Self {
            first_check: tallies.iter().map(|(start, _)| *start).min().map(|start| start.max(window.from)),
            latency: latency_curve(window, &tallies),
            uptime: uptime_curve(window, &timelines),
            days: traffic(window, &tallies),
            mttr: mean(resolved.iter().sum(), resolved.len()),
            mtbf: mean(accounting.up(), opened.count()),
            window,
            tally,
            accounting,
            incidents,
        }
    }

    /// Mean bytes per day since the first check of the period; `None` when that is less than a day, because a day would
    /// have to be made up.
    #[must_use]
    pub fn mean_daily_bytes(&self) -> Option<u64> {
        let watched = self.window.to.since(self.first_check?);
        (watched >= DAY).then(|| {
            let daily = u128::from(self.tally.bytes) * u128::from(DAY.as_secs()) / u128::from(watched.as_secs());
            u64::try_from(daily).unwrap_or(u64::MAX)
        })
    }

    /// Bytes per check.
    #[must_use]
    pub fn mean_check_bytes(&self) -> Option<u64> {
        self.tally.bytes.checked_div(self.tally.total())
    }

    /// The day with the most traffic; the earliest of equals; `None` when nothing was transferred.
    #[must_use]
    pub fn peak_day(&self) -> Option<DayTraffic> {
        self.days.iter().rev().max_by_key(|day| day.bytes).copied().filter(|day| day.bytes > 0)
    }
}

fn mean(sum: Duration, count: usize) -> Option<Duration> {
    let count = u32::try_from(count).ok()?;
    sum.checked_div(count)
}

/// The smallest round step that keeps a curve over this window within [`MAX_POINTS`].
fn curve_step(window: Window) -> Duration {
    let least = window.length().as_secs().div_ceil(MAX_POINTS);
    let days = least.div_ceil(DAY.as_secs()) * DAY.as_secs();
    Duration::from_secs(STEPS_S.into_iter().find(|step| *step >= least).unwrap_or(days))
}

/// The starts of the steps of a curve over this window.
fn steps(window: Window, step: Duration) -> impl Iterator<Item = Timestamp> {
    let next = move |at: &Timestamp| Some(*at + step);
    std::iter::successors(Some(window.from.floor(step)), next).take_while(move |at| *at < window.to)
}

fn uptime_curve(window: Window, timelines: &[Vec<Span>]) -> Vec<UptimePoint> {
    let step = curve_step(window);
    let mut times: BTreeMap<_, _> = steps(window, step).map(|at| (at, (Duration::ZERO, Duration::ZERO))).collect();
    for span in timelines.iter().flatten() {
        let (up, down) = (span.status.is_up(), span.status == Status::Down);
        if !up && !down {
            continue;
        }
        for (at, (up_time, counted)) in times.range_mut(span.from.floor(step)..span.to) {
            let part = span.to.min(*at + step).since(span.from.max(*at));
            *counted += part;
            *up_time += if up { part } else { Duration::ZERO };
        }
    }
    let share =
        |(up, counted): (Duration, Duration)| (!counted.is_zero()).then(|| up.as_secs_f64() / counted.as_secs_f64());
    times.into_iter().map(|(at, time)| UptimePoint { at, uptime: share(time) }).collect()
}

fn latency_curve(window: Window, tallies: &[(Timestamp, Tally)]) -> Vec<LatencyPoint> {
    let step = curve_step(window);
    let mut steps: BTreeMap<_, _> = steps(window, step).map(|at| (at, Tally::default())).collect();
    for (start, tally) in tallies {
        if let Some(sum) = steps.get_mut(&start.floor(step)) {
            sum.merge(tally);
        }
    }
    let quantiles = |tally: &Tally| tally.latency.quantile(0.5).zip(tally.latency.quantile(0.95));
    steps.iter().map(|(&at, tally)| LatencyPoint { at, quantiles: quantiles(tally) }).collect()
}

fn traffic(window: Window, tallies: &[(Timestamp, Tally)]) -> Vec<DayTraffic> {
    let mut days: BTreeMap<_, _> = steps(window, DAY).map(|day| (day, (0_u64, 0_u64))).collect();
    for (start, tally) in tallies {
        if let Some((bytes, checks)) = days.get_mut(&start.floor(DAY)) {
            *bytes = bytes.saturating_add(tally.bytes);
            *checks += tally.total();
        }
    }
    days.into_iter().map(|(day, (bytes, checks))| DayTraffic { day, bytes, checks }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerting::{AlertId, Severity};
    use crate::incident::Resolution;
    use crate::monitor::MonitorId;
    use crate::outcome::Reason;
    use crate::rollup::Sample;
    use proptest::prelude::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    fn tally(at: Timestamp, ms: u64, response_bytes: u64) -> (Timestamp, Tally) {
        let mut tally = Tally::default();
        tally.add(&Sample { at, reason: Reason::Ok, duration: Duration::from_millis(ms), response_bytes });
        (at, tally)
    }

    fn incident(opened: i64, resolved: Option<i64>) -> Alert {
        Alert {
            id: AlertId(1),
            incident: None,
            monitor: MonitorId(1),
            rule: None,
            severity: Severity::Critical,
            opened_at: at(opened),
            resolved: resolved.map(|seconds| (at(seconds), Resolution::Recovered)),
            reason: Reason::ConnectionRefused,
            message: String::new(),
        }
    }

    fn inputs(window: Window) -> Inputs {
        Inputs { window, now: window.to, tallies: Vec::new(), timelines: Vec::new(), incidents: Vec::new() }
    }

    #[test]
    fn an_empty_period_has_no_figures_and_no_panic() {
        for window in [
            Window { from: at(0), to: at(0) },
            Window { from: at(9), to: at(3) },
            Window { from: at(0), to: at(3_600) },
        ] {
            let report = Report::build(inputs(window));
            assert_eq!((report.tally.total(), report.mttr, report.mtbf, report.peak_day()), (0, None, None, None));
        }
    }

    #[test]
    fn two_days_of_traffic() {
        let window = Window { from: at(43_200), to: at(2 * 86_400) };
        let tallies =
            vec![tally(at(43_200), 100, 1_000), tally(at(90_000), 100, 4_000), tally(at(100_000), 100, 4_000)];
        let report = Report::build(Inputs { tallies, ..inputs(window) });
        let days: Vec<(String, u64)> = report.days.iter().map(|day| (day.day.to_day(), day.bytes)).collect();
        assert_eq!(days, [("1970-01-01".to_owned(), 1_000), ("1970-01-02".to_owned(), 8_000)]);
        assert_eq!(report.peak_day().map(|day| day.bytes), Some(8_000));
        assert_eq!(report.mean_daily_bytes(), Some(6_000));
        assert_eq!(report.mean_check_bytes(), Some(3_000));
        let young = Report::build(Inputs { tallies: vec![tally(at(150_000), 100, 500)], ..inputs(window) });
        assert_eq!(young.mean_daily_bytes(), None, "no day is made up from half a day");
    }

    #[test]
    fn recovery_and_failure_means() {
        let window = Window { from: at(0), to: at(1_000) };
        let up = Span { from: at(0), to: at(800), status: crate::health::Status::Up };
        let incidents = vec![incident(900, None), incident(300, Some(400)), incident(-50, Some(50))];
        let report = Report::build(Inputs { incidents, timelines: vec![vec![up]], ..inputs(window) });
        assert_eq!(report.mttr, Some(Duration::from_secs(100)));
        assert_eq!(report.mtbf, Some(Duration::from_secs(400)));
    }

    #[test]
    fn the_curve_has_a_gap_where_nothing_answered() {
        let window = Window { from: at(0), to: at(180) };
        let report =
            Report::build(Inputs { tallies: vec![tally(at(0), 100, 0), tally(at(130), 200, 0)], ..inputs(window) });
        let answered: Vec<bool> = report.latency.iter().map(|point| point.quantiles.is_some()).collect();
        assert_eq!(answered, [true, false, true]);
    }

    #[test]
    fn the_uptime_of_many_is_that_of_their_time_together() {
        let window = Window { from: at(0), to: at(180) };
        let span = |from, to, status| Span { from: at(from), to: at(to), status };
        let timelines = vec![
            vec![span(0, 90, Status::Up), span(90, 180, Status::Down)],
            vec![span(0, 120, Status::Degraded), span(120, 180, Status::Unknown)],
        ];
        let report = Report::build(Inputs { timelines, ..inputs(window) });
        let uptime: Vec<_> = report.uptime.iter().map(|point| point.uptime).collect();
        assert_eq!(uptime, [Some(1.0), Some(0.75), Some(0.0)]);
    }

    proptest! {
        #[test]
        fn a_curve_stays_within_its_points_and_loses_no_check(seconds in 1_u64..200_000_000, offsets in prop::collection::vec(0.0..1.0, 0..50)) {
            let window = Window { from: at(1_000_000), to: at(1_000_000) + Duration::from_secs(seconds) };
            let tallies: Vec<_> = offsets.iter().map(|part| tally(window.from + Duration::from_secs(seconds).mul_f64(*part), 5, 1)).collect();
            let report = Report::build(Inputs { tallies, ..inputs(window) });
            prop_assert!(report.latency.len() as u64 <= MAX_POINTS + 1);
            prop_assert_eq!(report.days.iter().map(|day| day.checks).sum::<u64>(), offsets.len() as u64);
        }
    }
}
