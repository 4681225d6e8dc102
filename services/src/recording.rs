//! Writing down what checks found: results, health, flips, incidents and their cards, all in one transaction.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

use monitor_core::Timestamp;
use monitor_core::alerting::Severity;
use monitor_core::health::{Flip, Health, IncidentChange, Policy, Status};
use monitor_core::incident::{Grouping, Resolution};
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::{Details, Outcome, Verdict};
use storage::{Claim, StoreError, Tx};

use crate::Services;
use crate::dependencies::{tell_untold, tell_withheld};
use crate::incidents::{Cleared, Firing, clear, raise};
use crate::rules::{Followed, Seen, tell_news};

/// A check that ended.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The lease under which it ran.
    pub claim: Claim,
    /// The policy of the monitor at that time.
    pub policy: Policy,
    /// What it found.
    pub outcome: Outcome,
}

/// What a batch changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recorded {
    /// Changes of status.
    pub flips: usize,
    /// Incidents opened.
    pub opened: usize,
    /// Incidents resolved.
    pub resolved: usize,
    /// Checks whose lease had passed to another worker: the result is kept, the health left to that worker.
    pub stale: usize,
}

impl Recorded {
    pub(crate) fn count(&mut self, change: IncidentChange) {
        match change {
            IncidentChange::Open => self.opened += 1,
            IncidentChange::Resolve => self.resolved += 1,
        }
    }
}

/// Fingerprints of the details last written for each monitor, so that they are written only when they change.
#[derive(Default)]
pub(crate) struct KnownDetails {
    hasher: RandomState,
    known: Mutex<HashMap<MonitorId, u64>>,
}

impl KnownDetails {
    /// Whether these details differ from the last ones.
    fn is_news(&self, monitor: MonitorId, details: &Details) -> bool {
        self.lock().get(&monitor) != Some(&self.hasher.hash_one(details))
    }

    /// Notes what was written, which it is only once it is committed.
    fn remember(&self, written: &[(MonitorId, &Details)]) {
        let prints = written.iter().map(|(monitor, details)| (*monitor, self.hasher.hash_one(details)));
        self.lock().extend(prints);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<MonitorId, u64>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a batch asks to be written beside its results.
#[derive(Default)]
struct Changes<'a> {
    details: Vec<(MonitorId, &'a Details)>,
    healths: Vec<(MonitorId, Health)>,
    flips: Vec<(MonitorId, Flip)>,
    retries: Vec<(MonitorId, Timestamp)>,
    incidents: Vec<(usize, IncidentChange)>,
    /// What every check that counts here says to the rules.
    seen: Vec<Seen<'a>>,
    /// Monitors that have failed again and were down before.
    still_down: Vec<MonitorId>,
    /// Monitors that were down or failing before, and are not any more.
    out_of_trouble: Vec<MonitorId>,
}

impl Services {
    /// Records a batch of checks, at most one per monitor. All of it is written, or nothing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database does not answer: the same batch may be recorded again. Anything
    /// else: the database refuses something in the batch, and will again.
    pub async fn record(&self, batch: &[Finished]) -> Result<Recorded, StoreError> {
        let now = self.now();
        let grouping = &self.inner.grouping;
        let tx = self.store().begin().await?;
        let results: Vec<_> = batch.iter().map(|finished| (finished.claim.monitor, &finished.outcome)).collect();
        tx.insert_results(&results).await?;
        let leases: Vec<_> = batch.iter().map(|finished| (finished.claim.monitor, finished.claim.lease)).collect();
        let healths = tx.complete(&leases, now).await?;
        let stale = batch.len() - healths.len();
        let mut changes = judge(batch, healths, now);
        let known = &self.inner.known_details;
        changes.details.retain(|(monitor, details)| known.is_news(*monitor, details));
        tx.save_details(&changes.details).await?;
        let healths: Vec<_> = changes.healths.iter().map(|(monitor, health)| (*monitor, health)).collect();
        tx.save_health(&healths).await?;
        tx.insert_flips(&changes.flips).await?;
        tx.retry_at(&changes.retries).await?;
        let mut recorded = Recorded { flips: changes.flips.len(), stale, ..Recorded::default() };
        let outcomes = changes.incidents.iter().map(|(index, change)| {
            let Finished { claim, outcome, .. } = &batch[*index];
            (claim.monitor, ended(outcome), outcome, *change)
        });
        let Followed { mut told, news } = self.inner.watch.follow(&tx, grouping, &changes.seen, now).await?;
        told |= change_incidents(&tx, grouping, outcomes, now, &mut recorded).await?;
        tx.hurry_parents(&changes.retries.iter().map(|(monitor, _)| *monitor).collect::<Vec<_>>(), now).await?;
        told |= tell_untold(&tx, grouping, &changes.still_down, now).await?;
        told |= tell_withheld(&tx, grouping, &changes.out_of_trouble, now).await?;
        for (monitor, details) in &changes.details {
            if let Some(news) = &details.warning {
                told |= !tx.post_notice_once(*monitor, &warning_topic(*monitor, news), news, now).await?.is_empty();
            }
        }
        tell_news(&tx, &news, now).await?;
        tx.commit().await?;
        known.remember(&changes.details);
        self.announce(told);
        Ok(recorded)
    }

    /// Wakes whoever follows a conversation.
    pub(crate) fn announce(&self, cards_changed: bool) {
        if cards_changed {
            self.inner.cards_changed.send_modify(|count| *count = count.wrapping_add(1));
        }
    }
}

/// Runs every check through its monitor's state machine.
fn judge(batch: &[Finished], mut healths: Vec<(MonitorId, Health)>, now: Timestamp) -> Changes<'_> {
    // Always in the same order, so that two processes that post cards in the same conversations do not wait for each other.
    healths.sort_unstable_by_key(|(monitor, _)| *monitor);
    let by_monitor: HashMap<MonitorId, usize> =
        batch.iter().enumerate().map(|(index, finished)| (finished.claim.monitor, index)).collect();
    let mut changes = Changes::default();
    for (monitor, before) in healths {
        let Some(&index) = by_monitor.get(&monitor) else { continue };
        let Finished { policy, outcome, .. } = &batch[index];
        changes.details.push((monitor, &outcome.details));
        let mut health = before.clone();
        let step = health.observe(*policy, ended(outcome), outcome.reason);
        changes.seen.push(Seen { monitor, outcome, retried: step.retry_after.is_some(), flip: step.flip });
        if before.status() == Status::Down && outcome.verdict() == Verdict::Failed {
            changes.still_down.push(monitor);
        }
        if before.is_failing() && !health.is_failing() {
            changes.out_of_trouble.push(monitor);
        }
        if health != before {
            changes.healths.push((monitor, health));
        }
        changes.flips.extend(step.flip.map(|flip| (monitor, flip)));
        changes.retries.extend(step.retry_after.map(|pause| (monitor, now + pause)));
        changes.incidents.extend(step.incident.map(|change| (index, change)));
    }
    changes
}

/// What is coming is told once for each wording.
fn warning_topic(monitor: MonitorId, news: &str) -> String {
    format!("warning {monitor} {news}")
}

/// When something became known: at the end of the check.
fn ended(outcome: &Outcome) -> Timestamp {
    outcome.at + outcome.duration
}

/// Opens and ends the alerts of monitors that went down or are well again; tells whether a card was posted or edited. A
/// monitor may change several times: its changes are in order.
pub(crate) async fn change_incidents<'a>(
    tx: &Tx,
    grouping: &Grouping,
    changes: impl Iterator<Item = (MonitorId, Timestamp, &'a Outcome, IncidentChange)>,
    now: Timestamp,
    recorded: &mut Recorded,
) -> Result<bool, StoreError> {
    let mut told = false;
    let mut batch = ChangeBatch::default();
    for (monitor, at, outcome, change) in changes {
        if !batch.monitors.insert(monitor) {
            told |= std::mem::take(&mut batch).write(tx, grouping, now, recorded).await?;
            batch.monitors.insert(monitor);
        }
        match change {
            IncidentChange::Open => batch.firings.push(Firing {
                monitor,
                rule: None,
                severity: Severity::default(),
                at,
                reason: outcome.reason,
                message: &outcome.message,
            }),
            IncidentChange::Resolve => {
                batch.ends.push(Cleared { monitor, rule: None, at, resolution: Resolution::Recovered });
            }
        }
    }
    Ok(batch.write(tx, grouping, now, recorded).await? || told)
}

/// Changes of which no two are of the same monitor.
#[derive(Default)]
struct ChangeBatch<'a> {
    monitors: HashSet<MonitorId>,
    firings: Vec<Firing<'a>>,
    ends: Vec<Cleared>,
}

impl ChangeBatch<'_> {
    async fn write(
        self,
        tx: &Tx,
        grouping: &Grouping,
        now: Timestamp,
        recorded: &mut Recorded,
    ) -> Result<bool, StoreError> {
        let cleared = clear(tx, &self.ends, now).await?;
        let raised = raise(tx, grouping, &self.firings, now).await?;
        recorded.opened += raised.alerts;
        recorded.resolved += cleared.alerts;
        Ok(cleared.told || raised.told)
    }
}
