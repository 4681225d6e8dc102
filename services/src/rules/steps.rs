//! Taking steps and writing down what they change.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use monitor_core::Timestamp;
use monitor_core::alerting::RuleId;
use monitor_core::alerting::rule::{Change, RuleState, Signals, Step};
use monitor_core::incident::{Grouping, Resolution};
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::Reason;
use storage::{RuleRow, RuleStateRow, StoreError, Tx};

use super::news::Recovered;
use crate::incidents::{self, Cleared, Firing, Outcome};

/// A rule that is to look at a monitor.
pub(super) struct Look<'a> {
    pub(super) rule: &'a RuleRow,
    pub(super) monitor: MonitorId,
    pub(super) signals: &'a Signals,
    /// What the check saw that gave the occasion.
    pub(super) saw: Option<(Reason, &'a str)>,
}

/// What is remembered, by rule and monitor.
pub(super) type States = HashMap<(RuleId, MonitorId), (RuleState, Option<Timestamp>)>;

/// What is stored as a map.
pub(super) fn by_pair(rows: Vec<RuleStateRow>) -> States {
    rows.into_iter().map(|row| ((row.rule, row.monitor), (row.state, row.due))).collect()
}

impl Look<'_> {
    fn pair(&self) -> (RuleId, MonitorId) {
        (self.rule.id, self.monitor)
    }

    /// The state after the step, if it differs from what is stored, and what the step found.
    pub(super) fn step(&self, states: &States, now: Timestamp) -> (Option<RuleStateRow>, Step) {
        let stored = states.get(&self.pair());
        let (mut state, due) = stored.cloned().unwrap_or_default();
        let step = state.step(&self.rule.rule, now, self.signals);
        // A rule about figures is looked at often enough.
        let next = step.again_at.filter(|_| self.rule.rule.condition.look_every().is_none());
        let changed = next != due || stored.map_or(state != RuleState::default(), |(before, _)| state != *before);
        let row = RuleStateRow { rule: self.rule.id, monitor: self.monitor, state, due: next };
        (changed.then_some(row), step)
    }

    /// What an alert says: why the rule fires, and what the check saw.
    fn message(&self, why: String) -> String {
        match self.saw {
            Some((_, seen)) if !seen.is_empty() => format!("{why} ({seen})"),
            _ => why,
        }
    }
}

/// Takes all steps in their order from what is stored, and writes down what they change. Answers also what is news, which is
/// left to whoever has changed all incidents that it is about.
pub(super) async fn take(
    tx: &Tx,
    grouping: &Grouping,
    looks: &[Look<'_>],
    mut states: States,
    now: Timestamp,
) -> Result<(Outcome, Vec<Recovered>), StoreError> {
    let mut changed: BTreeMap<(MonitorId, RuleId), RuleStateRow> = BTreeMap::new();
    let (mut fired, mut ends, mut ends_of_fired) = (Vec::new(), Vec::new(), Vec::new());
    let mut news = Vec::new();
    for look in looks {
        let (row, step) = look.step(&states, now);
        if let Some(row) = row {
            states.insert(look.pair(), (row.state.clone(), row.due));
            changed.insert((row.monitor, row.rule), row);
        }
        let (monitor, rule) = (look.monitor, Some(look.rule.id));
        match step.change {
            Some(Change::Fire) if look.rule.rule.condition.is_news() => {
                news.push(Recovered { rule: look.rule.clone(), monitor });
            }
            Some(Change::Fire) => fired.push((look, look.message(step.why))),
            Some(Change::Clear) => {
                let end = Cleared { monitor, rule, at: now, resolution: Resolution::Recovered };
                let both = fired.iter().any(|(other, _)| other.pair() == look.pair());
                if both { &mut ends_of_fired } else { &mut ends }.push(end);
            }
            None => {}
        }
    }
    tx.save_rule_states(&changed.into_values().collect::<Vec<_>>()).await?;
    let firings: Vec<Firing<'_>> = fired.iter().map(|(look, message)| firing(look, message, now)).collect();
    let mut done = ended(tx, &ends, now).await?;
    if !firings.is_empty() {
        done.add(incidents::raise(tx, grouping, &firings, now).await?);
    }
    done.add(ended(tx, &ends_of_fired, now).await?);
    Ok((done, news))
}

async fn ended(tx: &Tx, ends: &[Cleared], now: Timestamp) -> Result<Outcome, StoreError> {
    if ends.is_empty() { Ok(Outcome::default()) } else { incidents::clear(tx, ends, now).await }
}

fn firing<'a>(look: &Look<'_>, message: &'a str, now: Timestamp) -> Firing<'a> {
    let own = look.rule.rule.condition.reason();
    let seen = look.saw.map(|(reason, _)| reason).filter(|reason| *reason != Reason::Ok);
    Firing {
        monitor: look.monitor,
        rule: Some(look.rule.id),
        severity: look.rule.rule.severity,
        at: now,
        reason: seen.unwrap_or(own),
        message,
    }
}

/// The monitors of pairs, each once.
pub(super) fn monitors_of(pairs: &[(Arc<RuleRow>, MonitorId)]) -> Vec<MonitorId> {
    let mut monitors: Vec<MonitorId> = pairs.iter().map(|(_, monitor)| *monitor).collect();
    monitors.sort_unstable();
    monitors.dedup();
    monitors
}
