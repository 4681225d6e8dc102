//! What is remembered of a heartbeat between two pings, and what pings and deadlines mean.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Plan, Signal};
use crate::Timestamp;
use crate::duration::humanize;
use crate::outcome::Reason;

/// Most runs that are remembered at once. With one more the oldest is forgotten.
const MAX_RUNS: usize = 32;

/// How long after its beginning a run that is overdue may still end. Source: `MAX_DURATION` of Healthchecks.
const MAX_OVERDUE: Duration = Duration::from_secs(72 * 3_600);

/// How long after an end of a run the same end may be reported again, by a client that got no answer. Whoever calls all runs
/// the same has another run after that.
const SAME_END_WITHIN: Duration = Duration::from_secs(600);

/// How long nobody has to have listened for reports to be lost. In less time they are late: senders try again.
pub const LOST_AFTER: Duration = Duration::from_secs(60);

/// All that is remembered of a heartbeat between two pings.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Beats {
    /// How many pings there were.
    #[serde(default, rename = "n")]
    pings: u64,
    /// When something happened last. Pings that another process received a moment earlier count as of then.
    #[serde(default, rename = "t")]
    latest: Timestamp,
    /// From when on the next report is awaited; `None` before the first end of a run.
    #[serde(default, rename = "s", skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    /// When the latest successful run began, or ended, if its start was not reported.
    #[serde(default, rename = "b", skip_serializing_if = "Option::is_none")]
    begun: Option<Timestamp>,
    /// Runs under way, the oldest first.
    #[serde(default, rename = "r", skip_serializing_if = "Vec::is_empty")]
    runs: Vec<Run>,
    /// The latest end of a run that has an id.
    #[serde(default, rename = "e", skip_serializing_if = "Option::is_none")]
    ended: Option<Ended>,
    /// Since the last end of a run one was excused that could have been reported part of the time.
    #[serde(default, rename = "x", skip_serializing_if = "std::ops::Not::not")]
    excused: bool,
}

/// A run that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Run {
    #[serde(default, rename = "i", skip_serializing_if = "Option::is_none")]
    id: Option<Uuid>,
    #[serde(rename = "b")]
    begun: Timestamp,
    /// What was wrong with its beginning.
    #[serde(default, rename = "f", skip_serializing_if = "Option::is_none")]
    fault: Option<Reason>,
    /// No end is awaited any more: it has taken too long, or its end may have been reported to nobody.
    #[serde(default, rename = "o", skip_serializing_if = "std::ops::Not::not")]
    overdue: bool,
}

/// A run that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Ended {
    #[serde(flatten)]
    run: Run,
    #[serde(rename = "t")]
    at: Timestamp,
    /// How long it took, if its start was reported.
    #[serde(default, rename = "d", skip_serializing_if = "Option::is_none")]
    duration: Option<Duration>,
    #[serde(rename = "k")]
    succeeded: bool,
}

/// What a ping or a deadline says of the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// When.
    pub at: Timestamp,
    /// What.
    pub reason: Reason,
    /// The same for a person; empty when all is well.
    pub message: String,
    /// How long the run took, if that is known.
    pub duration: Option<Duration>,
    /// What the job ended with, if it says.
    pub exit_code: Option<u8>,
}

/// What became of a ping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinged {
    /// Its number: 1 for the first.
    pub number: u64,
    /// When it counts as come, which is never before an earlier one.
    pub at: Timestamp,
    /// How long the run took that it ends, when its start was reported.
    pub duration: Option<Duration>,
    /// What it says of the job; `None` for a start or a log entry with nothing wrong.
    pub finding: Option<Finding>,
}

impl Beats {
    /// How many pings there were.
    #[must_use]
    pub fn pings(&self) -> u64 {
        self.pings
    }

    /// Counts a ping without judging anything by it, for a heartbeat that is paused.
    pub fn count(&mut self, at: Timestamp) -> Pinged {
        self.pings += 1;
        self.latest = self.latest.max(at);
        Pinged { number: self.pings, at: self.latest, duration: None, finding: None }
    }

    /// Takes a ping in.
    pub fn ping(&mut self, plan: &Plan, at: Timestamp, signal: Signal, run: Option<Uuid>) -> Pinged {
        let mut pinged = self.count(at);
        let at = pinged.at;
        self.runs.retain(|run| !run.overdue || at.since(run.begun) < MAX_OVERDUE);
        match signal.succeeded() {
            _ if signal == Signal::Log => {}
            None => pinged.finding = self.start(plan, at, run),
            Some(succeeded) => {
                let ended = self.take(plan, at, run, succeeded);
                pinged.duration = ended.duration;
                pinged.finding = Some(self.end(plan, at, signal, ended));
            }
        }
        pinged
    }

    /// The run that ends so. As with Healthchecks an end without an id ends whatever is under way, and so does a failure.
    fn take(&mut self, plan: &Plan, at: Timestamp, id: Option<Uuid>, succeeded: bool) -> Ended {
        let known = self.runs.iter().position(|run| run.id == id).map(|index| self.runs.remove(index));
        let duration = known.as_ref().map(|run| at.since(run.begun));
        let again =
            |ended: &&Ended| ended.run.id == id && ended.succeeded == succeeded && at.since(ended.at) < SAME_END_WITHIN;
        if let Some(ended) = self.ended.as_ref().filter(|_| id.is_some() && known.is_none()).filter(again) {
            return ended.clone();
        }
        let all = id.is_none() || (!succeeded && known.is_none());
        let others = if all { std::mem::take(&mut self.runs) } else { Vec::new() };
        let run = known.or_else(|| others.into_iter().next_back());
        let run = run.unwrap_or_else(|| Run { id, begun: at, fault: self.too_early(plan, at), overdue: false });
        Ended { run, at, duration, succeeded }
    }

    fn start(&mut self, plan: &Plan, at: Timestamp, id: Option<Uuid>) -> Option<Finding> {
        let fault = self.too_early(plan, at).or_else(|| {
            // Reporting the same start twice, as a client does that got no answer, is no second run.
            let mut others = self.runs.iter().filter(|run| !run.overdue && (id.is_none() || run.id != id));
            (plan.spec.forbid_overlap && others.next().is_some()).then_some(Reason::HeartbeatOverlap)
        });
        self.runs.retain(|run| run.id != id);
        self.runs.drain(..(self.runs.len() + 1).saturating_sub(MAX_RUNS));
        self.runs.push(Run { id, begun: at, fault, overdue: false });
        fault.map(|reason| self.finding(plan, at, reason, None))
    }

    fn end(&mut self, plan: &Plan, at: Timestamp, signal: Signal, ended: Ended) -> Finding {
        let too_long = || plan.spec.max_duration.zip(ended.duration).is_some_and(|(most, took)| took > most);
        let reason = match ended.run.fault {
            _ if !ended.succeeded => Reason::HeartbeatFailed,
            Some(fault) => fault,
            None if too_long() => Reason::HeartbeatSlow,
            None => Reason::Ok,
        };
        let mut finding = self.finding(plan, at, reason, ended.duration);
        finding.exit_code = signal.exit_code();
        if let (Reason::HeartbeatFailed, Some(code)) = (reason, finding.exit_code) {
            finding.message = format!("the job ended with exit code {code}");
        }
        self.since = Some(at);
        self.excused = false;
        if ended.succeeded {
            self.begun = Some(ended.run.begun);
        }
        if ended.run.id.is_some() {
            self.ended = Some(ended);
        }
        finding
    }

    fn too_early(&self, plan: &Plan, at: Timestamp) -> Option<Reason> {
        let (gap, begun) = plan.spec.min_gap.zip(self.begun)?;
        (at.since(begun) < gap).then_some(Reason::HeartbeatTooEarly)
    }

    /// When something is wrong unless a ping comes before; `None` while nothing is awaited.
    #[must_use]
    pub fn deadline(&self, plan: &Plan) -> Option<Timestamp> {
        [self.run_deadline(plan), self.report_deadline(plan)].into_iter().flatten().min()
    }

    /// When a run has taken too long.
    fn run_deadline(&self, plan: &Plan) -> Option<Timestamp> {
        self.runs.iter().filter(|run| !run.overdue).map(|run| run.begun + plan.longest_run()).min()
    }

    /// When a report is missed. A job that has begun has reported in.
    fn report_deadline(&self, plan: &Plan) -> Option<Timestamp> {
        if self.has_begun(plan) {
            return None;
        }
        Some(plan.timetable.next(self.since?)? + plan.spec.grace)
    }

    /// Whether a run is under way that has a limit of its own, so that only its end is awaited.
    fn has_begun(&self, plan: &Plan) -> bool {
        plan.spec.max_duration.is_some() && self.runs.iter().any(|run| !run.overdue)
    }

    /// Looks at the deadlines that have passed. However many did, they are told once, and what is awaited next lies in the
    /// future.
    pub fn look(&mut self, plan: &Plan, at: Timestamp) -> Option<Finding> {
        let at = self.latest.max(at);
        let passed = |deadline: Option<Timestamp>| deadline.is_some_and(|deadline| deadline <= at);
        let reason = match (passed(self.run_deadline(plan)), passed(self.report_deadline(plan))) {
            (true, _) => Reason::HeartbeatTooLong,
            (false, true) => Reason::HeartbeatMissed,
            (false, false) => return None,
        };
        let finding = self.finding(plan, at, reason, None);
        self.latest = at;
        for run in &mut self.runs {
            run.overdue |= run.begun + plan.longest_run() <= at;
        }
        if let Some(since) = self.since {
            let caught_up = at - plan.spec.grace;
            self.since = Some(since.max(caught_up));
        }
        Some(finding)
    }

    /// Nobody could be reported to from `gone` to `back`: what was to be reported then is awaited anew. Answers whether
    /// anything was.
    ///
    /// A report of which that time is only a part is excused once until the next one comes, so that being away again and
    /// again does not hide a job that is silent. In a time shorter than [`LOST_AFTER`] only deadlines are excused.
    pub fn excuse(&mut self, plan: &Plan, gone: Timestamp, back: Timestamp) -> bool {
        let lost = back.since(gone) >= LOST_AFTER;
        let passed = |deadline: Timestamp| gone <= deadline && deadline <= back;
        let had_begun = self.has_begun(plan);
        let mut excused = false;
        for run in self.runs.iter_mut().filter(|run| !run.overdue) {
            run.overdue = lost || passed(run.begun + plan.longest_run());
            excused |= run.overdue;
        }
        let Some(deadline) = self.report_deadline(plan) else { return excused };
        let expected = deadline - plan.spec.grace;
        let wholly = gone <= expected && deadline <= back;
        let partly = passed(deadline) || (lost && expected <= back && gone <= deadline);
        if had_begun || wholly || (partly && !self.excused) {
            self.excused |= !wholly;
            self.since = self.since.map(|since| since.max(back));
            excused = true;
        }
        excused
    }

    /// Starts over, as if no ping had come; their count goes on.
    pub fn reset(&mut self) {
        *self = Self { pings: self.pings, latest: self.latest, ..Self::default() };
    }

    fn finding(&self, plan: &Plan, at: Timestamp, reason: Reason, duration: Option<Duration>) -> Finding {
        let message = match reason {
            Reason::HeartbeatMissed => match self.since.and_then(|since| plan.timetable.next(since)) {
                Some(expected) => format!("no ping came; one was expected by {}", expected.to_second()),
                None => "no ping came".to_owned(),
            },
            Reason::HeartbeatFailed => "the job reported that it failed".to_owned(),
            Reason::HeartbeatTooLong => {
                format!("a run is still under way after {}", humanize(plan.longest_run()))
            }
            Reason::HeartbeatSlow => {
                let took = duration.map(humanize).unwrap_or_default();
                format!("the run took {took}; it may take {}", humanize(plan.longest_run()))
            }
            Reason::HeartbeatTooEarly => {
                let after = self.begun.map(|begun| humanize(at.since(begun))).unwrap_or_default();
                let gap = plan.spec.min_gap.map(humanize).unwrap_or_default();
                format!("the run began {after} after the last successful one; there have to be {gap} between them")
            }
            Reason::HeartbeatOverlap => "a run began while another one was under way".to_owned(),
            _ => String::new(),
        };
        Finding { at, reason, message, duration, exit_code: None }
    }
}
