//! Monitors as configured: reading, adding, changing and removing them.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::checks::Family;
use monitor_core::health::Health;
use monitor_core::monitor::{CheckSpec, Monitor, MonitorId, MonitorName, Settings};
use monitor_core::people::{OrganisationId, PersonId};
use monitor_core::schedule::{next_slot, phase_ms};
use monitor_core::secret::Secret;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set, SqlErr, TryInsertResult};
use secrecy::zeroize::Zeroizing;

use crate::entity::{monitor, monitor_state};
use crate::rows::{get, integer, json_ids, sql, text};
use crate::seal::{Cipher, Place};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

impl Store {
    /// The monitor of that name, in the form that [`MonitorName::key`] gives. Secrets are decrypted.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Secret`] when it was written with another key,
    /// [`StoreError::Unavailable`], [`StoreError::Other`].
    pub async fn monitor(&self, organisation: OrganisationId, name_key: &str) -> Result<Option<Monitor>, StoreError> {
        let found = monitor::Entity::find()
            .filter(monitor::Column::OrganisationId.eq(organisation.0))
            .filter(monitor::Column::NameKey.eq(text(name_key)))
            .one(self.reader())
            .await?;
        found.map(|row| read(self.cipher(), row)).transpose()
    }

    /// Those of the monitors that exist, by id. Secrets are decrypted.
    ///
    /// # Errors
    /// Like [`Store::monitor`].
    pub async fn monitors_by_id(&self, ids: &[MonitorId]) -> Result<Vec<Monitor>, StoreError> {
        const MONITORS: Sql = sql!(
            "SELECT * FROM monitor WHERE id IN (SELECT CAST(value->>0 AS bigint) FROM " rows " AS asked) ORDER BY id"
        );
        let statement = MONITORS.with(self.backend(), [json_ids(ids)?]);
        let found = monitor::Entity::find().from_raw_sql(statement).all(self.reader()).await?;
        found.into_iter().map(|row| read(self.cipher(), row)).collect()
    }

    /// The names that begin with that, in the form that [`MonitorName::key`] gives; in order, `limit` at most.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`].
    pub async fn monitor_names(
        &self,
        organisation: OrganisationId,
        prefix_key: &str,
        limit: u64,
    ) -> Result<Vec<String>, StoreError> {
        // A range, which the index answers; keys are compared by code point in both databases.
        const NAMES: Sql = Sql::both(
            "SELECT name FROM monitor WHERE organisation_id = $1 AND name_key >= $2 AND name_key < $3
             ORDER BY name_key LIMIT $4",
        );
        let prefix = text(prefix_key);
        let end = format!("{prefix}{}", char::MAX);
        let values = [organisation.0.into(), prefix.into_owned().into(), end.into(), integer(limit).into()];
        let rows = self.reader().query_all_raw(NAMES.with(self.backend(), values)).await?;
        rows.iter().map(|row| get(row, "name")).collect()
    }
}

/// Changes take the row of `monitor_state` before that of `monitor`, as does who writes what checks found; the other
/// way round two transactions could wait for each other for ever.
impl Tx {
    /// Adds a monitor and schedules it; `None`: the organisation has one of that name, whatever its case.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`] when organisation or person do not exist.
    pub async fn insert_monitor(
        &self,
        organisation: OrganisationId,
        created_by: PersonId,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Option<MonitorId>, StoreError> {
        let row = monitor::ActiveModel {
            organisation_id: Set(organisation.0),
            created_by: Set(Some(created_by.0)),
            created_at_ms: Set(now.as_millis()),
            ..columns(self.store().cipher(), organisation, settings, now)?
        };
        let key = [monitor::Column::OrganisationId, monitor::Column::NameKey];
        let inserted = monitor::Entity::insert(row).on_conflict_do_nothing_on(key).exec(self.conn()).await?;
        let TryInsertResult::Inserted(inserted) = inserted else { return Ok(None) };
        let id = inserted.last_insert_id;
        let phase_ms = phase_ms(id, settings.interval);
        let health = Health::default();
        let state = monitor_state::ActiveModel {
            monitor_id: Set(id),
            organisation_id: Set(organisation.0),
            active: Set(true),
            interval_ms: Set(integer(settings.interval.as_millis())),
            phase_ms: Set(phase_ms),
            timeout_ms: Set(integer(settings.timeout.as_millis())),
            revision: Set(1),
            next_due_ms: Set(next_slot(phase_ms, settings.interval, now).as_millis()),
            lease_ms: Set(None),
            due_ms: Set(None),
            status: Set(health.status().as_str().to_owned()),
            health: Set(json(&health)?),
            details: Set(None),
        };
        state.insert(self.conn()).await?;
        Ok(Some(MonitorId(id)))
    }

    /// Replaces a monitor's settings and schedules it anew; a check that is running keeps its lease. `false`: another
    /// monitor has that name, or this one is gone, and nothing was changed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`].
    pub async fn update_monitor(&self, id: MonitorId, settings: &Settings, now: Timestamp) -> Result<bool, StoreError> {
        const SCHEDULE: Sql = Sql::both(
            "UPDATE monitor_state SET interval_ms = $2, phase_ms = $3, timeout_ms = $4, revision = revision + 1,
                 next_due_ms = CASE WHEN lease_ms IS NULL THEN $5 ELSE next_due_ms END
             WHERE monitor_id = $1",
        );
        let Some(before) = monitor::Entity::find_by_id(id.0).one(self.conn()).await? else { return Ok(false) };
        let row = columns(self.store().cipher(), OrganisationId(before.organisation_id), settings, now)?;
        let update = monitor::Entity::update_many()
            .set(row)
            .col_expr(monitor::Column::Revision, Expr::col(monitor::Column::Revision).add(1))
            .filter(monitor::Column::Id.eq(id.0));
        let phase_ms = phase_ms(id.0, settings.interval);
        let schedule = [
            id.0.into(),
            integer(settings.interval.as_millis()).into(),
            phase_ms.into(),
            integer(settings.timeout.as_millis()).into(),
            next_slot(phase_ms, settings.interval, now).as_millis().into(),
        ];
        // PostgreSQL gives up a transaction in which a statement failed, so a taken name must fail in one of its own.
        let attempt = self.conn().attempt().await?;
        self.conn().execute_raw(SCHEDULE.with(self.store().backend(), schedule)).await?;
        match update.exec(self.conn()).await {
            Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
                attempt.undo().await?;
                Ok(false)
            }
            updated => {
                let changed = updated?.rows_affected > 0;
                attempt.keep().await?;
                Ok(changed)
            }
        }
    }

    /// Stops the checks of a monitor, or starts them again, with the first one due at once. A check that is running
    /// keeps its lease.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`].
    pub async fn set_paused(&self, id: MonitorId, paused: bool, now: Timestamp) -> Result<(), StoreError> {
        const MONITOR: Sql = Sql::both("UPDATE monitor SET paused = $2, updated_at_ms = $3 WHERE id = $1");
        const STATE: Sql = Sql::both(
            "UPDATE monitor_state SET active = $2,
                 next_due_ms = CASE WHEN lease_ms IS NULL THEN $3 ELSE next_due_ms END
             WHERE monitor_id = $1",
        );
        let backend = self.store().backend();
        let now = now.as_millis();
        self.conn().execute_raw(STATE.with(backend, [id.0.into(), (!paused).into(), now.into()])).await?;
        self.conn().execute_raw(MONITOR.with(backend, [id.0.into(), paused.into(), now.into()])).await?;
        Ok(())
    }

    /// Removes a monitor with all that is known of it. One that is gone already is no error.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`].
    pub async fn delete_monitor(&self, id: MonitorId) -> Result<(), StoreError> {
        monitor_state::Entity::delete_by_id(id.0).exec(self.conn()).await?;
        monitor::Entity::delete_by_id(id.0).exec(self.conn()).await?;
        Ok(())
    }
}

/// The columns that follow from the settings.
fn columns(
    cipher: &Cipher,
    organisation: OrganisationId,
    settings: &Settings,
    now: Timestamp,
) -> Result<monitor::ActiveModel, StoreError> {
    let Settings { name, spec, interval, timeout, policy, assertions, family, labels, group, parents } = settings;
    Ok(monitor::ActiveModel {
        name: Set(name.as_str().to_owned()),
        name_key: Set(name.key()),
        kind: Set(spec.kind().to_owned()),
        target: Set(spec.target()),
        // Secrets serialise as null.
        spec: Set(json(spec)?),
        sealed_secrets: Set(seal_secrets(cipher, organisation, spec)?),
        interval_ms: Set(integer(interval.as_millis())),
        timeout_ms: Set(integer(timeout.as_millis())),
        policy: Set(json(policy)?),
        assertions: Set(json(assertions)?),
        family: Set(family.word().to_owned()),
        labels: Set(json(labels)?),
        group_name: Set(group.clone()),
        parents: Set(json(parents)?),
        updated_at_ms: Set(now.as_millis()),
        ..Default::default()
    })
}

fn seal_secrets(
    cipher: &Cipher,
    organisation: OrganisationId,
    spec: &CheckSpec,
) -> Result<Option<Vec<u8>>, StoreError> {
    let mut spec = spec.clone();
    let secrets = spec.secrets_mut();
    if secrets.is_empty() {
        return Ok(None);
    }
    let secrets: Vec<&str> = secrets.iter().map(|secret| secret.expose()).collect();
    let text = Zeroizing::new(json(&secrets)?);
    cipher.seal(&place(organisation), &text).map(Some)
}

fn place(organisation: OrganisationId) -> Place<'static> {
    Place { table: "monitor", column: "sealed_secrets", owner: format!("organisation {organisation}"), token: "" }
}

/// Reads a row, and puts the secrets back where they were taken from.
fn read(cipher: &Cipher, row: monitor::Model) -> Result<Monitor, StoreError> {
    let corrupt = |column| StoreError::corrupt("monitor", column, row.id);
    let duration = |column, ms| u64::try_from(ms).map(Duration::from_millis).map_err(|_| corrupt(column));
    let organisation = OrganisationId(row.organisation_id);
    let mut spec: CheckSpec = serde_json::from_str(&row.spec).map_err(|_| corrupt("spec"))?;
    if let Some(sealed) = &row.sealed_secrets {
        let text = cipher.open(&place(organisation), sealed)?;
        let values: Zeroizing<Vec<String>> =
            Zeroizing::new(serde_json::from_str(&text).map_err(|_| corrupt("sealed_secrets"))?);
        let places = spec.secrets_mut();
        if places.len() != values.len() {
            return Err(corrupt("sealed_secrets"));
        }
        for (secret, value) in places.into_iter().zip(values.iter()) {
            *secret = Secret::new(value.as_str());
        }
    } else if !spec.secrets_mut().is_empty() {
        return Err(corrupt("sealed_secrets"));
    }
    Ok(Monitor {
        id: MonitorId(row.id),
        organisation,
        settings: Settings {
            name: MonitorName::new(&row.name).map_err(|_| corrupt("name"))?,
            spec,
            interval: duration("interval_ms", row.interval_ms)?,
            timeout: duration("timeout_ms", row.timeout_ms)?,
            policy: serde_json::from_str(&row.policy).map_err(|_| corrupt("policy"))?,
            assertions: serde_json::from_str(&row.assertions).map_err(|_| corrupt("assertions"))?,
            family: Family::from_word(&row.family).ok_or_else(|| corrupt("family"))?,
            labels: serde_json::from_str(&row.labels).map_err(|_| corrupt("labels"))?,
            group: row.group_name,
            parents: serde_json::from_str(&row.parents).map_err(|_| corrupt("parents"))?,
        },
        paused: row.paused,
        revision: row.revision,
        created_at: Timestamp::from_millis(row.created_at_ms),
    })
}

fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Other(error.into()))
}
