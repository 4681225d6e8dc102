//! Who is told of an incident when monitors depend on each other.

use monitor_core::Timestamp;
use monitor_core::incident::Grouping;
use monitor_core::monitor::{MonitorId, Settings};
use storage::{StoreError, Tx};

use crate::{Result, ServiceError, Services, incidents};

/// Monitors that are looked at in one transaction.
const CHUNK: u64 = 500;

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

    /// Makes incidents of what was withheld and no failed check considers again, where nothing above explains it any more:
    /// alerts of rules for what does not fail, and of heartbeats. Answers how many monitors were looked at.
    ///
    /// # Errors
    /// [`ServiceError::Internal`].
    pub async fn tell_unexplained(&self) -> Result<u64> {
        let now = self.now();
        let (mut after, mut looked_at) = (MonitorId(0), 0);
        loop {
            let quiet = self.store().quietly_untold(after, CHUNK).await?;
            let Some(last) = quiet.last() else { return Ok(looked_at) };
            (after, looked_at) = (*last, looked_at + quiet.len() as u64);
            let tx = self.store().begin().await?;
            // Before the alerts are read, for two processes must not tell the same one.
            tx.lock_incidents().await?;
            let told = tell_untold(&tx, &self.inner.grouping, &quiet, now).await?;
            tx.commit().await?;
            self.announce(told);
        }
    }
}

/// Makes incidents of what was withheld of monitors that have just failed again, where nothing above explains it any more.
/// Where something may that is not confirmed yet, it is looked at again as well.
pub(crate) async fn tell_untold(
    tx: &Tx,
    grouping: &Grouping,
    still_failing: &[MonitorId],
    now: Timestamp,
) -> std::result::Result<bool, StoreError> {
    let untold = tx.loose_alerts(still_failing).await?;
    let below: Vec<_> =
        untold.iter().filter(|loose| !loose.parents.is_empty()).map(|loose| loose.alert.monitor).collect();
    tx.hurry_suspects(&below, now).await?;
    incidents::consider(tx, grouping, untold, now).await
}

/// These monitors are not in trouble any more, or not watched: what was withheld below them is checked again at once, and
/// told if it is still so. What is not checked, or does not fail, is told at once.
pub(crate) async fn tell_withheld(
    tx: &Tx,
    grouping: &Grouping,
    out_of_trouble: &[MonitorId],
    now: Timestamp,
) -> std::result::Result<bool, StoreError> {
    let (quiet, checked): (Vec<_>, Vec<_>) =
        tx.withheld_below(out_of_trouble).await?.into_iter().partition(|(_, quiet)| *quiet);
    tx.retry_at(&checked.into_iter().map(|(monitor, _)| (monitor, now)).collect::<Vec<_>>()).await?;
    let quiet: Vec<_> = quiet.into_iter().map(|(monitor, _)| monitor).collect();
    tell_untold(tx, grouping, &quiet, now).await
}
