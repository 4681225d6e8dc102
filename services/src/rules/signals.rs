//! What rules about figures look at, for many monitors at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::rule::{Amount, Signals, usual};
use monitor_core::health::Status;
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::Details;
use monitor_core::report::{Retention, Segment, Source, Window, cover};
use monitor_core::rollup::{Resolution, Tally};
use storage::{RuleRow, Store, StoreError};

use super::steps::monitors_of;

const HOUR: Duration = Duration::from_secs(3_600);
const WEEK: Duration = Duration::from_secs(7 * 86_400);
const WEEKS: u32 = 4;

/// What is known now of the monitors of these pairs, as far as the rules ask. Of a monitor that is not watched on purpose
/// nothing is known.
pub(super) async fn gather(
    store: &Store,
    retention: &Retention,
    pairs: &[(Arc<RuleRow>, MonitorId)],
    now: Timestamp,
) -> Result<HashMap<MonitorId, Signals>, StoreError> {
    let mut known: HashMap<MonitorId, Signals> = HashMap::new();
    for (monitor, standing) in store.standings(&monitors_of(pairs)).await? {
        known.insert(monitor, Signals { standing: Some(standing), ..Signals::default() });
    }
    let unwatched = |monitor| {
        let status = known.get(&monitor).and_then(|signals| signals.standing).map(|standing| standing.status);
        matches!(status, Some(Status::Paused | Status::Maintenance))
    };
    let watched: Vec<_> = pairs.iter().filter(|(_, monitor)| !unwatched(*monitor)).cloned().collect();
    let progress = store.progress().await?;
    for (over, monitors) in by_window(&watched, |row| row.rule.condition.windows()) {
        let (_, segments) = cover(Window { from: now - over, to: now }, now, 1, &progress, retention);
        for (monitor, tally) in tallied(store, &monitors, segments).await? {
            known.entry(monitor).or_default().windows.push((over, tally));
        }
    }
    for (over, monitors) in by_window(&watched, |row| row.rule.condition.usual_windows()) {
        for (monitor, amounts) in usually(store, &monitors, over, now).await? {
            known.entry(monitor).or_default().usual.push((over, amounts));
        }
    }
    let asking: Vec<_> = watched.into_iter().filter(|(row, _)| row.rule.condition.asks_days()).collect();
    if !asking.is_empty() {
        for (monitor, details) in store.details_of(&monitors_of(&asking)).await? {
            let signals = known.entry(monitor).or_default();
            signals.certificate_ends = details.certificate_not_after;
            signals.domain_days = domain_days(&details);
        }
    }
    Ok(known)
}

/// In how many days the registration ends, as a check found it.
pub(super) fn domain_days(details: &Details) -> Option<f64> {
    let found = details.found.iter().find(|(word, _)| word == "domain.days");
    found.and_then(|(_, days)| days.parse().ok())
}

/// The monitors by the windows that their rules ask for.
fn by_window(
    pairs: &[(Arc<RuleRow>, MonitorId)],
    windows: impl Fn(&RuleRow) -> Vec<Duration>,
) -> HashMap<Duration, Vec<MonitorId>> {
    let mut by_window: HashMap<Duration, Vec<MonitorId>> = HashMap::new();
    for (row, monitor) in pairs {
        for over in windows(row) {
            by_window.entry(over).or_default().push(*monitor);
        }
    }
    for monitors in by_window.values_mut() {
        monitors.sort_unstable();
        monitors.dedup();
    }
    by_window
}

async fn tallied(
    store: &Store,
    monitors: &[MonitorId],
    segments: Vec<Segment>,
) -> Result<HashMap<MonitorId, Tally>, StoreError> {
    let mut tallies: HashMap<MonitorId, Tally> = HashMap::new();
    for segment in segments {
        for (monitor, _, tally) in store.tallies(monitors, segment).await? {
            tallies.entry(monitor).or_default().merge(&tally);
        }
    }
    Ok(tallies)
}

/// What the window came to in past weeks, by the hours in it.
async fn usually(
    store: &Store,
    monitors: &[MonitorId],
    over: Duration,
    now: Timestamp,
) -> Result<HashMap<MonitorId, Vec<Amount>>, StoreError> {
    let mut hours: HashMap<MonitorId, Vec<(Timestamp, Amount)>> = HashMap::new();
    // The earliest week first, so that the hours of each monitor are in order.
    for week in (1..=WEEKS).rev() {
        let to = now - WEEK * week;
        let window = Window { from: (to - over).floor(HOUR), to };
        for (monitor, start, tally) in store.tallies(monitors, hourly(window)).await? {
            hours.entry(monitor).or_default().push((start, amount(&tally)));
        }
    }
    Ok(hours.into_iter().map(|(monitor, hours)| (monitor, usual(now, over, &hours))).collect())
}

pub(super) fn hourly(window: Window) -> Segment {
    Segment { window, source: Source::Rollup(Resolution::Hour) }
}

#[expect(clippy::cast_precision_loss, reason = "counts and bytes stay far below 2^52")]
pub(super) fn amount(tally: &Tally) -> Amount {
    Amount { bytes: tally.bytes as f64, requests: tally.total() as f64 }
}
