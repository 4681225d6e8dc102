//! Which monitors are in a maintenance window.

use monitor_core::Timestamp;
use monitor_core::alerting::{MaintenanceId, When};
use monitor_core::health::Health;
use monitor_core::monitor::MonitorId;
use monitor_core::people::OrganisationId;
use sea_orm::{ConnectionTrait, QueryResult};

use super::schedule;
use crate::rows::{get, json_ids, monitor, sql, time};
use crate::sql::Sql;
use crate::{Store, StoreError, Subject, Tx};

/// Why a monitor is in maintenance, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InMaintenance {
    /// The monitor.
    pub monitor: MonitorId,
    /// The window that lasts longest of those that it is in.
    pub window: MaintenanceId,
    /// When that ends.
    pub until: Timestamp,
    /// Why; possibly empty.
    pub reason: String,
    /// When, which tells in which zone people look at a clock.
    pub when: When,
}

impl Store {
    /// Which of these monitors are in maintenance, until when and why.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn in_maintenance(&self, monitors: &[MonitorId]) -> Result<Vec<InMaintenance>, StoreError> {
        const IN: Sql = sql!(
            "SELECT x.monitor_id, w.id, w.reason, w.schedule, w.on_until_ms
             FROM " rows " AS asked CROSS JOIN maintenance_monitor x CROSS JOIN maintenance w
             WHERE x.monitor_id = CAST(value->>0 AS bigint) AND w.id = x.maintenance_id AND w.on_until_ms IS NOT NULL
             ORDER BY x.monitor_id, w.on_until_ms DESC, w.id"
        );
        if monitors.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.reader().query_all_raw(IN.with(self.backend(), [json_ids(monitors)?])).await?;
        let mut found: Vec<InMaintenance> = Vec::new();
        for row in &rows {
            let (id, window) = (monitor(row)?, get(row, "id")?);
            if found.last().is_none_or(|last| last.monitor != id) {
                found.push(InMaintenance {
                    monitor: id,
                    window: MaintenanceId(window),
                    until: time(row, "on_until_ms")?,
                    reason: get(row, "reason")?,
                    when: schedule(row, window)?,
                });
            }
        }
        Ok(found)
    }
}

impl Tx {
    /// The monitors of an organisation that are not paused.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn active_subjects(&self, organisation: OrganisationId) -> Result<Vec<Subject>, StoreError> {
        const ACTIVE: Sql = Sql::both(
            "SELECT m.id, m.labels, m.group_name FROM monitor m JOIN monitor_state s ON s.monitor_id = m.id
             WHERE m.organisation_id = $1 AND s.active = TRUE ORDER BY m.id",
        );
        let rows = self.conn().query_all_raw(ACTIVE.with(self.store().backend(), [organisation.0.into()])).await?;
        let read = |row: &QueryResult| {
            // One whose labels cannot be read is named where the monitor is; others are worked on all the same.
            let labels = serde_json::from_str(&get::<String>(row, "labels")?).unwrap_or_default();
            Ok(Subject { monitor: MonitorId(get(row, "id")?), organisation, labels, group: get(row, "group_name")? })
        };
        rows.iter().map(read).collect()
    }

    /// The monitors that are in a window.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn maintained(&self, id: MaintenanceId) -> Result<Vec<MonitorId>, StoreError> {
        const MONITORS: Sql =
            Sql::both("SELECT monitor_id FROM maintenance_monitor WHERE maintenance_id = $1 ORDER BY monitor_id");
        let rows = self.conn().query_all_raw(MONITORS.with(self.store().backend(), [id.0.into()])).await?;
        rows.iter().map(monitor).collect()
    }

    /// Puts monitors in a window.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`] when one of them does not exist.
    pub async fn enter_maintenance(
        &self,
        id: MaintenanceId,
        monitors: &[MonitorId],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const ENTER: Sql = sql!(
            "INSERT INTO maintenance_monitor (maintenance_id, monitor_id, since_ms)
             SELECT $2, m.id, $3 FROM " rows " AS r, monitor m WHERE m.id = CAST(value->>0 AS bigint)
             ON CONFLICT DO NOTHING"
        );
        let values = [json_ids(monitors)?, id.0.into(), now.as_millis().into()];
        self.conn().execute_raw(ENTER.with(self.store().backend(), values)).await?;
        Ok(())
    }

    /// Takes monitors out of a window. Answers those that are in no other.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn leave_maintenance(
        &self,
        id: MaintenanceId,
        monitors: &[MonitorId],
    ) -> Result<Vec<MonitorId>, StoreError> {
        const LEAVE: Sql = sql!(
            "DELETE FROM maintenance_monitor WHERE maintenance_id = $2
                 AND monitor_id IN (SELECT CAST(value->>0 AS bigint) FROM " rows " AS r)"
        );
        const FREE: Sql = sql!(
            "SELECT CAST(value->>0 AS bigint) AS monitor_id FROM " rows " AS r
             WHERE NOT EXISTS (SELECT 1 FROM maintenance_monitor x WHERE x.monitor_id = CAST(value->>0 AS bigint))
             ORDER BY monitor_id"
        );
        let backend = self.store().backend();
        let asked = json_ids(monitors)?;
        self.conn().execute_raw(LEAVE.with(backend, [asked.clone(), id.0.into()])).await?;
        let rows = self.conn().query_all_raw(FREE.with(backend, [asked])).await?;
        rows.iter().map(monitor).collect()
    }

    /// The health of these monitors and since when they have their status, by id, kept from changing until the end of the
    /// transaction.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn healths_since(
        &self,
        monitors: &[MonitorId],
    ) -> Result<Vec<(MonitorId, Health, Option<Timestamp>)>, StoreError> {
        const HEALTHS: Sql = sql!(
            "SELECT s.monitor_id, s.status, s.health,
                 (SELECT max(f.at_ms) FROM flip f WHERE f.monitor_id = s.monitor_id) AS since_ms
             FROM " rows " AS asked CROSS JOIN monitor_state s WHERE s.monitor_id = CAST(value->>0 AS bigint)
             ORDER BY s.monitor_id " (postgres "FOR UPDATE OF s")
        );
        let rows = self.conn().query_all_raw(HEALTHS.with(self.store().backend(), [json_ids(monitors)?])).await?;
        let healths = self.read_healths(&rows).await?;
        let since =
            |row: &QueryResult| Ok::<_, StoreError>(get::<Option<i64>>(row, "since_ms")?.map(Timestamp::from_millis));
        rows.iter().zip(healths).map(|(row, (monitor, health))| Ok((monitor, health, since(row)?))).collect()
    }

    /// Has probed monitors checked at once. A check of them that is running is no vote any more: it began too early.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn check_anew(&self, monitors: &[MonitorId], now: Timestamp) -> Result<(), StoreError> {
        const ANEW: Sql = sql!(
            "UPDATE monitor_state SET next_due_ms = $2, lease_ms = NULL, due_ms = NULL
             WHERE monitor_id IN (SELECT CAST(value->>0 AS bigint) FROM " rows " AS r) AND active = TRUE
                 AND monitor_id IN (SELECT id FROM monitor WHERE kind <> 'heartbeat')"
        );
        let values = [json_ids(monitors)?, now.as_millis().into()];
        self.conn().execute_raw(ANEW.with(self.store().backend(), values)).await?;
        Ok(())
    }

    /// Those of the monitors that are heartbeats.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn heartbeats_of(&self, monitors: &[MonitorId]) -> Result<Vec<MonitorId>, StoreError> {
        const HEARTBEATS: Sql = sql!(
            "SELECT m.id AS monitor_id FROM " rows " AS asked CROSS JOIN monitor m
             WHERE m.id = CAST(value->>0 AS bigint) AND m.kind = 'heartbeat' ORDER BY m.id"
        );
        let rows = self.conn().query_all_raw(HEARTBEATS.with(self.store().backend(), [json_ids(monitors)?])).await?;
        rows.iter().map(monitor).collect()
    }
}
