//! What is remembered of each alert rule for each monitor. A state that cannot be read is none: the rule starts over.

use monitor_core::Timestamp;
use monitor_core::alerting::RuleId;
use monitor_core::alerting::rule::RuleState;
use monitor_core::monitor::MonitorId;
use sea_orm::{ConnectionTrait, QueryResult};

use crate::rows::{get, integer, json, json_ids, monitor, sql};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// What a rule remembers of a monitor, and when time alone may change what is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleStateRow {
    /// The rule.
    pub rule: RuleId,
    /// The monitor.
    pub monitor: MonitorId,
    /// What is remembered.
    pub state: RuleState,
    /// When to look again.
    pub due: Option<Timestamp>,
}

/// How long a claimed state is left to whoever claimed it.
const CLAIMED_MS: i64 = 30_000;

impl Store {
    /// All that a rule remembers, by monitor.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn rule_states_of(&self, rules: &[RuleId]) -> Result<Vec<RuleStateRow>, StoreError> {
        const STATES: Sql = sql!(
            "SELECT s.rule_id, s.monitor_id, s.state, s.due_ms FROM " rows " AS asked CROSS JOIN rule_state s
             WHERE s.rule_id = CAST(value->>0 AS bigint) ORDER BY s.rule_id, s.monitor_id"
        );
        let ids: Vec<[i64; 1]> = rules.iter().map(|rule| [rule.0]).collect();
        let rows = self.reader().query_all_raw(STATES.with(self.backend(), [json(&ids)?])).await?;
        rows.iter().map(read).collect()
    }

    /// Claims what time alone may have changed by now, `limit` at most: rules and monitors. Nobody else claims it for half a
    /// minute, in which it has to be saved anew.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn claim_rule_states(&self, now: Timestamp, limit: u64) -> Result<Vec<(RuleId, MonitorId)>, StoreError> {
        const ANY: Sql = Sql::both("SELECT 1 FROM rule_state WHERE due_ms <= $1 LIMIT 1");
        const CLAIM: Sql = sql!(
            "WITH due AS MATERIALIZED (
                 SELECT monitor_id, rule_id FROM rule_state WHERE due_ms <= $1
                 ORDER BY due_ms LIMIT $2 " (postgres "FOR UPDATE SKIP LOCKED") "
             )
             UPDATE rule_state SET due_ms = $1 + $3 FROM due
             WHERE rule_state.monitor_id = due.monitor_id AND rule_state.rule_id = due.rule_id
             RETURNING rule_state.rule_id, rule_state.monitor_id"
        );
        let (backend, now) = (self.backend(), now.as_millis());
        if self.reader().query_one_raw(ANY.with(backend, [now.into()])).await?.is_none() {
            return Ok(Vec::new());
        }
        let values = [now.into(), integer(limit).into(), CLAIMED_MS.into()];
        let rows = self.writer().query_all_raw(CLAIM.with(backend, values)).await?;
        rows.iter().map(|row| Ok((RuleId(get(row, "rule_id")?), monitor(row)?))).collect()
    }
}

impl Tx {
    /// All that rules remember of these monitors, kept from changing until the end of the transaction.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn rule_states(&self, monitors: &[MonitorId]) -> Result<Vec<RuleStateRow>, StoreError> {
        const STATES: Sql = sql!(
            "SELECT s.rule_id, s.monitor_id, s.state, s.due_ms FROM " rows " AS asked CROSS JOIN rule_state s
             WHERE s.monitor_id = CAST(value->>0 AS bigint) ORDER BY s.monitor_id, s.rule_id " (postgres "FOR UPDATE OF s")
        );
        let statement = STATES.with(self.store().backend(), [json_ids(monitors)?]);
        self.conn().query_all_raw(statement).await?.iter().map(read).collect()
    }

    /// Remembers. Of what there is nothing to remember the row is removed; passed over is what is about a rule or a monitor
    /// that was removed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn save_rule_states(&self, states: &[RuleStateRow]) -> Result<(), StoreError> {
        const SAVE: Sql = sql!(
            "INSERT INTO rule_state (monitor_id, rule_id, state, due_ms)
             SELECT m.id, r.id, value->>2, CAST(value->>3 AS bigint) FROM " rows " AS new, monitor m, alert_rule r
             WHERE m.id = CAST(value->>0 AS bigint) AND r.id = CAST(value->>1 AS bigint) "
             (postgres "FOR KEY SHARE OF m, r") "
             ON CONFLICT (monitor_id, rule_id) DO UPDATE SET state = excluded.state, due_ms = excluded.due_ms"
        );
        const FORGET: Sql = sql!(
            "DELETE FROM rule_state WHERE (monitor_id, rule_id) IN
                 (SELECT CAST(value->>0 AS bigint), CAST(value->>1 AS bigint) FROM " rows " AS old)"
        );
        let (mut saved, mut forgotten) = (Vec::new(), Vec::new());
        for row in states {
            if row.state == RuleState::default() && row.due.is_none() {
                forgotten.push((row.monitor, row.rule));
            } else {
                let state = serde_json::to_string(&row.state).map_err(|error| StoreError::Other(error.into()))?;
                saved.push((row.monitor, row.rule, state, row.due));
            }
        }
        let backend = self.store().backend();
        if !saved.is_empty() {
            self.conn().execute_raw(SAVE.with(backend, [json(&saved)?])).await?;
        }
        if !forgotten.is_empty() {
            self.conn().execute_raw(FORGET.with(backend, [json(&forgotten)?])).await?;
        }
        Ok(())
    }

    /// The monitors for which a rule has an open alert.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn alerted_by(&self, rule: RuleId) -> Result<Vec<MonitorId>, StoreError> {
        const OPEN: Sql = Sql::both(
            "SELECT a.monitor_id FROM alert a JOIN alert_rule r ON r.organisation_id = a.organisation_id
             WHERE r.id = $1 AND a.rule_id = $1 AND a.resolved_at_ms IS NULL ORDER BY a.monitor_id",
        );
        let rows = self.conn().query_all_raw(OPEN.with(self.store().backend(), [rule.0.into()])).await?;
        rows.iter().map(monitor).collect()
    }

    /// Forgets all that rules remember of these monitors.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn forget_rule_states(&self, monitors: &[MonitorId]) -> Result<(), StoreError> {
        const FORGET: Sql = sql!(
            "DELETE FROM rule_state WHERE monitor_id IN (SELECT CAST(value->>0 AS bigint) FROM " rows " AS old)"
        );
        self.conn().execute_raw(FORGET.with(self.store().backend(), [json_ids(monitors)?])).await?;
        Ok(())
    }
}

fn read(row: &QueryResult) -> Result<RuleStateRow, StoreError> {
    let (rule, monitor): (_, MonitorId) = (RuleId(get(row, "rule_id")?), monitor(row)?);
    let stored: String = get(row, "state")?;
    let state = serde_json::from_str(&stored).unwrap_or_else(|error| {
        tracing::error!(rule_id = %rule, monitor_id = %monitor, %error, "what a rule remembers cannot be read, it starts over");
        RuleState::default()
    });
    Ok(RuleStateRow { rule, monitor, state, due: get::<Option<i64>>(row, "due_ms")?.map(Timestamp::from_millis) })
}
