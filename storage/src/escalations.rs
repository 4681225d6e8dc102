//! What is to be told of incidents later: the next steps of routes, reminders, and what waits for the end of quiet hours.
//!
//! Claiming a row removes it, in the transaction that does what it says. So of several processes one does it, and one that
//! dies in the middle has done nothing.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::{DestinationId, Event, RouteId, RuleId};
use monitor_core::incident::IncidentId;
use sea_orm::{ConnectionTrait, QueryResult};

use crate::rows::{get, integer, json, sql, text, time};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// Something that is to be told of an incident later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escalation {
    /// The incident.
    pub incident: IncidentId,
    /// What it is.
    pub what: Later,
    /// Which route or rule says so, in words.
    pub because: String,
    /// When.
    pub due: Timestamp,
}

/// What is to be told later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Later {
    /// Nothing: the steps of that route have begun, and do not begin again.
    Started(RouteId),
    /// The step of a route, from 1 on: the first one, 0, is told at once.
    Step(RouteId, u16),
    /// A step whose time has come, in a silence.
    Postponed(RouteId, u16),
    /// A reminder of what a rule fires for, that often.
    Reminder(RuleId, Duration),
    /// What a destination is not told in its quiet hours, or so soon after the last time.
    Held(DestinationId, Event),
    /// Whoever was not told, because of a silence that is over.
    Untold,
}

/// The columns from the kind to the event, and how often.
type Columns = (&'static str, Option<i64>, u16, Option<i64>, Option<i64>, &'static str, Option<i64>);

impl Later {
    fn columns(self) -> Columns {
        match self {
            Self::Started(route) => ("started", Some(route.0), 0, None, None, "", None),
            Self::Step(route, step) => ("step", Some(route.0), step, None, None, "", None),
            Self::Postponed(route, step) => ("postponed", Some(route.0), step, None, None, "", None),
            Self::Reminder(rule, every) => {
                ("reminder", None, 0, Some(rule.0), None, "", Some(integer(every.as_millis())))
            }
            Self::Held(destination, event) => ("held", None, 0, None, Some(destination.0), event.as_str(), None),
            Self::Untold => ("untold", None, 0, None, None, "", None),
        }
    }

    fn read(row: &QueryResult) -> Result<Option<Self>, StoreError> {
        let id = |column| get::<Option<i64>>(row, column);
        let step: i16 = get(row, "step")?;
        let step = u16::try_from(step).unwrap_or(0);
        let route = id("route_id")?.map(RouteId);
        let event = Event::from_word(&get::<String>(row, "event")?);
        Ok(match get::<String>(row, "kind")?.as_str() {
            "started" => route.map(Self::Started),
            "step" => route.map(|route| Self::Step(route, step)),
            "postponed" => route.map(|route| Self::Postponed(route, step)),
            "reminder" => id("rule_id")?.zip(id("every_ms")?).map(|(rule, every)| {
                Self::Reminder(RuleId(rule), Duration::from_millis(u64::try_from(every).unwrap_or(0)))
            }),
            "held" => id("destination_id")?.map(DestinationId).zip(event).map(|(to, event)| Self::Held(to, event)),
            "untold" => Some(Self::Untold),
            _ => None,
        })
    }
}

impl Store {
    /// Whether something is due to be told, or a silence is over.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn has_escalations(&self, now: Timestamp) -> Result<bool, StoreError> {
        const ANY: Sql = Sql::both(
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM escalation WHERE due_ms <= $1)
                 OR EXISTS (SELECT 1 FROM silence WHERE settled = FALSE AND until_ms <= $1)",
        );
        Ok(self.reader().query_one_raw(ANY.with(self.backend(), [now.as_millis().into()])).await?.is_some())
    }

    /// What is still to be told of an incident, what comes first at the beginning.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn escalations(&self, incident: IncidentId) -> Result<Vec<Escalation>, StoreError> {
        let statement = OF_INCIDENT.with(self.backend(), [incident.0.into()]);
        self.reader().query_all_raw(statement).await?.iter().map(read).collect()
    }
}

const OF_INCIDENT: Sql = Sql::both(
    "SELECT id, incident_id, kind, route_id, step, rule_id, destination_id, event, because, due_ms, every_ms
     FROM escalation WHERE incident_id = $1 ORDER BY due_ms, id",
);

/// Removes those of an incident that match, and answers them.
macro_rules! take {
    ($which:literal) => {
        sql!("DELETE FROM escalation WHERE incident_id = $1 AND " $which "
             RETURNING id, incident_id, kind, route_id, step, rule_id, destination_id, event, because, due_ms, every_ms")
    };
}
impl Tx {
    /// Like [`Store::escalations`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn escalations(&self, incident: IncidentId) -> Result<Vec<Escalation>, StoreError> {
        let statement = OF_INCIDENT.with(self.store().backend(), [incident.0.into()]);
        self.conn().query_all_raw(statement).await?.iter().map(read).collect()
    }

    /// Has something told later. What is for a route, rule, destination or incident that is gone is passed over.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn insert_escalations(&self, escalations: &[Escalation]) -> Result<(), StoreError> {
        const INSERT: Sql = sql!(
            "INSERT INTO escalation (incident_id, kind, route_id, step, rule_id, destination_id, event, because, due_ms, every_ms)
             SELECT CAST(value->>0 AS bigint), value->>1, CAST(value->>2 AS bigint), CAST(value->>3 AS smallint),
                 CAST(value->>4 AS bigint), CAST(value->>5 AS bigint), value->>6, value->>7, CAST(value->>8 AS bigint),
                 CAST(value->>9 AS bigint)
             FROM " rows " AS r
             WHERE EXISTS (SELECT 1 FROM incident i WHERE i.id = CAST(value->>0 AS bigint) " (postgres "FOR KEY SHARE") ")
                 AND (value->>2 IS NULL OR EXISTS (SELECT 1 FROM route o WHERE o.id = CAST(value->>2 AS bigint) "
                     (postgres "FOR KEY SHARE") "))
                 AND (value->>5 IS NULL OR EXISTS (SELECT 1 FROM destination d WHERE d.id = CAST(value->>5 AS bigint) "
                     (postgres "FOR KEY SHARE") "))"
        );
        if escalations.is_empty() {
            return Ok(());
        }
        let row = |escalation: &Escalation| {
            let (kind, route, step, rule, destination, event, every) = escalation.what.columns();
            let because = text(&escalation.because).into_owned();
            (escalation.incident, kind, route, step, rule, destination, event, because, escalation.due, every)
        };
        let rows: Vec<_> = escalations.iter().map(row).collect();
        self.conn().execute_raw(INSERT.with(self.store().backend(), [json(&rows)?])).await?;
        Ok(())
    }

    /// Takes what is due by now of one incident, and the incident itself until the end of the transaction; `None`: nothing is
    /// due that nobody else is at work on. What is taken is gone with this, and nobody else gets it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn claim_escalations(&self, now: Timestamp) -> Result<Option<(IncidentId, Vec<Escalation>)>, StoreError> {
        // Whoever changes an incident holds its row, and takes what is told later only then: the same order everywhere.
        const INCIDENT: Sql = sql!(
            "SELECT i.id FROM incident i WHERE i.id IN (SELECT e.incident_id FROM escalation e WHERE e.due_ms <= $1)
             ORDER BY i.id LIMIT 1 " (postgres "FOR NO KEY UPDATE SKIP LOCKED")
        );
        const CLAIM: Sql = Sql::both(
            "DELETE FROM escalation WHERE incident_id = $2 AND due_ms <= $1
             RETURNING id, incident_id, kind, route_id, step, rule_id, destination_id, event, because, due_ms, every_ms",
        );
        let backend = self.store().backend();
        let row = self.conn().query_one_raw(INCIDENT.with(backend, [now.as_millis().into()])).await?;
        let Some(row) = row else { return Ok(None) };
        let incident: i64 = get(&row, "id")?;
        let rows = self.conn().query_all_raw(CLAIM.with(backend, [now.as_millis().into(), incident.into()])).await?;
        let mut claimed: Vec<Escalation> = rows.iter().map(read).collect::<Result<_, _>>()?;
        claimed.sort_by_key(|escalation| escalation.due);
        Ok(Some((IncidentId(incident), claimed)))
    }

    /// Takes what was to be told of an incident later: what is held for destinations, or all else.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn take_escalations(&self, incident: IncidentId, held: bool) -> Result<Vec<Escalation>, StoreError> {
        const HELD: Sql = take!("kind = 'held'");
        const OTHER: Sql = take!("kind <> 'held'");
        self.take(if held { &HELD } else { &OTHER }, incident).await
    }

    /// Takes the steps of an incident whose time came in a silence.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn take_postponed(&self, incident: IncidentId) -> Result<Vec<Escalation>, StoreError> {
        const POSTPONED: Sql = take!("kind = 'postponed'");
        self.take(&POSTPONED, incident).await
    }

    /// Takes the further steps of an incident's routes, so that they may begin anew.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn take_steps(&self, incident: IncidentId) -> Result<Vec<Escalation>, StoreError> {
        const STEPS: Sql = take!("kind IN ('started', 'step', 'postponed')");
        self.take(&STEPS, incident).await
    }

    /// Drops what is held of an incident for a destination, which was told since.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn drop_held(&self, incident: IncidentId, destination: DestinationId) -> Result<(), StoreError> {
        const DROP: Sql =
            Sql::both("DELETE FROM escalation WHERE incident_id = $1 AND kind = 'held' AND destination_id = $2");
        let values = [incident.0.into(), destination.0.into()];
        self.conn().execute_raw(DROP.with(self.store().backend(), values)).await?;
        Ok(())
    }

    /// Has what is held for a destination told at once, as far as it still may be then. Answers how much that is.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn release_held(&self, destination: DestinationId, now: Timestamp) -> Result<u64, StoreError> {
        const RELEASE: Sql =
            Sql::both("UPDATE escalation SET due_ms = $2 WHERE kind = 'held' AND destination_id = $1 AND due_ms > $2");
        let release = RELEASE.with(self.store().backend(), [destination.0.into(), now.as_millis().into()]);
        Ok(self.conn().execute_raw(release).await?.rows_affected())
    }

    async fn take(&self, which: &Sql, incident: IncidentId) -> Result<Vec<Escalation>, StoreError> {
        let statement = which.with(self.store().backend(), [incident.0.into()]);
        let mut taken: Vec<Escalation> =
            self.conn().query_all_raw(statement).await?.iter().map(read).collect::<Result<_, _>>()?;
        taken.sort_by_key(|escalation| escalation.due);
        Ok(taken)
    }
}

fn read(row: &QueryResult) -> Result<Escalation, StoreError> {
    let id: i64 = get(row, "id")?;
    Ok(Escalation {
        incident: IncidentId(get(row, "incident_id")?),
        what: Later::read(row)?.ok_or_else(|| StoreError::corrupt("escalation", "kind", id))?,
        because: get(row, "because")?,
        due: time(row, "due_ms")?,
    })
}
