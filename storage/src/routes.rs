//! Routes: who is told of what.

use monitor_core::Timestamp;
use monitor_core::alerting::{Route, RouteId};
use monitor_core::people::{Actor, OrganisationId};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult};

use crate::rows::{get, text};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// A route as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteRow {
    /// Its id.
    pub id: RouteId,
    /// Which monitors it is about, as the person said it who made it: `env=prod`, `all`.
    pub words: String,
    /// Who is told when.
    pub route: Route,
}

impl Store {
    /// The routes of an organisation, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn routes(&self, organisation: OrganisationId) -> Result<Vec<RouteRow>, StoreError> {
        routes(self.reader(), self.backend(), organisation).await
    }
}

impl Tx {
    /// Like [`Store::routes`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn routes(&self, organisation: OrganisationId) -> Result<Vec<RouteRow>, StoreError> {
        routes(self.conn(), self.store().backend(), organisation).await
    }

    /// Adds a route.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`] when organisation or person do not exist.
    pub async fn insert_route(
        &self,
        actor: &Actor,
        words: &str,
        route: &Route,
        now: Timestamp,
    ) -> Result<RouteId, StoreError> {
        const INSERT: Sql = Sql::both(
            "INSERT INTO route (organisation_id, words, route, created_by, created_at_ms)
             VALUES ($1, $2, $3, $4, $5) RETURNING id",
        );
        let route = serde_json::to_string(route).map_err(|error| StoreError::Other(error.into()))?;
        let values = [
            actor.organisation.0.into(),
            text(words).into_owned().into(),
            route.into(),
            actor.person.0.into(),
            now.as_millis().into(),
        ];
        let row = self.conn().query_one_raw(INSERT.with(self.store().backend(), values)).await?;
        let row = row.ok_or_else(|| StoreError::Other("an inserted row was not answered".into()))?;
        Ok(RouteId(get(&row, "id")?))
    }

    /// Removes a route with the steps that were still to come. Tells whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_route(&self, organisation: OrganisationId, route: RouteId) -> Result<bool, StoreError> {
        const DELETE: Sql = Sql::both("DELETE FROM route WHERE organisation_id = $1 AND id = $2");
        let statement = DELETE.with(self.store().backend(), [organisation.0.into(), route.0.into()]);
        Ok(self.conn().execute_raw(statement).await?.rows_affected() > 0)
    }
}

async fn routes(
    conn: &impl ConnectionTrait,
    backend: DbBackend,
    organisation: OrganisationId,
) -> Result<Vec<RouteRow>, StoreError> {
    const ROUTES: Sql = Sql::both("SELECT id, words, route FROM route WHERE organisation_id = $1 ORDER BY id");
    let rows = conn.query_all_raw(ROUTES.with(backend, [organisation.0.into()])).await?;
    rows.iter().map(read).collect()
}

fn read(row: &QueryResult) -> Result<RouteRow, StoreError> {
    let id: i64 = get(row, "id")?;
    let route: String = get(row, "route")?;
    let route = serde_json::from_str(&route).map_err(|_| StoreError::corrupt("route", "route", id))?;
    Ok(RouteRow { id: RouteId(id), words: get(row, "words")?, route })
}
