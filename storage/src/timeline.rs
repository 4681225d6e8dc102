//! What happened to incidents.

use monitor_core::Timestamp;
use monitor_core::incident::{Entry, IncidentId};
use monitor_core::people::PersonId;
use sea_orm::{ConnectionTrait, QueryResult};

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
        let rows = self.reader().query_all_raw(statement).await?;
        let entries = rows.iter().rev().map(|row| read(incident, row));
        Ok(entries.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }
}

/// Entries of an incident's timeline of some sorts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sorts {
    /// What became part of it.
    Joined,
    /// Who was told, who was not and why, who took it.
    Told,
}

impl Store {
    /// The latest entries of these sorts, in their order, and how many there are before them.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn timeline_of(
        &self,
        incident: IncidentId,
        sorts: Sorts,
        limit: u64,
    ) -> Result<(Vec<TimelineEntry>, u64), StoreError> {
        // An entry begins with its sort, for that is its tag.
        macro_rules! of {
            ($condition:literal) => {
                Sql::both(concat!(
                    "SELECT e.id, e.at_ms, e.entry, p.display_name, COUNT(*) OVER () AS entries FROM incident_entry e
                     LEFT JOIN person p ON p.id = e.person_id WHERE e.incident_id = $1 AND (",
                    $condition,
                    ") ORDER BY e.id DESC LIMIT $2"
                ))
            };
        }
        const JOINED: Sql = of!("e.entry LIKE '{\"entry\":\"joined\"%'");
        const TOLD: Sql = of!("e.entry LIKE '{\"entry\":\"queued\"%' OR e.entry LIKE '{\"entry\":\"suppressed\"%'
                OR e.entry LIKE '{\"entry\":\"delivered\"%' OR e.entry LIKE '{\"entry\":\"failed\"%'
                OR e.entry LIKE '{\"entry\":\"escalated\"%' OR e.entry LIKE '{\"entry\":\"acknowledged\"%'
                OR e.entry LIKE '{\"entry\":\"reopened\"%' OR e.entry LIKE '{\"entry\":\"merged\"%'
                OR e.entry LIKE '{\"entry\":\"worsened\"%'");
        let statement = match sorts {
            Sorts::Joined => JOINED,
            Sorts::Told => TOLD,
        };
        let statement = statement.with(self.backend(), [incident.0.into(), integer(limit).into()]);
        let rows = self.reader().query_all_raw(statement).await?;
        let entries: i64 = rows.first().map_or(Ok(0), |row| get(row, "entries"))?;
        let earlier = u64::try_from(entries).unwrap_or_default().saturating_sub(rows.len() as u64);
        let read = rows.iter().rev().map(|row| read(incident, row)).collect::<Result<Vec<_>, _>>()?;
        Ok((read.into_iter().flatten().collect(), earlier))
    }
}

/// Reads an entry; `None`: it cannot be read, because a newer version wrote it.
pub(crate) fn read(incident: IncidentId, row: &QueryResult) -> Result<Option<TimelineEntry>, StoreError> {
    match serde_json::from_str(&get::<String>(row, "entry")?) {
        Ok(entry) => Ok(Some(TimelineEntry { at: time(row, "at_ms")?, by: get(row, "display_name")?, entry })),
        Err(error) => {
            tracing::warn!(incident_id = %incident, %error, "a timeline entry cannot be read");
            Ok(None)
        }
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
