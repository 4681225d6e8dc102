//! What is remembered of a monitor's health between two checks.
//!
//! A health that cannot be read, for example because a newer version wrote it, must stop neither the other monitors
//! nor its own: it is made anew from what else is known, and overwritten when it changes next.

use monitor_core::health::{Health, Status};
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
    /// [`StoreError::Unavailable`].
    pub async fn health(&self, monitor: MonitorId) -> Result<Option<Health>, StoreError> {
        const HEALTH: Sql = sql!(
            "SELECT monitor_id, status, health FROM monitor_state WHERE monitor_id = $1 " (postgres "FOR UPDATE")
        );
        let row = self.conn().query_one_raw(HEALTH.with(self.store().backend(), [monitor.0.into()])).await?;
        Ok(match row {
            Some(row) => Some(self.read_health(&row).await?.1),
            None => None,
        })
    }

    /// The health of up to `limit` active monitors whose id is greater than `after`, by id, kept from changing until
    /// the end of the transaction.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn active_healths(&self, after: MonitorId, limit: u64) -> Result<Vec<(MonitorId, Health)>, StoreError> {
        const ACTIVE: Sql = sql!(
            "SELECT monitor_id, status, health FROM monitor_state WHERE active = TRUE AND monitor_id > $1
             ORDER BY monitor_id LIMIT $2 " (postgres "FOR UPDATE")
        );
        let values = [after.0.into(), crate::rows::integer(limit).into()];
        let rows = self.conn().query_all_raw(ACTIVE.with(self.store().backend(), values)).await?;
        self.read_healths(&rows).await
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

    /// The healths of rows that have the columns `monitor_id`, `status` and `health`.
    pub(crate) async fn read_healths(&self, rows: &[QueryResult]) -> Result<Vec<(MonitorId, Health)>, StoreError> {
        let mut healths = Vec::with_capacity(rows.len());
        for row in rows {
            healths.push(self.read_health(row).await?);
        }
        Ok(healths)
    }

    async fn read_health(&self, row: &QueryResult) -> Result<(MonitorId, Health), StoreError> {
        let (monitor, stored): (_, String) = (monitor(row)?, get(row, "health")?);
        let health = match serde_json::from_str(&stored) {
            Ok(health) => health,
            Err(error) => {
                let status: String = get(row, "status")?;
                tracing::error!(monitor_id = %monitor, status, %error, "the stored health of a monitor cannot be read, it is made anew");
                let status = Status::from_word(&status).unwrap_or(Status::Unknown);
                Health::after_loss(status, self.is_alerted(monitor).await?)
            }
        };
        Ok((monitor, health))
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
