//! Changes of status.

use monitor_core::Timestamp;
use monitor_core::health::{Flip, Status};
use monitor_core::monitor::MonitorId;
use monitor_core::report::Window;
use sea_orm::{ConnectionTrait, QueryResult};

use crate::results::{MONITORS_AT_ONCE, Scope};
use crate::rows::{get, json, json_ids, monitor, sql, time};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

impl Store {
    /// The flips of a window, by monitor, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn flips(&self, scope: Scope, window: Window) -> Result<Vec<(MonitorId, Flip)>, StoreError> {
        const FLIPS: Sql = sql!(
            "SELECT f.monitor_id, f.at_ms, f.from_status, f.to_status
             FROM " rows " AS asked CROSS JOIN flip f
             WHERE f.monitor_id = CAST(value->>0 AS bigint) AND f.at_ms >= $2 AND f.at_ms < $3
             ORDER BY f.monitor_id, f.at_ms, f.id"
        );
        let mut flips = Vec::new();
        for ids in self.monitors_of(scope).await?.chunks(MONITORS_AT_ONCE) {
            let values = [json_ids(ids)?, window.from.as_millis().into(), window.to.as_millis().into()];
            for row in self.reader().query_all_raw(FLIPS.with(self.backend(), values)).await? {
                let flip = Flip {
                    at: time(&row, "at_ms")?,
                    from: status(&row, "from_status")?,
                    to: status(&row, "to_status")?,
                };
                flips.push((monitor(&row)?, flip));
            }
        }
        Ok(flips)
    }

    /// The status that each monitor of a scope had right before a time; unknown when it had not flipped yet.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn statuses_before(&self, scope: Scope, at: Timestamp) -> Result<Vec<(MonitorId, Status)>, StoreError> {
        const STATUSES: Sql = sql!(
            "SELECT monitor_id, (
                 SELECT to_status FROM flip f WHERE f.monitor_id = asked.monitor_id AND f.at_ms < $2
                 ORDER BY f.at_ms DESC, f.id DESC LIMIT 1
             ) AS status
             FROM (SELECT CAST(value->>0 AS bigint) AS monitor_id FROM " rows ") AS asked"
        );
        let mut statuses = Vec::new();
        for ids in self.monitors_of(scope).await?.chunks(MONITORS_AT_ONCE) {
            let values = [json_ids(ids)?, at.as_millis().into()];
            for row in self.reader().query_all_raw(STATUSES.with(self.backend(), values)).await? {
                let known = get::<Option<String>>(&row, "status")?.is_some();
                statuses.push((monitor(&row)?, if known { status(&row, "status")? } else { Status::Unknown }));
            }
        }
        Ok(statuses)
    }
}

impl Tx {
    /// Records changes of status, in their order: one that would stand before the monitor's latest is put at the time
    /// of that. So a monitor's flips are a chain whatever clocks do, and the latest one leads to its present status.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn insert_flips(&self, flips: &[(MonitorId, Flip)]) -> Result<(), StoreError> {
        const INSERT: Sql = sql!(
            "INSERT INTO flip (monitor_id, at_ms, from_status, to_status)
             SELECT m.id, COALESCE(
                 (SELECT MAX(f.at_ms) FROM flip f WHERE f.monitor_id = m.id AND f.at_ms > CAST(value->>1 AS bigint)),
                 CAST(value->>1 AS bigint)
             ), value->>2, value->>3
             FROM " rows " AS r, monitor m WHERE m.id = CAST(value->>0 AS bigint) " (postgres "FOR KEY SHARE OF m")
        );
        if flips.is_empty() {
            return Ok(());
        }
        let row = |(monitor, flip): &(MonitorId, Flip)| (monitor.0, flip.at, flip.from.as_str(), flip.to.as_str());
        let rows: Vec<_> = flips.iter().map(row).collect();
        self.put(INSERT.with(self.store().backend(), [json(&rows)?])).await?;
        Ok(())
    }
}

pub(crate) fn status(row: &QueryResult, column: &'static str) -> Result<Status, StoreError> {
    let word: String = get(row, column)?;
    Status::from_word(&word).ok_or_else(|| StoreError::corrupt("flip", column, word))
}
