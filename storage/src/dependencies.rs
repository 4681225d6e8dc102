//! Dependencies between monitors, where alerting is concerned.
//!
//! While a monitor that another depends on is down, or has begun to fail and is being tried again, the other's incidents
//! are recorded and their cards withheld. They are posted once nothing above the monitor is in trouble any more.

use monitor_core::Timestamp;
use monitor_core::incident::IncidentId;
use monitor_core::monitor::MonitorId;
use sea_orm::ConnectionTrait;

use crate::rows::{get, json_ids, sql};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// Each parent of a monitor `m`, as `p.value`.
macro_rules! parents {
    (sqlite) => {
        "json_each(m.parents) AS p"
    };
    (postgres) => {
        "jsonb_array_elements_text(m.parents::jsonb) AS p(value)"
    };
}

/// One text for both databases, where `parents` stands for the parents of `m`.
macro_rules! with_parents {
    ($before:literal parents $between:literal parents $after:literal) => {
        Sql::each(
            concat!($before, parents!(sqlite), $between, parents!(sqlite), $after),
            concat!($before, parents!(postgres), $between, parents!(postgres), $after),
        )
    };
}

/// The open incidents without a card of the monitors `below`.
macro_rules! withheld {
    () => {
        "SELECT i.id, i.monitor_id FROM below b JOIN incident i ON i.monitor_id = b.id AND i.resolved_at_ms IS NULL
         WHERE NOT EXISTS (SELECT 1 FROM message c WHERE c.incident_id = i.id) ORDER BY i.monitor_id"
    };
}

impl Store {
    /// Whether a monitor is above another, however far, or the same.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn is_above(&self, above: MonitorId, below: MonitorId) -> Result<bool, StoreError> {
        const ABOVE: Sql = with_parents!(
            "WITH RECURSIVE above(id) AS (
                 SELECT CAST(p.value AS bigint) FROM monitor m, " parents " WHERE m.id = $1
                 UNION SELECT CAST(p.value AS bigint) FROM above a JOIN monitor m ON m.id = a.id, " parents "
             ) SELECT 1 FROM above WHERE id = $2 LIMIT 1"
        );
        if above == below {
            return Ok(true);
        }
        let statement = ABOVE.with(self.backend(), [below.0.into(), above.0.into()]);
        Ok(self.reader().query_one_raw(statement).await?.is_some())
    }
}

impl Tx {
    /// Whether anything that a monitor depends on is down, or failing and being tried again.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn is_sheltered(&self, monitor: MonitorId) -> Result<bool, StoreError> {
        // A health has the key `a` while failed attempts are being repeated.
        // CROSS JOIN, for otherwise SQLite goes through all monitors to find the few that are above.
        const SHELTERED: Sql = with_parents!(
            "WITH RECURSIVE above(id) AS (
                 SELECT CAST(p.value AS bigint) FROM monitor m, " parents " WHERE m.id = $1
                 UNION SELECT CAST(p.value AS bigint) FROM above a JOIN monitor m ON m.id = a.id, " parents "
             )
             SELECT 1 FROM above a CROSS JOIN monitor_state s
             WHERE s.monitor_id = a.id AND s.active = TRUE AND (s.status = 'down' OR s.health LIKE '%\"a\":%') LIMIT 1"
        );
        let statement = SHELTERED.with(self.store().backend(), [monitor.0.into()]);
        Ok(self.conn().query_one_raw(statement).await?.is_some())
    }

    /// The open incidents without a card of all that depends on these monitors, however far.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn withheld_below(&self, monitors: &[MonitorId]) -> Result<Vec<(MonitorId, IncidentId)>, StoreError> {
        const WITHHELD: Sql = Sql::each(
            concat!(
                "WITH RECURSIVE below(id) AS (
                     SELECT m.id FROM monitor m, ", parents!(sqlite), " WHERE m.parents <> '[]'
                         AND CAST(p.value AS bigint) IN (SELECT CAST(value->>0 AS bigint) FROM json_each($1))
                     UNION SELECT m.id FROM below b, monitor m, ", parents!(sqlite), "
                         WHERE m.parents <> '[]' AND CAST(p.value AS bigint) = b.id
                 ) ", withheld!()
            ),
            concat!(
                "WITH RECURSIVE below(id) AS (
                     SELECT m.id FROM monitor m, ", parents!(postgres), " WHERE m.parents <> '[]'
                         AND CAST(p.value AS bigint) IN (SELECT CAST(value->>0 AS bigint) FROM jsonb_array_elements($1::jsonb))
                     UNION SELECT m.id FROM below b, monitor m, ", parents!(postgres), "
                         WHERE m.parents <> '[]' AND CAST(p.value AS bigint) = b.id
                 ) ", withheld!()
            ),
        );
        if monitors.is_empty() {
            return Ok(Vec::new());
        }
        let statement = WITHHELD.with(self.store().backend(), [json_ids(monitors)?]);
        let rows = self.conn().query_all_raw(statement).await?;
        rows.iter().map(|row| Ok((MonitorId(get(row, "monitor_id")?), IncidentId(get(row, "id")?)))).collect()
    }

    /// Makes what these monitors depend on due at once, so that it is known soon whether that is what is wrong.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn hurry_parents(&self, monitors: &[MonitorId], now: Timestamp) -> Result<(), StoreError> {
        const HURRY: Sql = Sql::each(
            concat!(
                "UPDATE monitor_state SET next_due_ms = $2 WHERE active = TRUE AND lease_ms IS NULL AND next_due_ms > $2
                     AND monitor_id IN (SELECT CAST(p.value AS bigint) FROM monitor m, ", parents!(sqlite), " WHERE
                         m.parents <> '[]' AND m.id IN (SELECT CAST(value->>0 AS bigint) FROM json_each($1)))"
            ),
            concat!(
                "UPDATE monitor_state SET next_due_ms = $2 WHERE active = TRUE AND lease_ms IS NULL AND next_due_ms > $2
                     AND monitor_id IN (SELECT CAST(p.value AS bigint) FROM monitor m, ", parents!(postgres), " WHERE
                         m.parents <> '[]' AND m.id IN (SELECT CAST(value->>0 AS bigint) FROM jsonb_array_elements($1::jsonb)))"
            ),
        );
        if !monitors.is_empty() {
            let values = [json_ids(monitors)?, now.as_millis().into()];
            self.conn().execute_raw(HURRY.with(self.store().backend(), values)).await?;
        }
        Ok(())
    }

    /// Whether an incident has a card anywhere.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn is_posted(&self, incident: IncidentId) -> Result<bool, StoreError> {
        const ANY: Sql = sql!("SELECT 1 FROM message WHERE incident_id = $1 LIMIT 1");
        let statement = ANY.with(self.store().backend(), [incident.0.into()]);
        Ok(self.conn().query_one_raw(statement).await?.is_some())
    }
}
