//! How incidents are acknowledged, end and begin again.

use monitor_core::Timestamp;
use monitor_core::incident::{IncidentId, Resolution};
use monitor_core::people::PersonId;
use sea_orm::{ConnectionTrait, QueryResult, Statement};

use super::ids;
use crate::alerts::read_resolved;
use crate::rows::{get, integer, sql, text};
use crate::sql::Sql;
use crate::{StoreError, Tx};

impl Tx {
    /// Notes that a person takes care of an incident; `false`: somebody does, or it is over.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn acknowledge(&self, incident: IncidentId, by: PersonId, now: Timestamp) -> Result<bool, StoreError> {
        const ACKNOWLEDGE: Sql = Sql::both(
            "UPDATE incident SET acknowledged_at_ms = $2, acknowledged_by = $3
             WHERE id = $1 AND acknowledged_at_ms IS NULL AND resolved_at_ms IS NULL",
        );
        self.changed(ACKNOWLEDGE.with(self.store().backend(), [incident.0.into(), now.as_millis().into(), by.0.into()]))
            .await
    }

    /// Resolves those of the open incidents whose alerts have all ended, at the time of the last end; those that a person
    /// declared aside. Answers them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn settle_incidents(
        &self,
        incidents: &[IncidentId],
        now: Timestamp,
    ) -> Result<Vec<(IncidentId, Timestamp, Resolution)>, StoreError> {
        const SETTLE: Sql = sql!(
            "UPDATE incident SET resolved_at_ms = COALESCE((
                 SELECT max(a.resolved_at_ms) FROM alert a WHERE a.incident_id = incident.id
             ), $2), resolution = COALESCE((
                 SELECT a.resolution FROM alert a WHERE a.incident_id = incident.id ORDER BY a.resolved_at_ms DESC, a.id DESC LIMIT 1
             ), 'withdrawn')
             WHERE id IN (SELECT CAST(value->>0 AS bigint) FROM " rows " AS r) AND resolved_at_ms IS NULL
                 AND declared_by IS NULL
                 AND NOT EXISTS (SELECT 1 FROM alert a WHERE a.incident_id = incident.id AND a.resolved_at_ms IS NULL)
             RETURNING id, resolved_at_ms, resolution"
        );
        if incidents.is_empty() {
            return Ok(Vec::new());
        }
        let statement = SETTLE.with(self.store().backend(), [ids(incidents)?, now.as_millis().into()]);
        let rows = self.conn().query_all_raw(statement).await?;
        let read = |row: &QueryResult| {
            let (at, resolution) = read_resolved(row)?.unwrap_or((now, Resolution::Withdrawn));
            Ok((IncidentId(get(row, "id")?), at, resolution))
        };
        let mut settled: Vec<_> = rows.iter().map(read).collect::<Result<_, StoreError>>()?;
        settled.sort_unstable_by_key(|(incident, ..)| *incident);
        Ok(settled)
    }

    /// Resolves an incident by hand; `false`: it is over already.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn resolve_by_hand(&self, incident: IncidentId, now: Timestamp) -> Result<bool, StoreError> {
        const RESOLVE: Sql = Sql::both(
            "UPDATE incident SET resolved_at_ms = $2, resolution = 'by_hand' WHERE id = $1 AND resolved_at_ms IS NULL",
        );
        self.changed(RESOLVE.with(self.store().backend(), [incident.0.into(), now.as_millis().into()])).await
    }

    /// Ends an incident that has no alerts, for what it is about has ended; `false`: it is over already.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_incident(
        &self,
        incident: IncidentId,
        resolution: Resolution,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        const END: Sql = Sql::both(
            "UPDATE incident SET resolved_at_ms = $2, resolution = $3 WHERE id = $1 AND resolved_at_ms IS NULL",
        );
        let values = [incident.0.into(), now.as_millis().into(), resolution.as_str().into()];
        self.changed(END.with(self.store().backend(), values)).await
    }

    /// Notes what caused an incident.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_root_cause(&self, incident: IncidentId, cause: &str) -> Result<(), StoreError> {
        const CAUSE: Sql = Sql::both("UPDATE incident SET root_cause = $2 WHERE id = $1");
        let values = [incident.0.into(), text(cause).into_owned().into()];
        self.conn().execute_raw(CAUSE.with(self.store().backend(), values)).await?;
        Ok(())
    }

    /// The incidents that people resolved before that time while alerts of theirs still last, and have not ended since; and
    /// those that became part of others before it and have such alerts all the same.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn resolved_too_early(&self, before: Timestamp, limit: u64) -> Result<Vec<IncidentId>, StoreError> {
        const EARLY: Sql = sql!(
            "SELECT i.id FROM incident i WHERE i.resolution IN ('by_hand', 'merged') AND i.resolved_at_ms <= $1
                 AND i.id IN (SELECT a.incident_id FROM alert a WHERE a.resolved_at_ms IS NULL)
             ORDER BY i.id LIMIT $2 " (postgres "FOR UPDATE SKIP LOCKED")
        );
        let statement = EARLY.with(self.store().backend(), [before.as_millis().into(), integer(limit).into()]);
        let rows = self.conn().query_all_raw(statement).await?;
        rows.iter().map(|row| Ok(IncidentId(get(row, "id")?))).collect()
    }

    /// Makes ended incidents open again, incidents of their own, and not acknowledged.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn reopen_incidents(&self, incidents: &[IncidentId]) -> Result<(), StoreError> {
        const REOPEN: Sql = sql!(
            "UPDATE incident SET resolved_at_ms = NULL, resolution = NULL, acknowledged_at_ms = NULL, acknowledged_by = NULL,
                 merged_into = NULL
             WHERE id IN (SELECT CAST(value->>0 AS bigint) FROM " rows " AS r)"
        );
        self.of_incidents(&REOPEN, incidents, []).await
    }

    /// Notes that nobody takes care of these incidents any more. Answers those of which somebody did.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn unacknowledge(&self, incidents: &[IncidentId]) -> Result<Vec<IncidentId>, StoreError> {
        const TAKE_BACK: Sql = sql!(
            "UPDATE incident SET acknowledged_at_ms = NULL, acknowledged_by = NULL
             WHERE id IN (SELECT CAST(value->>0 AS bigint) FROM " rows " AS r) AND acknowledged_at_ms IS NOT NULL
             RETURNING id"
        );
        if incidents.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.conn().query_all_raw(TAKE_BACK.with(self.store().backend(), [ids(incidents)?])).await?;
        rows.iter().map(|row| Ok(IncidentId(get(row, "id")?))).collect()
    }

    async fn changed(&self, statement: Statement) -> Result<bool, StoreError> {
        Ok(self.conn().execute_raw(statement).await?.rows_affected() > 0)
    }
}
