//! Incidents in tables and lists.

use monitor_core::Timestamp;
use monitor_core::alerting::Stage;
use monitor_core::duration;
use monitor_core::incident::{Alert, Resolution};
use services::view::{IncidentRow, NamedAlert, SilenceRow};

use super::{count, withheld};
use crate::reply::Block;

/// What an incident is called in a list: its monitor, or how many there are.
pub(crate) fn incident_name(row: &IncidentRow) -> String {
    match (&row.only, row.members) {
        (Some(name), _) => name.clone(),
        (None, 0) => row.incident.title.clone(),
        (None, members) => super::plural(members, "monitor"),
    }
}

/// Until when nobody is told, and who wants that: `until 14:05 UTC by Ada`.
pub(crate) fn silenced(silence: &SilenceRow, until: &str) -> String {
    let by = silence.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
    format!("until {until}{by}")
}

/// How far an incident is, in words.
fn incident_state(row: &IncidentRow, now: Timestamp) -> String {
    let lasted = duration::humanize(row.incident.duration(now));
    match (row.incident.stage(), row.incident.resolved) {
        (Stage::Open, _) => format!("open for {lasted}"),
        (Stage::Acknowledged, _) => {
            format!("open for {lasted}, {} takes care of it", row.acknowledged_by.as_deref().unwrap_or("somebody"))
        }
        (_, Some((_, resolution))) => format!("{} after {lasted}", ended(resolution)),
        (Stage::Resolved, None) => String::new(),
    }
}

/// Incidents as a table.
pub(crate) fn incidents(title: &str, rows: &[IncidentRow], now: Timestamp) -> Block {
    let row = |row: &IncidentRow| {
        let incident = &row.incident;
        let why = if row.only.is_some() && incident.title.ends_with(" is down") {
            incident.why().to_owned()
        } else {
            row.headline()
        };
        vec![
            format!("#{}", incident.id),
            incident_name(row),
            incident.severity.as_str().to_owned(),
            incident.opened_at.to_minute(),
            incident_state(row, now),
            why,
        ]
    };
    let title = format!("{title} ({})", count(rows.len() as u64));
    Block::table(title, &["incident", "monitor", "severity", "since", "state", "why"], rows.iter().map(row).collect())
}

/// Times of being down as a table.
pub(crate) fn outages(title: &str, outages: &[NamedAlert], now: Timestamp) -> Block {
    let row = |named: &NamedAlert| {
        let alert = &named.alert;
        let why = if alert.message.is_empty() { alert.reason.about().to_owned() } else { alert.message.clone() };
        let why: Vec<String> = [why].into_iter().chain(named.withheld.as_ref().map(withheld)).collect();
        vec![named.monitor_name.clone(), alert.opened_at.to_minute(), outage_state(alert, now), why.join(" · ")]
    };
    let title = format!("{title} ({})", count(outages.len() as u64));
    Block::table(title, &["monitor", "since", "state", "why"], outages.iter().map(row).collect())
}

/// How far an alert is, in words.
fn outage_state(alert: &Alert, now: Timestamp) -> String {
    let lasted = duration::humanize(alert.duration(now));
    match alert.resolved {
        None => format!("open for {lasted}"),
        Some((_, resolution)) => format!("{} after {lasted}", ended(resolution)),
    }
}

fn ended(resolution: Resolution) -> &'static str {
    match resolution {
        Resolution::Recovered => "recovered",
        Resolution::Paused => "paused",
        Resolution::Maintenance => "in maintenance",
        Resolution::Withdrawn => "withdrawn",
        Resolution::ByHand => "resolved by hand",
        Resolution::Merged => "became part of another incident",
    }
}
