//! Where jobs report in, and what is awaited of them.

use monitor_core::Timestamp;
use monitor_core::health::Health;
use monitor_core::heartbeat::{Beats, Uuid};
use monitor_core::monitor::MonitorId;
use monitor_core::people::{Actor, OrganisationId, PersonId, Role};
use sea_orm::ConnectionTrait;

use crate::rows::{get, integer, json, json_ids, monitor, sql, text};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// When a heartbeat is due of which nothing is awaited: in the year 9999.
pub const NEVER: Timestamp = Timestamp::from_millis(253_370_764_800_000);

/// What is remembered of a heartbeat.
#[derive(Debug, Clone)]
pub struct HeartbeatRow {
    /// The monitor.
    pub monitor: MonitorId,
    /// The revision of its settings.
    pub revision: i32,
    /// Whether it is watched: not paused.
    pub active: bool,
    /// The end of the lease under which its deadline is being looked at.
    pub lease: Option<Timestamp>,
    /// Its health.
    pub health: Health,
    /// What its pings have said so far.
    pub beats: Beats,
}

/// What is to be remembered of a heartbeat from now on.
#[derive(Debug, Clone, Copy)]
pub struct Awaited<'a> {
    /// The monitor.
    pub monitor: MonitorId,
    /// Its health.
    pub health: &'a Health,
    /// What its pings have said so far.
    pub beats: &'a Beats,
    /// When something is wrong unless a ping comes before.
    pub deadline: Option<Timestamp>,
}

impl Store {
    /// Those of the addresses that exist, each with its monitor.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn heartbeats_at(&self, addresses: &[Uuid]) -> Result<Vec<(Uuid, MonitorId)>, StoreError> {
        const FIND: Sql =
            sql!("SELECT h.monitor_id, h.uuid FROM " rows " AS asked CROSS JOIN heartbeat h WHERE h.uuid = value->>0");
        let asked: Vec<[Uuid; 1]> = addresses.iter().map(|uuid| [*uuid]).collect();
        let rows = self.reader().query_all_raw(FIND.with(self.backend(), [json(&asked)?])).await?;
        rows.iter()
            .map(|row| {
                let id = monitor(row)?;
                let uuid: String = get(row, "uuid")?;
                Ok((uuid.parse().map_err(|_| StoreError::corrupt("heartbeat", "uuid", id))?, id))
            })
            .collect()
    }

    /// The heartbeat of that name, in the form that `MonitorName::key` gives, in the organisation with that ping key.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn heartbeats_named(
        &self,
        names: &[(&str, &str)],
    ) -> Result<Vec<((String, String), MonitorId)>, StoreError> {
        const FIND: Sql = sql!(
            "SELECT value->>0 AS ping_key, m.name_key, m.id AS monitor_id
             FROM " rows " AS asked CROSS JOIN organisation o CROSS JOIN monitor m
             WHERE o.ping_key = value->>0 AND m.organisation_id = o.id AND m.name_key = value->>1
                 AND m.kind = 'heartbeat'"
        );
        let asked: Vec<_> = names.iter().map(|(key, name)| (text(key), text(name))).collect();
        let rows = self.reader().query_all_raw(FIND.with(self.backend(), [json(&asked)?])).await?;
        rows.iter().map(|row| Ok(((get(row, "ping_key")?, get(row, "name_key")?), monitor(row)?))).collect()
    }

    /// The address of a heartbeat; `None` when the monitor is none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn heartbeat_address(&self, id: MonitorId) -> Result<Option<Uuid>, StoreError> {
        const ADDRESS: Sql = Sql::both("SELECT uuid FROM heartbeat WHERE monitor_id = $1");
        let row = self.reader().query_one_raw(ADDRESS.with(self.backend(), [id.0.into()])).await?;
        let Some(row) = row else { return Ok(None) };
        let uuid: String = get(&row, "uuid")?;
        uuid.parse().map(Some).map_err(|_| StoreError::corrupt("heartbeat", "uuid", id))
    }

    /// The owner of the organisation with that ping key.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn owner_by_ping_key(&self, key: &str) -> Result<Option<Actor>, StoreError> {
        const OWNER: Sql = Sql::both(
            "SELECT o.id, min(p.person_id) AS person_id FROM organisation o
             JOIN membership p ON p.organisation_id = o.id AND p.role = 'owner'
             WHERE o.ping_key = $1 GROUP BY o.id",
        );
        let statement = OWNER.with(self.backend(), [text(key).into_owned().into()]);
        let row = self.reader().query_one_raw(statement).await?;
        row.map(|row| {
            let (organisation, person) = (OrganisationId(get(&row, "id")?), PersonId(get(&row, "person_id")?));
            Ok(Actor { organisation, person, role: Role::Owner })
        })
        .transpose()
    }

    /// The organisation's ping key, which becomes that one when there is none, or when it is to be replaced.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn ping_key(&self, organisation: OrganisationId, new: &str, replace: bool) -> Result<String, StoreError> {
        const KEY: Sql = Sql::both(
            "UPDATE organisation SET ping_key = CASE WHEN $3 OR ping_key IS NULL THEN $2 ELSE ping_key END
             WHERE id = $1 RETURNING ping_key",
        );
        let values = [organisation.0.into(), new.into(), replace.into()];
        let row = self.writer().query_one_raw(KEY.with(self.backend(), values)).await?;
        match row {
            Some(row) => get(&row, "ping_key"),
            None => Err(StoreError::Other(format!("there is no organisation {organisation}").into())),
        }
    }
}

impl Tx {
    /// Gives a monitor an address that pings are sent to; one that has an address keeps it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`] when the monitor does not exist.
    pub async fn insert_heartbeat(&self, id: MonitorId, address: Uuid) -> Result<(), StoreError> {
        const INSERT: Sql =
            Sql::both("INSERT INTO heartbeat (monitor_id, uuid) VALUES ($1, $2) ON CONFLICT (monitor_id) DO NOTHING");
        let values = [id.0.into(), address.to_string().into()];
        self.conn().execute_raw(INSERT.with(self.store().backend(), values)).await?;
        Ok(())
    }

    /// Those of the monitors that exist, by id, kept from changing until the end of the transaction.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn heartbeats(&self, ids: &[MonitorId]) -> Result<Vec<HeartbeatRow>, StoreError> {
        // Most pings bring a result, which is stored by how far results are rolled up: on SQLite that comes along.
        const LOAD: Sql = sql!(
            (sqlite "SELECT resolution, target_ms AS at_ms FROM rollup_progress;\n")
            "SELECT s.monitor_id, s.revision, s.active, s.lease_ms, s.status, s.health, s.heartbeat
             FROM " rows " AS asked CROSS JOIN monitor_state s WHERE s.monitor_id = CAST(value->>0 AS bigint)
             ORDER BY s.monitor_id " (postgres "FOR UPDATE OF s")
        );
        let mut rows = self.conn().query_all_raw(LOAD.with(self.store().backend(), [json_ids(ids)?])).await?;
        if !self.store().is_postgres() {
            let targets = rows.iter().take_while(|row| row.try_get::<i16>("", "resolution").is_ok()).count();
            self.remember_rollup_targets(rows.drain(..targets))?;
        }
        let healths = self.read_healths(&rows).await?;
        let read = |(row, (monitor, health)): (&sea_orm::QueryResult, (MonitorId, Health))| {
            let stored: Option<String> = get(row, "heartbeat")?;
            Ok(HeartbeatRow {
                monitor,
                revision: get(row, "revision")?,
                active: get(row, "active")?,
                lease: get::<Option<i64>>(row, "lease_ms")?.map(Timestamp::from_millis),
                health,
                beats: stored.map_or_else(Beats::default, |stored| read_beats(monitor, &stored)),
            })
        };
        rows.iter().zip(healths).map(read).collect()
    }

    /// Up to `limit` active heartbeats whose id is greater than `after`, by id.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn active_heartbeats(&self, after: MonitorId, limit: u64) -> Result<Vec<MonitorId>, StoreError> {
        const ACTIVE: Sql = Sql::both(
            "SELECT h.monitor_id FROM heartbeat h JOIN monitor_state s ON s.monitor_id = h.monitor_id
             WHERE s.active = TRUE AND h.monitor_id > $1 ORDER BY h.monitor_id LIMIT $2",
        );
        let values = [after.0.into(), integer(limit).into()];
        let rows = self.conn().query_all_raw(ACTIVE.with(self.store().backend(), values)).await?;
        rows.iter().map(monitor).collect()
    }

    /// Writes what is remembered of heartbeats, and when they are due next. A lease on them ends.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn save_heartbeats(&self, heartbeats: &[Awaited<'_>]) -> Result<(), StoreError> {
        const SAVE: Sql = sql!(
            "UPDATE monitor_state SET status = new.status, health = new.health, heartbeat = new.beats,
                 next_due_ms = new.due, lease_ms = NULL, due_ms = NULL
             FROM (SELECT CAST(value->>0 AS bigint) AS id, value->>1 AS status, value->>2 AS health,
                 value->>3 AS beats, CAST(value->>4 AS bigint) AS due FROM " rows ") AS new
             WHERE monitor_id = new.id"
        );
        let mut rows = Vec::with_capacity(heartbeats.len());
        for Awaited { monitor, health, beats, deadline } in heartbeats {
            let due = deadline.unwrap_or(NEVER).min(NEVER);
            rows.push((monitor, health.status().as_str(), written(health)?, written(beats)?, due));
        }
        if !rows.is_empty() {
            self.put(SAVE.with(self.store().backend(), [json(&rows)?])).await?;
        }
        Ok(())
    }

    /// Tells the monitor's incidents in every conversation that is told about another one of its organisation.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn subscribe_like_others(&self, id: MonitorId) -> Result<(), StoreError> {
        const SUBSCRIBE: Sql = Sql::both(
            "INSERT INTO subscription (monitor_id, conversation_id)
             SELECT DISTINCT new.id, s.conversation_id FROM monitor new
             JOIN monitor other ON other.organisation_id = new.organisation_id
             JOIN subscription s ON s.monitor_id = other.id
             WHERE new.id = $1 ON CONFLICT DO NOTHING",
        );
        self.conn().execute_raw(SUBSCRIBE.with(self.store().backend(), [id.0.into()])).await?;
        Ok(())
    }
}

/// What is remembered is made anew by the next pings, so that what cannot be read is no reason to refuse them.
fn read_beats(monitor: MonitorId, stored: &str) -> Beats {
    serde_json::from_str(stored).unwrap_or_else(|error| {
        tracing::error!(monitor_id = %monitor, %error, "what is remembered of a heartbeat cannot be read");
        Beats::default()
    })
}

fn written<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Other(error.into()))
}
