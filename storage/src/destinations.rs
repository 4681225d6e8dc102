//! Destinations: places outside that people are told at. All of what their owner gave is kept encrypted, since for many
//! kinds the address itself is the secret.

use monitor_core::Timestamp;
use monitor_core::alerting::{DestinationId, Event};
use monitor_core::incident::IncidentId;
use monitor_core::people::{OrganisationId, PersonId};
use monitor_core::secret::Secret;
use sea_orm::{ConnectionTrait, QueryResult, SqlErr, Value};

use crate::rows::{get, sql, text, time};
use crate::seal::{Cipher, Place};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// How much a destination is told: a burst at once, then evenly so many a minute. Over any time it is told at most the burst
/// and what is due by the minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// How many at once, at least 1.
    pub burst: u32,
    /// How many a minute, 1 to 60,000.
    pub per_minute: u32,
}

/// A destination as its owner wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestinationSettings {
    /// Its name, unique in its organisation without regard to case.
    pub name: String,
    /// The name of its kind, which never changes.
    pub kind: String,
    /// What was given for the fields of its kind, as JSON.
    pub fields: Secret,
    /// A budget in place of that of its kind.
    pub rate: Option<Budget>,
    /// What is told instead when this one takes nothing.
    pub fallback: Option<DestinationId>,
}

/// A destination as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Its id.
    pub id: DestinationId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// The name of that organisation.
    pub organisation_name: String,
    /// What its owner chose.
    pub settings: DestinationSettings,
    /// Since when it takes nothing; `None`: it does, or nobody knows.
    pub failing_since: Option<Timestamp>,
    /// When it was added.
    pub created_at: Timestamp,
}

/// Destinations that match.
macro_rules! destinations {
    ($which:literal) => {
        sql!(
            "SELECT d.id, d.organisation_id, o.name AS organisation_name, d.name, d.kind, d.sealed_settings, d.rate_burst,
                 d.rate_per_minute, d.fallback_id, d.failing_since_ms, d.created_at_ms
             FROM destination d JOIN organisation o ON o.id = d.organisation_id WHERE " $which
        )
    };
}

impl Store {
    /// The destinations of an organisation, by name.
    ///
    /// # Errors
    /// [`StoreError::Secret`] when one was written with another key, [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    pub async fn destinations(&self, organisation: OrganisationId) -> Result<Vec<Destination>, StoreError> {
        const ALL: Sql = destinations!("d.organisation_id = $1 ORDER BY d.name_key");
        let rows = self.reader().query_all_raw(ALL.with(self.backend(), [organisation.0.into()])).await?;
        rows.iter().map(|row| read(self.cipher(), row)).collect()
    }

    /// The destination of that name, whatever its case.
    ///
    /// # Errors
    /// Like [`Store::destinations`].
    pub async fn destination(
        &self,
        organisation: OrganisationId,
        name: &str,
    ) -> Result<Option<Destination>, StoreError> {
        const NAMED: Sql = destinations!("d.organisation_id = $1 AND d.name_key = $2");
        let values = [organisation.0.into(), key(name).into()];
        let row = self.reader().query_one_raw(NAMED.with(self.backend(), values)).await?;
        row.map(|row| read(self.cipher(), &row)).transpose()
    }

    /// The destination with that id.
    ///
    /// # Errors
    /// Like [`Store::destinations`].
    pub async fn destination_by_id(&self, id: DestinationId) -> Result<Option<Destination>, StoreError> {
        const OF_ID: Sql = destinations!("d.id = $1");
        let row = self.reader().query_one_raw(OF_ID.with(self.backend(), [id.0.into()])).await?;
        row.map(|row| read(self.cipher(), &row)).transpose()
    }
}

impl Tx {
    /// Adds a destination; `None`: the organisation has one of that name, whatever its case.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`] when organisation, person or fallback do not exist.
    pub async fn insert_destination(
        &self,
        organisation: OrganisationId,
        created_by: PersonId,
        settings: &DestinationSettings,
        now: Timestamp,
    ) -> Result<Option<DestinationId>, StoreError> {
        const INSERT: Sql = Sql::both(
            "INSERT INTO destination (organisation_id, name, name_key, sealed_settings, rate_burst, rate_per_minute,
                 fallback_id, updated_at_ms, kind, created_by, created_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $8)
             ON CONFLICT (organisation_id, name_key) DO NOTHING RETURNING id",
        );
        let columns = columns(self.store().cipher(), organisation, settings, now)?;
        let values = std::iter::once(organisation.0.into())
            .chain(columns)
            .chain([settings.kind.clone().into(), created_by.0.into()]);
        let row = self.conn().query_one_raw(INSERT.with(self.store().backend(), values)).await?;
        row.map(|row| Ok(DestinationId(get(&row, "id")?))).transpose()
    }

    /// Replaces a destination's settings, all but the kind. A new budget holds from now on. `false`: another destination has
    /// that name, or this one is gone, and nothing was changed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`] when the fallback does not exist.
    pub async fn update_destination(
        &self,
        destination: &Destination,
        settings: &DestinationSettings,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        const UPDATE: Sql = Sql::both(
            "UPDATE destination SET name = $2, name_key = $3, sealed_settings = $4, rate_burst = $5, rate_per_minute = $6,
                 fallback_id = $7, updated_at_ms = $8, open_at_ms = 0
             WHERE id = $1",
        );
        let columns = columns(self.store().cipher(), destination.organisation, settings, now)?;
        self.lock_destination(destination.id, settings.fallback).await?;
        let update = UPDATE.with(self.store().backend(), std::iter::once(destination.id.0.into()).chain(columns));
        // PostgreSQL gives up a transaction in which a statement failed, so a taken name must fail in one of its own.
        let attempt = self.conn().attempt().await?;
        match self.conn().execute_raw(update).await {
            Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
                attempt.undo().await?;
                Ok(false)
            }
            updated => {
                let changed = updated?.rows_affected() > 0;
                attempt.keep().await?;
                Ok(changed)
            }
        }
    }

    /// Removes a destination. What it was still to be told is dropped, and stays on record with the reason. Answers of which
    /// incidents it was to be told what, also after quiet hours. One that is gone already is no error.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn delete_destination(
        &self,
        id: DestinationId,
        now: Timestamp,
    ) -> Result<Vec<(IncidentId, Event)>, StoreError> {
        const HELD: Sql = Sql::both(
            "DELETE FROM escalation WHERE destination_id = $1 AND kind = 'held' RETURNING incident_id, event",
        );
        const DELETE: Sql = Sql::both("DELETE FROM destination WHERE id = $1");
        // After the row is gone nobody can add to these any more.
        const DROP: Sql = Sql::both(
            "UPDATE notification SET state = 'dropped', ended_at_ms = $2, lease_ms = NULL,
                 last_error = 'the destination was deleted'
             WHERE destination_id = $1 AND state = 'due' RETURNING incident_id, event",
        );
        let backend = self.store().backend();
        let mut untold = self.conn().query_all_raw(HELD.with(backend, [id.0.into()])).await?;
        self.conn().execute_raw(DELETE.with(backend, [id.0.into()])).await?;
        untold.extend(self.conn().query_all_raw(DROP.with(backend, [id.0.into(), now.as_millis().into()])).await?);
        let read = |row: &QueryResult| {
            let event = Event::from_word(&get::<String>(row, "event")?);
            let event = event.ok_or_else(|| StoreError::corrupt("notification", "event", id))?;
            Ok(get::<Option<i64>>(row, "incident_id")?.map(|incident| (IncidentId(incident), event)))
        };
        Ok(untold.iter().map(read).collect::<Result<Vec<_>, StoreError>>()?.into_iter().flatten().collect())
    }

    /// Notes that a destination takes nothing. Tells whether that is news.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn destination_fails(&self, id: DestinationId, now: Timestamp) -> Result<bool, StoreError> {
        const FAILS: Sql =
            Sql::both("UPDATE destination SET failing_since_ms = $2 WHERE id = $1 AND failing_since_ms IS NULL");
        let fails = FAILS.with(self.store().backend(), [id.0.into(), now.as_millis().into()]);
        Ok(self.conn().execute_raw(fails).await?.rows_affected() > 0)
    }

    /// Notes that a destination takes what it is told. Tells whether that is news.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn destination_works(&self, id: DestinationId) -> Result<bool, StoreError> {
        const WORKS: Sql =
            Sql::both("UPDATE destination SET failing_since_ms = NULL WHERE id = $1 AND failing_since_ms IS NOT NULL");
        let works = WORKS.with(self.store().backend(), [id.0.into()]);
        Ok(self.conn().execute_raw(works).await?.rows_affected() > 0)
    }

    /// Tells a destination nothing before that time, as it asked.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn hold_destination(&self, id: DestinationId, until: Timestamp) -> Result<(), StoreError> {
        const HOLD: Sql = Sql::both("UPDATE destination SET open_at_ms = $2 WHERE id = $1 AND open_at_ms < $2");
        self.conn().execute_raw(HOLD.with(self.store().backend(), [id.0.into(), until.as_millis().into()])).await?;
        Ok(())
    }
}

/// The form in which names are compared.
fn key(name: &str) -> String {
    text(&name.trim().to_lowercase()).into_owned()
}

/// The values of the columns that follow from the settings, from the name to the time.
fn columns(
    cipher: &Cipher,
    organisation: OrganisationId,
    settings: &DestinationSettings,
    now: Timestamp,
) -> Result<[Value; 7], StoreError> {
    let sealed = cipher.seal(&place(organisation, &settings.kind), settings.fields.expose())?;
    let number = |number: fn(Budget) -> u32| settings.rate.map(number).map(|n| i32::try_from(n).unwrap_or(i32::MAX));
    Ok([
        text(settings.name.trim()).into_owned().into(),
        key(&settings.name).into(),
        sealed.into(),
        number(|rate| rate.burst).into(),
        number(|rate| rate.per_minute).into(),
        settings.fallback.map(|fallback| fallback.0).into(),
        now.as_millis().into(),
    ])
}

fn place(organisation: OrganisationId, kind: &str) -> Place<'_> {
    Place {
        table: "destination",
        column: "sealed_settings",
        owner: format!("organisation {organisation}"),
        token: kind,
    }
}

fn read(cipher: &Cipher, row: &QueryResult) -> Result<Destination, StoreError> {
    let id: i64 = get(row, "id")?;
    let organisation = OrganisationId(get(row, "organisation_id")?);
    let kind: String = get(row, "kind")?;
    let sealed: Vec<u8> = get(row, "sealed_settings")?;
    let fields = cipher.open(&place(organisation, &kind), &sealed)?;
    let failing_since: Option<i64> = get(row, "failing_since_ms")?;
    let fallback: Option<i64> = get(row, "fallback_id")?;
    Ok(Destination {
        id: DestinationId(id),
        organisation,
        organisation_name: get(row, "organisation_name")?,
        settings: DestinationSettings {
            name: get(row, "name")?,
            kind,
            fields: Secret::new(fields.as_str()),
            rate: Budget::read(row)?,
            fallback: fallback.map(DestinationId),
        },
        failing_since: failing_since.map(Timestamp::from_millis),
        created_at: time(row, "created_at_ms")?,
    })
}

impl Budget {
    /// The budget of a row that has one of its own.
    pub(crate) fn read(row: &QueryResult) -> Result<Option<Self>, StoreError> {
        let burst: Option<i32> = get(row, "rate_burst")?;
        let per_minute: Option<i32> = get(row, "rate_per_minute")?;
        let number = |number: i32| u32::try_from(number).unwrap_or(1);
        Ok(burst
            .zip(per_minute)
            .map(|(burst, per_minute)| Self { burst: number(burst), per_minute: number(per_minute) }))
    }

    /// The time of one in a row of many, in milliseconds, rounded up so that there are never more.
    fn interval_ms(self) -> i64 {
        up(60_000, i64::from(self.per_minute.clamp(1, 60_000)))
    }

    /// How many of `wanted` may go at `now`, and what is remembered then: the theoretical arrival time of the generic cell
    /// rate algorithm, and when the next one may go.
    pub(crate) fn take(self, tat: Timestamp, now: Timestamp, wanted: u32) -> (u32, Timestamp, Timestamp) {
        let interval = self.interval_ms();
        let burst = i64::from(self.burst.max(1));
        let now = now.as_millis();
        // Further ahead it only is when the clock was set back.
        let tat = tat.as_millis().clamp(now, now.saturating_add(interval.saturating_mul(burst)));
        let free = burst - up(tat - now, interval);
        let taken = u32::try_from(free.max(0)).unwrap_or(u32::MAX).min(wanted);
        let tat = tat + i64::from(taken) * interval;
        let open = tat - (burst - 1) * interval;
        (taken, Timestamp::from_millis(tat), Timestamp::from_millis(open))
    }
}

/// A quotient of what is not negative, rounded up.
fn up(dividend: i64, divisor: i64) -> i64 {
    (dividend + divisor - 1) / divisor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_a_burst_and_then_one_after_another() {
        let at = Timestamp::from_millis;
        let budget = Budget { burst: 3, per_minute: 60 };
        let (taken, tat, open) = budget.take(at(0), at(10_000), 10);
        assert_eq!((taken, tat, open), (3, at(13_000), at(11_000)));
        assert_eq!(budget.take(tat, at(10_999), 10).0, 0);
        let (taken, tat, open) = budget.take(tat, at(11_000), 10);
        assert_eq!((taken, open), (1, at(12_000)));
        assert_eq!(budget.take(tat, at(12_500), 10).0, 1);
        assert_eq!(budget.take(tat, at(60_000), 2).0, 2, "what nobody took is not lost, up to the burst");
        assert_eq!(budget.take(tat, at(60_000), 10).0, 3);
    }

    #[test]
    fn a_clock_that_was_set_back_closes_a_destination_for_a_burst_at_most() {
        let at = Timestamp::from_millis;
        let budget = Budget { burst: 2, per_minute: 6 };
        let (taken, tat, open) = budget.take(at(9_999_999_999), at(1_000), 1);
        assert_eq!((taken, tat, open), (0, at(21_000), at(11_000)));
    }
}
