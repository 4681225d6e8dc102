//! Monitors that come into maintenance and leave it.

use std::collections::HashMap;

use monitor_core::Timestamp;
use monitor_core::alerting::MaintenanceId;
use monitor_core::incident::Resolution;
use monitor_core::monitor::{MonitorId, Settings};
use monitor_core::people::OrganisationId;
use storage::{StoreError, Tx};

use crate::dependencies::tell_withheld;
use crate::{Services, incidents};

impl Services {
    /// Puts monitors in a window. Their alerts end. Answers whether a card was posted or edited.
    pub(super) async fn enter(
        &self,
        tx: &Tx,
        window: MaintenanceId,
        monitors: &[MonitorId],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        if monitors.is_empty() {
            return Ok(false);
        }
        tx.enter_maintenance(window, monitors, now).await?;
        let (mut healths, mut flips) = (Vec::new(), Vec::new());
        for (monitor, mut health, _) in tx.healths_since(monitors).await? {
            let step = health.begin_maintenance(now);
            flips.extend(step.flip.map(|flip| (monitor, flip)));
            healths.push((monitor, health));
        }
        let healths: Vec<_> = healths.iter().map(|(monitor, health)| (*monitor, health)).collect();
        tx.save_health(&healths).await?;
        tx.insert_flips(&flips).await?;
        // What fails below it is explained as before, now by the work.
        Ok(incidents::clear_all(tx, monitors, Resolution::Maintenance, now).await?.told)
    }

    /// Takes monitors out of a window. Those that are in no other are watched again: checked at once, and as heartbeats not
    /// held to what they should have reported meanwhile.
    pub(super) async fn leave(
        &self,
        tx: &Tx,
        window: MaintenanceId,
        monitors: &[MonitorId],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        if monitors.is_empty() {
            return Ok(false);
        }
        let free = tx.leave_maintenance(window, monitors).await?;
        let (mut healths, mut flips, mut since) = (Vec::new(), Vec::new(), HashMap::new());
        for (monitor, mut health, begun) in tx.healths_since(&free).await? {
            if let Some(flip) = health.end_maintenance(now).flip {
                flips.push((monitor, flip));
                healths.push((monitor, health));
                since.insert(monitor, begun.unwrap_or(now));
            }
        }
        let ended: Vec<MonitorId> = healths.iter().map(|(monitor, _)| *monitor).collect();
        let healths: Vec<_> = healths.iter().map(|(monitor, health)| (*monitor, health)).collect();
        tx.save_health(&healths).await?;
        tx.insert_flips(&flips).await?;
        tx.check_anew(&ended, now).await?;
        let heartbeats = tx.heartbeats_of(&ended).await?;
        since.retain(|monitor, _| heartbeats.binary_search(monitor).is_ok());
        if !since.is_empty() {
            self.excuse_since(tx, &since, now).await?;
        }
        let cleared = incidents::clear_all(tx, &ended, Resolution::Maintenance, now).await?;
        // The work explains nothing below it any more.
        Ok(tell_withheld(tx, &self.inner.grouping, &ended, now).await? || cleared.told)
    }

    /// Puts a monitor that was added, changed or resumed in the windows that are on and about it, so that nobody is told of
    /// it before the next look.
    pub(crate) async fn join_maintenance(
        &self,
        tx: &Tx,
        organisation: OrganisationId,
        monitor: MonitorId,
        settings: &Settings,
    ) -> Result<bool, StoreError> {
        let mut told = false;
        for window in tx.maintenance_on(organisation).await? {
            if window.selector.matches(monitor, &settings.labels, settings.group.as_deref()) {
                told |= self.enter(tx, window.id, &[monitor], self.now()).await?;
            }
        }
        Ok(told)
    }
}
