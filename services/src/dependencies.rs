//! Who is told of an incident when monitors depend on each other.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::incident::IncidentId;
use monitor_core::monitor::{MonitorId, Settings};
use storage::{Shelter, StoreError, Tx};

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

/// How long before an incident opens what is above has to have been looked at to count as known.
const LOOKED_AT: Duration = Duration::from_secs(5);

/// How long it is waited until all above was looked at.
const PATIENCE: Duration = Duration::from_secs(15);

/// How soon a monitor is checked again while that is waited for.
const AGAIN: Duration = Duration::from_secs(1);

/// Posts the card of an incident that is open since then, unless the trouble of what the monitor depends on explains it. As
/// long as that is not known it is looked at, and the monitor checked again. Tells whether anybody is told.
pub(crate) async fn tell_opened(
    tx: &Tx,
    monitor: MonitorId,
    incident: IncidentId,
    opened: Timestamp,
    now: Timestamp,
) -> std::result::Result<bool, StoreError> {
    match tx.shelter(monitor, opened - LOOKED_AT).await? {
        Shelter::Trouble => return Ok(false),
        Shelter::Unknown if now.since(opened) < PATIENCE => {
            tx.hurry_parents(&[monitor], now).await?;
            tx.retry_at(&[(monitor, now + AGAIN)]).await?;
            return Ok(false);
        }
        Shelter::Unknown | Shelter::None => {}
    }
    Ok(!tx.post_incident(incident, now).await?.is_empty())
}

/// Changes the card of an incident that is over. One that nobody was told of ends as silently as it began.
pub(crate) async fn tell_resolved(
    tx: &Tx,
    incident: IncidentId,
    at: Timestamp,
) -> std::result::Result<bool, StoreError> {
    Ok(tx.is_posted(incident).await? && !tx.post_incident(incident, at).await?.is_empty())
}

/// Posts what was withheld of monitors that have just failed again, where nothing above explains it any more.
pub(crate) async fn tell_untold(
    tx: &Tx,
    still_down: &[MonitorId],
    now: Timestamp,
) -> std::result::Result<bool, StoreError> {
    let mut told = false;
    for (monitor, incident, opened) in tx.untold(still_down).await? {
        told |= tell_opened(tx, monitor, incident, opened, now).await?;
    }
    Ok(told)
}

/// These monitors are not in trouble any more, or not watched: what was withheld below them is checked again at once, and
/// told if it is still so. A heartbeat cannot be checked, so it is told at once.
pub(crate) async fn tell_withheld(
    tx: &Tx,
    out_of_trouble: &[MonitorId],
    now: Timestamp,
) -> std::result::Result<bool, StoreError> {
    let mut told = false;
    let mut again = Vec::new();
    for (monitor, incident, heartbeat) in tx.withheld_below(out_of_trouble).await? {
        if heartbeat {
            told |= tell_opened(tx, monitor, incident, now, now).await?;
        } else {
            again.push((monitor, now));
        }
    }
    tx.retry_at(&again).await?;
    Ok(told)
}
