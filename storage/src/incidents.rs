//! Incidents: what people deal with, each with one alert or many.

mod ending;
mod joining;

use monitor_core::Timestamp;
use monitor_core::alerting::{IncidentBrief, MemberBrief, Severity};
use monitor_core::incident::{Incident, IncidentId};
use monitor_core::outcome::Reason;
use monitor_core::people::{OrganisationId, PersonId};
use sea_orm::{ConnectionTrait, QueryResult};

use crate::alerts::{ALERTS_OF, NamedAlert, read_resolved};
use crate::results::Scope;
use crate::rows::{count, get, integer, json, sql, time};
use crate::sql::Sql;
use crate::{IncidentFilter, SilenceRow, Store, StoreError, Tx};

pub use joining::NewIncident;

/// An incident with what is counted of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentRow {
    /// The incident.
    pub incident: Incident,
    /// How many monitors belong to it.
    pub members: u64,
    /// How many of them still fail.
    pub failing: u64,
    /// The name of the one monitor that belongs to it; `None` with none or several.
    pub only: Option<String>,
    /// The name of who acknowledged it.
    pub acknowledged_by: Option<String>,
    /// The silence for whose sake nobody is told of it. What silences mean is not known here: always `None`, until somebody
    /// who knows notes it.
    pub silence: Option<SilenceRow>,
}

impl IncidentRow {
    /// What it is about, in a line: `shop is down, and 11 more`.
    #[must_use]
    pub fn headline(&self) -> String {
        let title = &self.incident.title;
        match self.members {
            0 | 1 => title.clone(),
            _ if self.incident.declared_by.is_some() => title.clone(),
            members => format!("{title}, and {} more", members - 1),
        }
    }
}

/// The columns that [`IncidentRow::read`] reads, of an incident `i`.
macro_rules! incident_columns {
    () => {
        "i.id AS incident_id, i.title, i.severity, i.opened_at_ms, i.acknowledged_at_ms, i.acknowledged_by,
         i.resolved_at_ms, i.resolution, i.reason, i.message, i.root_cause, i.declared_by, i.merged_into,
         (SELECT count(DISTINCT a.monitor_id) FROM alert a WHERE a.incident_id = i.id) AS members,
         (SELECT count(DISTINCT a.monitor_id) FROM alert a WHERE a.incident_id = i.id AND a.resolved_at_ms IS NULL) AS failing,
         (SELECT min(m.name) FROM alert a JOIN monitor m ON m.id = a.monitor_id WHERE a.incident_id = i.id) AS some_name,
         (SELECT p.display_name FROM person p WHERE p.id = i.acknowledged_by) AS acknowledged_name"
    };
}
pub(crate) use incident_columns;

/// Those of a scope that touch the window from `$2` to `$3`; `$4` is whether they are open, or null.
macro_rules! incidents {
    ($scope:literal by $order:literal) => {
        sql!(
            "SELECT " [incident_columns!()] " FROM incident i
             WHERE " $scope " AND i.opened_at_ms < $3 AND (i.resolved_at_ms IS NULL OR i.resolved_at_ms >= $2)
                 AND ($4 IS NULL OR (i.resolved_at_ms IS NULL) = $4) AND i.merged_into IS NULL
             ORDER BY " $order ", i.id DESC LIMIT $5"
        )
    };
}

const ONE: Sql = sql!("SELECT " [incident_columns!()] " FROM incident i WHERE i.organisation_id = $1 AND i.id = $2");

impl Store {
    /// The incidents of a scope, the latest first; those that became part of others aside. Of one monitor that is the one that
    /// ended last, for one that was opened again may have begun before another that is over.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn incidents(
        &self,
        scope: Scope,
        filter: &IncidentFilter,
        limit: u64,
    ) -> Result<Vec<IncidentRow>, StoreError> {
        const OF_MONITOR: Sql = incidents!("i.id IN (SELECT a.incident_id FROM alert a WHERE a.monitor_id = $1)"
            by "i.resolved_at_ms IS NULL DESC, i.resolved_at_ms DESC");
        const OF_ORGANISATION: Sql = incidents!("i.organisation_id = $1" by "i.opened_at_ms DESC");
        let (statement, id) = match scope {
            Scope::Monitor(monitor) => (OF_MONITOR, monitor.0),
            Scope::Organisation(organisation) => (OF_ORGANISATION, organisation.0),
        };
        let (from, to) = filter.bounds();
        let values = [id.into(), from.into(), to.into(), filter.open.into(), integer(limit).into()];
        let rows = self.reader().query_all_raw(statement.with(self.backend(), values)).await?;
        rows.iter().map(IncidentRow::read).collect()
    }

    /// One incident of an organisation.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn incident(
        &self,
        organisation: OrganisationId,
        incident: IncidentId,
    ) -> Result<Option<IncidentRow>, StoreError> {
        let statement = ONE.with(self.backend(), [organisation.0.into(), incident.0.into()]);
        self.reader().query_one_raw(statement).await?.as_ref().map(IncidentRow::read).transpose()
    }
}

impl Tx {
    /// How an incident stands, for those who are told of it; `None`: there is no such incident.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn incident_brief(&self, incident: IncidentId) -> Result<Option<IncidentBrief>, StoreError> {
        const ROW: Sql = sql!("SELECT " [incident_columns!()] " FROM incident i WHERE i.id = $1");
        let backend = self.store().backend();
        let row = self.conn().query_one_raw(ROW.with(backend, [incident.0.into()])).await?;
        let Some(row) = row.as_ref().map(IncidentRow::read).transpose()? else { return Ok(None) };
        let most = integer(IncidentBrief::MEMBERS);
        let alerts = self.conn().query_all_raw(ALERTS_OF.with(backend, [incident.0.into(), most.into()])).await?;
        let member = |row: &QueryResult| {
            let NamedAlert { monitor_name, alert, .. } = NamedAlert::read(row)?;
            Ok(MemberBrief {
                name: monitor_name,
                target: get(row, "target")?,
                since: alert.opened_at,
                until: alert.resolved.map(|(at, _)| at),
                why: if alert.message.is_empty() { alert.reason.about().to_owned() } else { alert.message },
            })
        };
        let members = alerts.iter().map(member).collect::<Result<_, StoreError>>()?;
        let who = row.acknowledged_by.clone().unwrap_or_else(|| "somebody".to_owned());
        Ok(Some(IncidentBrief {
            id: incident,
            title: row.headline(),
            severity: row.incident.severity,
            stage: row.incident.stage(),
            opened_at: row.incident.opened_at,
            acknowledged: row.incident.acknowledged.map(|(at, _)| (at, who)),
            resolved: row.incident.resolved,
            reason: row.incident.reason.map(|reason| reason.code().to_owned()).unwrap_or_default(),
            why: row.incident.why().to_owned(),
            members,
            member_count: row.members,
            failing_count: row.failing,
            merged_into: row.incident.merged_into,
        }))
    }

    async fn of_incidents<const N: usize>(
        &self,
        statement: &Sql,
        incidents: &[IncidentId],
        values: [sea_orm::Value; N],
    ) -> Result<(), StoreError> {
        if !incidents.is_empty() {
            let values = std::iter::once(ids(incidents)?).chain(values);
            self.conn().execute_raw(statement.with(self.store().backend(), values)).await?;
        }
        Ok(())
    }
}

fn ids(incidents: &[IncidentId]) -> Result<sea_orm::Value, StoreError> {
    json(&incidents.iter().map(|incident| [incident.0]).collect::<Vec<_>>())
}

impl IncidentRow {
    pub(crate) fn read(row: &QueryResult) -> Result<Self, StoreError> {
        let id: i64 = get(row, "incident_id")?;
        let corrupt = |column| StoreError::corrupt("incident", column, id);
        let person = |column| Ok::<_, StoreError>(get::<Option<i64>>(row, column)?.map(PersonId));
        let acknowledged: Option<i64> = get(row, "acknowledged_at_ms")?;
        let reason: Option<i16> = get(row, "reason")?;
        let reason = reason.map(|number| Reason::from_number(number).ok_or_else(|| corrupt("reason"))).transpose()?;
        let by = person("acknowledged_by")?;
        let incident = Incident {
            id: IncidentId(id),
            title: get(row, "title")?,
            severity: Severity::from_number(get(row, "severity")?).ok_or_else(|| corrupt("severity"))?,
            opened_at: time(row, "opened_at_ms")?,
            acknowledged: acknowledged.map(|at| (Timestamp::from_millis(at), by)),
            resolved: read_resolved(row)?,
            reason,
            message: get(row, "message")?,
            root_cause: get(row, "root_cause")?,
            declared_by: person("declared_by")?,
            merged_into: get::<Option<i64>>(row, "merged_into")?.map(IncidentId),
        };
        let members = count(row, "alert", "members")?;
        let name: Option<String> = get(row, "some_name")?;
        Ok(Self {
            incident,
            members,
            failing: count(row, "alert", "failing")?,
            only: name.filter(|_| members == 1),
            acknowledged_by: get(row, "acknowledged_name")?,
            silence: None,
        })
    }
}
