//! Good news, which is told in words.

use std::collections::HashMap;

use monitor_core::Timestamp;
use monitor_core::duration::humanize;
use monitor_core::incident::Alert;
use monitor_core::monitor::MonitorId;
use storage::{Recovery, RuleRow, StoreError, Tx};

use crate::routing::{RuleNews, tell_rules};

/// A rule about recoveries that fires for a monitor.
pub(crate) struct Recovered {
    pub(super) rule: RuleRow,
    pub(super) monitor: MonitorId,
}

/// Tells of recoveries, in the transaction in which the monitors are found to be up, and after everything else in it: whoever
/// changes incidents locks them before any destination, nobody who writes the same news down waits for what this one still
/// wants, and what ended by then says how long the trouble was.
pub(crate) async fn tell(tx: &Tx, recovered: &[Recovered], now: Timestamp) -> Result<(), StoreError> {
    if recovered.is_empty() {
        return Ok(());
    }
    let monitors: Vec<MonitorId> = recovered.iter().map(|recovered| recovered.monitor).collect();
    let told = |found: Recovery| {
        let text = words(&found);
        (found.subject.monitor, (found, text))
    };
    let recoveries: HashMap<MonitorId, (Recovery, String)> =
        tx.recoveries(&monitors).await?.into_iter().map(told).collect();
    let news: Vec<RuleNews<'_>> = recovered
        .iter()
        .filter_map(|Recovered { rule, monitor }| {
            let (Recovery { subject, outage, .. }, text) = recoveries.get(monitor)?;
            // The outage and not when it ended: after a clock was set back several changes of status stand at one time.
            let mark = outage.as_ref().map_or(now.as_millis(), |outage| outage.id.0);
            let key = format!("rule-{}-{monitor}-{mark}", rule.id);
            Some(RuleNews { rule, subject, key, text })
        })
        .collect();
    tell_rules(tx, &news, now).await
}

/// `shop has recovered after 4 s: answered 503 Service Unavailable`.
fn words(Recovery { name, outage, .. }: &Recovery) -> String {
    let Some(Alert { reason, message, opened_at, resolved, .. }) = outage else {
        return format!("{name} has recovered");
    };
    let why = if message.is_empty() { reason.about() } else { message.as_str() };
    // Where a clock was set back meanwhile nobody knows how long it was.
    let lasted = resolved.map(|(at, _)| at.since(*opened_at)).filter(|lasted| !lasted.is_zero());
    let after = lasted.map(|lasted| format!(" after {}", humanize(lasted))).unwrap_or_default();
    format!("{name} has recovered{after}: {why}")
}
