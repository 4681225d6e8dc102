//! Why somebody was told, or was not: everything that led there, as it is written down.

use monitor_core::Timestamp;
use monitor_core::monitor::Monitor;
use monitor_core::people::{Actor, Permission};
use storage::{IncidentFilter, MonitorState, NamedAlert, RuleRow, Scope, Sorts, StoredResult, TimelineEntry};

use super::IncidentView;
use crate::{Result, ServiceError, Services, require};

/// Checks that are shown up to the one that decided.
const CHECKS: u64 = 8;

/// What led to an incident, or to none.
#[derive(Debug, Clone)]
pub struct Why {
    /// The monitor that was asked for, or the first of the incident, and how it stands; `None`: there is none any more.
    pub monitor: Option<(Monitor, MonitorState)>,
    /// Its checks up to the one that opened the alert, or the latest; the newest first. Empty when they are forgotten.
    pub checks: Vec<StoredResult>,
    /// The time of being down that lasts and that nobody is told of.
    pub untold: Option<NamedAlert>,
    /// Of that the rules whose condition holds, and until when they wait; `None`: until checks say so.
    pub waiting: Vec<(RuleRow, Option<Timestamp>)>,
    /// The incident.
    pub incident: Option<IncidentView>,
    /// What belongs to it and why, the latest 40 entries.
    pub joined: Vec<TimelineEntry>,
    /// How many entries there are before these.
    pub joined_earlier: u64,
    /// Who was told, who was not, and what came of it, the latest 40 entries.
    pub told: Vec<TimelineEntry>,
    /// How many entries there are before these.
    pub told_earlier: u64,
}

/// Most timeline entries that are shown of a sort.
const ENTRIES: u64 = 40;

impl Services {
    /// Why there is an incident and who was told of it, by number or monitor; of a monitor without one, why there is none.
    ///
    /// # Errors
    /// Like [`Services::incident`].
    pub async fn why(&self, actor: &Actor, which: Option<&str>) -> Result<Why> {
        require(actor, Permission::Read)?;
        let named = which.filter(|which| which.trim().trim_start_matches('#').parse::<i64>().is_err());
        let Some(name) = named else {
            let view = self.show_incident(actor, which).await?;
            return self.why_incident(actor, view).await;
        };
        let monitor = self.monitor(actor, name).await?;
        let open = IncidentFilter { open: Some(true), ..IncidentFilter::default() };
        let outage = self.store().outages(Scope::Monitor(monitor.id), &open, 1).await?.pop();
        let untold = outage.filter(|named| named.alert.incident.is_none());
        match self.incident(actor, Some(name)).await {
            // An old incident explains nothing of what is going on now.
            Ok(row) if untold.is_none() || row.incident.resolved.is_none() => {
                let view = self.show_incident(actor, Some(&row.incident.id.to_string())).await?;
                self.why_incident(actor, view).await
            }
            Ok(_) | Err(ServiceError::IncidentNotFound(_)) => {
                let state = self.store().state(monitor.id).await?;
                let until = untold.as_ref().map_or(self.now(), |named| named.alert.opened_at);
                let checks = self.store().results_until(monitor.id, until, CHECKS).await?;
                let waiting = if untold.is_some() { self.waiting_rules(monitor.id).await? } else { Vec::new() };
                let monitor = state.map(|state| (monitor, state));
                let (joined, told) = (Vec::new(), Vec::new());
                let (incident, joined_earlier, told_earlier) = (None, 0, 0);
                Ok(Why { monitor, checks, untold, waiting, incident, joined, joined_earlier, told, told_earlier })
            }
            Err(error) => Err(error),
        }
    }

    async fn why_incident(&self, actor: &Actor, view: IncidentView) -> Result<Why> {
        let first = view.alerts.iter().min_by_key(|named| (named.alert.opened_at, named.alert.id));
        let (mut monitor, mut checks) = (None, Vec::new());
        if let Some(first) = first {
            checks = self.store().results_until(first.alert.monitor, first.alert.opened_at, CHECKS).await?;
            let found = self.monitor(actor, &first.monitor_name).await?;
            monitor = self.store().state(found.id).await?.map(|state| (found, state));
        }
        let incident = view.row.incident.id;
        let (joined, joined_earlier) = self.store().timeline_of(incident, Sorts::Joined, ENTRIES).await?;
        let (told, told_earlier) = self.store().timeline_of(incident, Sorts::Told, ENTRIES).await?;
        let incident = Some(view);
        let (untold, waiting) = (None, Vec::new());
        Ok(Why { monitor, checks, untold, waiting, incident, joined, joined_earlier, told, told_earlier })
    }
}
