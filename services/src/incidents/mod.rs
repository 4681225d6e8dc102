//! Alerts becoming incidents, and what people do with those.

mod acts;
mod gather;
mod postmortem;
mod why;
mod worsening;

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::{Event, RuleId};
use monitor_core::incident::{Entry, Grouping, Resolution};
use monitor_core::monitor::MonitorId;
pub(crate) use storage::NewAlert as Firing;
use storage::{EndedAlert, LooseAlert, Shelter, StoreError, Tx};

use crate::routing::{self, Change};
use crate::rules;

pub use acts::IncidentView;
pub use postmortem::words;
pub use why::Why;

/// A rule that fires for a monitor no longer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cleared {
    /// The monitor.
    pub(crate) monitor: MonitorId,
    /// The rule; `None`: the monitor was down.
    pub(crate) rule: Option<RuleId>,
    /// When it ended.
    pub(crate) at: Timestamp,
    /// How it ended.
    pub(crate) resolution: Resolution,
}

/// What opening or ending alerts did.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Outcome {
    /// How many alerts were opened or ended.
    pub(crate) alerts: usize,
    /// Whether a card was posted or edited.
    pub(crate) told: bool,
}

impl Outcome {
    pub(crate) fn add(&mut self, other: Self) {
        self.alerts += other.alerts;
        self.told |= other.told;
    }
}

/// How long before an alert what is above has to have been looked at to count as known.
const LOOKED_AT: Duration = Duration::from_secs(5);

/// How long it is waited until all above was looked at.
const PATIENCE: Duration = Duration::from_secs(15);

/// How soon a monitor is checked again while that is waited for.
const AGAIN: Duration = Duration::from_secs(1);

/// Opens alerts and makes incidents of them.
pub(crate) async fn raise(
    tx: &Tx,
    grouping: &Grouping,
    firings: &[Firing<'_>],
    now: Timestamp,
) -> Result<Outcome, StoreError> {
    let opened = tx.open_alerts(firings).await?;
    let alerts = opened.len();
    Ok(Outcome { alerts, told: consider(tx, grouping, opened, now).await? })
}

/// Ends alerts, and the incidents that have no other.
pub(crate) async fn clear(tx: &Tx, ends: &[Cleared], now: Timestamp) -> Result<Outcome, StoreError> {
    if ends.is_empty() {
        return Ok(Outcome::default());
    }
    // Before any row of theirs, as whoever puts alerts together does; the other way round two could wait for each other.
    tx.lock_incidents().await?;
    let ends: Vec<_> = ends.iter().map(|end| (end.monitor, end.rule, end.at, end.resolution)).collect();
    let ended = tx.end_alerts(&ends).await?;
    let mut affected: Vec<_> = ended.iter().filter_map(|ended| ended.incident).collect();
    affected.sort_unstable();
    affected.dedup();
    let entry = |ended: &EndedAlert| {
        let (at, resolution) = ended.resolved;
        let entry = Entry::Ended { monitor: ended.monitor, name: ended.name.clone(), resolution };
        ended.incident.map(|incident| (incident, at, None, entry))
    };
    let mut entries: Vec<_> = ended.iter().filter_map(entry).collect();
    let settled = tx.settle_incidents(&affected, now).await?;
    entries.extend(settled.iter().map(|(incident, at, resolution)| {
        (*incident, *at, None, Entry::Resolved { resolution: *resolution, note: String::new() })
    }));
    tx.add_entries(&entries).await?;
    let event = |incident| match settled.iter().any(|(settled, ..)| *settled == incident) {
        true => Event::Resolved,
        false => Event::Grew,
    };
    let changes: Vec<Change> = affected.iter().map(|incident| Change::of(*incident, event(*incident))).collect();
    Ok(Outcome { alerts: ended.len(), told: routing::tell(tx, &changes, now).await? })
}

/// Ends all alerts of these monitors, whatever the rule.
pub(crate) async fn clear_all(
    tx: &Tx,
    monitors: &[MonitorId],
    resolution: Resolution,
    now: Timestamp,
) -> Result<Outcome, StoreError> {
    tx.forget_rule_states(monitors).await?;
    let open = tx.open_rules(monitors).await?;
    let ends: Vec<_> = open.into_iter().map(|(monitor, rule)| Cleared { monitor, rule, at: now, resolution }).collect();
    clear(tx, &ends, now).await
}

/// Makes incidents of alerts that have none, unless the trouble of what their monitors depend on explains them, or their
/// rule says to wait. As long as the first is not known it is looked at, and the monitor checked again.
pub(crate) async fn consider(
    tx: &Tx,
    grouping: &Grouping,
    alerts: Vec<LooseAlert>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut unexplained = Vec::with_capacity(alerts.len());
    for loose in alerts {
        if loose.parents.is_empty() || !is_explained(tx, &loose, now).await? {
            unexplained.push(loose);
        }
    }
    let due = rules::due(tx, unexplained, now).await?;
    gather::gather(tx, grouping, due, now).await
}

async fn is_explained(tx: &Tx, loose: &LooseAlert, now: Timestamp) -> Result<bool, StoreError> {
    let (monitor, opened) = (loose.alert.monitor, loose.alert.opened_at);
    match tx.shelter(monitor, opened - LOOKED_AT, now).await? {
        Shelter::Trouble => Ok(true),
        Shelter::Unknown if now.since(opened) < PATIENCE => {
            tx.hurry_parents(&[monitor], now).await?;
            tx.retry_at(&[(monitor, now + AGAIN)]).await?;
            Ok(true)
        }
        Shelter::Unknown | Shelter::None => Ok(false),
    }
}
