//! On-call rotations, and who stands in.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::{DestinationId, Override, Rotation, RotationId};
use monitor_core::people::{Actor, OrganisationId, PersonId};
use sea_orm::{ConnectionTrait, DbBackend};

use crate::rows::{get, text, time};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// How long it is remembered who stood in.
const REMEMBERED: Duration = Duration::from_secs(400 * 86_400);

/// A rotation as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RotationRow {
    /// Its id.
    pub id: RotationId,
    /// Its name, unique in its organisation without regard to case.
    pub name: String,
    /// Who takes turns, and when.
    pub rotation: Rotation,
    /// Who stands in, in the order in which that was said.
    pub overrides: Vec<Override>,
}

impl Store {
    /// The rotations of an organisation, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn rotations(&self, organisation: OrganisationId) -> Result<Vec<RotationRow>, StoreError> {
        rotations(self.reader(), self.backend(), organisation).await
    }
}

impl Tx {
    /// Like [`Store::rotations`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn rotations(&self, organisation: OrganisationId) -> Result<Vec<RotationRow>, StoreError> {
        rotations(self.conn(), self.store().backend(), organisation).await
    }

    /// Adds a rotation; `None`: the organisation has one of that name, whatever its case.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`] when organisation or person do not exist.
    pub async fn insert_rotation(
        &self,
        actor: &Actor,
        name: &str,
        rotation: &Rotation,
        now: Timestamp,
    ) -> Result<Option<RotationId>, StoreError> {
        const INSERT: Sql = Sql::both(
            "INSERT INTO rotation (organisation_id, name, name_key, rotation, created_by, created_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (organisation_id, name_key) DO NOTHING RETURNING id",
        );
        let rotation = serde_json::to_string(rotation).map_err(|error| StoreError::Other(error.into()))?;
        let name = text(name.trim()).into_owned();
        let values = [
            actor.organisation.0.into(),
            name.clone().into(),
            name.to_lowercase().into(),
            rotation.into(),
            actor.person.0.into(),
            now.as_millis().into(),
        ];
        let row = self.conn().query_one_raw(INSERT.with(self.store().backend(), values)).await?;
        row.map(|row| Ok(RotationId(get(&row, "id")?))).transpose()
    }

    /// Removes a rotation. One that is gone already is no error.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_rotation(&self, rotation: RotationId) -> Result<(), StoreError> {
        const DELETE: Sql = Sql::both("DELETE FROM rotation WHERE id = $1");
        self.conn().execute_raw(DELETE.with(self.store().backend(), [rotation.0.into()])).await?;
        Ok(())
    }

    /// Has somebody stand in; forgets who did so more than 400 days ago.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`] when rotation or person do not exist.
    pub async fn insert_override(
        &self,
        rotation: RotationId,
        created_by: PersonId,
        stands_in: &Override,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const FORGET: Sql = Sql::both("DELETE FROM on_call_override WHERE rotation_id = $1 AND to_ms < $2");
        const INSERT: Sql = Sql::both(
            "INSERT INTO on_call_override (rotation_id, participant, from_ms, to_ms, created_by)
             VALUES ($1, $2, $3, $4, $5)",
        );
        let backend = self.store().backend();
        let forgotten = (now - REMEMBERED).as_millis();
        self.conn().execute_raw(FORGET.with(backend, [rotation.0.into(), forgotten.into()])).await?;
        let values = [
            rotation.0.into(),
            stands_in.participant.0.into(),
            stands_in.from.as_millis().into(),
            stands_in.to.as_millis().into(),
            created_by.0.into(),
        ];
        self.conn().execute_raw(INSERT.with(backend, values)).await?;
        Ok(())
    }
}

async fn rotations(
    conn: &impl ConnectionTrait,
    backend: DbBackend,
    organisation: OrganisationId,
) -> Result<Vec<RotationRow>, StoreError> {
    const ROTATIONS: Sql =
        Sql::both("SELECT id, name, rotation FROM rotation WHERE organisation_id = $1 ORDER BY name_key");
    const OVERRIDES: Sql = Sql::both(
        "SELECT o.rotation_id, o.participant, o.from_ms, o.to_ms
         FROM on_call_override o JOIN rotation r ON r.id = o.rotation_id WHERE r.organisation_id = $1 ORDER BY o.id",
    );
    let mut found = Vec::new();
    for row in conn.query_all_raw(ROTATIONS.with(backend, [organisation.0.into()])).await? {
        let id: i64 = get(&row, "id")?;
        let rotation: String = get(&row, "rotation")?;
        let rotation = serde_json::from_str(&rotation).map_err(|_| StoreError::corrupt("rotation", "rotation", id))?;
        found.push(RotationRow { id: RotationId(id), name: get(&row, "name")?, rotation, overrides: Vec::new() });
    }
    if found.is_empty() {
        return Ok(found);
    }
    for row in conn.query_all_raw(OVERRIDES.with(backend, [organisation.0.into()])).await? {
        let id = RotationId(get(&row, "rotation_id")?);
        let participant = DestinationId(get(&row, "participant")?);
        let stands_in = Override { participant, from: time(&row, "from_ms")?, to: time(&row, "to_ms")? };
        if let Some(rotation) = found.iter_mut().find(|rotation| rotation.id == id) {
            rotation.overrides.push(stands_in);
        }
    }
    Ok(found)
}
