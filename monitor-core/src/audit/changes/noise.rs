//! How far chance may take a figure when the page is the same.
//!
//! A change counts only when all three of these hold:
//!
//! 1. **Every run** of the one audit is beyond every run of the other.
//! 2. The shown figures differ by more than the **spread** over the runs of either audit.
//! 3. They differ by more than a **floor**, which is what was seen of pages that did not change: nine points of the performance
//!    score (33 to 42 on one machine). At such a score that is what it takes for all times to be up to 27 % longer from one run to
//!    another, so that times have a floor of 30 %, and one in milliseconds for short ones. Where an audit has less than three
//!    runs there is no median to hold an outlier back: floors are doubled, since the median of five runs is twice as stable as
//!    one. Source: <https://github.com/GoogleChrome/lighthouse/blob/main/docs/variability.md>.
//!
//! A slower machine makes scripts slower by as much, which throttling does not even out: if the benchmark index fell, so much
//! longer times are expected, and the performance score is not judged when it fell to two thirds or less.

use crate::audit::Category;
use crate::audit::figure::{Figure, MetricId, Unit};
use crate::audit::summary::Summary;

use super::Verdict;

/// Points of the performance score between runs of an unchanged page.
const SCORE_FLOOR: f64 = 9.0;

/// The other scores are counted, not timed: they change with the page, or by rounding.
const COUNTED_FLOOR: f64 = 1.0;

/// How much longer a time may be by chance.
const TIME_SHARE: f64 = 0.3;

/// How much more the page may move by chance: half of what is still good.
const SHIFT_FLOOR: f64 = 0.05;

/// How much slower a machine may be for its performance score to be judged.
const COMPARABLE_SLOWDOWN: f64 = 1.5;

/// Fewest runs whose median holds an outlier back.
const STEADY_RUNS: usize = 3;

/// What is known of the chance between two audits.
pub(super) struct Noise<'a> {
    before: &'a Summary,
    after: &'a Summary,
    /// How many times as fast the machine was before; below 1 it was slower then.
    slowdown: f64,
    same_lighthouse: bool,
}

impl<'a> Noise<'a> {
    pub(super) fn between(before: &'a Summary, after: &'a Summary) -> Self {
        let slowdown = match (machine(before), machine(after)) {
            (Some(before), Some(after)) => before / after,
            _ => 1.0,
        };
        let same_lighthouse = before.measured.lighthouse == after.measured.lighthouse;
        Self { before, after, slowdown, same_lighthouse }
    }

    /// What to make of a change.
    pub(super) fn judge(&self, figure: Figure, before: f64, after: f64) -> Verdict {
        if before == after {
            return Verdict::Same;
        }
        if !self.is_judged(figure) {
            return Verdict::Unjudged;
        }
        let grows = after > before;
        let (low, high) = if grows { (before, after) } else { (after, before) };
        let by_chance = !self.is_separate(figure, grows) || high - low <= self.allowed(figure, low, grows);
        match (by_chance, grows == figure.more_is_better()) {
            (true, _) => Verdict::Same,
            (false, true) => Verdict::Better,
            (false, false) => Verdict::Worse,
        }
    }

    /// What to know when comparing the audits.
    pub(super) fn notes(&self, before: &Summary, after: &Summary) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.same_lighthouse {
            notes.push(format!(
                "Lighthouse was {} before and is {} now. Its rules differ, so that scores are not judged.",
                before.measured.lighthouse, after.measured.lighthouse
            ));
        }
        let (times, how) =
            if self.slowdown >= 1.0 { (self.slowdown, "slower") } else { (1.0 / self.slowdown, "faster") };
        if times >= COMPARABLE_SLOWDOWN {
            notes.push(format!(
                "The machine was {times:.1} times {how} than before: the performance score is not judged, and times only as \
                 far as that does not explain them."
            ));
        }
        notes
    }

    fn is_judged(&self, figure: Figure) -> bool {
        let comparable = 1.0 / COMPARABLE_SLOWDOWN..COMPARABLE_SLOWDOWN;
        match figure {
            Figure::Score(Category::Performance) => self.same_lighthouse && comparable.contains(&self.slowdown),
            // The checks of the app are ours.
            Figure::Score(Category::Pwa) | Figure::Metric(_) => true,
            Figure::Score(_) => self.same_lighthouse,
            Figure::Bytes(_) | Figure::Requests(_) => false,
        }
    }

    /// Whether every run of the one audit is beyond every run of the other. True of what single runs do not have.
    fn is_separate(&self, figure: Figure, grows: bool) -> bool {
        let (Some(before), Some(after)) = (self.before.spread(figure), self.after.spread(figure)) else { return true };
        if grows { after.0 > before.1 } else { after.1 < before.0 }
    }

    /// By how much the higher of two figures may exceed the lower one by chance.
    fn allowed(&self, figure: Figure, low: f64, grows: bool) -> f64 {
        let steady = self.before.runs.len().min(self.after.runs.len()) >= STEADY_RUNS;
        let times = if steady { 1.0 } else { 2.0 };
        let spread = |summary: &Summary| summary.spread(figure).map_or(0.0, |(least, most)| most - least);
        let spread = f64::max(spread(self.before), spread(self.after));
        let floor = match (figure, figure.unit()) {
            (Figure::Score(Category::Performance), _) => SCORE_FLOOR * times,
            (_, Unit::Shift) => SHIFT_FLOOR * times,
            (Figure::Metric(metric), _) => {
                // How much slower the machine was where the time is longer.
                let slowdown = f64::max(1.0, if grows { self.slowdown } else { 1.0 / self.slowdown });
                let expected = low * slowdown;
                expected - low + f64::max(expected * TIME_SHARE, short_time(metric)) * times
            }
            _ => COUNTED_FLOOR,
        };
        f64::max(floor, spread)
    }
}

/// What a short time may be longer by chance, in milliseconds: a tenth or less of what is still good on a phone, but for what
/// hangs on single long tasks (TBT) or on the server (TTFB).
fn short_time(metric: MetricId) -> f64 {
    match metric {
        MetricId::Fcp => 150.0,
        MetricId::Lcp => 250.0,
        MetricId::Si => 300.0,
        MetricId::Tbt | MetricId::Ttfb => 100.0,
        MetricId::Cls => 0.0,
    }
}

/// How fast the machine was: the median benchmark index of the runs.
fn machine(summary: &Summary) -> Option<f64> {
    let mut indexes: Vec<f64> =
        summary.runs.iter().map(|run| run.benchmark_index).filter(|index| *index > 0.0).collect();
    indexes.sort_by(f64::total_cmp);
    indexes.get(indexes.len() / 2).copied()
}
