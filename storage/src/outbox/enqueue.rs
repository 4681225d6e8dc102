//! Writing notifications down.

use std::collections::HashMap;

use monitor_core::Timestamp;
use monitor_core::alerting::{DestinationId, Event, Notification, NotificationId, Severity};
use monitor_core::incident::IncidentId;
use monitor_core::people::OrganisationId;
use sea_orm::ConnectionTrait;

use crate::rows::{get, json, sql, text};
use crate::sql::Sql;
use crate::{StoreError, Tx};

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

/// Most notifications written by one statement.
const CHUNK: usize = 1_000;

impl Tx {
    /// Has notifications delivered. Answers their ids, one for each, in their order; `None` for one whose key is there already,
    /// which is passed over. One whose destination was just deleted is on record as dropped.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn enqueue(
        &self,
        notifications: &[NewNotification],
        now: Timestamp,
    ) -> Result<Vec<Option<NotificationId>>, StoreError> {
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
    ) -> Result<Vec<Option<NotificationId>>, StoreError> {
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
             ORDER BY CAST(value->>8 AS bigint) ON CONFLICT (key) DO NOTHING RETURNING id, key"
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
        let written = self.conn().query_all_raw(INSERT.with(backend, [json(&rows)?, now.as_millis().into()])).await?;
        let mut written: HashMap<String, i64> =
            written.iter().map(|row| Ok((get(row, "key")?, get(row, "id")?))).collect::<Result<_, StoreError>>()?;
        self.wake_outbox();
        Ok(keys.iter().map(|key| written.remove(key.as_ref()).map(NotificationId)).collect())
    }
}
