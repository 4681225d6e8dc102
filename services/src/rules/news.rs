//! Good news, which is told in words.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use monitor_core::alerting::rule::Signals;
use monitor_core::duration::humanize;
use monitor_core::incident::Alert;
use monitor_core::monitor::{Monitor, MonitorId};
use storage::{RuleRow, Store, StoreError, Subject};

use crate::routing::RuleNews;

/// Recoveries that there may be something to tell of.
pub(super) type Recoveries = HashMap<MonitorId, Recovery>;

/// How a monitor became well again.
pub(super) struct Recovery {
    subject: Subject,
    /// Different for each recovery.
    mark: i64,
    text: String,
}

impl Recovery {
    /// What a rule tells of it. The same recovery is the same news, whoever comes to tell it.
    pub(super) fn news<'a>(&'a self, rule: &'a RuleRow) -> RuleNews<'a> {
        let key = format!("rule-{}-{}-{}", rule.id, self.subject.monitor, self.mark);
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
        let outage = store.last_outage(monitor.id).await?;
        let text = words(&monitor, outage.as_ref());
        // Not when it became up: after a clock was set back several changes of status stand at one time.
        let mark = outage.map_or(standing.since.as_millis(), |outage| outage.id.0);
        let Monitor { id, organisation, settings, .. } = monitor;
        let subject = Subject { monitor: id, organisation, labels: settings.labels, group: settings.group };
        recoveries.insert(id, Recovery { subject, mark, text });
    }
    Ok(recoveries)
}

/// `shop has recovered after 4 s: answered 503 Service Unavailable`.
fn words(monitor: &Monitor, outage: Option<&Alert>) -> String {
    let name = &monitor.settings.name;
    let Some(outage) = outage else { return format!("{name} has recovered") };
    let why = if outage.message.is_empty() { outage.reason.about() } else { &outage.message };
    // Where a clock was set back meanwhile nobody knows how long it was.
    let lasted = outage.resolved.map(|(at, _)| at.since(outage.opened_at)).filter(|lasted| !lasted.is_zero());
    let after = lasted.map(|lasted| format!(" after {}", humanize(lasted))).unwrap_or_default();
    format!("{name} has recovered{after}: {why}")
}
