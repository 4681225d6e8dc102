//! Alerts: rules that fire for monitors, and times during which monitors were down.

use monitor_core::Timestamp;
use monitor_core::alerting::{AlertId, RuleId, Severity};
use monitor_core::incident::{Alert, IncidentId, Resolution};
use monitor_core::labels::Labels;
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::Reason;
use monitor_core::people::OrganisationId;
use monitor_core::report::Window;
use sea_orm::{ConnectionTrait, QueryResult};

use crate::results::Scope;
use crate::rows::{get, integer, json, monitor, sql, text, time};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx, Withheld};

/// Which alerts or incidents are asked for. The default is all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct IncidentFilter {
    /// Only those that were open at some time in that window.
    pub window: Option<Window>,
    /// Only those that are open (`true`) or resolved (`false`).
    pub open: Option<bool>,
}

impl IncidentFilter {
    /// The bounds of the window in milliseconds.
    pub(crate) fn bounds(&self) -> (i64, i64) {
        self.window.map_or((i64::MIN, i64::MAX), |window| (window.from.as_millis(), window.to.as_millis()))
    }
}

/// An alert and the name of its monitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedAlert {
    /// The monitor's name now.
    pub monitor_name: String,
    /// The alert.
    pub alert: Alert,
    /// Why nobody was told of it, if that is so because of what the monitor depends on.
    pub withheld: Option<Withheld>,
}

/// An alert to be opened.
#[derive(Debug, Clone)]
pub struct NewAlert<'a> {
    /// The monitor.
    pub monitor: MonitorId,
    /// The rule; `None`: the monitor is down.
    pub rule: Option<RuleId>,
    /// How loud it is.
    pub severity: Severity,
    /// When it was confirmed.
    pub at: Timestamp,
    /// Why the check failed that confirmed it.
    pub reason: Reason,
    /// What that check saw.
    pub message: &'a str,
}

/// An alert that is open and in no incident yet, with all that decides where it belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LooseAlert {
    /// The alert.
    pub alert: Alert,
    /// The organisation of its monitor.
    pub organisation: OrganisationId,
    /// The monitor's name.
    pub name: String,
    /// The monitor's labels.
    pub labels: Labels,
    /// The monitor's group.
    pub group: Option<String>,
    /// What the monitor depends on.
    pub parents: Vec<MonitorId>,
}

/// An alert that has just ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedAlert {
    /// Its monitor.
    pub monitor: MonitorId,
    /// The monitor's name.
    pub name: String,
    /// The incident that it belongs to.
    pub incident: Option<IncidentId>,
    /// When and how it ended.
    pub resolved: (Timestamp, Resolution),
}

/// The columns that [`read_alert`] reads, of an alert `a`.
macro_rules! alert_columns {
    () => {
        "a.id AS alert_id, a.incident_id, a.monitor_id, a.rule_id, a.severity, a.opened_at_ms, a.resolved_at_ms,
         a.resolution, a.reason, a.message"
    };
}

pub(crate) use alert_columns;

/// Those of a scope that touch the window from `$2` to `$3`; `$4` is whether they are open, or null.
macro_rules! outages {
    ($scope:literal) => {
        sql!(
            "SELECT " [alert_columns!()] ", m.name AS monitor_name FROM alert a JOIN monitor m ON m.id = a.monitor_id
             WHERE " $scope " AND a.rule_id = 0 AND a.opened_at_ms < $3
                 AND (a.resolved_at_ms IS NULL OR a.resolved_at_ms >= $2) AND ($4 IS NULL OR (a.resolved_at_ms IS NULL) = $4)
             ORDER BY a.opened_at_ms DESC, a.id DESC LIMIT $5"
        )
    };
}

/// The open alerts without an incident that a condition chooses, in the order of their monitors.
macro_rules! loose {
    ($from:literal, $rows:tt, $condition:literal) => {
        sql!(
            "SELECT " [alert_columns!()] ", m.organisation_id, m.name, m.labels, m.group_name, m.parents
             FROM " $rows " " $from " CROSS JOIN alert a CROSS JOIN monitor m
             WHERE " $condition " AND a.incident_id IS NULL AND a.resolved_at_ms IS NULL AND m.id = a.monitor_id
             ORDER BY a.monitor_id, a.rule_id"
        )
    };
}

impl Store {
    /// The times during which monitors of a scope were down, the latest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn outages(
        &self,
        scope: Scope,
        filter: &IncidentFilter,
        limit: u64,
    ) -> Result<Vec<NamedAlert>, StoreError> {
        const OF_MONITOR: Sql = outages!("a.monitor_id = $1");
        const OF_ORGANISATION: Sql = outages!("a.organisation_id = $1");
        let (statement, id) = match scope {
            Scope::Monitor(monitor) => (OF_MONITOR, monitor.0),
            Scope::Organisation(organisation) => (OF_ORGANISATION, organisation.0),
        };
        let (from, to) = filter.bounds();
        let values = [id.into(), from.into(), to.into(), filter.open.into(), integer(limit).into()];
        let rows = self.reader().query_all_raw(statement.with(self.backend(), values)).await?;
        let mut outages: Vec<NamedAlert> = rows.iter().map(NamedAlert::read).collect::<Result<_, _>>()?;
        let open = |named: &&mut NamedAlert| named.alert.resolved.is_none();
        let monitors: Vec<_> = outages.iter_mut().filter(open).map(|named| named.alert.monitor).collect();
        let mut explained = self.explained(&monitors).await?;
        for named in outages.iter_mut().filter(open) {
            named.withheld = explained.remove(&named.alert.monitor);
        }
        Ok(outages)
    }

    /// The alerts of an incident with the names of their monitors, those that last first, `limit` at most.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn alerts_of(&self, incident: IncidentId, limit: u64) -> Result<Vec<NamedAlert>, StoreError> {
        let statement = ALERTS_OF.with(self.backend(), [incident.0.into(), integer(limit).into()]);
        self.reader().query_all_raw(statement).await?.iter().map(NamedAlert::read).collect()
    }

    /// A monitor's open alerts of any rule, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn open_alerts(&self, monitor: MonitorId) -> Result<Vec<Alert>, StoreError> {
        const OPEN: Sql = sql!(
            "SELECT " [alert_columns!()] " FROM alert a WHERE a.monitor_id = $1 AND a.resolved_at_ms IS NULL ORDER BY a.id"
        );
        let rows = self.reader().query_all_raw(OPEN.with(self.backend(), [monitor.0.into()])).await?;
        rows.iter().map(read_alert).collect()
    }
}

pub(crate) const ALERTS_OF: Sql = sql!(
    "SELECT " [alert_columns!()] ", m.name AS monitor_name, m.target FROM alert a JOIN monitor m ON m.id = a.monitor_id
     WHERE a.incident_id = $1 ORDER BY a.resolved_at_ms IS NULL DESC, a.opened_at_ms, a.id LIMIT $2"
);

impl Tx {
    /// Opens alerts. Passed over is what is open already, and whose monitor was deleted. Answers the monitors and rules of
    /// those that were opened.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn open_alerts(&self, alerts: &[NewAlert<'_>]) -> Result<Vec<LooseAlert>, StoreError> {
        const OPEN: Sql = sql!(
            "INSERT INTO alert (organisation_id, monitor_id, rule_id, severity, opened_at_ms, reason, message)
             SELECT m.organisation_id, m.id, CAST(value->>1 AS bigint), CAST(value->>2 AS smallint),
                 CAST(value->>3 AS bigint), CAST(value->>4 AS smallint), value->>5
             FROM " rows " AS r, monitor m WHERE m.id = CAST(value->>0 AS bigint) " (postgres "FOR KEY SHARE OF m") "
             ON CONFLICT DO NOTHING RETURNING id"
        );
        const LOOSE: Sql = loose!("AS asked", rows, "a.id = CAST(value->>0 AS bigint)");
        if alerts.is_empty() {
            return Ok(Vec::new());
        }
        let row = |new: &NewAlert<'_>| {
            let rule = new.rule.map_or(0, |rule| rule.0);
            (new.monitor, rule, new.severity.number(), new.at, new.reason.number(), text(new.message).into_owned())
        };
        let rows: Vec<_> = alerts.iter().map(row).collect();
        let backend = self.store().backend();
        let opened = self.conn().query_all_raw(OPEN.with(backend, [json(&rows)?])).await?;
        let ids: Vec<[i64; 1]> = opened.iter().map(|row| Ok([get(row, "id")?])).collect::<Result<_, StoreError>>()?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.conn().query_all_raw(LOOSE.with(backend, [json(&ids)?])).await?;
        rows.iter().map(LooseAlert::read).collect()
    }

    /// The open alerts of these monitors that are in no incident.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn loose_alerts(&self, monitors: &[MonitorId]) -> Result<Vec<LooseAlert>, StoreError> {
        const LOOSE: Sql = loose!("AS asked", rows, "a.monitor_id = CAST(value->>0 AS bigint)");
        if monitors.is_empty() {
            return Ok(Vec::new());
        }
        let statement = LOOSE.with(self.store().backend(), [crate::rows::json_ids(monitors)?]);
        self.conn().query_all_raw(statement).await?.iter().map(LooseAlert::read).collect()
    }

    /// Ends open alerts; passed over is what is not open.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_alerts(
        &self,
        ends: &[(MonitorId, Option<RuleId>, Timestamp, Resolution)],
    ) -> Result<Vec<EndedAlert>, StoreError> {
        const END: Sql = sql!(
            "UPDATE alert SET resolved_at_ms = new.at_ms, resolution = new.resolution
             FROM (SELECT CAST(value->>0 AS bigint) AS monitor_id, CAST(value->>1 AS bigint) AS rule_id,
                       CAST(value->>2 AS bigint) AS at_ms, value->>3 AS resolution FROM " rows ") AS new
             WHERE alert.monitor_id = new.monitor_id AND alert.rule_id = new.rule_id AND alert.resolved_at_ms IS NULL
             RETURNING alert.monitor_id, alert.incident_id, alert.resolved_at_ms, alert.resolution,
                 (SELECT name FROM monitor m WHERE m.id = alert.monitor_id) AS name"
        );
        if ends.is_empty() {
            return Ok(Vec::new());
        }
        let rows: Vec<_> = ends
            .iter()
            .map(|(monitor, rule, at, resolution)| (monitor, rule.map_or(0, |rule| rule.0), at, resolution.as_str()))
            .collect();
        let rows = self.conn().query_all_raw(END.with(self.store().backend(), [json(&rows)?])).await?;
        let read = |row: &QueryResult| {
            let alert =
                || StoreError::corrupt("alert", "resolution", get::<i64>(row, "monitor_id").unwrap_or_default());
            Ok(EndedAlert {
                monitor: monitor(row)?,
                name: get(row, "name")?,
                incident: get::<Option<i64>>(row, "incident_id")?.map(IncidentId),
                resolved: read_resolved(row)?.ok_or_else(alert)?,
            })
        };
        let mut ended: Vec<EndedAlert> = rows.iter().map(read).collect::<Result<_, StoreError>>()?;
        ended.sort_unstable_by_key(|ended| ended.monitor);
        Ok(ended)
    }

    /// All open alerts of these monitors, of any rule, by their rules.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn open_rules(&self, monitors: &[MonitorId]) -> Result<Vec<(MonitorId, Option<RuleId>)>, StoreError> {
        const OPEN: Sql = sql!(
            "SELECT a.monitor_id, a.rule_id FROM " rows " AS asked CROSS JOIN alert a
             WHERE a.monitor_id = CAST(value->>0 AS bigint) AND a.resolved_at_ms IS NULL ORDER BY a.monitor_id, a.rule_id"
        );
        let statement = OPEN.with(self.store().backend(), [crate::rows::json_ids(monitors)?]);
        let read = |row: &QueryResult| Ok((monitor(row)?, read_rule(row)?));
        self.conn().query_all_raw(statement).await?.iter().map(read).collect()
    }

    /// Whether the monitor has an open alert that says that it is down.
    pub(crate) async fn is_alerted(&self, monitor: MonitorId) -> Result<bool, StoreError> {
        const ANY: Sql =
            Sql::both("SELECT 1 FROM alert WHERE monitor_id = $1 AND rule_id = 0 AND resolved_at_ms IS NULL");
        Ok(self.conn().query_one_raw(ANY.with(self.store().backend(), [monitor.0.into()])).await?.is_some())
    }
}

impl NamedAlert {
    pub(crate) fn read(row: &QueryResult) -> Result<Self, StoreError> {
        Ok(Self { monitor_name: get(row, "monitor_name")?, alert: read_alert(row)?, withheld: None })
    }
}

impl LooseAlert {
    pub(crate) fn read(row: &QueryResult) -> Result<Self, StoreError> {
        let alert = read_alert(row)?;
        let corrupt = |column| StoreError::corrupt("monitor", column, alert.monitor);
        let (labels, parents): (String, String) = (get(row, "labels")?, get(row, "parents")?);
        Ok(Self {
            organisation: OrganisationId(get(row, "organisation_id")?),
            name: get(row, "name")?,
            labels: serde_json::from_str(&labels).map_err(|_| corrupt("labels"))?,
            group: get(row, "group_name")?,
            parents: serde_json::from_str(&parents).map_err(|_| corrupt("parents"))?,
            alert,
        })
    }
}

/// Reads the columns of [`alert_columns`].
pub(crate) fn read_alert(row: &QueryResult) -> Result<Alert, StoreError> {
    let id: i64 = get(row, "alert_id")?;
    let corrupt = |column| StoreError::corrupt("alert", column, id);
    Ok(Alert {
        id: AlertId(id),
        incident: get::<Option<i64>>(row, "incident_id")?.map(IncidentId),
        monitor: monitor(row)?,
        rule: read_rule(row)?,
        severity: Severity::from_number(get(row, "severity")?).ok_or_else(|| corrupt("severity"))?,
        opened_at: time(row, "opened_at_ms")?,
        resolved: read_resolved(row)?,
        reason: Reason::from_number(get(row, "reason")?).ok_or_else(|| corrupt("reason"))?,
        message: get(row, "message")?,
    })
}

fn read_rule(row: &QueryResult) -> Result<Option<RuleId>, StoreError> {
    let rule: i64 = get(row, "rule_id")?;
    Ok((rule != 0).then_some(RuleId(rule)))
}

/// Reads the columns `resolved_at_ms` and `resolution`.
pub(crate) fn read_resolved(row: &QueryResult) -> Result<Option<(Timestamp, Resolution)>, StoreError> {
    let at: Option<i64> = get(row, "resolved_at_ms")?;
    let word: Option<String> = get(row, "resolution")?;
    let Some(at) = at else { return Ok(None) };
    let resolution = word.as_deref().and_then(Resolution::from_word);
    let resolution =
        resolution.ok_or_else(|| StoreError::corrupt("incident", "resolution", word.unwrap_or_default()))?;
    Ok(Some((Timestamp::from_millis(at), resolution)))
}
