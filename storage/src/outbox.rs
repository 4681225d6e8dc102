//! The outbox: what destinations were told and are to be told.
//!
//! A notification is written in the transaction of what it is about, so that it is due exactly when that happened. It is
//! delivered at least once: a claim is a lease, and one whose holder died is claimed again when the lease has run out, with
//! the same key. A destination is told of an incident in order, so that only the oldest unfinished notification of both may
//! be claimed, and it is never told more than its budget allows.

mod ending;
mod enqueue;

use std::collections::HashMap;

use monitor_core::Timestamp;
use monitor_core::alerting::{DestinationId, Event, NotificationId, Severity};
use monitor_core::incident::IncidentId;
use monitor_core::people::OrganisationId;
use sea_orm::{ConnectionTrait, QueryResult};

use crate::rows::{get, integer, sql, time};
use crate::sql::Sql;
use crate::{Store, StoreError};

pub use ending::Ending;
pub use enqueue::NewNotification;

/// How far a notification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NotificationState {
    /// It is still to be delivered.
    Due,
    /// The destination took it.
    Sent,
    /// It could not be delivered.
    Dead,
    /// It was not to be delivered after all.
    Dropped,
}

impl NotificationState {
    const ALL: [Self; 4] = [Self::Due, Self::Sent, Self::Dead, Self::Dropped];

    /// The word that is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Sent => "sent",
            Self::Dead => "dead",
            Self::Dropped => "dropped",
        }
    }
}

/// A notification as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotificationRow {
    /// Its id.
    pub id: NotificationId,
    /// Who is told. It may be gone by now.
    pub destination: DestinationId,
    /// The name of that destination when it was to be told.
    pub destination_name: String,
    /// What it is about, if that is an incident.
    pub incident: Option<IncidentId>,
    /// What happened.
    pub event: Event,
    /// How loud it is.
    pub severity: Severity,
    /// How far it is.
    pub state: NotificationState,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it is tried next, if it is due at all; in the past: as soon as the destination's budget allows.
    pub next_at: Option<Timestamp>,
    /// Whether somebody is delivering it.
    pub running: bool,
    /// When it was delivered, given up or dropped.
    pub ended_at: Option<Timestamp>,
    /// What the destination answered when it took it.
    pub receipt: Option<String>,
    /// What went wrong last, or why it was dropped.
    pub error: Option<String>,
}

/// Which notifications are asked for. The default is all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct NotificationFilter {
    /// Only those this far.
    pub state: Option<NotificationState>,
    /// Only those of that incident.
    pub incident: Option<IncidentId>,
    /// Only those to that destination.
    pub destination: Option<DestinationId>,
    /// Only that one.
    pub id: Option<NotificationId>,
}

/// Those of an organisation that match; `$2` to `$5` may be null.
macro_rules! matching {
    () => {
        "FROM notification WHERE organisation_id = $1 AND (CAST($2 AS text) IS NULL OR state = $2)
         AND (CAST($3 AS bigint) IS NULL OR incident_id = $3) AND (CAST($4 AS bigint) IS NULL OR destination_id = $4)
         AND (CAST($5 AS bigint) IS NULL OR id = $5)"
    };
}

impl Store {
    /// The notifications of an organisation, the latest first, and how many there are.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn notifications(
        &self,
        organisation: OrganisationId,
        filter: &NotificationFilter,
        offset: u64,
        limit: u64,
    ) -> Result<(u64, Vec<NotificationRow>), StoreError> {
        const COUNT: Sql = sql!("SELECT COUNT(*) AS total "[matching!()]);
        const ROWS: Sql = sql!(
            "SELECT id, destination_id, destination_name, incident_id, event, severity, state, attempts, created_at_ms,
                 next_at_ms, lease_ms, ended_at_ms, receipt, last_error " [matching!()] " ORDER BY id DESC LIMIT $6 OFFSET $7"
        );
        let values = [
            organisation.0.into(),
            filter.state.map(NotificationState::as_str).into(),
            filter.incident.map(|incident| incident.0).into(),
            filter.destination.map(|destination| destination.0).into(),
            filter.id.map(|id| id.0).into(),
        ];
        let backend = self.backend();
        let total: i64 = match self.reader().query_one_raw(COUNT.with(backend, values.clone())).await? {
            Some(row) => get(&row, "total")?,
            None => 0,
        };
        let page = values.into_iter().chain([integer(limit).into(), integer(offset).into()]);
        let rows = self.reader().query_all_raw(ROWS.with(backend, page)).await?;
        let rows = rows.iter().map(NotificationRow::read).collect::<Result<_, _>>()?;
        Ok((u64::try_from(total).unwrap_or(0), rows))
    }

    /// What a destination answered to the first notification of an incident that it took: the platform's id of that message,
    /// and the text.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn first_receipt(
        &self,
        destination: DestinationId,
        incident: IncidentId,
    ) -> Result<Option<(Option<String>, String)>, StoreError> {
        const FIRST: Sql = Sql::both(
            "SELECT receipt_id, receipt FROM notification
             WHERE incident_id = $1 AND destination_id = $2 AND state = 'sent' ORDER BY ended_at_ms, id LIMIT 1",
        );
        let values = [incident.0.into(), destination.0.into()];
        let row = self.reader().query_one_raw(FIRST.with(self.backend(), values)).await?;
        row.map(|row| Ok((get(&row, "receipt_id")?, get::<Option<String>>(&row, "receipt")?.unwrap_or_default())))
            .transpose()
    }

    /// The destinations of an organisation that did not take a test and have taken nothing since, and when the last such test was.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn failed_tests(
        &self,
        organisation: OrganisationId,
    ) -> Result<HashMap<DestinationId, Timestamp>, StoreError> {
        const FAILED: Sql = Sql::both(
            "SELECT n.destination_id, max(n.ended_at_ms) AS at_ms FROM notification n
             WHERE n.organisation_id = $1 AND n.event = 'test' AND n.state IN ('dead', 'dropped') AND NOT EXISTS (
                 SELECT 1 FROM notification o
                 WHERE o.destination_id = n.destination_id AND o.state = 'sent' AND o.ended_at_ms > n.ended_at_ms
             )
             GROUP BY n.destination_id",
        );
        let rows = self.reader().query_all_raw(FAILED.with(self.backend(), [organisation.0.into()])).await?;
        rows.iter().map(|row| Ok((DestinationId(get(row, "destination_id")?), time(row, "at_ms")?))).collect()
    }

    /// How many notifications are still to be delivered.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn outbox_depth(&self) -> Result<u64, StoreError> {
        const DEPTH: Sql = Sql::both("SELECT COUNT(*) AS depth FROM notification WHERE state = 'due'");
        let row = self.reader().query_one_raw(DEPTH.with(self.backend(), [])).await?;
        let depth: i64 = row.map_or(Ok(0), |row| get(&row, "depth"))?;
        Ok(u64::try_from(depth).unwrap_or(0))
    }
}

impl NotificationRow {
    fn read(row: &QueryResult) -> Result<Self, StoreError> {
        let id: i64 = get(row, "id")?;
        let incident: Option<i64> = get(row, "incident_id")?;
        let (event, severity, state) = words(row, id)?;
        let lease: Option<i64> = get(row, "lease_ms")?;
        let ended_at: Option<i64> = get(row, "ended_at_ms")?;
        Ok(Self {
            id: NotificationId(id),
            destination: DestinationId(get(row, "destination_id")?),
            destination_name: get(row, "destination_name")?,
            incident: incident.map(IncidentId),
            event,
            severity,
            state,
            attempts: attempts(row)?,
            created_at: time(row, "created_at_ms")?,
            next_at: (state == NotificationState::Due).then(|| time(row, "next_at_ms")).transpose()?,
            running: lease.is_some(),
            ended_at: ended_at.map(Timestamp::from_millis),
            receipt: get(row, "receipt")?,
            error: get(row, "last_error")?,
        })
    }
}

pub(crate) fn attempts(row: &QueryResult) -> Result<u32, StoreError> {
    let attempts: i32 = get(row, "attempts")?;
    Ok(u32::try_from(attempts).unwrap_or(0))
}

/// What is stored in words and numbers.
pub(crate) fn words(row: &QueryResult, id: i64) -> Result<(Event, Severity, NotificationState), StoreError> {
    let corrupt = |column| StoreError::corrupt("notification", column, id);
    let (event, state): (String, String) = (get(row, "event")?, get(row, "state")?);
    let event = Event::from_word(&event).ok_or_else(|| corrupt("event"))?;
    let severity = Severity::from_number(get(row, "severity")?).ok_or_else(|| corrupt("severity"))?;
    let state = NotificationState::ALL.into_iter().find(|known| known.as_str() == state);
    Ok((event, severity, state.ok_or_else(|| corrupt("state"))?))
}
