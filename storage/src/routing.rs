//! What has to be known of an incident to say who is told of it.

use monitor_core::Timestamp;
use monitor_core::alerting::{DestinationId, Event, NotificationId, QuietHours, RuleId, Selector, Severity};
use monitor_core::incident::{Entry, IncidentId};
use monitor_core::labels::Labels;
use monitor_core::monitor::MonitorId;
use monitor_core::people::OrganisationId;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult};

use crate::rows::{get, integer, json_ids, sql, time};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// Monitors of an incident that are alike to routes: with the same labels, in the same group, failing as loudly by the same
/// rule. Of a storm of thousands there are few of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cohort {
    /// The monitors.
    pub monitors: Vec<MonitorId>,
    /// Their labels.
    pub labels: Labels,
    /// Their group.
    pub group: Option<String>,
    /// How loud their alerts are.
    pub severity: Severity,
    /// The rule; `None`: they are down.
    pub rule: Option<RuleId>,
}

impl Cohort {
    /// Whether a selector means one of them.
    #[must_use]
    pub fn is_meant(&self, selector: &Selector) -> bool {
        self.monitors.iter().any(|monitor| selector.matches(*monitor, &self.labels, self.group.as_deref()))
    }
}

/// How it stands with an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Whose it is.
    pub organisation: OrganisationId,
    /// How loud it is: as loud as the worst that it was.
    pub severity: Severity,
    /// How loud the loudest of its alerts is that last; where none does, or it is over, as loud as it is.
    pub loudest: Severity,
    /// Whether it is open.
    pub open: bool,
    /// Whether somebody takes care of it.
    pub acknowledged: bool,
    /// Whether a person declared it.
    pub declared: bool,
    /// The incident that it became part of.
    pub merged_into: Option<IncidentId>,
}

/// A destination as far as routes have to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener {
    /// Its id.
    pub id: DestinationId,
    /// Its name.
    pub name: String,
    /// When it is not told.
    pub quiet: Option<QuietHours>,
    /// What is told instead when it takes nothing.
    pub fallback: Option<DestinationId>,
}

/// What a destination was last told of an incident, or is about to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// The destination.
    pub destination: DestinationId,
    /// The notification.
    pub notification: NotificationId,
    /// What of.
    pub event: Event,
    /// When that was decided.
    pub at: Timestamp,
    /// Whether it was told something of the incident instead of another destination.
    pub instead: bool,
}

/// What joined an incident and was not told, because of a silence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hushed {
    /// The monitors, one at least.
    pub monitors: Vec<MonitorId>,
    /// Whether the incident got worse by them.
    pub worse: bool,
    /// The first notification of the incident that was written after that.
    pub before: Option<NotificationId>,
}

/// How far back in a timeline it is looked for what joined in a silence.
const HUSHED_WITHIN: u64 = 10_000;

impl Store {
    /// The destinations of an organisation as far as routes have to know them, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn listeners(&self, organisation: OrganisationId) -> Result<Vec<Listener>, StoreError> {
        listeners(self.reader(), self.backend(), organisation).await
    }

    /// The monitors of an incident whose alerts last, those that are alike together.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn cohorts(&self, incident: IncidentId) -> Result<Vec<Cohort>, StoreError> {
        cohorts(self.reader(), self.backend(), incident, &[]).await
    }
}

impl Tx {
    /// Like [`Store::listeners`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn listeners(&self, organisation: OrganisationId) -> Result<Vec<Listener>, StoreError> {
        listeners(self.conn(), self.store().backend(), organisation).await
    }

    /// Sets when a destination is not told; `None`: it always is. Tells whether there is that destination.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_quiet_hours(&self, id: DestinationId, quiet: Option<&QuietHours>) -> Result<bool, StoreError> {
        const SET: Sql = Sql::both("UPDATE destination SET quiet = $2 WHERE id = $1");
        let quiet = quiet.map(serde_json::to_string).transpose().map_err(|error| StoreError::Other(error.into()))?;
        let statement = SET.with(self.store().backend(), [id.0.into(), quiet.into()]);
        Ok(self.conn().execute_raw(statement).await?.rows_affected() > 0)
    }

    /// How it stands with an incident, which stays so until the end of the transaction; `None`: there is none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn standing(&self, incident: IncidentId) -> Result<Option<Standing>, StoreError> {
        const STANDING: Sql = sql!(
            "SELECT i.organisation_id, i.severity, i.acknowledged_at_ms, i.resolved_at_ms, i.declared_by, i.merged_into, COALESCE(
                 (SELECT max(a.severity) FROM alert a
                  WHERE a.incident_id = i.id AND a.resolved_at_ms IS NULL AND i.resolved_at_ms IS NULL), i.severity
             ) AS loudest
             FROM incident i WHERE i.id = $1 " (postgres "FOR NO KEY UPDATE")
        );
        let row = self.conn().query_one_raw(STANDING.with(self.store().backend(), [incident.0.into()])).await?;
        let read = |row: QueryResult| {
            let severity = |column| {
                let severity = Severity::from_number(get(&row, column)?);
                severity.ok_or_else(|| StoreError::corrupt("incident", column, incident))
            };
            let some = |column| Ok::<_, StoreError>(get::<Option<i64>>(&row, column)?.is_some());
            Ok(Standing {
                organisation: OrganisationId(get(&row, "organisation_id")?),
                severity: severity("severity")?,
                loudest: severity("loudest")?,
                open: !some("resolved_at_ms")?,
                acknowledged: some("acknowledged_at_ms")?,
                declared: some("declared_by")?,
                merged_into: get::<Option<i64>>(&row, "merged_into")?.map(IncidentId),
            })
        };
        row.map(read).transpose()
    }

    /// The monitors of an incident whose alerts last, those that are alike together; `of` alone, if some are given.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn cohorts(&self, incident: IncidentId, of: &[MonitorId]) -> Result<Vec<Cohort>, StoreError> {
        cohorts(self.conn(), self.store().backend(), incident, of).await
    }

    /// What each destination was last told of an incident, or is about to be told; not what could not be delivered, except for
    /// its end: whoever did not hear of that does not wait for anything either.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn told(&self, incident: IncidentId) -> Result<Vec<Told>, StoreError> {
        const TOLD: Sql = Sql::both(
            "SELECT n.id, n.destination_id, n.event, n.created_at_ms, (
                 SELECT COUNT(*) FROM notification o WHERE o.incident_id = n.incident_id
                     AND o.destination_id = n.destination_id AND o.state IN ('due', 'sent') AND o.key LIKE '%/instead-of-%'
             ) AS instead FROM notification n
             WHERE n.id IN (
                 SELECT max(id) FROM notification
                 WHERE incident_id = $1 AND (state IN ('due', 'sent') OR event = 'resolved')
                     AND event NOT IN ('test', 'notice') GROUP BY destination_id
             ) ORDER BY n.destination_id",
        );
        let rows = self.conn().query_all_raw(TOLD.with(self.store().backend(), [incident.0.into()])).await?;
        let read = |row: &QueryResult| {
            let event = Event::from_word(&get::<String>(row, "event")?);
            let event = event.ok_or_else(|| StoreError::corrupt("notification", "event", incident))?;
            let destination = DestinationId(get(row, "destination_id")?);
            let instead = get::<i64>(row, "instead")? > 0;
            let notification = NotificationId(get(row, "id")?);
            Ok(Told { destination, notification, event, at: time(row, "created_at_ms")?, instead })
        };
        rows.iter().map(read).collect()
    }

    /// The destinations that could not be told of an incident last, since it was opened or opened again, and take nothing yet,
    /// with when that was. One that was edited since may take it (what seems to be edited later than now was before the clock
    /// was set back).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn unreachable(
        &self,
        incident: IncidentId,
        now: Timestamp,
    ) -> Result<Vec<(DestinationId, Timestamp)>, StoreError> {
        const UNREACHABLE: Sql = Sql::both(
            "SELECT n.destination_id, n.ended_at_ms FROM notification n JOIN destination d ON d.id = n.destination_id
             WHERE n.id IN (
                 SELECT max(id) FROM notification
                 WHERE incident_id = $1 AND state <> 'dropped' AND event NOT IN ('test', 'notice') GROUP BY destination_id
             ) AND n.state = 'dead' AND n.event <> 'resolved' AND d.failing_since_ms IS NOT NULL
             AND (d.updated_at_ms < n.ended_at_ms OR d.updated_at_ms > $2) AND NOT EXISTS (
                 SELECT 1 FROM incident_entry e WHERE e.incident_id = n.incident_id AND e.at_ms > n.created_at_ms
                     AND e.entry LIKE '{\"entry\":\"reopened\"%'
             ) ORDER BY n.destination_id",
        );
        let values = [incident.0.into(), now.as_millis().into()];
        let rows = self.conn().query_all_raw(UNREACHABLE.with(self.store().backend(), values)).await?;
        rows.iter().map(|row| Ok((DestinationId(get(row, "destination_id")?), time(row, "ended_at_ms")?))).collect()
    }

    /// What joined an incident while a silence was about it, as its timeline says: what joined stands before who is not told
    /// of that, written in one transaction.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn hushed(&self, incident: IncidentId) -> Result<Vec<Hushed>, StoreError> {
        const ENTRIES: Sql = Sql::both(
            "SELECT entry FROM incident_entry WHERE incident_id = $1 AND (entry LIKE '{\"entry\":\"joined\"%'
                 OR entry LIKE '{\"entry\":\"queued\"%' OR entry LIKE '{\"entry\":\"suppressed\"%')
             ORDER BY id DESC LIMIT $2",
        );
        let values = [incident.0.into(), integer(HUSHED_WITHIN).into()];
        let rows = self.conn().query_all_raw(ENTRIES.with(self.store().backend(), values)).await?;
        let (mut joined, mut hushed): (_, Vec<Hushed>) = (Vec::new(), Vec::new());
        for row in rows.iter().rev() {
            match serde_json::from_str(&get::<String>(row, "entry")?) {
                Ok(Entry::Joined { monitor, .. }) => joined.push(monitor),
                Ok(Entry::Suppressed { destination, event: event @ (Event::Grew | Event::Worse), because })
                    if destination.is_empty() && because.starts_with("silence ") && !joined.is_empty() =>
                {
                    let (monitors, worse) = (std::mem::take(&mut joined), event == Event::Worse);
                    hushed.push(Hushed { monitors, worse, before: None });
                }
                Ok(Entry::Queued { notification, .. }) => {
                    joined.clear();
                    let open = hushed.iter_mut().rev().take_while(|hushed| hushed.before.is_none());
                    open.for_each(|hushed| hushed.before = Some(notification));
                }
                Ok(_) => joined.clear(),
                // A newer version wrote it.
                Err(_) => {}
            }
        }
        Ok(hushed)
    }

    /// The open incidents of an organisation, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn open_incidents(&self, organisation: OrganisationId) -> Result<Vec<IncidentId>, StoreError> {
        const OPEN: Sql =
            Sql::both("SELECT id FROM incident WHERE organisation_id = $1 AND resolved_at_ms IS NULL ORDER BY id");
        let rows = self.conn().query_all_raw(OPEN.with(self.store().backend(), [organisation.0.into()])).await?;
        rows.iter().map(|row| Ok(IncidentId(get(row, "id")?))).collect()
    }

    /// The monitors that belong to an incident, whether they still fail or not, by id.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn incident_monitors(&self, incident: IncidentId) -> Result<Vec<MonitorId>, StoreError> {
        const MONITORS: Sql =
            Sql::both("SELECT DISTINCT monitor_id FROM alert WHERE incident_id = $1 ORDER BY monitor_id");
        let rows = self.conn().query_all_raw(MONITORS.with(self.store().backend(), [incident.0.into()])).await?;
        rows.iter().map(crate::rows::monitor).collect()
    }
}

async fn listeners(
    conn: &impl ConnectionTrait,
    backend: DbBackend,
    organisation: OrganisationId,
) -> Result<Vec<Listener>, StoreError> {
    const LISTENERS: Sql =
        Sql::both("SELECT id, name, quiet, fallback_id FROM destination WHERE organisation_id = $1 ORDER BY name_key");
    let rows = conn.query_all_raw(LISTENERS.with(backend, [organisation.0.into()])).await?;
    let read = |row: &QueryResult| {
        let id: i64 = get(row, "id")?;
        let quiet: Option<String> = get(row, "quiet")?;
        let quiet = quiet.map(|quiet| serde_json::from_str(&quiet)).transpose();
        let quiet = quiet.map_err(|_| StoreError::corrupt("destination", "quiet", id))?;
        let fallback = get::<Option<i64>>(row, "fallback_id")?.map(DestinationId);
        Ok(Listener { id: DestinationId(id), name: get(row, "name")?, quiet, fallback })
    };
    rows.iter().map(read).collect()
}

async fn cohorts(
    conn: &impl ConnectionTrait,
    backend: DbBackend,
    incident: IncidentId,
    of: &[MonitorId],
) -> Result<Vec<Cohort>, StoreError> {
    macro_rules! cohorts {
        ($ids:literal, $rows:literal) => {
            concat!(
                "SELECT m.labels, m.group_name, a.severity, a.rule_id, ",
                $ids,
                " AS monitors
                 FROM alert a JOIN monitor m ON m.id = a.monitor_id
                 WHERE a.incident_id = $2 AND a.resolved_at_ms IS NULL AND ($1 = '[]' OR m.id IN (
                     SELECT CAST(value->>0 AS bigint) FROM ",
                $rows,
                " AS r
                 ))
                 GROUP BY m.labels, m.group_name, a.severity, a.rule_id ORDER BY min(a.id)"
            )
        };
    }
    const COHORTS: Sql = Sql::each(
        cohorts!("json_group_array(m.id)", "json_each($1)"),
        cohorts!("CAST(json_agg(m.id) AS text)", "jsonb_array_elements($1::jsonb)"),
    );
    let statement = COHORTS.with(backend, [json_ids(of)?, incident.0.into()]);
    let read = |row: &QueryResult| {
        let corrupt = |table, column| StoreError::corrupt(table, column, incident);
        let (labels, monitors): (String, String) = (get(row, "labels")?, get(row, "monitors")?);
        let rule: i64 = get(row, "rule_id")?;
        Ok(Cohort {
            monitors: serde_json::from_str(&monitors).map_err(|_| corrupt("alert", "monitor_id"))?,
            labels: serde_json::from_str(&labels).map_err(|_| corrupt("monitor", "labels"))?,
            group: get(row, "group_name")?,
            severity: Severity::from_number(get(row, "severity")?).ok_or_else(|| corrupt("alert", "severity"))?,
            rule: (rule != 0).then_some(RuleId(rule)),
        })
    };
    conn.query_all_raw(statement).await?.iter().map(read).collect()
}
