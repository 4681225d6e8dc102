//! How monitors are: one of them, a page of them, and how many there are of each status.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::health::Status;
use monitor_core::labels::Labels;
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::Details;
use monitor_core::people::OrganisationId;
use monitor_core::schedule::next_slot;
use sea_orm::{ConnectionTrait, FromQueryResult, QueryResult, Value};

use crate::entity::monitor_state;
use crate::heartbeats::NEVER;
use crate::results::StoredResult;
use crate::rows::{get, integer, text};
use crate::sql::Sql;
use crate::{InMaintenance, Store, StoreError};

/// Which monitors an overview shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OverviewFilter {
    /// Only those of this status.
    pub status: Option<Status>,
    /// Only those with this in their name or target, whatever its case.
    pub text: Option<String>,
    /// Only those with all of these labels.
    pub labels: Labels,
    /// Only those of this group, whatever its case.
    pub group: Option<String>,
    /// In which order.
    pub sort: OverviewSort,
}

/// The order of an overview; monitors that are equal in it are ordered by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OverviewSort {
    /// The worst status first.
    #[default]
    Status,
    /// By name alone.
    Name,
    /// The slowest latest check first.
    Latency,
}

impl OverviewSort {
    /// The order of a word, whatever its case.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Status, Self::Name, Self::Latency].into_iter().find(|sort| sort.word().eq_ignore_ascii_case(word))
    }

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Name => "name",
            Self::Latency => "latency",
        }
    }
}

/// One monitor in an overview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverviewRow {
    /// Its id.
    pub id: MonitorId,
    /// Its name.
    pub name: String,
    /// The word of its check kind.
    pub kind: String,
    /// What it watches.
    pub target: String,
    /// The group it is shown in.
    pub group: Option<String>,
    /// Its labels.
    pub labels: Labels,
    /// How often.
    pub interval: Duration,
    /// How it is.
    pub status: Status,
    /// Since when it has that status; `None` when the status never changed, or so long ago that it is forgotten.
    pub since: Option<Timestamp>,
    /// What its latest check found.
    pub last: Option<StoredResult>,
    /// Until when it is in maintenance, and why.
    pub maintenance: Option<InMaintenance>,
}

/// How one monitor is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonitorState {
    /// The status that people see.
    pub status: Status,
    /// What the latest check learned beside the figures; empty when it cannot be read.
    pub details: Details,
    /// When it is checked next, which is after this check while one is running; for a heartbeat when something is wrong
    /// unless a ping comes before. `None` while it is paused, and while nothing is awaited of a heartbeat.
    pub next_due: Option<Timestamp>,
    /// Since when it has that status; `None` when the status never changed.
    pub since: Option<Timestamp>,
    /// Whether it is being checked now.
    pub running: bool,
}

/// Which rows an [`OverviewFilter`] means: an empty text filters nothing.
macro_rules! filtered {
    ($position:literal, $($labelled:tt)+) => {
        concat!(
            "FROM monitor_state s JOIN monitor m ON m.id = s.monitor_id
             WHERE s.organisation_id = $1 AND ($2 = '' OR s.status = $2)
             AND ($3 = '' OR ",
            $position,
            "(m.name_key, $3) > 0 OR ",
            $position,
            "(lower(m.target), $3) > 0) AND ($4 = '{}' OR ",
            $($labelled)+,
            ") AND ($5 = '' OR lower(m.group_name) = $5)"
        )
    };
}

/// Whether a monitor has all labels of the object `$4`.
macro_rules! labelled {
    (sqlite) => {
        "NOT EXISTS (SELECT 1 FROM json_each($4) w WHERE NOT EXISTS (
             SELECT 1 FROM json_each(m.labels) l WHERE l.key = w.key AND l.value = w.value))"
    };
    (postgres) => {
        "CAST(m.labels AS jsonb) @> CAST($4 AS jsonb)"
    };
}

macro_rules! page {
    ($($filtered:tt)+) => {
        concat!(
            "WITH page AS (
                 SELECT m.id, m.name, m.name_key, m.kind, m.target, m.group_name, m.labels, s.interval_ms, s.status,
                     CASE $6
                     WHEN 'latency' THEN -coalesce((
                         SELECT nullif(r.duration_us, 0) FROM check_result r WHERE r.monitor_id = m.id
                         ORDER BY r.at_ms DESC LIMIT 1
                     ), -1)
                     WHEN 'name' THEN 0
                     ELSE CASE s.status
                         WHEN 'down' THEN 0 WHEN 'degraded' THEN 1 WHEN 'inconclusive' THEN 2 WHEN 'unknown' THEN 3
                         WHEN 'up' THEN 4 WHEN 'maintenance' THEN 5 ELSE 6 END
                     END AS place ",
            $($filtered)+,
            " ORDER BY place, m.name_key LIMIT $7 OFFSET $8
             )
             SELECT page.*, r.at_ms, r.reason, r.duration_us, r.http_status, r.bytes, r.timings, r.message,
                 (SELECT max(f.at_ms) FROM flip f WHERE f.monitor_id = page.id) AS since_ms
             FROM page LEFT JOIN check_result r ON r.monitor_id = page.id
                 AND r.at_ms = (SELECT max(l.at_ms) FROM check_result l WHERE l.monitor_id = page.id)
             ORDER BY place, name_key"
        )
    };
}

impl Store {
    /// How many monitors the filter means, and a page of them: the worst status first, then by name.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`], [`StoreError::Other`].
    pub async fn overview(
        &self,
        organisation: OrganisationId,
        filter: &OverviewFilter,
        offset: u64,
        limit: u64,
    ) -> Result<(u64, Vec<OverviewRow>), StoreError> {
        const COUNT: Sql = Sql::each(
            concat!("SELECT count(*) AS monitors ", filtered!("instr", labelled!(sqlite))),
            concat!("SELECT count(*) AS monitors ", filtered!("strpos", labelled!(postgres))),
        );
        const PAGE: Sql =
            Sql::each(page!(filtered!("instr", labelled!(sqlite))), page!(filtered!("strpos", labelled!(postgres))));
        let status = filter.status.map_or("", Status::as_str);
        let wanted = filter.text.as_deref().map(str::to_lowercase).unwrap_or_default();
        let sort = filter.sort.word();
        let labels = serde_json::to_string(&filter.labels).map_err(|error| StoreError::Other(error.into()))?;
        let group = filter.group.as_deref().map(str::to_lowercase).unwrap_or_default();
        let filter: [Value; 5] = [
            organisation.0.into(),
            status.into(),
            text(&wanted).into_owned().into(),
            text(&labels).into_owned().into(),
            text(&group).into_owned().into(),
        ];

        let count = self.reader().query_one_raw(COUNT.with(self.backend(), filter.clone())).await?;
        let count: i64 = count.map_or(Ok(0), |row| get(&row, "monitors"))?;
        let page = [sort.into(), integer(limit).into(), integer(offset).into()];
        let rows = self.reader().query_all_raw(PAGE.with(self.backend(), filter.into_iter().chain(page))).await?;
        let mut rows = rows.iter().map(OverviewRow::read).collect::<Result<Vec<_>, _>>()?;
        let worked_on: Vec<MonitorId> =
            rows.iter().filter(|row| row.status == Status::Maintenance).map(|row| row.id).collect();
        for window in self.in_maintenance(&worked_on).await? {
            let row = rows.iter_mut().find(|row| row.id == window.monitor);
            row.into_iter().for_each(|row| row.maintenance = Some(window.clone()));
        }
        Ok((count.unsigned_abs(), rows))
    }

    /// How many monitors have each status; statuses that none has are left out.
    ///
    /// # Errors
    /// Like [`Store::overview`].
    pub async fn status_counts(&self, organisation: OrganisationId) -> Result<Vec<(Status, u64)>, StoreError> {
        const COUNTS: Sql = Sql::both(
            "SELECT status, count(*) AS monitors, min(monitor_id) AS id FROM monitor_state
             WHERE organisation_id = $1 GROUP BY status ORDER BY status",
        );
        let rows = self.reader().query_all_raw(COUNTS.with(self.backend(), [organisation.0.into()])).await?;
        rows.iter()
            .map(|row| Ok((read_status(MonitorId(get(row, "id")?), row)?, get::<i64>(row, "monitors")?.unsigned_abs())))
            .collect()
    }

    /// How a monitor is; `None` when there is none.
    ///
    /// # Errors
    /// Like [`Store::overview`].
    pub async fn state(&self, monitor: MonitorId) -> Result<Option<MonitorState>, StoreError> {
        const STATE: Sql = Sql::both(
            "SELECT s.*, (SELECT max(f.at_ms) FROM flip f WHERE f.monitor_id = s.monitor_id) AS since_ms
             FROM monitor_state s WHERE s.monitor_id = $1",
        );
        let row = self.reader().query_one_raw(STATE.with(self.backend(), [monitor.0.into()])).await?;
        row.as_ref().map(|row| MonitorState::read(monitor, row)).transpose()
    }
}

impl OverviewRow {
    fn read(row: &QueryResult) -> Result<Self, StoreError> {
        let id = MonitorId(get(row, "id")?);
        let checked = get::<Option<i64>>(row, "at_ms")?.is_some();
        Ok(Self {
            id,
            name: get(row, "name")?,
            kind: get(row, "kind")?,
            target: get(row, "target")?,
            group: get(row, "group_name")?,
            // Labels that cannot be read are named where the monitor is; a list is shown all the same.
            labels: serde_json::from_str(&get::<String>(row, "labels")?).unwrap_or_default(),
            interval: Duration::from_millis(get::<i64>(row, "interval_ms")?.unsigned_abs()),
            status: read_status(id, row)?,
            since: read_since(row)?,
            last: checked.then(|| StoredResult::read(id, row)).transpose()?,
            maintenance: None,
        })
    }
}

impl MonitorState {
    fn read(monitor: MonitorId, row: &QueryResult) -> Result<Self, StoreError> {
        let state = monitor_state::Model::from_query_result(row, "")?;
        // While a check runs its lease stands where the next due time does otherwise.
        let next_due_ms = match state.due_ms {
            Some(due_ms) => {
                let interval = Duration::from_millis(state.interval_ms.unsigned_abs());
                next_slot(state.phase_ms, interval, Timestamp::from_millis(due_ms)).as_millis()
            }
            None => state.next_due_ms,
        };
        Ok(Self {
            status: read_status(monitor, row)?,
            details: state.details.map_or_else(Details::default, |stored| read_details(monitor, &stored)),
            next_due: state.active.then(|| Timestamp::from_millis(next_due_ms)).filter(|due| *due < NEVER),
            since: read_since(row)?,
            running: state.lease_ms.is_some(),
        })
    }
}

/// A later check writes them anew, so those that cannot be read are no reason to show nothing of the monitor.
pub(crate) fn read_details(monitor: MonitorId, stored: &str) -> Details {
    serde_json::from_str(stored).unwrap_or_else(|error| {
        tracing::error!(monitor_id = %monitor, %error, "the stored details of a monitor cannot be read");
        Details::default()
    })
}

fn read_since(row: &QueryResult) -> Result<Option<Timestamp>, StoreError> {
    Ok(get::<Option<i64>>(row, "since_ms")?.map(Timestamp::from_millis))
}

fn read_status(monitor: MonitorId, row: &QueryResult) -> Result<Status, StoreError> {
    let word: String = get(row, "status")?;
    Status::from_word(&word).ok_or_else(|| StoreError::corrupt("monitor_state", "status", monitor))
}
