//! Silences: of what nobody is told for a while.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::{Selector, SilenceId};
use monitor_core::incident::IncidentId;
use monitor_core::people::{OrganisationId, PersonId};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult};

use crate::rows::{get, integer, sql, text, time};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// How long it is remembered what was silent.
const REMEMBERED: Duration = Duration::from_secs(400 * 86_400);

/// A silence to be made.
#[derive(Debug, Clone)]
pub struct NewSilence<'a> {
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Who wants it.
    pub created_by: PersonId,
    /// What is silent, as a person says it: `shop`, `env=prod`, `#12`.
    pub words: &'a str,
    /// Which monitors are.
    pub selector: &'a Selector,
    /// An incident that is, whatever belongs to it.
    pub incident: Option<IncidentId>,
    /// Why.
    pub reason: &'a str,
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// A silence as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SilenceRow {
    /// Its id.
    pub id: SilenceId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// What is silent, as a person said it.
    pub words: String,
    /// Which monitors are.
    pub selector: Selector,
    /// An incident that is.
    pub incident: Option<IncidentId>,
    /// Why; possibly empty.
    pub reason: String,
    /// The name of who wants it.
    pub by: Option<String>,
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

macro_rules! silence_columns {
    () => {
        "s.id, s.organisation_id, s.words, s.selector, s.incident_id, s.reason, s.from_ms, s.until_ms,
         (SELECT p.display_name FROM person p WHERE p.id = s.created_by) AS by_name"
    };
}

impl Store {
    /// The silences of an organisation that are not over, the one that ends first at the beginning.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn silences(&self, organisation: OrganisationId, now: Timestamp) -> Result<Vec<SilenceRow>, StoreError> {
        silences(self.reader(), self.backend(), organisation, now).await
    }
}

impl Tx {
    /// Like [`Store::silences`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn silences(&self, organisation: OrganisationId, now: Timestamp) -> Result<Vec<SilenceRow>, StoreError> {
        silences(self.conn(), self.store().backend(), organisation, now).await
    }

    /// Makes a silence; forgets those that have been over for 400 days.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`] when organisation or person do not exist.
    pub async fn insert_silence(&self, new: &NewSilence<'_>) -> Result<SilenceId, StoreError> {
        const INSERT: Sql = Sql::both(
            "INSERT INTO silence (organisation_id, words, selector, incident_id, reason, created_by, from_ms, until_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
        );
        const FORGET: Sql =
            Sql::both("DELETE FROM silence WHERE organisation_id = $1 AND settled = TRUE AND until_ms < $2");
        let backend = self.store().backend();
        let forgotten = (new.from - REMEMBERED).as_millis();
        self.conn().execute_raw(FORGET.with(backend, [new.organisation.0.into(), forgotten.into()])).await?;
        let selector = serde_json::to_string(new.selector).map_err(|error| StoreError::Other(error.into()))?;
        let values = [
            new.organisation.0.into(),
            text(new.words).into_owned().into(),
            selector.into(),
            new.incident.map(|incident| incident.0).into(),
            text(new.reason).into_owned().into(),
            new.created_by.0.into(),
            new.from.as_millis().into(),
            new.until.as_millis().into(),
        ];
        let row = self.conn().query_one_raw(INSERT.with(backend, values)).await?;
        let row = row.ok_or_else(|| StoreError::Other("an inserted row was not answered".into()))?;
        Ok(SilenceId(get(&row, "id")?))
    }

    /// Ends a silence. Tells whether there was one that was not over.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_silence(
        &self,
        organisation: OrganisationId,
        silence: SilenceId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        const END: Sql =
            Sql::both("UPDATE silence SET until_ms = $3 WHERE organisation_id = $1 AND id = $2 AND until_ms > $3");
        let values = [organisation.0.into(), silence.0.into(), now.as_millis().into()];
        Ok(self.conn().execute_raw(END.with(self.store().backend(), values)).await?.rows_affected() > 0)
    }

    /// The open incidents of which somebody was not told for the sake of a silence, as their timelines say.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn hushed_by(&self, silence: &SilenceRow) -> Result<Vec<IncidentId>, StoreError> {
        const HUSHED: Sql = Sql::both(
            "SELECT DISTINCT e.incident_id FROM incident_entry e JOIN incident i ON i.id = e.incident_id
             WHERE i.organisation_id = $1 AND i.resolved_at_ms IS NULL AND e.entry LIKE $2",
        );
        let words = format!("{{\"entry\":\"suppressed\",%\"because\":\"silence {}: %", silence.id);
        let values = [silence.organisation.0.into(), words.into()];
        let rows = self.conn().query_all_raw(HUSHED.with(self.store().backend(), values)).await?;
        rows.iter().map(|row| Ok(IncidentId(get(row, "incident_id")?))).collect()
    }

    /// Silences that are over and were not looked at since, which counts as done with this.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn settle_silences(&self, now: Timestamp, limit: u64) -> Result<Vec<SilenceRow>, StoreError> {
        const SETTLE: Sql = sql!(
            "UPDATE silence AS s SET settled = TRUE WHERE s.id IN (
                 SELECT id FROM silence WHERE settled = FALSE AND until_ms <= $1 ORDER BY until_ms, id LIMIT $2 "
                 (postgres "FOR UPDATE SKIP LOCKED") "
             ) RETURNING id, organisation_id, words, selector, incident_id, reason, from_ms, until_ms, NULL AS by_name"
        );
        let values = [now.as_millis().into(), integer(limit).into()];
        let rows = self.conn().query_all_raw(SETTLE.with(self.store().backend(), values)).await?;
        rows.iter().map(read).collect()
    }
}

async fn silences(
    conn: &impl ConnectionTrait,
    backend: DbBackend,
    organisation: OrganisationId,
    now: Timestamp,
) -> Result<Vec<SilenceRow>, StoreError> {
    const SILENCES: Sql = sql!(
        "SELECT " [silence_columns!()] " FROM silence s WHERE s.organisation_id = $1 AND s.until_ms > $2 AND s.settled = FALSE
         ORDER BY s.until_ms, s.id"
    );
    let rows = conn.query_all_raw(SILENCES.with(backend, [organisation.0.into(), now.as_millis().into()])).await?;
    rows.iter().map(read).collect()
}

fn read(row: &QueryResult) -> Result<SilenceRow, StoreError> {
    let id: i64 = get(row, "id")?;
    let selector: String = get(row, "selector")?;
    Ok(SilenceRow {
        id: SilenceId(id),
        organisation: OrganisationId(get(row, "organisation_id")?),
        words: get(row, "words")?,
        selector: serde_json::from_str(&selector).map_err(|_| StoreError::corrupt("silence", "selector", id))?,
        incident: get::<Option<i64>>(row, "incident_id")?.map(IncidentId),
        reason: get(row, "reason")?,
        by: get(row, "by_name")?,
        from: time(row, "from_ms")?,
        until: time(row, "until_ms")?,
    })
}
