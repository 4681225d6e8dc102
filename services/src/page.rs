//! What one transaction has to write of heartbeats: pings, results, healths, changes of status, incidents and their cards,
//! and when the next report is awaited.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::assertion::{FactKind, Facts};
use monitor_core::health::{Flip, IncidentChange, Policy};
use monitor_core::heartbeat::{Finding, HeartbeatSpec, Ping};
use monitor_core::incident::Grouping;
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::{Details, Outcome, Timings, Verdict};
use storage::{Awaited, Claim, HeartbeatRow, NewPing, StoreError, Tx};

use crate::beats::Measure;
use crate::dependencies::{tell_untold, tell_withheld};
use crate::pings::{Answer, PingAnswer, PingReport, Work};
use crate::recording::{Recorded, change_incidents};
use crate::rules::{Seen, Watch, tell_news};

/// What a heartbeat says counts at once: it is not tried again, and the job says what it says on purpose.
const POLICY: Policy = Policy { retries: 0, needed: 1, of: 1, recover: 1 };

/// How long a heartbeat whose settings cannot be read is let alone.
const UNREADABLE_AGAIN: Duration = Duration::from_secs(3_600);

/// A heartbeat within a transaction.
pub(crate) struct Open {
    pub(crate) row: HeartbeatRow,
    pub(crate) measure: Option<Arc<Measure>>,
    pub(crate) changed: bool,
}

/// What a transaction has to write.
#[derive(Default)]
pub(crate) struct Page<'a> {
    now: Timestamp,
    /// Since when no ping could arrive, if that is so.
    deaf: Option<Timestamp>,
    pings: Vec<NewPing<'a>>,
    outcomes: Vec<(MonitorId, Outcome)>,
    flips: Vec<(MonitorId, Flip)>,
    incidents: Vec<(usize, IncidentChange)>,
    /// For each outcome, how it changed the status, if it did.
    turns: Vec<Option<Flip>>,
    /// Monitors that were down before, and are not any more.
    out_of_trouble: Vec<MonitorId>,
    /// Monitors that were down before and are still.
    still_down: BTreeSet<MonitorId>,
}

impl<'a> Page<'a> {
    /// An empty one, begun at that time, until which no ping could arrive since `deaf`.
    pub(crate) fn begin(now: Timestamp, deaf: Option<Timestamp>) -> Self {
        Self { now, deaf, ..Self::default() }
    }

    /// Takes in one item.
    pub(crate) fn enter(&mut self, open: &mut Open, work: &'a Work, created: bool) -> Answer {
        match work {
            Work::Ping(report, at) => {
                let outcome = self.keep(open, report, *at).map(|finding| asserted(open, finding));
                let recorded = self.judge(open, outcome.as_ref());
                let ping = if created { PingAnswer::Created } else { PingAnswer::Received };
                Answer { ping, recorded, outcome }
            }
            Work::Deadline(claim) => {
                let (recorded, outcome) = self.look(open, claim);
                Answer { ping: PingAnswer::Received, recorded, outcome }
            }
        }
    }

    fn keep(&mut self, open: &mut Open, report: &'a PingReport, at: Timestamp) -> Option<Finding> {
        let pinged = match &open.measure {
            Some(measure) if open.row.active => open.row.beats.ping(&measure.plan, at, report.signal, report.run),
            _ => open.row.beats.count(at),
        };
        open.changed = true;
        let ping = Ping {
            number: pinged.number,
            at: pinged.at,
            signal: report.signal,
            run: report.run,
            duration: pinged.duration,
            method: report.method,
            remote: report.remote.clone(),
            user_agent: report.user_agent.clone(),
            body_bytes: report.body_bytes,
        };
        let keep = open.measure.as_ref().map(|measure| measure.plan.spec().keep_pings);
        let keep = keep.unwrap_or(HeartbeatSpec::DEFAULT_KEPT_PINGS);
        self.pings.push(NewPing { monitor: open.row.monitor, keep, ping, body: &report.body });
        pinged.finding
    }

    /// Looks at a deadline, unless a ping or somebody else has ended the lease.
    fn look(&mut self, open: &mut Open, claim: &Claim) -> (Recorded, Option<Outcome>) {
        if open.row.lease != Some(claim.lease) {
            return (Recorded { stale: 1, ..Recorded::default() }, None);
        }
        open.changed = true;
        let finding = match &open.measure {
            Some(measure) if open.row.active => {
                if let Some(deaf) = self.deaf {
                    open.row.beats.excuse(&measure.plan, deaf, self.now);
                }
                open.row.beats.look(&measure.plan, self.now)
            }
            _ => None,
        };
        let outcome = finding.map(outcome);
        let recorded = self.judge(open, outcome.as_ref());
        // It may be due for no more than that: nobody was told, because what it depends on had to be looked at first.
        if outcome.is_none() && open.row.health.is_failing() {
            self.still_down.insert(open.row.monitor);
        }
        (recorded, outcome)
    }

    /// Runs what was found through the state machine.
    fn judge(&mut self, open: &mut Open, outcome: Option<&Outcome>) -> Recorded {
        let mut recorded = Recorded::default();
        let Some(outcome) = outcome else { return recorded };
        let monitor = open.row.monitor;
        let was_failing = open.row.health.is_failing();
        let step = open.row.health.observe(POLICY, outcome.at, outcome.reason);
        if was_failing && !open.row.health.is_failing() {
            self.out_of_trouble.push(monitor);
        } else if was_failing && outcome.verdict() == Verdict::Failed {
            self.still_down.insert(monitor);
        }
        self.outcomes.push((monitor, outcome.clone()));
        self.turns.push(step.flip);
        recorded.flips += usize::from(step.flip.is_some());
        self.flips.extend(step.flip.map(|flip| (monitor, flip)));
        self.incidents.extend(step.incident.map(|change| (self.outcomes.len() - 1, change)));
        if let Some(change) = step.incident {
            recorded.count(change);
        }
        recorded
    }

    /// Writes everything; tells whether anybody is told of anything.
    pub(crate) async fn write(
        mut self,
        tx: &Tx,
        grouping: &Grouping,
        watch: &Watch,
        open: &HashMap<MonitorId, Open>,
    ) -> Result<bool, StoreError> {
        self.drop_overwritten(open);
        tx.insert_pings(&self.pings).await?;
        let mut awaited: Vec<Awaited<'_>> =
            open.values().filter(|open| open.changed).map(|open| open.awaited(self.now)).collect();
        awaited.sort_unstable_by_key(|awaited| awaited.monitor);
        tx.save_heartbeats(&awaited).await?;
        let results: Vec<_> = self.outcomes.iter().map(|(monitor, outcome)| (*monitor, outcome)).collect();
        tx.insert_results(&results).await?;
        tx.insert_flips(&self.flips).await?;
        let seen: Vec<Seen<'_>> = self.seen().collect();
        let followed = watch.follow(tx, grouping, &seen, self.now).await?;
        tx.hurry_parents(&self.fallen(), self.now).await?;
        let changes = self.incidents.iter().map(|(index, change)| {
            let (monitor, outcome) = &self.outcomes[*index];
            (*monitor, outcome.at, outcome, *change)
        });
        let changed = change_incidents(tx, grouping, changes, self.now, &mut Recorded::default()).await?;
        let mut told = changed || followed.told;
        let still_down: Vec<MonitorId> = self.still_down.iter().copied().collect();
        told |= tell_untold(tx, grouping, &still_down, self.now).await?;
        told |= tell_withheld(tx, grouping, &self.out_of_trouble, self.now).await?;
        tell_news(tx, &followed.news, self.now).await?;
        Ok(told)
    }

    /// Monitors that have gone down.
    fn fallen(&self) -> Vec<MonitorId> {
        let opened = self.incidents.iter().filter(|(_, change)| *change == IncidentChange::Open);
        opened.map(|(index, _)| self.outcomes[*index].0).collect()
    }

    /// What the outcomes say to the rules. Nothing that a heartbeat says is tried again.
    fn seen(&self) -> impl Iterator<Item = Seen<'_>> {
        let outcomes = self.outcomes.iter().zip(&self.turns);
        outcomes.map(|((monitor, outcome), flip)| Seen { monitor: *monitor, outcome, retried: false, flip: *flip })
    }

    /// Of more pings of one heartbeat than are kept, the first would be overwritten by the last at once.
    fn drop_overwritten(&mut self, open: &HashMap<MonitorId, Open>) {
        self.pings.retain(|new| {
            let last = open.get(&new.monitor).map_or(0, |open| open.row.beats.pings());
            new.ping.number + u64::from(new.keep) > last
        });
    }
}

impl Open {
    fn awaited(&self, now: Timestamp) -> Awaited<'_> {
        let HeartbeatRow { monitor, active, health, beats, .. } = &self.row;
        let deadline = match &self.measure {
            _ if !active => None,
            Some(measure) => beats.deadline(&measure.plan),
            None => Some(now + UNREADABLE_AGAIN),
        };
        Awaited { monitor: *monitor, health, beats, deadline }
    }
}

/// What the end of a run means once the owner's assertions are held against it. A failure needs none.
fn asserted(open: &Open, finding: Finding) -> Outcome {
    let mut facts = Facts::new();
    if let Some(duration) = finding.duration {
        facts.set(FactKind::Duration, duration);
    }
    if let Some(code) = finding.exit_code {
        facts.set(FactKind::ExitCode, f64::from(code));
    }
    let mut outcome = outcome(finding);
    let assertions = open.measure.as_ref().map(|measure| &measure.assertions);
    if let Some(assertions) = assertions.filter(|_| outcome.verdict() != Verdict::Failed) {
        let judgement = assertions.evaluate(&facts, &[]);
        if let Some((reason, message)) = judgement.failure {
            (outcome.reason, outcome.message) = (reason, message);
        }
        outcome.details.assertions = judgement.results;
    }
    outcome
}

/// What was found, as the outcome of a check: its time is that of the ping or the deadline.
fn outcome(finding: Finding) -> Outcome {
    Outcome {
        at: finding.at,
        reason: finding.reason,
        message: finding.message,
        duration: finding.duration.unwrap_or_default(),
        timings: Timings::default(),
        http_status: None,
        response_bytes: 0,
        details: Details::default(),
    }
}
