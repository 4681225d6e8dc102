//! The outbox: what destinations were told and are to be told.
//!
//! A notification is written in the transaction of what it is about, so that it is due exactly when that happened. It is
//! delivered at least once: a claim is a lease, and one whose holder died is claimed again when the lease has run out, with
//! the same key. A destination is told of an incident in order, so that only the oldest unfinished notification of both may
//! be claimed, and it is never told more than its budget allows.

use std::collections::HashMap;

use monitor_core::Timestamp;
use monitor_core::alerting::{DestinationId, Event, Notification, NotificationId, Severity};
use monitor_core::incident::IncidentId;
use monitor_core::people::OrganisationId;
use sea_orm::{ConnectionTrait, QueryResult};

use crate::outbox_claim::NotificationClaim;
use crate::rows::{get, integer, json, sql, text, time};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// A notification that is to be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotification {
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Who is told.
    pub destination: DestinationId,
    /// What it is about, if that is an incident.
    pub incident: Option<IncidentId>,
    /// What happened.
    pub event: Event,
    /// How loud it is.
    pub severity: Severity,
    /// When it is delivered at the earliest.
    pub not_before: Timestamp,
    /// What is told. Its key is different for every notification.
    pub content: Notification,
}

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

/// How an attempt to deliver a notification ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The destination took it.
    Sent {
        /// The platform's id of the message.
        receipt_id: Option<String>,
        /// What it answered.
        receipt: String,
    },
    /// It is tried again.
    Again {
        /// When.
        at: Timestamp,
        /// What went wrong.
        error: String,
    },
    /// It cannot be delivered.
    Dead {
        /// Why.
        error: String,
    },
    /// It is not to be delivered after all.
    Dropped {
        /// Why.
        why: String,
    },
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

/// Most notifications written by one statement.
const CHUNK: usize = 1_000;

impl Tx {
    /// Has notifications delivered. Answers their ids, one for each, in their order. One whose key is there already is
    /// passed over, and the id is that of the other; one whose destination was just deleted is on record as dropped.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn enqueue(
        &self,
        notifications: &[NewNotification],
        now: Timestamp,
    ) -> Result<Vec<NotificationId>, StoreError> {
        let mut ids = Vec::with_capacity(notifications.len());
        for chunk in notifications.chunks(CHUNK) {
            ids.extend(self.enqueue_chunk(chunk, now).await?);
        }
        Ok(ids)
    }

    async fn enqueue_chunk(
        &self,
        notifications: &[NewNotification],
        now: Timestamp,
    ) -> Result<Vec<NotificationId>, StoreError> {
        // What is due at once is due at no time in particular, so that a clock that is set back keeps nothing waiting.
        const INSERT: Sql = sql!(
            "WITH told AS MATERIALIZED (
                 SELECT id, name FROM destination WHERE id IN (SELECT CAST(value->>1 AS bigint) FROM " rows " AS r)
                 ORDER BY id " (postgres "FOR KEY SHARE") "
             )
             INSERT INTO notification (organisation_id, destination_id, destination_name, incident_id, event, severity, key,
                 content, state, created_at_ms, next_at_ms, ended_at_ms, last_error)
             SELECT CAST(value->>0 AS bigint), CAST(value->>1 AS bigint), COALESCE(told.name, ''),
                 CAST(value->>2 AS bigint), value->>3, CAST(value->>4 AS smallint), value->>6, value->>7,
                 CASE WHEN told.id IS NULL THEN 'dropped' ELSE 'due' END, $2, CAST(value->>5 AS bigint),
                 CASE WHEN told.id IS NULL THEN $2 END,
                 CASE WHEN told.id IS NULL THEN 'the destination was deleted' END
             FROM " rows " AS r LEFT JOIN told ON told.id = CAST(value->>1 AS bigint) WHERE TRUE
             ORDER BY CAST(value->>8 AS bigint) ON CONFLICT (key) DO NOTHING"
        );
        const IDS: Sql = sql!(
            "SELECT id, key FROM notification WHERE key IN (SELECT value->>0 FROM " rows " AS r)"
        );
        let keys: Vec<_> = notifications.iter().map(|new| text(&new.content.key)).collect();
        let mut rows = Vec::with_capacity(notifications.len());
        // A join mixes them up, and a destination is told in the order of their ids.
        for (place, (new, key)) in notifications.iter().zip(&keys).enumerate() {
            let next_at = if new.not_before > now { new.not_before } else { Timestamp::default() };
            let content = serde_json::to_string(&new.content).map_err(|error| StoreError::Other(error.into()))?;
            let (organisation, destination, incident) = (new.organisation, new.destination, new.incident);
            rows.push((
                organisation,
                destination,
                incident,
                new.event.as_str(),
                new.severity.number(),
                next_at,
                key,
                content,
                place,
            ));
        }
        let backend = self.store().backend();
        self.conn().execute_raw(INSERT.with(backend, [json(&rows)?, now.as_millis().into()])).await?;
        let keys: Vec<_> = keys.iter().map(|key| [key]).collect();
        let found = self.conn().query_all_raw(IDS.with(backend, [json(&keys)?])).await?;
        let found: HashMap<String, i64> =
            found.iter().map(|row| Ok((get(row, "key")?, get(row, "id")?))).collect::<Result<_, StoreError>>()?;
        self.wake_outbox();
        let id = |[key]: [&std::borrow::Cow<'_, str>; 1]| found.get(key.as_ref()).map(|id| NotificationId(*id));
        Ok(keys.into_iter().filter_map(id).collect())
    }

    /// Notes how an attempt ended. `false`: the lease has passed to somebody else, or the notification is gone, and nothing
    /// was changed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_notification(
        &self,
        claim: &NotificationClaim,
        ending: &Ending,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        const END: Sql = Sql::both(
            "UPDATE notification SET state = $3, next_at_ms = $4, ended_at_ms = $5, receipt_id = $6, receipt = $7,
                 last_error = $8, lease_ms = NULL
             WHERE id = $1 AND lease_ms = $2",
        );
        let (state, again, receipt_id, receipt, error) = match ending {
            Ending::Sent { receipt_id, receipt } => {
                (NotificationState::Sent, None, receipt_id.as_deref(), Some(receipt), None)
            }
            Ending::Again { at, error } => (NotificationState::Due, Some(*at), None, None, Some(error)),
            Ending::Dead { error } => (NotificationState::Dead, None, None, None, Some(error)),
            Ending::Dropped { why } => (NotificationState::Dropped, None, None, None, Some(why)),
        };
        let plain = |said: &str| text(said).into_owned();
        let values = [
            claim.id.0.into(),
            claim.lease.as_millis().into(),
            state.as_str().into(),
            again.unwrap_or(now).as_millis().into(),
            again.is_none().then_some(now.as_millis()).into(),
            receipt_id.map(plain).into(),
            receipt.map(|receipt| plain(receipt)).into(),
            error.map(|error| plain(error)).into(),
        ];
        let ended = self.conn().execute_raw(END.with(self.store().backend(), values)).await?.rows_affected() > 0;
        // What comes after it may be delivered now.
        self.wake_outbox();
        Ok(ended)
    }

    /// What a destination was told, or is about to be told, of an event of an incident, as far as that was written at a
    /// time or later.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn told_since(
        &self,
        incident: IncidentId,
        destination: DestinationId,
        event: Event,
        since: Timestamp,
    ) -> Result<Vec<Notification>, StoreError> {
        const TOLD: Sql = Sql::both(
            "SELECT content FROM notification WHERE incident_id = $1 AND destination_id = $2 AND event = $3
                 AND created_at_ms >= $4 AND state IN ('due', 'sent')",
        );
        let values = [incident.0.into(), destination.0.into(), event.as_str().into(), since.as_millis().into()];
        let rows = self.conn().query_all_raw(TOLD.with(self.store().backend(), values)).await?;
        let contents = rows.iter().map(|row| get::<String>(row, "content")).collect::<Result<Vec<_>, _>>()?;
        Ok(contents.iter().filter_map(|content| serde_json::from_str(content).ok()).collect())
    }

    /// Has everything tried again at once that waits because an earlier attempt at that destination failed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn hurry_notifications(&self, destination: DestinationId) -> Result<u64, StoreError> {
        const HURRY: Sql = Sql::both(
            "UPDATE notification SET next_at_ms = 0
             WHERE destination_id = $1 AND state = 'due' AND lease_ms IS NULL AND attempts > 0",
        );
        let hurry = HURRY.with(self.store().backend(), [destination.0.into()]);
        Ok(self.conn().execute_raw(hurry).await?.rows_affected())
    }

    /// Has what could not be delivered tried again from the beginning: that one, or all of them. Passes over those whose
    /// destination is gone. Answers which.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn resend(
        &self,
        organisation: OrganisationId,
        one: Option<NotificationId>,
    ) -> Result<Vec<NotificationId>, StoreError> {
        const RESEND: Sql = sql!(
            "UPDATE notification SET state = 'due', attempts = 0, first_tried_ms = NULL, next_at_ms = 0, ended_at_ms = NULL
             WHERE organisation_id = $1 AND state = 'dead' AND (CAST($2 AS bigint) IS NULL OR id = $2)
                 AND destination_id IN (SELECT id FROM destination WHERE organisation_id = $1 " (postgres "FOR KEY SHARE") ")
             RETURNING id"
        );
        let values = [organisation.0.into(), one.map(|one| one.0).into()];
        let rows = self.conn().query_all_raw(RESEND.with(self.store().backend(), values)).await?;
        self.wake_outbox();
        rows.iter().map(|row| Ok(NotificationId(get(row, "id")?))).collect()
    }

    /// The incidents and destinations of these notifications after which it is not told any more that the incident is over,
    /// in their order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn without_end(
        &self,
        notifications: &[NotificationId],
    ) -> Result<Vec<(IncidentId, DestinationId, String)>, StoreError> {
        const ENDLESS: Sql = sql!(
            "SELECT DISTINCT n.incident_id, n.destination_id, n.destination_name FROM notification n
             WHERE n.id IN (SELECT CAST(value->>0 AS bigint) FROM " rows " AS r) AND n.incident_id IS NOT NULL
                 AND n.event NOT IN ('resolved', 'test', 'notice') AND NOT EXISTS (
                     SELECT 1 FROM notification o WHERE o.destination_id = n.destination_id
                         AND o.incident_id = n.incident_id AND o.id > n.id AND o.state = 'due' AND o.event = 'resolved'
                 )
             ORDER BY n.incident_id, n.destination_id"
        );
        let ids: Vec<_> = notifications.iter().map(|id| [id]).collect();
        let rows = self.conn().query_all_raw(ENDLESS.with(self.store().backend(), [json(&ids)?])).await?;
        let read = |row: &QueryResult| {
            let destination = DestinationId(get(row, "destination_id")?);
            Ok((IncidentId(get(row, "incident_id")?), destination, get(row, "destination_name")?))
        };
        rows.iter().map(read).collect()
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
