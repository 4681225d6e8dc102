//! What makes incidents: opening them, and putting alerts and incidents together.

use std::collections::HashMap;

use monitor_core::Timestamp;
use monitor_core::alerting::{AlertId, RuleId, Severity};
use monitor_core::incident::{Alert, IncidentId};
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::Reason;
use monitor_core::people::{OrganisationId, PersonId};
use monitor_core::report::Window;
use sea_orm::ConnectionTrait;

use super::ids;
use crate::alerts::{NamedAlert, alert_columns};
use crate::rows::{count, get, json, monitor, sql, text};
use crate::sql::Sql;
use crate::tx::Lock;
use crate::{StoreError, Tx};

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

    /// Makes alerts part of incidents.
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
            "UPDATE incident SET joined_at_ms = $2 WHERE id IN (SELECT CAST(value->>1 AS bigint) FROM " rows " AS r)"
        );
        if joins.is_empty() {
            return Ok(());
        }
        let backend = self.store().backend();
        self.conn().execute_raw(JOIN.with(backend, [json(joins)?])).await?;
        self.conn().execute_raw(JOINED.with(backend, [json(joins)?, now.as_millis().into()])).await?;
        Ok(())
    }

    /// Of each of these incidents the loudest of the alerts that last, of several the oldest, by incident.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn loudest(&self, incidents: &[IncidentId]) -> Result<Vec<(IncidentId, NamedAlert)>, StoreError> {
        const LOUDEST: Sql = sql!(
            "SELECT " [alert_columns!()] ", m.name AS monitor_name
             FROM " rows " AS asked CROSS JOIN alert a CROSS JOIN monitor m
             WHERE a.id = (
                 SELECT b.id FROM alert b WHERE b.incident_id = CAST(value->>0 AS bigint) AND b.resolved_at_ms IS NULL
                 ORDER BY b.severity DESC, b.id LIMIT 1
             ) AND m.id = a.monitor_id ORDER BY a.incident_id"
        );
        if incidents.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.conn().query_all_raw(LOUDEST.with(self.store().backend(), [ids(incidents)?])).await?;
        let read = |row| NamedAlert::read(row).map(|named| named.alert.incident.map(|incident| (incident, named)));
        Ok(rows.iter().map(read).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    /// Has an incident go by one of its alerts: what that is called, how loud it is, and what its check saw. What a person
    /// declared keeps their words.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn rename_incident(&self, incident: IncidentId, title: &str, alert: &Alert) -> Result<(), StoreError> {
        const RENAME: Sql = Sql::both(
            "UPDATE incident SET title = $2, severity = $3, reason = $4, message = $5 WHERE id = $1 AND declared_by IS NULL",
        );
        let values = [
            incident.0.into(),
            text(title).into_owned().into(),
            alert.severity.number().into(),
            alert.reason.number().into(),
            text(&alert.message).into_owned().into(),
        ];
        self.conn().execute_raw(RENAME.with(self.store().backend(), values)).await?;
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

    /// The open incidents of an organisation that something with these keys belongs to, and that something joined within that
    /// window if one is given, by key. Of several of a key it is the oldest.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn joinable(
        &self,
        organisation: OrganisationId,
        keys: &[String],
        within: Option<Window>,
    ) -> Result<HashMap<String, IncidentId>, StoreError> {
        const JOINABLE: Sql = sql!(
            "SELECT k.key, min(i.id) AS id FROM " rows " AS asked CROSS JOIN incident_key k CROSS JOIN incident i
             WHERE k.key = value->>0 AND i.id = k.incident_id AND i.organisation_id = $2 AND i.resolved_at_ms IS NULL
                 AND i.joined_at_ms >= $3 AND i.joined_at_ms < $4 GROUP BY k.key"
        );
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let keys: Vec<[&str; 1]> = keys.iter().map(|key| [key.as_str()]).collect();
        let (from, to) = within.map_or((i64::MIN, i64::MAX), |within| (within.from.as_millis(), within.to.as_millis()));
        let values = [json(&keys)?, organisation.0.into(), from.into(), to.into()];
        let rows = self.conn().query_all_raw(JOINABLE.with(self.store().backend(), values)).await?;
        rows.iter().map(|row| Ok((get(row, "key")?, IncidentId(get(row, "id")?)))).collect()
    }

    /// The open incidents of an organisation that alerts opened or joined within that window, the oldest first, and of how many
    /// monitors alerts were opened within it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn lively_incidents(
        &self,
        organisation: OrganisationId,
        within: Window,
    ) -> Result<Vec<(IncidentId, u64)>, StoreError> {
        const LIVELY: Sql = Sql::both(
            "SELECT i.id, (SELECT count(DISTINCT a.monitor_id) FROM alert a WHERE a.incident_id = i.id
                 AND a.opened_at_ms >= $2 AND a.opened_at_ms < $3) AS members
             FROM incident i WHERE i.organisation_id = $1 AND i.resolved_at_ms IS NULL AND i.joined_at_ms >= $2
                 AND i.joined_at_ms < $3 AND i.declared_by IS NULL ORDER BY i.id",
        );
        let values = [organisation.0.into(), within.from.as_millis().into(), within.to.as_millis().into()];
        let rows = self.conn().query_all_raw(LIVELY.with(self.store().backend(), values)).await?;
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

    /// Makes incidents part of another: their alerts become its own, so does what makes others belong to them, and they are
    /// over.
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
        const KEYS: Sql = sql!(
            "INSERT INTO incident_key (incident_id, key) SELECT DISTINCT CAST($2 AS bigint), k.key FROM incident_key k
             WHERE k.incident_id IN (SELECT CAST(value->>0 AS bigint) FROM " rows " AS r) ON CONFLICT DO NOTHING"
        );
        self.of_incidents(&ALERTS, incidents, [into.0.into()]).await?;
        self.of_incidents(&KEYS, incidents, [into.0.into()]).await?;
        self.of_incidents(&INCIDENTS, incidents, [into.0.into(), now.as_millis().into()]).await
    }
}
