//! Looking at monitors and incidents.

use monitor_core::health::Status;
use monitor_core::people::{Actor, Permission};
use monitor_core::report::{DAY, Window};
use storage::{IncidentFilter, OverviewFilter, OverviewRow, Scope};

use crate::view::{MonitorView, StatusView};
use crate::{Result, ServiceError, Services, require};

/// Results shown of one monitor.
const RESULTS: u64 = 10;

/// Monitors in trouble that an overview names.
const TROUBLED: u64 = 20;

impl Services {
    /// The monitors that fit a filter, the worst first, and how many there are in all.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Internal`].
    pub async fn list(
        &self,
        actor: &Actor,
        filter: &OverviewFilter,
        offset: u64,
        limit: u64,
    ) -> Result<(u64, Vec<OverviewRow>)> {
        require(actor, Permission::Read)?;
        Ok(self.store().overview(actor.organisation, filter, offset, limit).await?)
    }

    /// How everything stands.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Internal`].
    pub async fn status(&self, actor: &Actor) -> Result<StatusView> {
        require(actor, Permission::Read)?;
        let counts = self.store().status_counts(actor.organisation).await?;
        let well = [Status::Up, Status::Paused, Status::Maintenance];
        let mut troubled = Vec::new();
        if counts.iter().any(|(status, count)| *count > 0 && !well.contains(status)) {
            let (_, worst) = self.store().overview(actor.organisation, &OverviewFilter::default(), 0, TROUBLED).await?;
            troubled = worst.into_iter().filter(|row| !well.contains(&row.status)).collect();
        }
        let mut maintenance = self.store().maintenance(actor.organisation).await?;
        maintenance.retain(storage::MaintenanceRow::is_on);
        Ok(StatusView { counts, troubled, maintenance })
    }

    /// One monitor in full.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::MonitorNotFound`], [`ServiceError::Internal`].
    pub async fn show(&self, actor: &Actor, name: &str) -> Result<MonitorView> {
        let monitor = self.monitor(actor, name).await?;
        let gone = || ServiceError::MonitorNotFound { name: name.to_owned(), suggestions: Vec::new() };
        let state = self.store().state(monitor.id).await?.ok_or_else(gone)?;
        let results = self.store().latest_results(monitor.id, RESULTS).await?;
        let open = IncidentFilter { open: Some(true), ..IncidentFilter::default() };
        let open = self.store().outages(Scope::Monitor(monitor.id), &open, 1).await?;
        let now = self.now();
        let day = self.report(actor, Some(name), Window { from: now - DAY, to: now }).await?;
        let maintenance = self.store().in_maintenance(&[monitor.id]).await?.pop();
        Ok(MonitorView { monitor, state, maintenance, results, outage: open.into_iter().next(), day })
    }
}
