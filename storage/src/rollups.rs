//! What results add up to, by the minute, the hour and the day.
//!
//! `rollup_progress` says for each resolution up to when its rollups are complete (`until_ms`), and up to when they
//! are being made (`target_ms`, the larger of the two). A result from before the target came too late to be counted
//! with its time, so the transaction that stores it also adds it to the rollups. For this to miss nothing, whoever
//! stores results holds the progress still (PostgreSQL: a shared row lock; SQLite has one writer anyway) while
//! rollups are made in small transactions, in each of which nobody else stores results.

use std::collections::BTreeMap;

use monitor_core::Timestamp;
use monitor_core::monitor::MonitorId;
use monitor_core::report::{Progress, Window};
use monitor_core::rollup::{Resolution, Sample, Tally};
use monitor_core::sketch::Sketch;
use sea_orm::{ConnectionTrait, QueryResult};

use crate::results::{MONITORS_AT_ONCE, Scope, read_sample};
use crate::rows::{count, get, hex, integer, json, json_ids, monitor, sql, time};
use crate::sql::Sql;
use crate::tx::Lock;
use crate::{Store, StoreError, Tx};

/// Rows that are read for one transaction that makes rollups: some ten milliseconds of work.
const ROWS_AT_ONCE: usize = 5_000;

/// One rollup of one monitor.
pub(crate) type Row = (MonitorId, Timestamp, Tally);

impl Store {
    /// Up to when rollups are complete.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn progress(&self) -> Result<Progress, StoreError> {
        const PROGRESS: Sql = Sql::both("SELECT resolution, until_ms AS at_ms FROM rollup_progress");
        read_progress(&self.reader().query_all_raw(PROGRESS.with(self.backend(), [])).await?)
    }

    /// The rollups that start in a window, by their start; those of an organisation's monitors are added up.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn rollups(
        &self,
        scope: Scope,
        resolution: Resolution,
        window: Window,
    ) -> Result<Vec<(Timestamp, Tally)>, StoreError> {
        const ROLLUPS: Sql = sql!(
            "SELECT r.* FROM " rows " AS asked CROSS JOIN rollup r
             WHERE r.monitor_id = CAST(value->>0 AS bigint) AND r.resolution = $2 AND r.start_ms >= $3 AND r.start_ms < $4"
        );
        let steps = window.length().as_secs() / resolution.length().as_secs() + 1;
        let monitors = ROWS_AT_ONCE / usize::try_from(steps).unwrap_or(ROWS_AT_ONCE);
        let mut tallies: BTreeMap<Timestamp, Tally> = BTreeMap::new();
        for ids in self.monitors_of(scope).await?.chunks(monitors.clamp(1, MONITORS_AT_ONCE)) {
            let (from, to) = (window.from.as_millis(), window.to.as_millis());
            let values = [json_ids(ids)?, resolution.number().into(), from.into(), to.into()];
            for row in self.reader().query_all_raw(ROLLUPS.with(self.backend(), values)).await? {
                let (_, start, tally) = read_rollup(&row)?;
                tallies.entry(start).or_default().merge(&tally);
            }
        }
        Ok(tallies.into_iter().collect())
    }

    /// Makes all rollups of a resolution from where the last call ended up to `until`, but no further than the finer
    /// rollups reach that they are made from, and says how many were written. May be repeated after a failure, and be
    /// called by several processes at once.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn roll_up(&self, resolution: Resolution, until: Timestamp) -> Result<u64, StoreError> {
        let window = self.announce(resolution, until).await?;
        let mut written = 0;
        let mut position = (window.to > window.from).then_some((MonitorId(i64::MIN), window.from));
        while let Some(from) = position {
            let tx = self.begin().await?;
            if tx.lock_progress(resolution).await? != window.from {
                break; // another process was faster
            }
            let rollups;
            (rollups, position) = tx.next_rollups(resolution, window, from).await?;
            tx.write_rollups(resolution, &rollups).await?;
            if position.is_none() {
                const ADVANCE: Sql = Sql::both("UPDATE rollup_progress SET until_ms = $2 WHERE resolution = $1");
                let values = [resolution.number().into(), window.to.as_millis().into()];
                tx.conn().execute_raw(ADVANCE.with(self.backend(), values)).await?;
            }
            tx.commit().await?;
            written += rollups.len() as u64;
        }
        Ok(written)
    }

    /// Says that rollups are about to be made, and of which time.
    async fn announce(&self, resolution: Resolution, until: Timestamp) -> Result<Window, StoreError> {
        const ANNOUNCE: Sql =
            Sql::both("UPDATE rollup_progress SET target_ms = $2 WHERE resolution = $1 AND target_ms < $2");
        let progress = self.progress().await?;
        let limit = resolution.finer().map_or(until, |finer| until.min(progress.of(finer)));
        let window = Window { from: progress.of(resolution), to: limit.floor(resolution.length()) };
        if window.to > window.from {
            let values = [resolution.number().into(), window.to.as_millis().into()];
            self.writer().execute_raw(ANNOUNCE.with(self.backend(), values)).await?;
        }
        Ok(window)
    }
}

impl Tx {
    /// Up to when rollups may have been made. They are not made further before the transaction ends.
    pub(crate) async fn rollup_targets(&self) -> Result<Progress, StoreError> {
        if let Some(targets) = self.known_targets().get() {
            return Ok(*targets);
        }
        const TARGETS: Sql = sql!(
            "SELECT resolution, target_ms AS at_ms FROM rollup_progress ORDER BY resolution " (postgres "FOR SHARE")
        );
        read_progress(&self.conn().query_all_raw(TARGETS.with(self.store().backend(), [])).await?)
    }

    /// Keeps the targets that were read with something else. On SQLite nobody moves them before the transaction ends.
    pub(crate) fn remember_rollup_targets(&self, rows: impl Iterator<Item = QueryResult>) -> Result<(), StoreError> {
        let targets = read_progress(&rows.collect::<Vec<_>>())?;
        self.known_targets().get_or_init(|| targets);
        Ok(())
    }

    /// Adds results to the rollups that were made without them.
    pub(crate) async fn add_to_rollups(
        &self,
        late: &[(MonitorId, Sample)],
        targets: &Progress,
    ) -> Result<(), StoreError> {
        const EXISTING: Sql = sql!(
            "SELECT r.* FROM " rows " AS asked CROSS JOIN rollup r
             WHERE r.monitor_id = CAST(value->>0 AS bigint) AND r.resolution = $2 AND r.start_ms = CAST(value->>1 AS bigint)"
        );
        if !late.is_empty() {
            self.lock(Lock::LateResults).await?;
        }
        for resolution in Resolution::ALL {
            let mut tallies: BTreeMap<(MonitorId, Timestamp), Tally> = BTreeMap::new();
            for (monitor, sample) in late.iter().filter(|(_, sample)| sample.at < targets.of(resolution)) {
                tallies.entry((*monitor, sample.at.floor(resolution.length()))).or_default().add(sample);
            }
            let keys: Vec<_> = tallies.keys().collect();
            let values = [json(&keys)?, resolution.number().into()];
            for row in self.conn().query_all_raw(EXISTING.with(self.store().backend(), values)).await? {
                let (monitor, start, tally) = read_rollup(&row)?;
                tallies.entry((monitor, start)).or_default().merge(&tally);
            }
            let rollups: Vec<Row> =
                tallies.into_iter().map(|((monitor, start), tally)| (monitor, start, tally)).collect();
            self.write_rollups(resolution, &rollups).await?;
        }
        Ok(())
    }

    /// Up to when that resolution's rollups are complete. Nobody stores results before the transaction ends.
    async fn lock_progress(&self, resolution: Resolution) -> Result<Timestamp, StoreError> {
        const LOCK: Sql = sql!("SELECT resolution, until_ms AS at_ms FROM rollup_progress WHERE resolution = $1 " (postgres "FOR UPDATE"));
        let statement = LOCK.with(self.store().backend(), [resolution.number().into()]);
        Ok(read_progress(&self.conn().query_all_raw(statement).await?)?.of(resolution))
    }

    /// Rollups of a window in the order of monitor and time, from a position on, and the position of the next ones.
    async fn next_rollups(
        &self,
        resolution: Resolution,
        window: Window,
        from: (MonitorId, Timestamp),
    ) -> Result<(Vec<Row>, Option<(MonitorId, Timestamp)>), StoreError> {
        let mut limit = ROWS_AT_ONCE;
        loop {
            let finer = self.finer_rows(resolution, window, from, limit).await?;
            let complete = finer.len() < limit;
            let mut rollups: Vec<Row> = Vec::new();
            for (monitor, at, tally) in finer {
                let start = at.floor(resolution.length());
                match rollups.last_mut() {
                    Some((last, last_start, sum)) if (*last, *last_start) == (monitor, start) => sum.merge(&tally),
                    _ => rollups.push((monitor, start, tally)),
                }
            }
            if complete {
                return Ok((rollups, None));
            }
            // Some of the last one's rows may be missing: it is made again, as the first of the next ones.
            if let (2.., Some((monitor, start, _))) = (rollups.len(), rollups.pop()) {
                return Ok((rollups, Some((monitor, start))));
            }
            limit *= 2; // a single rollup of so many rows
        }
    }

    /// What rollups of a resolution are made from: finer rollups or, for the finest, single results.
    async fn finer_rows(
        &self,
        resolution: Resolution,
        window: Window,
        (monitor, start): (MonitorId, Timestamp),
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        const RESULTS: Sql = Sql::both(
            "SELECT r.monitor_id, r.at_ms, r.reason, r.duration_us, r.bytes
             FROM monitor_state s CROSS JOIN check_result r
             WHERE s.monitor_id >= $1 AND r.monitor_id = s.monitor_id
                 AND r.at_ms >= CASE WHEN s.monitor_id = $1 THEN $2 ELSE $3 END AND r.at_ms < $4
             ORDER BY s.monitor_id, r.at_ms LIMIT $5",
        );
        const ROLLUPS: Sql = Sql::both(
            "SELECT r.* FROM monitor_state s CROSS JOIN rollup r
             WHERE s.monitor_id >= $1 AND r.monitor_id = s.monitor_id AND r.resolution = $6
                 AND r.start_ms >= CASE WHEN s.monitor_id = $1 THEN $2 ELSE $3 END AND r.start_ms < $4
             ORDER BY s.monitor_id, r.start_ms LIMIT $5",
        );
        let Window { from, to } = window;
        let mut values = vec![
            monitor.0.into(),
            start.as_millis().into(),
            from.as_millis().into(),
            to.as_millis().into(),
            integer(limit).into(),
        ];
        if let Some(finer) = resolution.finer() {
            values.push(finer.number().into());
            let rows = self.conn().query_all_raw(ROLLUPS.with(self.store().backend(), values)).await?;
            return rows.iter().map(read_rollup).collect();
        }
        let rows = self.conn().query_all_raw(RESULTS.with(self.store().backend(), values)).await?;
        let tally = |row| {
            let (monitor, sample) = read_sample(row)?;
            let mut tally = Tally::default();
            tally.add(&sample);
            Ok((monitor, sample.at, tally))
        };
        rows.iter().map(tally).collect()
    }

    /// Stores rollups in place of those that are there; passes over those of monitors that were deleted.
    async fn write_rollups(&self, resolution: Resolution, rollups: &[Row]) -> Result<(), StoreError> {
        const WRITE: Sql = sql!(
            "INSERT INTO rollup (resolution, monitor_id, start_ms, ok, slow, failed, inconclusive, bytes, latency_sum_us, sketch)
             SELECT $2, m.id, CAST(value->>1 AS bigint), CAST(value->>2 AS bigint), CAST(value->>3 AS bigint),
                 CAST(value->>4 AS bigint), CAST(value->>5 AS bigint), CAST(value->>6 AS bigint),
                 CAST(value->>7 AS bigint), " unhex "(value->>8, 'hex')
             FROM " rows " AS r, monitor m WHERE m.id = CAST(value->>0 AS bigint) " (postgres "FOR KEY SHARE OF m") "
             ON CONFLICT (monitor_id, resolution, start_ms) DO UPDATE SET
                 ok = excluded.ok, slow = excluded.slow, failed = excluded.failed, inconclusive = excluded.inconclusive,
                 bytes = excluded.bytes, latency_sum_us = excluded.latency_sum_us, sketch = excluded.sketch"
        );
        if rollups.is_empty() {
            return Ok(());
        }
        let row = |(monitor, start, tally): &Row| {
            let Tally { ok, slow, failed, inconclusive, bytes, latency_sum_us, latency } = tally;
            let [ok, slow, failed, inconclusive] = [*ok, *slow, *failed, *inconclusive].map(integer);
            let (bytes, sum, sketch) = (integer(*bytes), integer(*latency_sum_us), hex(&latency.to_bytes()));
            (*monitor, *start, ok, slow, failed, inconclusive, bytes, sum, sketch)
        };
        let rows: Vec<_> = rollups.iter().map(row).collect();
        let statement = WRITE.with(self.store().backend(), [json(&rows)?, resolution.number().into()]);
        self.conn().execute_raw(statement).await?;
        Ok(())
    }
}

fn read_progress(rows: &[QueryResult]) -> Result<Progress, StoreError> {
    let mut progress = Progress::default();
    for row in rows {
        let number: i16 = get(row, "resolution")?;
        let resolution = Resolution::ALL.into_iter().find(|resolution| resolution.number() == number);
        let field = match resolution.ok_or_else(|| StoreError::corrupt("rollup_progress", "resolution", number))? {
            Resolution::Minute => &mut progress.minute,
            Resolution::Hour => &mut progress.hour,
            Resolution::Day => &mut progress.day,
        };
        *field = time(row, "at_ms")?;
    }
    Ok(progress)
}

pub(crate) fn read_rollup(row: &QueryResult) -> Result<Row, StoreError> {
    let (monitor, start) = (monitor(row)?, time(row, "start_ms")?);
    let count = |column| count(row, "rollup", column);
    let sketch: Vec<u8> = get(row, "sketch")?;
    let tally = Tally {
        ok: count("ok")?,
        slow: count("slow")?,
        failed: count("failed")?,
        inconclusive: count("inconclusive")?,
        bytes: count("bytes")?,
        latency_sum_us: count("latency_sum_us")?,
        latency: Sketch::from_bytes(&sketch)
            .ok_or_else(|| StoreError::corrupt("rollup", "sketch", format!("{monitor}/{}", start.as_millis())))?,
    };
    Ok((monitor, start, tally))
}
