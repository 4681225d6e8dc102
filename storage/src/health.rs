//! What is remembered of a monitor's health between two checks.

use monitor_core::health::Health;
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::Details;
use sea_orm::{ConnectionTrait, QueryResult};
use serde::Serialize;

use crate::rows::{get, json, monitor, sql, text};
use crate::sql::Sql;
use crate::{StoreError, Tx};

impl Tx {
    /// The health of a monitor, kept from changing until the end of the transaction.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn health(&self, monitor: MonitorId) -> Result<Option<Health>, StoreError> {
        const HEALTH: Sql = sql!(
            "SELECT monitor_id, health FROM monitor_state WHERE monitor_id = $1 " (postgres "FOR UPDATE")
        );
        let row = self.conn().query_one_raw(HEALTH.with(self.store().backend(), [monitor.0.into()])).await?;
        Ok(row.as_ref().map(read_health).transpose()?.map(|(_, health)| health))
    }

    /// The health of up to `limit` active monitors whose id is greater than `after`, by id, kept from changing until
    /// the end of the transaction.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn active_healths(&self, after: MonitorId, limit: u64) -> Result<Vec<(MonitorId, Health)>, StoreError> {
        const ACTIVE: Sql = sql!(
            "SELECT monitor_id, health FROM monitor_state WHERE active = TRUE AND monitor_id > $1
             ORDER BY monitor_id LIMIT $2 " (postgres "FOR UPDATE")
        );
        let values = [after.0.into(), crate::rows::integer(limit).into()];
        let rows = self.conn().query_all_raw(ACTIVE.with(self.store().backend(), values)).await?;
        rows.iter().map(read_health).collect()
    }

    /// Writes the health of monitors, and the status that follows from it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn save_health(&self, healths: &[(MonitorId, &Health)]) -> Result<(), StoreError> {
        const SAVE: Sql = sql!(
            "UPDATE monitor_state SET status = new.status, health = new.health
             FROM (SELECT CAST(value->>0 AS bigint) AS id, value->>1 AS status, value->>2 AS health FROM " rows ") AS new
             WHERE monitor_id = new.id"
        );
        let mut rows = Vec::with_capacity(healths.len());
        for (monitor, health) in healths {
            rows.push((monitor, health.status().as_str(), written(health)?));
        }
        self.update(&SAVE, &rows).await
    }

    /// Writes what checks learned of their targets.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn save_details(&self, details: &[(MonitorId, &Details)]) -> Result<(), StoreError> {
        const SAVE: Sql = sql!(
            "UPDATE monitor_state SET details = new.details
             FROM (SELECT CAST(value->>0 AS bigint) AS id, value->>1 AS details FROM " rows ") AS new
             WHERE monitor_id = new.id"
        );
        let mut rows = Vec::with_capacity(details.len());
        for (monitor, details) in details {
            rows.push((monitor, written(details)?));
        }
        self.update(&SAVE, &rows).await
    }

    async fn update<T: Serialize>(&self, statement: &Sql, rows: &[T]) -> Result<(), StoreError> {
        if !rows.is_empty() {
            self.conn().execute_raw(statement.with(self.store().backend(), [json(rows)?])).await?;
        }
        Ok(())
    }
}

fn written<T: Serialize>(value: &T) -> Result<String, StoreError> {
    let json = serde_json::to_string(value).map_err(|error| StoreError::Other(error.into()))?;
    Ok(text(&json).into_owned())
}

pub(crate) fn read_health(row: &QueryResult) -> Result<(MonitorId, Health), StoreError> {
    let monitor = monitor(row)?;
    let health: String = get(row, "health")?;
    let health = serde_json::from_str(&health).map_err(|_| StoreError::corrupt("monitor_state", "health", monitor))?;
    Ok((monitor, health))
}
