//! Incidents that get worse: they go by their loudest alert, and nobody takes care of that yet.

use std::collections::HashMap;

use monitor_core::Timestamp;
use monitor_core::alerting::{Event, Severity};
use monitor_core::http::shorten;
use monitor_core::incident::{Alert, Entry, IncidentId};
use monitor_core::monitor::MonitorId;
use monitor_core::people::PersonId;
use storage::{StoreError, Tx};

use super::gather::own_key;
use crate::routing::Change;

/// Longest title of an incident, in characters.
const TITLE_CHARS: usize = 160;

/// What an incident is called by an alert of that monitor: `shop is down`.
pub(super) fn title(monitor: &str, alert: &Alert) -> String {
    let title = match alert.rule {
        None => format!("{monitor} is down"),
        Some(_) => format!("{monitor}: {}", alert.message),
    };
    shorten(&title, TITLE_CHARS)
}

/// How loud is what still fails of these incidents; nothing of one of which nothing does.
pub(super) async fn loudness(tx: &Tx, incidents: &[IncidentId]) -> Result<HashMap<IncidentId, Severity>, StoreError> {
    let loudest = tx.loudest(incidents).await?;
    Ok(loudest.into_iter().map(|(incident, loudest)| (incident, loudest.alert.severity)).collect())
}

/// Has incidents go by their loudest alerts where nothing so loud failed just before; an incident stays as loud as it once was.
/// Answers those that got worse by that, and how loud what fails of them is: something failed of them before. Where nothing
/// did, something lesser than before does not give it another name.
pub(super) async fn rename(
    tx: &Tx,
    incidents: &[IncidentId],
    before: &HashMap<IncidentId, Severity>,
) -> Result<Vec<(IncidentId, Severity)>, StoreError> {
    let mut worse = Vec::new();
    for (incident, loudest) in tx.loudest(incidents).await? {
        let severity = loudest.alert.severity;
        let known = before.get(&incident);
        if known.is_some_and(|known| *known >= severity) {
            continue;
        }
        let Some(standing) = tx.standing(incident).await? else { continue };
        if known.is_some() || standing.severity <= severity {
            let title = title(&loudest.monitor_name, &loudest.alert);
            let alert = Alert { severity: severity.max(standing.severity), ..loudest.alert };
            tx.rename_incident(incident, &title, &alert).await?;
            worse.extend(known.map(|_| (incident, severity)));
        }
    }
    Ok(worse)
}

/// Takes back that somebody takes care of what got worse. Answers what the timelines say of it.
pub(super) async fn worsen(
    tx: &Tx,
    worse: &[(IncidentId, Severity)],
    now: Timestamp,
) -> Result<Vec<(IncidentId, Timestamp, Option<PersonId>, Entry)>, StoreError> {
    let incidents: Vec<IncidentId> = worse.iter().map(|(incident, _)| *incident).collect();
    let taken = tx.unacknowledge(&incidents).await?;
    let entry = |(incident, severity): &(IncidentId, Severity)| {
        let unacknowledged = taken.contains(incident);
        (*incident, now, None, Entry::Worsened { severity: *severity, unacknowledged })
    };
    Ok(worse.iter().map(entry).collect())
}

/// Opens an incident again of which something still fails. If its monitor has another one open by now, it becomes part of
/// that. Answers what changed by it.
pub(super) async fn begin_again(
    tx: &Tx,
    incident: IncidentId,
    because: &str,
    now: Timestamp,
) -> Result<Vec<Change>, StoreError> {
    let Some(standing) = tx.standing(incident).await? else { return Ok(Vec::new()) };
    let cohorts = tx.cohorts(incident, &[]).await?;
    let failing: Vec<MonitorId> = cohorts.into_iter().flat_map(|cohort| cohort.monitors).collect();
    let keys: Vec<String> = failing.iter().map(|monitor| own_key(*monitor)).collect();
    let open = tx.joinable(standing.organisation, &keys, None).await?.into_values().min();
    let Some(into) = open else {
        tx.reopen_incidents(&[incident]).await?;
        tx.add_entries(&[(incident, now, None, Entry::Reopened { because: because.to_owned() })]).await?;
        return Ok(vec![Change::of(incident, Event::Reopened)]);
    };
    let before = loudness(tx, &[into]).await?;
    tx.merge_incidents(&[incident], into, now).await?;
    let worse = rename(tx, &[into], &before).await?;
    let mut entries = vec![(incident, now, None, Entry::Merged { into }), (into, now, None, Entry::Took { incident })];
    entries.extend(worsen(tx, &worse, now).await?);
    tx.add_entries(&entries).await?;
    let event = if worse.is_empty() { Event::Grew } else { Event::Worse };
    Ok(vec![Change { incident: into, event, joined: failing }, Change::of(incident, Event::Resolved)])
}
