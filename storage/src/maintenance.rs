//! Maintenance windows: how far each has come, and which monitors are in it.

mod members;

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::{MaintenanceId, Occurrence, Progress, Selector, When};
use monitor_core::people::{OrganisationId, PersonId};
use sea_orm::{ConnectionTrait, QueryResult};

use crate::rows::{get, sql, text};
use crate::sql::Sql;
use crate::tx::Lock;
use crate::{Store, StoreError, Tx};

pub use members::InMaintenance;

/// How long it is remembered what was worked on.
const REMEMBERED: Duration = Duration::from_secs(400 * 86_400);

/// A maintenance window to be made.
#[derive(Debug, Clone)]
pub struct NewMaintenance<'a> {
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Who wants it.
    pub created_by: PersonId,
    /// What is worked on, as a person says it: `shop`, `env=prod`.
    pub words: &'a str,
    /// Which monitors that is.
    pub selector: &'a Selector,
    /// Why.
    pub reason: &'a str,
    /// When.
    pub when: &'a When,
    /// When it has to be looked at first.
    pub next: Timestamp,
}

/// A maintenance window as stored.
#[derive(Debug, Clone, PartialEq)]
pub struct MaintenanceRow {
    /// Its id.
    pub id: MaintenanceId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// What is worked on, as a person said it.
    pub words: String,
    /// Which monitors that is.
    pub selector: Selector,
    /// Why; possibly empty.
    pub reason: String,
    /// When.
    pub when: When,
    /// The name of who wants it.
    pub by: Option<String>,
    /// How far it has come.
    pub progress: Progress,
    /// When something is to be done next.
    pub next: Option<Timestamp>,
    /// How many monitors are in it.
    pub monitors: u64,
}

impl MaintenanceRow {
    /// Whether it is on.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.progress.on.is_some()
    }

    /// Up to that many times that are still to come.
    #[must_use]
    pub fn upcoming(&self, now: Timestamp, most: usize) -> Vec<Occurrence> {
        let to_come = |it: &Occurrence| self.progress.begun.is_none_or(|begun| it.from > begun);
        let mut times = self.when.upcoming(now, most + 1);
        times.retain(to_come);
        times.truncate(most);
        times
    }
}

macro_rules! maintenance_columns {
    () => {
        "w.id, w.organisation_id, w.words, w.selector, w.reason, w.schedule, w.next_ms, w.begun_ms, w.on_from_ms, w.on_until_ms,
         (SELECT p.display_name FROM person p WHERE p.id = w.created_by) AS by_name,
         (SELECT COUNT(*) FROM maintenance_monitor x WHERE x.maintenance_id = w.id) AS monitors"
    };
}

impl Store {
    /// The windows of an organisation that are not over: those that are on first, then as they come.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn maintenance(&self, organisation: OrganisationId) -> Result<Vec<MaintenanceRow>, StoreError> {
        const WINDOWS: Sql = sql!(
            "SELECT " [maintenance_columns!()] " FROM maintenance w WHERE w.organisation_id = $1 AND w.over_ms IS NULL
             ORDER BY CASE WHEN w.on_until_ms IS NULL THEN 1 ELSE 0 END, w.next_ms, w.id"
        );
        let rows = self.reader().query_all_raw(WINDOWS.with(self.backend(), [organisation.0.into()])).await?;
        rows.iter().map(read).collect()
    }

    /// The windows at which there may be something to do, and whether there is: those that are due, and those that are off
    /// and have monitors in them all the same. At those that are on there is when monitors were changed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn maintenance_at_work(&self, now: Timestamp) -> Result<Vec<(MaintenanceId, bool)>, StoreError> {
        const AT_WORK: Sql = Sql::both(
            "SELECT w.id, CAST(CASE WHEN w.on_until_ms > $1 AND w.next_ms > $1 THEN 0 ELSE 1 END AS bigint) AS due FROM maintenance w WHERE w.next_ms <= $1 OR w.on_until_ms IS NOT NULL
                 OR EXISTS (SELECT 1 FROM maintenance_monitor x WHERE x.maintenance_id = w.id)
             ORDER BY w.id",
        );
        let rows = self.reader().query_all_raw(AT_WORK.with(self.backend(), [now.as_millis().into()])).await?;
        rows.iter().map(|row| Ok((MaintenanceId(get(row, "id")?), get::<i64>(row, "due")? == 1))).collect()
    }

    /// Has every window that is not over looked at: after a start, and when the clock was wrong.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn review_maintenance(&self, now: Timestamp) -> Result<(), StoreError> {
        const REVIEW: Sql = Sql::both(
            "UPDATE maintenance SET next_ms = $1 WHERE over_ms IS NULL AND (next_ms IS NULL OR next_ms > $1)",
        );
        self.writer().execute_raw(REVIEW.with(self.backend(), [now.as_millis().into()])).await?;
        Ok(())
    }
}

impl Tx {
    /// Makes a window; forgets those that have been over for 400 days.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`] when organisation or person do not exist.
    pub async fn insert_maintenance(
        &self,
        new: &NewMaintenance<'_>,
        now: Timestamp,
    ) -> Result<MaintenanceId, StoreError> {
        const INSERT: Sql = Sql::both(
            "INSERT INTO maintenance (organisation_id, words, selector, reason, schedule, created_by, created_at_ms, next_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
        );
        const FORGET: Sql = Sql::both("DELETE FROM maintenance WHERE organisation_id = $1 AND over_ms < $2");
        let backend = self.store().backend();
        let forgotten = (now - REMEMBERED).as_millis();
        self.conn().execute_raw(FORGET.with(backend, [new.organisation.0.into(), forgotten.into()])).await?;
        let values = [
            new.organisation.0.into(),
            text(new.words).into_owned().into(),
            written(new.selector)?.into(),
            text(new.reason).into_owned().into(),
            written(new.when)?.into(),
            new.created_by.0.into(),
            now.as_millis().into(),
            new.next.as_millis().into(),
        ];
        let row = self.conn().query_one_raw(INSERT.with(backend, values)).await?;
        let row = row.ok_or_else(|| StoreError::Other("an inserted row was not answered".into()))?;
        Ok(MaintenanceId(get(&row, "id")?))
    }

    /// Makes others that work on maintenance wait for the end of the transaction, so that of two windows that end at once
    /// one is the last.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn lock_maintenance(&self) -> Result<(), StoreError> {
        self.lock(Lock::Maintenance).await
    }

    /// A window that is not over, or has monitors in it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn maintenance_window(&self, id: MaintenanceId) -> Result<Option<MaintenanceRow>, StoreError> {
        const WINDOW: Sql = sql!("SELECT " [maintenance_columns!()] " FROM maintenance w WHERE w.id = $1");
        let row = self.conn().query_one_raw(WINDOW.with(self.store().backend(), [id.0.into()])).await?;
        row.as_ref().map(read).transpose()
    }

    /// The windows of an organisation that are on.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn maintenance_on(&self, organisation: OrganisationId) -> Result<Vec<MaintenanceRow>, StoreError> {
        const ON: Sql = sql!(
            "SELECT " [maintenance_columns!()] " FROM maintenance w
             WHERE w.organisation_id = $1 AND w.on_until_ms IS NOT NULL ORDER BY w.id"
        );
        let rows = self.conn().query_all_raw(ON.with(self.store().backend(), [organisation.0.into()])).await?;
        rows.iter().map(read).collect()
    }

    /// Writes how far a window has come; without anything that is due any more it is over.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn save_progress(
        &self,
        id: MaintenanceId,
        progress: Progress,
        next: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const SAVE: Sql = Sql::both(
            "UPDATE maintenance SET begun_ms = $2, on_from_ms = $3, on_until_ms = $4, next_ms = $5, over_ms = $6 WHERE id = $1",
        );
        let ms = |at: Option<Timestamp>| at.map(Timestamp::as_millis);
        let values = [
            id.0.into(),
            ms(progress.begun).into(),
            ms(progress.on.map(|on| on.from)).into(),
            ms(progress.on.map(|on| on.until)).into(),
            ms(next).into(),
            ms(next.is_none().then_some(now)).into(),
        ];
        self.conn().execute_raw(SAVE.with(self.store().backend(), values)).await?;
        Ok(())
    }

    /// Removes a window. Nobody may be in it any more.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_maintenance(&self, id: MaintenanceId) -> Result<(), StoreError> {
        const DELETE: Sql = Sql::both("DELETE FROM maintenance WHERE id = $1");
        self.conn().execute_raw(DELETE.with(self.store().backend(), [id.0.into()])).await?;
        Ok(())
    }
}

fn written(value: &impl serde::Serialize) -> Result<String, StoreError> {
    let json = serde_json::to_string(value).map_err(|error| StoreError::Other(error.into()))?;
    Ok(text(&json).into_owned())
}

fn schedule(row: &QueryResult, id: i64) -> Result<When, StoreError> {
    let stored: String = get(row, "schedule")?;
    serde_json::from_str(&stored).map_err(|_| StoreError::corrupt("maintenance", "schedule", id))
}

fn read(row: &QueryResult) -> Result<MaintenanceRow, StoreError> {
    let id: i64 = get(row, "id")?;
    let selector: String = get(row, "selector")?;
    let at = |column| Ok::<_, StoreError>(get::<Option<i64>>(row, column)?.map(Timestamp::from_millis));
    let on = at("on_from_ms")?.zip(at("on_until_ms")?).map(|(from, until)| Occurrence { from, until });
    Ok(MaintenanceRow {
        id: MaintenanceId(id),
        organisation: OrganisationId(get(row, "organisation_id")?),
        words: get(row, "words")?,
        selector: serde_json::from_str(&selector).map_err(|_| StoreError::corrupt("maintenance", "selector", id))?,
        reason: get(row, "reason")?,
        when: schedule(row, id)?,
        by: get(row, "by_name")?,
        progress: Progress { begun: at("begun_ms")?, on },
        next: at("next_ms")?,
        monitors: get::<i64>(row, "monitors")?.unsigned_abs(),
    })
}
