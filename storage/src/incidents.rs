//! Incidents: what people deal with, each with one alert or many.

use std::collections::HashMap;

use monitor_core::Timestamp;
use monitor_core::alerting::{AlertId, IncidentBrief, MemberBrief, RuleId, Severity};
use monitor_core::incident::{Incident, IncidentId, Resolution};
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::Reason;
use monitor_core::people::{OrganisationId, PersonId};
use sea_orm::{ConnectionTrait, QueryResult, Statement};

use crate::alerts::{ALERTS_OF, NamedAlert, read_resolved};
use crate::results::Scope;
use crate::rows::{count, get, integer, json, monitor, sql, text, time};
use crate::sql::Sql;
use crate::tx::Lock;
use crate::{IncidentFilter, Store, StoreError, Tx};

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

/// An incident to be opened.
#[derive(Debug, Clone)]
pub struct NewIncident<'a> {
    /// Whose it is.
    pub organisation: OrganisationId,
    /// What it is about.
    pub title: &'a str,
    /// How loud it is.
    pub severity: Severity,
    /// When it was opened.
    pub at: Timestamp,
    /// Why its first alert fired.
    pub reason: Option<Reason>,
    /// What its first alert saw, or what a person said.
    pub message: &'a str,
    /// The person who declared it.
    pub declared_by: Option<PersonId>,
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
    ($scope:literal) => {
        sql!(
            "SELECT " [incident_columns!()] " FROM incident i
             WHERE " $scope " AND i.opened_at_ms < $3 AND (i.resolved_at_ms IS NULL OR i.resolved_at_ms >= $2)
                 AND ($4 IS NULL OR (i.resolved_at_ms IS NULL) = $4) AND i.merged_into IS NULL
             ORDER BY i.opened_at_ms DESC, i.id DESC LIMIT $5"
        )
    };
}

const ONE: Sql = sql!("SELECT " [incident_columns!()] " FROM incident i WHERE i.organisation_id = $1 AND i.id = $2");

impl Store {
    /// The incidents of a scope, the latest first; those that became part of others aside.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn incidents(
        &self,
        scope: Scope,
        filter: &IncidentFilter,
        limit: u64,
    ) -> Result<Vec<IncidentRow>, StoreError> {
        const OF_MONITOR: Sql = incidents!("i.id IN (SELECT a.incident_id FROM alert a WHERE a.monitor_id = $1)");
        const OF_ORGANISATION: Sql = incidents!("i.organisation_id = $1");
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
    /// Makes other transactions wait that put alerts together, so that two do not open an incident each for what belongs
    /// together.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn lock_incidents(&self) -> Result<(), StoreError> {
        self.lock(Lock::Incidents).await
    }

    /// Opens an incident without alerts.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn insert_incident(&self, new: &NewIncident<'_>) -> Result<IncidentId, StoreError> {
        const INSERT: Sql = Sql::both(
            "INSERT INTO incident (organisation_id, title, severity, opened_at_ms, joined_at_ms, reason, message, declared_by)
             VALUES ($1, $2, $3, $4, $4, $5, $6, $7) RETURNING id",
        );
        let values = [
            new.organisation.0.into(),
            text(new.title).into_owned().into(),
            new.severity.number().into(),
            new.at.as_millis().into(),
            new.reason.map(Reason::number).into(),
            text(new.message).into_owned().into(),
            new.declared_by.map(|person| person.0).into(),
        ];
        let row = self.conn().query_one_raw(INSERT.with(self.store().backend(), values)).await?;
        let row = row.ok_or_else(|| StoreError::Other("an incident was not inserted".into()))?;
        Ok(IncidentId(get(&row, "id")?))
    }

    /// Makes alerts part of incidents. The incidents become as severe as their loudest open alert.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn join(&self, joins: &[(AlertId, IncidentId)], now: Timestamp) -> Result<(), StoreError> {
        const JOIN: Sql = sql!(
            "UPDATE alert SET incident_id = new.incident_id
             FROM (SELECT CAST(value->>0 AS bigint) AS id, CAST(value->>1 AS bigint) AS incident_id FROM " rows ") AS new
             WHERE alert.id = new.id"
        );
        const JOINED: Sql = sql!(
            "UPDATE incident SET joined_at_ms = $2, severity = COALESCE((
                 SELECT max(a.severity) FROM alert a WHERE a.incident_id = incident.id AND a.resolved_at_ms IS NULL
             ), severity) WHERE id IN (SELECT CAST(value->>1 AS bigint) FROM " rows " AS r)"
        );
        if joins.is_empty() {
            return Ok(());
        }
        let backend = self.store().backend();
        self.conn().execute_raw(JOIN.with(backend, [json(joins)?])).await?;
        self.conn().execute_raw(JOINED.with(backend, [json(joins)?, now.as_millis().into()])).await?;
        Ok(())
    }

    /// Notes what makes other alerts belong to an incident.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn add_incident_keys(&self, keys: &[(IncidentId, String)]) -> Result<(), StoreError> {
        const ADD: Sql = sql!(
            "INSERT INTO incident_key (incident_id, key) SELECT CAST(value->>0 AS bigint), value->>1 FROM " rows " AS r
             WHERE TRUE ON CONFLICT DO NOTHING"
        );
        if !keys.is_empty() {
            self.conn().execute_raw(ADD.with(self.store().backend(), [json(keys)?])).await?;
        }
        Ok(())
    }

    /// The open incidents of an organisation that something with these keys belongs to, and that something joined since
    /// then, by key. Of several of a key it is the oldest.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn joinable(
        &self,
        organisation: OrganisationId,
        keys: &[String],
        since: Timestamp,
    ) -> Result<HashMap<String, IncidentId>, StoreError> {
        const JOINABLE: Sql = sql!(
            "SELECT k.key, min(i.id) AS id FROM " rows " AS asked CROSS JOIN incident_key k CROSS JOIN incident i
             WHERE k.key = value->>0 AND i.id = k.incident_id AND i.organisation_id = $2 AND i.resolved_at_ms IS NULL
                 AND i.joined_at_ms >= $3 GROUP BY k.key"
        );
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let keys: Vec<[&str; 1]> = keys.iter().map(|key| [key.as_str()]).collect();
        let values = [json(&keys)?, organisation.0.into(), since.as_millis().into()];
        let rows = self.conn().query_all_raw(JOINABLE.with(self.store().backend(), values)).await?;
        rows.iter().map(|row| Ok((get(row, "key")?, IncidentId(get(row, "id")?)))).collect()
    }

    /// The open incidents of an organisation that alerts opened or joined since then, the oldest first, and how many
    /// monitors they have.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn lively_incidents(
        &self,
        organisation: OrganisationId,
        since: Timestamp,
    ) -> Result<Vec<(IncidentId, u64)>, StoreError> {
        const LIVELY: Sql = Sql::both(
            "SELECT i.id, (SELECT count(DISTINCT a.monitor_id) FROM alert a WHERE a.incident_id = i.id
                 AND a.opened_at_ms >= $2) AS members
             FROM incident i WHERE i.organisation_id = $1 AND i.resolved_at_ms IS NULL AND i.joined_at_ms >= $2
                 AND i.declared_by IS NULL ORDER BY i.id",
        );
        let statement = LIVELY.with(self.store().backend(), [organisation.0.into(), since.as_millis().into()]);
        let rows = self.conn().query_all_raw(statement).await?;
        rows.iter().map(|row| Ok((IncidentId(get(row, "id")?), count(row, "alert", "members")?))).collect()
    }

    /// The incidents of these monitors and rules alone that ended since then, other than by becoming part of another: the
    /// latest of each.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn ended_lately(
        &self,
        alerts: &[(MonitorId, Option<RuleId>)],
        since: Timestamp,
    ) -> Result<HashMap<MonitorId, IncidentId>, StoreError> {
        const ENDED: Sql = sql!(
            "SELECT a.monitor_id, max(i.id) AS id FROM " rows " AS asked CROSS JOIN alert a CROSS JOIN incident i
             WHERE a.monitor_id = CAST(value->>0 AS bigint) AND a.rule_id = CAST(value->>1 AS bigint)
                 AND i.id = a.incident_id AND i.resolved_at_ms >= $2
                 AND i.resolution IN ('recovered', 'by_hand')
                 AND NOT EXISTS (SELECT 1 FROM alert b WHERE b.incident_id = i.id AND b.monitor_id <> a.monitor_id)
             GROUP BY a.monitor_id"
        );
        if alerts.is_empty() {
            return Ok(HashMap::new());
        }
        let rows: Vec<_> = alerts.iter().map(|(monitor, rule)| (monitor, rule.map_or(0, |rule| rule.0))).collect();
        let values = [json(&rows)?, since.as_millis().into()];
        let rows = self.conn().query_all_raw(ENDED.with(self.store().backend(), values)).await?;
        rows.iter().map(|row| Ok((monitor(row)?, IncidentId(get(row, "id")?)))).collect()
    }

    /// Makes ended incidents open again, and not acknowledged.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn reopen_incidents(&self, incidents: &[IncidentId]) -> Result<(), StoreError> {
        const REOPEN: Sql = sql!(
            "UPDATE incident SET resolved_at_ms = NULL, resolution = NULL, acknowledged_at_ms = NULL, acknowledged_by = NULL
             WHERE id IN (SELECT CAST(value->>0 AS bigint) FROM " rows " AS r)"
        );
        self.of_incidents(&REOPEN, incidents, []).await
    }

    /// Makes incidents part of another: their alerts become its own, and they are over.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn merge_incidents(
        &self,
        incidents: &[IncidentId],
        into: IncidentId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const ALERTS: Sql = sql!(
            "UPDATE alert SET incident_id = $2 WHERE incident_id IN (SELECT CAST(value->>0 AS bigint) FROM " rows " AS r)"
        );
        const INCIDENTS: Sql = sql!(
            "UPDATE incident SET merged_into = $2, resolved_at_ms = $3, resolution = 'merged'
             WHERE id IN (SELECT CAST(value->>0 AS bigint) FROM " rows " AS r)"
        );
        self.of_incidents(&ALERTS, incidents, [into.0.into()]).await?;
        self.of_incidents(&INCIDENTS, incidents, [into.0.into(), now.as_millis().into()]).await
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

    /// The incidents that people resolved before that time while alerts of theirs still last, and have not ended since.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn resolved_too_early(&self, before: Timestamp, limit: u64) -> Result<Vec<IncidentId>, StoreError> {
        const EARLY: Sql = sql!(
            "SELECT i.id FROM incident i WHERE i.resolution = 'by_hand' AND i.resolved_at_ms <= $1
                 AND i.resolved_at_ms > $1 - 86400000
                 AND EXISTS (SELECT 1 FROM alert a WHERE a.incident_id = i.id AND a.resolved_at_ms IS NULL)
             ORDER BY i.id LIMIT $2 " (postgres "FOR UPDATE SKIP LOCKED")
        );
        let statement = EARLY.with(self.store().backend(), [before.as_millis().into(), integer(limit).into()]);
        let rows = self.conn().query_all_raw(statement).await?;
        rows.iter().map(|row| Ok(IncidentId(get(row, "id")?))).collect()
    }

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

    async fn changed(&self, statement: Statement) -> Result<bool, StoreError> {
        Ok(self.conn().execute_raw(statement).await?.rows_affected() > 0)
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
        })
    }
}
