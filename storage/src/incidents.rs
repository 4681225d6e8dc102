//! Times during which a monitor was down.

use monitor_core::Timestamp;
use monitor_core::incident::{Incident, IncidentId, Resolution};
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::Reason;
use monitor_core::report::Window;
use sea_orm::{ConnectionTrait, QueryResult};

use crate::results::Scope;
use crate::rows::{get, integer, monitor, sql, text, time};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// Which incidents are asked for. The default is all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IncidentFilter {
    /// Only those that were open at some time in that window.
    pub window: Option<Window>,
    /// Only those that are open (`true`) or resolved (`false`).
    pub open: Option<bool>,
}

/// An incident and the name of its monitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedIncident {
    /// The monitor's name now.
    pub monitor_name: String,
    /// The incident.
    pub incident: Incident,
}

/// The columns that [`NamedIncident::read`] reads, of an incident `i` and its monitor `m`.
macro_rules! incident_columns {
    () => {
        "i.id AS incident_id, i.monitor_id, i.opened_at_ms, i.resolved_at_ms, i.resolution, i.reason, \
         i.message, m.name AS monitor_name"
    };
}
pub(crate) use incident_columns;

/// Those of a scope that touch the window from `$2` to `$3`; `$4` is whether they are open, or null.
macro_rules! incidents {
    ($scope:literal) => {
        sql!(
            "SELECT " [incident_columns!()] " FROM incident i JOIN monitor m ON m.id = i.monitor_id
             WHERE " $scope " AND i.opened_at_ms < $3 AND (i.resolved_at_ms IS NULL OR i.resolved_at_ms >= $2)
                 AND ($4 IS NULL OR (i.resolved_at_ms IS NULL) = $4)
             ORDER BY i.opened_at_ms DESC, i.id DESC LIMIT $5"
        )
    };
}

impl Store {
    /// The incidents of a scope, the latest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn incidents(
        &self,
        scope: Scope,
        filter: &IncidentFilter,
        limit: u64,
    ) -> Result<Vec<NamedIncident>, StoreError> {
        const OF_MONITOR: Sql = incidents!("i.monitor_id = $1");
        const OF_ORGANISATION: Sql = incidents!("i.organisation_id = $1");
        let (statement, id) = match scope {
            Scope::Monitor(monitor) => (OF_MONITOR, monitor.0),
            Scope::Organisation(organisation) => (OF_ORGANISATION, organisation.0),
        };
        let (from, to) =
            filter.window.map_or((i64::MIN, i64::MAX), |window| (window.from.as_millis(), window.to.as_millis()));
        let values = [id.into(), from.into(), to.into(), filter.open.into(), integer(limit).into()];
        let rows = self.reader().query_all_raw(statement.with(self.backend(), values)).await?;
        rows.iter().map(NamedIncident::read).collect()
    }
}

impl Tx {
    /// Opens an incident; `None` when the monitor has an open one already, or was deleted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn open_incident(
        &self,
        monitor: MonitorId,
        at: Timestamp,
        reason: Reason,
        message: &str,
    ) -> Result<Option<IncidentId>, StoreError> {
        const OPEN: Sql = sql!(
            "INSERT INTO incident (organisation_id, monitor_id, opened_at_ms, reason, message)
             SELECT organisation_id, id, $2, $3, $4 FROM monitor WHERE id = $1 " (postgres "FOR KEY SHARE") "
             ON CONFLICT DO NOTHING RETURNING id"
        );
        let message = text(message).into_owned();
        let values = [monitor.0.into(), at.as_millis().into(), reason.number().into(), message.into()];
        let row = self.conn().query_one_raw(OPEN.with(self.store().backend(), values)).await?;
        row.map(|row| Ok(IncidentId(get(&row, "id")?))).transpose()
    }

    /// Whether the monitor has an open incident.
    pub(crate) async fn has_open_incident(&self, monitor: MonitorId) -> Result<bool, StoreError> {
        const ANY: Sql = Sql::both("SELECT 1 FROM incident WHERE monitor_id = $1 AND resolved_at_ms IS NULL");
        Ok(self.conn().query_one_raw(ANY.with(self.store().backend(), [monitor.0.into()])).await?.is_some())
    }

    /// Resolves a monitor's open incident; `None` without one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn resolve_incident(
        &self,
        monitor: MonitorId,
        at: Timestamp,
        resolution: Resolution,
    ) -> Result<Option<IncidentId>, StoreError> {
        const RESOLVE: Sql = Sql::both(
            "UPDATE incident SET resolved_at_ms = $2, resolution = $3
             WHERE monitor_id = $1 AND resolved_at_ms IS NULL RETURNING id",
        );
        let values = [monitor.0.into(), at.as_millis().into(), resolution.as_str().into()];
        let row = self.conn().query_one_raw(RESOLVE.with(self.store().backend(), values)).await?;
        row.map(|row| Ok(IncidentId(get(&row, "id")?))).transpose()
    }
}

impl NamedIncident {
    pub(crate) fn read(row: &QueryResult) -> Result<Self, StoreError> {
        let id: i64 = get(row, "incident_id")?;
        let corrupt = |column| StoreError::corrupt("incident", column, id);
        let resolved_at: Option<i64> = get(row, "resolved_at_ms")?;
        let resolution: Option<String> = get(row, "resolution")?;
        let resolved = match (resolved_at, resolution) {
            (None, _) => None,
            (Some(at), word) => {
                let resolution = word.as_deref().and_then(Resolution::from_word);
                Some((Timestamp::from_millis(at), resolution.ok_or_else(|| corrupt("resolution"))?))
            }
        };
        let incident = Incident {
            id: IncidentId(id),
            monitor: monitor(row)?,
            opened_at: time(row, "opened_at_ms")?,
            resolved,
            reason: Reason::from_number(get(row, "reason")?).ok_or_else(|| corrupt("reason"))?,
            message: get(row, "message")?,
        };
        Ok(Self { monitor_name: get(row, "monitor_name")?, incident })
    }
}
