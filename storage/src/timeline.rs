//! What happened to incidents.

use monitor_core::Timestamp;
use monitor_core::incident::{Entry, IncidentId};
use monitor_core::people::PersonId;
use sea_orm::ConnectionTrait;

use crate::rows::{get, integer, json, sql, text, time};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// An entry of an incident's timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineEntry {
    /// When it happened.
    pub at: Timestamp,
    /// The name of the person who did it.
    pub by: Option<String>,
    /// What happened.
    pub entry: Entry,
}

impl Store {
    /// The latest entries of an incident's timeline, in their order. What cannot be read, because a newer version wrote
    /// it, is passed over.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn timeline(&self, incident: IncidentId, limit: u64) -> Result<Vec<TimelineEntry>, StoreError> {
        const TIMELINE: Sql = Sql::both(
            "SELECT e.id, e.at_ms, e.entry, p.display_name FROM incident_entry e LEFT JOIN person p ON p.id = e.person_id
             WHERE e.incident_id = $1 ORDER BY e.id DESC LIMIT $2",
        );
        let statement = TIMELINE.with(self.backend(), [incident.0.into(), integer(limit).into()]);
        let mut entries = Vec::new();
        for row in self.reader().query_all_raw(statement).await?.iter().rev() {
            match serde_json::from_str(&get::<String>(row, "entry")?) {
                Ok(entry) => {
                    entries.push(TimelineEntry { at: time(row, "at_ms")?, by: get(row, "display_name")?, entry });
                }
                Err(error) => tracing::warn!(incident_id = %incident, %error, "a timeline entry cannot be read"),
            }
        }
        Ok(entries)
    }
}

impl Tx {
    /// Adds entries to the timelines of incidents, in this order.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn add_entries(
        &self,
        entries: &[(IncidentId, Timestamp, Option<PersonId>, Entry)],
    ) -> Result<(), StoreError> {
        const ADD: Sql = sql!(
            "INSERT INTO incident_entry (incident_id, at_ms, person_id, entry)
             SELECT i.id, CAST(value->>1 AS bigint), CAST(value->>2 AS bigint), value->>3
             FROM " rows " AS r, incident i WHERE i.id = CAST(value->>0 AS bigint)"
        );
        if entries.is_empty() {
            return Ok(());
        }
        let mut rows = Vec::with_capacity(entries.len());
        for (incident, at, person, entry) in entries {
            let entry = serde_json::to_string(entry).map_err(|error| StoreError::Other(error.into()))?;
            rows.push((incident, at, person, text(&entry).replace("\\u0000", "\u{fffd}")));
        }
        self.conn().execute_raw(ADD.with(self.store().backend(), [json(&rows)?])).await?;
        Ok(())
    }
}
