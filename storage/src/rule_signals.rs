//! What alert rules look at, for many monitors in few statements.

use monitor_core::Timestamp;
use monitor_core::alerting::rule::Standing;
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::Details;
use monitor_core::report::{Segment, Source, Window};
use monitor_core::rollup::Tally;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult};

use crate::flips::status;
use crate::overview::read_details;
use crate::results::{MONITORS_AT_ONCE, read_sample};
use crate::rollups::read_rollup;
use crate::rows::{get, json_ids, monitor, sql, time};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

impl Store {
    /// The latest change of status of each of these monitors.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn standings(&self, monitors: &[MonitorId]) -> Result<Vec<(MonitorId, Standing)>, StoreError> {
        standings(self.reader(), self.backend(), monitors).await
    }

    /// What checks learned of the targets of these monitors last.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn details_of(&self, monitors: &[MonitorId]) -> Result<Vec<(MonitorId, Details)>, StoreError> {
        const DETAILS: Sql = sql!(
            "SELECT s.monitor_id, s.details FROM " rows " AS asked CROSS JOIN monitor_state s
             WHERE s.monitor_id = CAST(value->>0 AS bigint) AND s.details IS NOT NULL"
        );
        let mut details = Vec::with_capacity(monitors.len());
        for ids in monitors.chunks(MONITORS_AT_ONCE) {
            for row in self.reader().query_all_raw(DETAILS.with(self.backend(), [json_ids(ids)?])).await? {
                let (monitor, stored): (_, String) = (monitor(&row)?, get(&row, "details")?);
                details.push((monitor, read_details(monitor, &stored)));
            }
        }
        Ok(details)
    }

    /// What checks of each of these monitors come to in a stretch of time, by the steps that it is read in: single checks have
    /// the time at which they started.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn tallies(
        &self,
        monitors: &[MonitorId],
        segment: Segment,
    ) -> Result<Vec<(MonitorId, Timestamp, Tally)>, StoreError> {
        const SAMPLES: Sql = sql!(
            "SELECT r.monitor_id, r.at_ms, r.reason, r.duration_us, r.bytes FROM " rows " AS asked CROSS JOIN check_result r
             WHERE r.monitor_id = CAST(value->>0 AS bigint) AND r.at_ms >= $2 AND r.at_ms < $3 ORDER BY r.monitor_id, r.at_ms"
        );
        const ROLLUPS: Sql = sql!(
            "SELECT r.* FROM " rows " AS asked CROSS JOIN rollup r
             WHERE r.monitor_id = CAST(value->>0 AS bigint) AND r.resolution = $4 AND r.start_ms >= $2 AND r.start_ms < $3
             ORDER BY r.monitor_id, r.start_ms"
        );
        let Window { from, to } = segment.window;
        let mut tallies = Vec::new();
        for ids in monitors.chunks(MONITORS_AT_ONCE) {
            let mut values = vec![json_ids(ids)?, from.as_millis().into(), to.as_millis().into()];
            match segment.source {
                Source::Raw => {
                    for row in self.reader().query_all_raw(SAMPLES.with(self.backend(), values)).await? {
                        let (monitor, sample) = read_sample(&row)?;
                        let mut tally = Tally::default();
                        tally.add(&sample);
                        tallies.push((monitor, sample.at, tally));
                    }
                }
                Source::Rollup(resolution) => {
                    values.push(resolution.number().into());
                    for row in self.reader().query_all_raw(ROLLUPS.with(self.backend(), values)).await? {
                        tallies.push(read_rollup(&row)?);
                    }
                }
            }
        }
        Ok(tallies)
    }
}

impl Tx {
    /// Like [`Store::standings`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn standings(&self, monitors: &[MonitorId]) -> Result<Vec<(MonitorId, Standing)>, StoreError> {
        standings(self.conn(), self.store().backend(), monitors).await
    }
}

async fn standings(
    conn: &impl ConnectionTrait,
    backend: DbBackend,
    monitors: &[MonitorId],
) -> Result<Vec<(MonitorId, Standing)>, StoreError> {
    const STANDINGS: Sql = sql!(
        "SELECT f.monitor_id, f.at_ms, f.from_status, f.to_status FROM " rows " AS asked CROSS JOIN flip f
         WHERE f.id = (
             SELECT l.id FROM flip l WHERE l.monitor_id = CAST(value->>0 AS bigint) ORDER BY l.at_ms DESC, l.id DESC LIMIT 1
         )"
    );
    let mut standings = Vec::with_capacity(monitors.len());
    for ids in monitors.chunks(MONITORS_AT_ONCE) {
        let rows = conn.query_all_raw(STANDINGS.with(backend, [json_ids(ids)?])).await?;
        let read = |row: &QueryResult| {
            let standing = Standing {
                status: status(row, "to_status")?,
                since: time(row, "at_ms")?,
                from: status(row, "from_status")?,
            };
            Ok::<_, StoreError>((monitor(row)?, standing))
        };
        for row in &rows {
            standings.push(read(row)?);
        }
    }
    Ok(standings)
}
