//! Monitors and outcomes for tests that care for little of what is in them.
#![expect(clippy::expect_used, reason = "a test that cannot be set up fails")]

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::Severity;
use monitor_core::http::HttpSpec;
use monitor_core::incident::{IncidentId, Resolution};
use monitor_core::monitor::{CheckSpec, MonitorId, MonitorName, Settings};
use monitor_core::outcome::{Details, Outcome, Reason, Timings};
use monitor_core::people::Actor;
use storage::{LooseAlert, NewAlert, NewIncident, Store, Tx};

/// The time at which tests begin: 2026-03-01T00:00:00Z.
pub const START: Timestamp = Timestamp::from_millis(1_772_323_200_000);

/// The settings of a monitor of that name, which watches a shop.
///
/// # Panics
/// When the name is none.
#[must_use]
pub fn settings(name: &str, interval: Duration) -> Settings {
    let spec = CheckSpec::Http(HttpSpec::get("https://shop.example").expect("an address"));
    Settings { interval, ..Settings::new(MonitorName::new(name).expect("a name"), spec) }
}

/// Adds one monitor for each interval at [`START`], called `m1`, `m2` and so on, to the first organisation.
///
/// # Panics
/// When the database does not do it.
pub async fn monitors(store: &Store, intervals: &[Duration]) -> (Actor, Vec<MonitorId>) {
    let actor = store.bootstrap(START).await.expect("there is a first organisation");
    let tx = store.begin().await.expect("a transaction begins");
    let mut ids = Vec::new();
    for (number, interval) in (1..).zip(intervals) {
        let settings = settings(&format!("m{number}"), *interval);
        let added = tx.insert_monitor(actor.organisation, actor.person, &settings, START).await;
        ids.push(added.expect("the monitor is added").expect("the name is free"));
    }
    tx.commit().await.expect("the transaction commits");
    (actor, ids)
}

/// What a check found at that time: 1,500 bytes in 120 ms, and why it ended as it did.
#[must_use]
pub fn outcome(at: Timestamp, reason: Reason) -> Outcome {
    Outcome {
        at,
        reason,
        message: String::new(),
        duration: Duration::from_millis(120),
        timings: Timings::default(),
        http_status: Some(200),
        response_bytes: 1_500,
        details: Details::default(),
    }
}

/// Opens an alert that says that a monitor is down; `None`: there is one, or no such monitor.
///
/// # Panics
/// When the database does not do it.
pub async fn open_alert(
    tx: &Tx,
    monitor: MonitorId,
    at: Timestamp,
    reason: Reason,
    message: &str,
) -> Option<LooseAlert> {
    let new = NewAlert { monitor, rule: None, severity: Severity::Critical, at, reason, message };
    tx.open_alerts(&[new]).await.expect("the alert is opened").pop()
}

/// The same with an incident of its own.
///
/// # Panics
/// When the database does not do it.
pub async fn open_incident(
    tx: &Tx,
    monitor: MonitorId,
    at: Timestamp,
    reason: Reason,
    message: &str,
) -> Option<IncidentId> {
    let LooseAlert { alert, organisation, name, .. } = open_alert(tx, monitor, at, reason, message).await?;
    let new = NewIncident {
        organisation,
        title: &format!("{name} is down"),
        severity: alert.severity,
        at,
        reason: Some(reason),
        message,
        declared_by: None,
    };
    let incident = tx.insert_incident(&new).await.expect("the incident is opened");
    tx.join(&[(alert.id, incident)], at).await.expect("the alert joins it");
    Some(incident)
}

/// Ends a monitor's alert and its incident; `None`: there is none.
///
/// # Panics
/// When the database does not do it.
pub async fn resolve_incident(
    tx: &Tx,
    monitor: MonitorId,
    at: Timestamp,
    resolution: Resolution,
) -> Option<IncidentId> {
    let ended = tx.end_alerts(&[(monitor, None, at, resolution)]).await.expect("the alert ends").pop()?;
    let settled = tx.settle_incidents(&[ended.incident?], at).await.expect("the incident ends");
    settled.first().map(|(incident, ..)| *incident)
}
