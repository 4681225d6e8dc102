//! Who is told of an incident when monitors depend on each other.

use monitor_core::Timestamp;
use monitor_core::incident::Grouping;
use monitor_core::monitor::{MonitorId, Settings};
use storage::{StoreError, Tx};

use crate::{Result, ServiceError, Services, incidents};

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

/// Makes incidents of what was withheld of monitors that have just failed again, where nothing above explains it any more.
pub(crate) async fn tell_untold(
    tx: &Tx,
    grouping: &Grouping,
    still_down: &[MonitorId],
    now: Timestamp,
) -> std::result::Result<bool, StoreError> {
    let untold = tx.loose_alerts(still_down).await?;
    incidents::consider(tx, grouping, untold, now).await
}

/// These monitors are not in trouble any more, or not watched: what was withheld below them is checked again at once, and
/// told if it is still so. A heartbeat cannot be checked, so it is told at once.
pub(crate) async fn tell_withheld(
    tx: &Tx,
    grouping: &Grouping,
    out_of_trouble: &[MonitorId],
    now: Timestamp,
) -> std::result::Result<bool, StoreError> {
    let (heartbeats, checked): (Vec<_>, Vec<_>) =
        tx.withheld_below(out_of_trouble).await?.into_iter().partition(|(_, heartbeat)| *heartbeat);
    tx.retry_at(&checked.into_iter().map(|(monitor, _)| (monitor, now)).collect::<Vec<_>>()).await?;
    let heartbeats: Vec<_> = heartbeats.into_iter().map(|(monitor, _)| monitor).collect();
    tell_untold(tx, grouping, &heartbeats, now).await
}
