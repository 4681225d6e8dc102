//! Which monitor is due, and who is checking it.
//!
//! Claiming a monitor moves its due time to the end of a lease. Whoever claimed it ends the lease with the result; if
//! that never happens, the monitor is due again when the lease has run out. So no check runs twice at once, and none
//! is lost with the process that ran it.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::health::Health;
use monitor_core::monitor::MonitorId;
use sea_orm::{ConnectionTrait, QueryResult};

use crate::rows::{get, integer, json, monitor, sql, time};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// The right to check a monitor until the lease runs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The monitor.
    pub monitor: MonitorId,
    /// The revision of its settings.
    pub revision: i32,
    /// When the check should start.
    pub due: Timestamp,
    /// When the right ends. It is also what the claim is recognised by.
    pub lease: Timestamp,
}

/// What may be claimed at `$1` of what is due by `$2`. What is leased is due when the lease runs out, not before.
macro_rules! due {
    () => {
        "active = TRUE AND next_due_ms <= $2 AND (lease_ms IS NULL OR lease_ms < $1)"
    };
}

impl Store {
    /// Claims up to `limit` monitors that are due by `horizon`, the longest due first. A lease lasts from `now`, or
    /// from the due time when that is later, for the monitor's timeout and `slack`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn claim(
        &self,
        now: Timestamp,
        horizon: Timestamp,
        limit: u32,
        slack: Duration,
    ) -> Result<Vec<Claim>, StoreError> {
        const ANY: Sql = sql!("SELECT 1 FROM monitor_state WHERE " [due!()] " LIMIT 1");
        const CLAIM: Sql = sql!(
            "WITH due AS MATERIALIZED (
                 SELECT monitor_id FROM monitor_state WHERE " [due!()] "
                 ORDER BY next_due_ms LIMIT $3 " (postgres "FOR UPDATE SKIP LOCKED") "
             )
             UPDATE monitor_state SET
                 due_ms = next_due_ms,
                 lease_ms = CASE WHEN next_due_ms > $1 THEN next_due_ms ELSE $1 END + timeout_ms + $4,
                 next_due_ms = CASE WHEN next_due_ms > $1 THEN next_due_ms ELSE $1 END + timeout_ms + $4
             WHERE monitor_id IN (SELECT monitor_id FROM due)
             RETURNING monitor_id, revision, due_ms, lease_ms"
        );
        let at = [now.as_millis().into(), horizon.as_millis().into()];
        // SQLite has one writer at a time: it is not asked for when nothing is due.
        if !self.is_postgres() && self.reader().query_one_raw(ANY.with(self.backend(), at.clone())).await?.is_none() {
            return Ok(Vec::new());
        }
        let values = at.into_iter().chain([i64::from(limit).into(), integer(slack.as_millis()).into()]);
        let rows = self.writer().query_all_raw(CLAIM.with(self.backend(), values)).await?;
        let mut claims = rows.iter().map(Claim::read).collect::<Result<Vec<_>, _>>()?;
        claims.sort_unstable_by_key(|claim| (claim.due, claim.monitor));
        Ok(claims)
    }

    /// Claims one monitor for a check at once, whether it is due or not, paused or not; `None` while it is leased.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn claim_one(
        &self,
        monitor: MonitorId,
        now: Timestamp,
        slack: Duration,
    ) -> Result<Option<Claim>, StoreError> {
        const CLAIM_ONE: Sql = Sql::both(
            "UPDATE monitor_state SET due_ms = next_due_ms, lease_ms = $1 + timeout_ms + $3, next_due_ms = $1 + timeout_ms + $3
             WHERE monitor_id = $2 AND (lease_ms IS NULL OR lease_ms < $1)
             RETURNING monitor_id, revision, $1 AS due_ms, lease_ms",
        );
        let values = [now.as_millis().into(), monitor.0.into(), integer(slack.as_millis()).into()];
        let row = self.writer().query_one_raw(CLAIM_ONE.with(self.backend(), values)).await?;
        row.as_ref().map(Claim::read).transpose()
    }

    /// Hands claims back unfinished: the monitors are due as they were before. Passes over those whose lease ended.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn release(&self, claims: &[Claim]) -> Result<(), StoreError> {
        const RELEASE: Sql = sql!(
            "UPDATE monitor_state SET next_due_ms = due_ms, lease_ms = NULL, due_ms = NULL
             FROM (SELECT CAST(value->>0 AS bigint) AS id, CAST(value->>1 AS bigint) AS lease FROM " rows ") AS claim
             WHERE monitor_id = claim.id AND lease_ms = claim.lease"
        );
        let claims: Vec<_> = claims.iter().map(|claim| (claim.monitor, claim.lease)).collect();
        self.writer().execute_raw(RELEASE.with(self.backend(), [json(&claims)?])).await?;
        Ok(())
    }

    /// Makes probed monitors of which nothing is known (unknown, inconclusive, or failing to be seen) due within the
    /// next ten seconds, spread by their id, unless they are due earlier.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn hurry_unseen(&self, now: Timestamp) -> Result<(), StoreError> {
        const HURRY: Sql = Sql::both(
            "UPDATE monitor_state SET next_due_ms = $1 + (monitor_id * 37) % 10000
             WHERE active = TRUE AND lease_ms IS NULL AND next_due_ms > $1 + 10000
                 AND (status IN ('unknown', 'inconclusive') OR health LIKE '%\"i\":%')
                 AND monitor_id IN (SELECT id FROM monitor WHERE kind <> 'heartbeat')",
        );
        self.writer().execute_raw(HURRY.with(self.backend(), [now.as_millis().into()])).await?;
        Ok(())
    }

    /// Records that Watchword is running.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn beat(&self, now: Timestamp) -> Result<(), StoreError> {
        const BEAT: Sql = Sql::both(
            "INSERT INTO liveness (id, last_alive_ms) VALUES (1, $1)
             ON CONFLICT (id) DO UPDATE SET last_alive_ms = excluded.last_alive_ms",
        );
        self.writer().execute_raw(BEAT.with(self.backend(), [now.as_millis().into()])).await?;
        Ok(())
    }

    /// When that was recorded last; `None` before the first time.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn last_alive(&self) -> Result<Option<Timestamp>, StoreError> {
        const LAST: Sql = Sql::both("SELECT last_alive_ms FROM liveness WHERE id = 1");
        let row = self.reader().query_one_raw(LAST.with(self.backend(), [])).await?;
        row.map(|row| time(&row, "last_alive_ms")).transpose()
    }
}

impl Tx {
    /// Ends the leases of checks that are done: each monitor is due at its first slot after `now`. Answers the health
    /// of those whose lease was still the one given; the others were claimed again, or deleted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn complete(
        &self,
        checks: &[(MonitorId, Timestamp)],
        now: Timestamp,
    ) -> Result<Vec<(MonitorId, Health)>, StoreError> {
        const COMPLETE: Sql = sql!(
            "WITH done AS MATERIALIZED (
                 SELECT s.monitor_id FROM " rows " AS checked CROSS JOIN monitor_state s
                 WHERE s.monitor_id = CAST(value->>0 AS bigint) AND s.lease_ms = CAST(value->>1 AS bigint)
                 ORDER BY s.monitor_id " (postgres "FOR UPDATE OF s") "
             )
             UPDATE monitor_state SET
                 next_due_ms = phase_ms + (($2 - phase_ms) / interval_ms + 1) * interval_ms,
                 lease_ms = NULL, due_ms = NULL
             WHERE monitor_id IN (SELECT monitor_id FROM done)
             RETURNING monitor_id, status, health"
        );
        if checks.is_empty() {
            return Ok(Vec::new());
        }
        let statement = COMPLETE.with(self.store().backend(), [json(checks)?, now.as_millis().into()]);
        let rows = self.conn().query_all_raw(statement).await?;
        self.read_healths(&rows).await
    }

    /// Makes monitors due at other times than their slots, where they are active and not being checked.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn retry_at(&self, retries: &[(MonitorId, Timestamp)]) -> Result<(), StoreError> {
        const RETRY: Sql = sql!(
            "UPDATE monitor_state SET next_due_ms = retry.at
             FROM (SELECT CAST(value->>0 AS bigint) AS id, CAST(value->>1 AS bigint) AS at FROM " rows ") AS retry
             WHERE monitor_id = retry.id AND active = TRUE AND lease_ms IS NULL"
        );
        if !retries.is_empty() {
            self.conn().execute_raw(RETRY.with(self.store().backend(), [json(retries)?])).await?;
        }
        Ok(())
    }
}

impl Claim {
    fn read(row: &QueryResult) -> Result<Self, StoreError> {
        Ok(Self {
            monitor: monitor(row)?,
            revision: get(row, "revision")?,
            due: time(row, "due_ms")?,
            lease: time(row, "lease_ms")?,
        })
    }
}
