//! Good news, which is told in words.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use monitor_core::Timestamp;
use monitor_core::alerting::rule::Signals;
use monitor_core::duration::humanize;
use monitor_core::incident::Alert;
use monitor_core::monitor::{Monitor, MonitorId};
use storage::{IncidentFilter, RuleRow, Scope, Store, StoreError, Subject};

use crate::routing::RuleNews;

/// Recoveries that there may be something to tell of.
pub(super) type Recoveries = HashMap<MonitorId, Recovery>;

/// How a monitor became well again.
pub(super) struct Recovery {
    subject: Subject,
    since: Timestamp,
    text: String,
}

impl Recovery {
    /// What a rule tells of it. The same recovery is the same news, whoever comes to tell it.
    pub(super) fn news<'a>(&'a self, rule: &'a RuleRow) -> RuleNews<'a> {
        let key = format!("rule-{}-{}-{}", rule.id, self.subject.monitor, self.since.as_millis());
        RuleNews { rule, subject: &self.subject, key, text: &self.text }
    }
}

/// How the monitors became well again of which rules may tell that they did.
pub(super) async fn recoveries(
    store: &Store,
    pairs: &[(Arc<RuleRow>, MonitorId)],
    signals: &HashMap<MonitorId, Signals>,
) -> Result<Recoveries, StoreError> {
    let up_since = |monitor| signals.get(&monitor)?.standing.filter(|standing| standing.status.is_up());
    let news = pairs.iter().filter(|(row, monitor)| row.rule.condition.is_news() && up_since(*monitor).is_some());
    let monitors: BTreeSet<MonitorId> = news.map(|(_, monitor)| *monitor).collect();
    if monitors.is_empty() {
        return Ok(Recoveries::new());
    }
    let monitors: Vec<MonitorId> = monitors.into_iter().collect();
    let mut recoveries = Recoveries::new();
    for monitor in store.monitors_by_id(&monitors).await? {
        let Some(standing) = up_since(monitor.id) else { continue };
        let outage = store.outages(Scope::Monitor(monitor.id), &IncidentFilter::default(), 1).await?.pop();
        let outage = outage.map(|named| named.alert).filter(|alert| alert.opened_at <= standing.since);
        let text = words(&monitor, outage.as_ref(), standing.since);
        let Monitor { id, organisation, settings, .. } = monitor;
        let subject = Subject { monitor: id, organisation, labels: settings.labels, group: settings.group };
        recoveries.insert(id, Recovery { subject, since: standing.since, text });
    }
    Ok(recoveries)
}

/// `shop has recovered after 4 s: answered 503 Service Unavailable`.
fn words(monitor: &Monitor, outage: Option<&Alert>, since: Timestamp) -> String {
    let name = &monitor.settings.name;
    let Some(outage) = outage else { return format!("{name} has recovered") };
    let why = if outage.message.is_empty() { outage.reason.about() } else { &outage.message };
    format!("{name} has recovered after {}: {why}", humanize(since.since(outage.opened_at)))
}
