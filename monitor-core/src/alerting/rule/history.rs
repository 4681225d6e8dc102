//! What a rule would have done, by what is stored.

use std::time::Duration;

use super::{Amount, Change, Rule, RuleState, Signals, Standing};
use crate::Timestamp;
use crate::health::{Flip, Health, Policy};
use crate::outcome::{Reason, Verdict};
use crate::report::Window;
use crate::rollup::{Sample, Tally};

/// The step of a history.
pub const MINUTE: Duration = Duration::from_secs(60);

const HOUR: Duration = Duration::from_secs(3_600);
const WEEK: Duration = Duration::from_secs(7 * 86_400);

/// Past weeks that are looked at for what is usual.
const WEEKS: u32 = 4;

/// A window is cut into this many steps at least, so that looking at it at every step stays cheap.
const STEPS_PER_WINDOW: u32 = 30;

/// What is stored of one monitor, as far as rules ask for it. Everything is sorted by time.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// How its failures are confirmed, to tell checks that count from those that were tried again.
    pub policy: Policy,
    /// Changes of status, from the last one before the history on.
    pub flips: Vec<Flip>,
    /// Single checks, as far back as they are kept.
    pub checks: Vec<Sample>,
    /// What checks add up to in each minute.
    pub minutes: Vec<(Timestamp, Tally)>,
    /// What they come to in each hour, for what is usual.
    pub hours: Vec<(Timestamp, Amount)>,
    /// When the certificate ends.
    pub certificate_ends: Option<Timestamp>,
    /// In how many days the registration of the domain ends, and when that was known.
    pub domain_days: Option<(Timestamp, f64)>,
}

/// An alert that there would have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Episode {
    /// When it would have begun.
    pub fired_at: Timestamp,
    /// Why.
    pub why: String,
    /// When it would have ended; `None`: not by the end of the history.
    pub cleared_at: Option<Timestamp>,
}

/// What a rule would have done in a window: it looks when a check ends, and every minute, or every thirtieth of its longest
/// window if that is more.
#[must_use]
pub fn simulate(rule: &Rule, history: &History, window: Window) -> Vec<Episode> {
    let mut state = RuleState::default();
    let mut episodes: Vec<Episode> = Vec::new();
    history.replay(rule, window, |at, signals| {
        let step = state.step(rule, at, signals);
        match (step.change, episodes.last_mut()) {
            (Some(Change::Fire), _) => episodes.push(Episode { fired_at: at, why: step.why, cleared_at: None }),
            (Some(Change::Clear), Some(last)) => last.cleared_at = Some(at),
            _ => {}
        }
    });
    episodes
}

impl History {
    /// What a new rule remembers of it.
    #[must_use]
    pub fn recalled(&self, rule: &Rule, window: Window) -> RuleState {
        let mut state = RuleState::default();
        self.replay(rule, window, |at, signals| state.recall(rule, at, signals));
        state
    }

    /// Shows everything that was known in a window and at its end, in the order of time.
    pub fn replay(&self, rule: &Rule, window: Window, mut look: impl FnMut(Timestamp, &Signals)) {
        let votes = if rule.condition.follows_checks() { self.votes(window) } else { Vec::new() };
        let mut votes = votes.into_iter().peekable();
        let every = rule.condition.windows().last().map_or(MINUTE, |over| (*over / STEPS_PER_WINDOW).max(MINUTE));
        let mut tick = window.from.ceil(MINUTE);
        loop {
            let due = tick <= window.to;
            while let Some((at, reason)) = votes.next_if(|(at, _)| !due || *at < tick) {
                let vote = Some(reason);
                look(at, &Signals { vote, ..self.standing_signals(at) });
            }
            if !due {
                return;
            }
            look(tick, &self.signals(rule, tick));
            tick = (tick + every).ceil(MINUTE);
        }
    }

    /// What was known at a full minute.
    fn signals(&self, rule: &Rule, at: Timestamp) -> Signals {
        let condition = &rule.condition;
        Signals {
            windows: condition.windows().into_iter().map(|over| (over, self.tally(at - over, at))).collect(),
            usual: condition.usual_windows().into_iter().map(|over| (over, usual(at, over, &self.hours))).collect(),
            ..self.standing_signals(at)
        }
    }

    fn standing_signals(&self, at: Timestamp) -> Signals {
        let flips = self.flips.partition_point(|flip| flip.at <= at);
        let days = |(known, days): (Timestamp, f64)| days + (known.as_millis() - at.as_millis()) as f64 / 86_400_000.0;
        Signals {
            standing: flips.checked_sub(1).map(|last| Standing::from(self.flips[last])),
            certificate_ends: self.certificate_ends,
            domain_days: self.domain_days.map(days),
            ..Signals::default()
        }
    }

    fn tally(&self, from: Timestamp, to: Timestamp) -> Tally {
        let first = self.minutes.partition_point(|(start, _)| *start < from);
        let mut tally = Tally::default();
        for (_, minute) in self.minutes[first..].iter().take_while(|(start, _)| *start < to) {
            tally.merge(minute);
        }
        tally
    }

    /// When checks ended that count, and how.
    fn votes(&self, window: Window) -> Vec<(Timestamp, Reason)> {
        let mut health = Health::default();
        let mut votes = Vec::new();
        for check in &self.checks {
            let at = check.at + check.duration;
            let retried = health.observe(self.policy, at, check.reason).retry_after.is_some();
            let counts = !retried && check.reason.verdict() != Verdict::Inconclusive;
            if counts && window.from <= at && at < window.to {
                votes.push((at, check.reason));
            }
        }
        votes.sort_by_key(|(at, _)| *at);
        votes
    }
}

impl From<Flip> for Standing {
    fn from(flip: Flip) -> Self {
        Self { status: flip.to, since: flip.at, from: flip.from }
    }
}

/// What a window that ends at `at` came to in each of the past four weeks of which anything is known, by the hours in it,
/// which are taken to be even within.
#[must_use]
pub fn usual(at: Timestamp, over: Duration, hours: &[(Timestamp, Amount)]) -> Vec<Amount> {
    (1..=WEEKS).filter_map(|week| amount(at - WEEK * week - over, at - WEEK * week, hours)).collect()
}

fn amount(from: Timestamp, to: Timestamp, hours: &[(Timestamp, Amount)]) -> Option<Amount> {
    let first = hours.partition_point(|(start, _)| *start + HOUR <= from);
    let mut sum = Amount::default();
    for (start, hour) in hours[first..].iter().take_while(|(start, _)| *start < to) {
        let part = (*start + HOUR).min(to).since((*start).max(from)).as_secs_f64() / HOUR.as_secs_f64();
        sum.bytes += hour.bytes * part;
        sum.requests += hour.requests * part;
    }
    (sum.requests > 0.0).then_some(sum)
}
