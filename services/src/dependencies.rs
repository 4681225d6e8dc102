//! Who is told of an incident when monitors depend on each other.

use monitor_core::Timestamp;
use monitor_core::incident::IncidentId;
use monitor_core::monitor::{MonitorId, Settings};
use storage::{StoreError, Tx};

use crate::{Result, ServiceError, Services};

impl Services {
    /// Refuses parents that do not exist in the organisation of `like`, and those that depend on the monitor itself.
    pub(crate) async fn check_parents(
        &self,
        organisation: monitor_core::people::OrganisationId,
        monitor: Option<MonitorId>,
        settings: &Settings,
    ) -> Result<()> {
        if settings.parents.is_empty() {
            return Ok(());
        }
        let found = self.store().monitors_by_id(&settings.parents).await?;
        for id in &settings.parents {
            let Some(parent) = found.iter().find(|parent| parent.id == *id && parent.organisation == organisation)
            else {
                return Err(ServiceError::MonitorNotFound { name: id.to_string(), suggestions: Vec::new() });
            };
            if let Some(monitor) = monitor
                && self.store().is_above(monitor, *id).await?
            {
                return Err(ServiceError::DependsInCircle {
                    monitor: settings.name.to_string(),
                    parent: parent.settings.name.to_string(),
                });
            }
        }
        Ok(())
    }
}

/// Posts the card of an incident that was just opened, unless the trouble of what the monitor depends on explains it. Tells
/// whether anybody is told.
pub(crate) async fn tell_opened(
    tx: &Tx,
    monitor: MonitorId,
    incident: IncidentId,
    at: Timestamp,
) -> std::result::Result<bool, StoreError> {
    Ok(!tx.is_sheltered(monitor).await? && !tx.post_incident(incident, at).await?.is_empty())
}

/// Changes the card of an incident that is over. One that nobody was told of ends as silently as it began.
pub(crate) async fn tell_resolved(
    tx: &Tx,
    incident: IncidentId,
    at: Timestamp,
) -> std::result::Result<bool, StoreError> {
    Ok(tx.is_posted(incident).await? && !tx.post_incident(incident, at).await?.is_empty())
}

/// Posts what was withheld because these monitors were in trouble, and is still so now that they are not.
pub(crate) async fn tell_withheld(
    tx: &Tx,
    out_of_trouble: &[MonitorId],
    now: Timestamp,
) -> std::result::Result<bool, StoreError> {
    let mut told = false;
    for (monitor, incident) in tx.withheld_below(out_of_trouble).await? {
        told |= tell_opened(tx, monitor, incident, now).await?;
    }
    Ok(told)
}
