//! What came of notifications, and having them sent again.

use monitor_core::Timestamp;
use monitor_core::alerting::{DestinationId, Event, Notification, NotificationId, Severity};
use monitor_core::incident::IncidentId;
use monitor_core::people::OrganisationId;
use sea_orm::{ConnectionTrait, QueryResult};

use super::NotificationState;
use crate::outbox_claim::NotificationClaim;
use crate::rows::{get, json, sql, text};
use crate::sql::Sql;
use crate::{StoreError, Tx};

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
    /// It was not tried, and is later.
    PutOff {
        /// When.
        at: Timestamp,
        /// Why.
        why: String,
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

impl Tx {
    /// Takes a destination until the end of the transaction, and keeps its fallback from being deleted. Whoever changes
    /// notifications takes their destination before, and whoever deletes a destination takes those that fall back on it after
    /// it: in another order two could wait for each other.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn lock_destination(
        &self,
        destination: DestinationId,
        fallback: Option<DestinationId>,
    ) -> Result<(), StoreError> {
        const KEEP: Sql = Sql::both("SELECT id FROM destination WHERE id = $1 FOR KEY SHARE");
        const TAKE: Sql = Sql::both("SELECT id FROM destination WHERE id = $1 FOR NO KEY UPDATE");
        let backend = self.store().backend();
        // SQLite has one writer at a time.
        if self.store().is_postgres() {
            if let Some(fallback) = fallback {
                self.conn().execute_raw(KEEP.with(backend, [fallback.0.into()])).await?;
            }
            self.conn().execute_raw(TAKE.with(backend, [destination.0.into()])).await?;
        }
        Ok(())
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
                 last_error = $8, attempts = attempts - $9, first_tried_ms = $10, lease_ms = NULL
             WHERE id = $1 AND lease_ms = $2",
        );
        let (state, again, receipt_id, receipt, error) = match ending {
            Ending::Sent { receipt_id, receipt } => {
                (NotificationState::Sent, None, receipt_id.as_deref(), Some(receipt), None)
            }
            Ending::Again { at, error } | Ending::PutOff { at, why: error } => {
                (NotificationState::Due, Some(*at), None, None, Some(error))
            }
            Ending::Dead { error } => (NotificationState::Dead, None, None, None, Some(error)),
            Ending::Dropped { why } => (NotificationState::Dropped, None, None, None, Some(why)),
        };
        // The time for which it is put off is none in which it is tried.
        let (untried, first_tried) = match ending {
            Ending::PutOff { at, .. } => (1_i32, (claim.first_tried + at.since(now)).min(*at)),
            _ => (0, claim.first_tried),
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
            untried.into(),
            first_tried.as_millis().into(),
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

    /// Has what these destinations are still to be told of an incident tried at once. It waits for nobody: whoever is at work
    /// on some of it has it tried at once as well, or puts it off only as long as nobody tells of incidents.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn hurry_incident(&self, incident: IncidentId, destinations: &[DestinationId]) -> Result<(), StoreError> {
        const HURRY: Sql = sql!(
            "UPDATE notification SET next_at_ms = 0 WHERE id IN (
                 SELECT n.id FROM notification n
                 WHERE n.incident_id = $2 AND n.state = 'due' AND n.lease_ms IS NULL AND n.next_at_ms > 0
                     AND n.destination_id IN (SELECT CAST(value->>0 AS bigint) FROM " rows " AS r) "
                 (postgres "FOR NO KEY UPDATE OF n SKIP LOCKED") "
             )"
        );
        if !destinations.is_empty() {
            let ids: Vec<_> = destinations.iter().map(|destination| [destination]).collect();
            self.conn().execute_raw(HURRY.with(self.store().backend(), [json(&ids)?, incident.0.into()])).await?;
        }
        Ok(())
    }

    /// Has what is so loud and waits to be told to a destination for the first time, about no incident, told from another time
    /// on; `None`: at once. All else that waits is tried at once: whoever delivers it finds whether it is still to wait, which
    /// of an incident depends on what fails by then. Answers how much all that is.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn move_waiting(
        &self,
        destination: DestinationId,
        severity: Severity,
        from: Option<Timestamp>,
    ) -> Result<u64, StoreError> {
        const MOVE: Sql = Sql::both(
            "UPDATE notification SET next_at_ms = CASE WHEN incident_id IS NULL AND attempts = 0 THEN $3 ELSE 0 END
             WHERE destination_id = $1 AND severity = $2 AND state = 'due' AND lease_ms IS NULL AND next_at_ms > 0",
        );
        let from = from.unwrap_or_default().as_millis();
        let values = [destination.0.into(), severity.number().into(), from.into()];
        let moved = self.conn().execute_raw(MOVE.with(self.store().backend(), values)).await?.rows_affected();
        self.wake_outbox();
        Ok(moved)
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

    /// Drops what could not be delivered of the end of incidents that last again: that one, or all of them. Answers them, of
    /// which incidents they are, and the names of their destinations.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn drop_ends(
        &self,
        organisation: OrganisationId,
        one: Option<NotificationId>,
        why: &str,
    ) -> Result<Vec<(NotificationId, IncidentId, String)>, StoreError> {
        const DROP: Sql = Sql::both(
            "UPDATE notification SET state = 'dropped', last_error = $3
             WHERE organisation_id = $1 AND state = 'dead' AND event = 'resolved' AND (CAST($2 AS bigint) IS NULL OR id = $2)
                 AND incident_id IN (SELECT i.id FROM incident i WHERE i.organisation_id = $1 AND i.resolved_at_ms IS NULL)
             RETURNING id, incident_id, destination_name",
        );
        let values = [organisation.0.into(), one.map(|one| one.0).into(), text(why).into_owned().into()];
        let rows = self.conn().query_all_raw(DROP.with(self.store().backend(), values)).await?;
        let read = |row: &QueryResult| {
            Ok((NotificationId(get(row, "id")?), IncidentId(get(row, "incident_id")?), get(row, "destination_name")?))
        };
        rows.iter().map(read).collect()
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
