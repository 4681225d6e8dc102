//! Dependencies between monitors, where alerting is concerned.
//!
//! While a monitor that another depends on is down, is in maintenance, or has begun to fail and is being tried again, the
//! other's incidents are recorded and their cards withheld. They are posted once nothing above the monitor explains them.

use std::collections::HashMap;

use monitor_core::Timestamp;
use monitor_core::monitor::MonitorId;
use sea_orm::{ConnectionTrait, QueryResult};

use crate::rows::{get, integer, json_ids, monitor};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// Each parent of a monitor `m`, as `p.value`.
macro_rules! parents {
    (sqlite) => {
        "json_each(m.parents) AS p"
    };
    (postgres) => {
        "jsonb_array_elements_text(m.parents::jsonb) AS p(value)"
    };
}

/// One text for both databases, where `parents` stands for the parents of `m`.
macro_rules! with_parents {
    ($before:literal parents $between:literal parents $after:literal) => {
        Sql::each(
            concat!($before, parents!(sqlite), $between, parents!(sqlite), $after),
            concat!($before, parents!(postgres), $between, parents!(postgres), $after),
        )
    };
}

impl Store {
    /// Whether a monitor is above another, however far, or the same.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn is_above(&self, above: MonitorId, below: MonitorId) -> Result<bool, StoreError> {
        const ABOVE: Sql = with_parents!(
            "WITH RECURSIVE above(id) AS (
                 SELECT CAST(p.value AS bigint) FROM monitor m, " parents " WHERE m.id = $1
                 UNION SELECT CAST(p.value AS bigint) FROM above a JOIN monitor m ON m.id = a.id, " parents "
             ) SELECT 1 FROM above WHERE id = $2 LIMIT 1"
        );
        if above == below {
            return Ok(true);
        }
        let statement = ABOVE.with(self.backend(), [below.0.into(), above.0.into()]);
        Ok(self.reader().query_one_raw(statement).await?.is_some())
    }
}

/// Whether a state `s` is confirmed to be down.
macro_rules! confirmed_down {
    () => {
        "s.health LIKE '%\"c\":\"down\"%'"
    };
}

/// Whether the last vote of a state `s`, which is seen, was a failure, though not enough of them to be confirmed.
macro_rules! suspected {
    () => {
        "(s.health LIKE '%\"x\"]%' AND s.health NOT LIKE '%\"s\":%')"
    };
}

/// Whether a state `s` is confirmed to be down, or has failed attempts that are being repeated: it has its own pace.
macro_rules! paced {
    () => {
        concat!("(", confirmed_down!(), " OR s.health LIKE '%\"a\":%')")
    };
}

macro_rules! unpaced {
    () => {
        concat!("NOT ", paced!())
    };
}

macro_rules! suspect {
    () => {
        concat!(suspected!(), " AND NOT ", paced!())
    };
}

/// Whether a state `s` is in trouble: confirmed down, being tried again, or waiting for more failures to be confirmed. The
/// keys are those of [`monitor_core::health::Health`], and this is what its `is_failing` tells.
macro_rules! in_trouble {
    () => {
        concat!("(", paced!(), " OR ", suspected!(), ")")
    };
}

/// Whether nothing but a look from outside has what is withheld of a monitor `m` with the state `s` considered again: it is
/// not checked, or its checks do not fail.
macro_rules! quiet {
    () => {
        concat!("(m.kind = 'heartbeat' OR NOT ", in_trouble!(), ")")
    };
}

/// The monitors `below` with open alerts of no incident.
macro_rules! withheld {
    () => {
        concat!(
            "SELECT b.id AS monitor_id, CAST(CASE WHEN ",
            quiet!(),
            " THEN 1 ELSE 0 END AS bigint) AS quiet
             FROM below b CROSS JOIN monitor m CROSS JOIN monitor_state s
             WHERE m.id = b.id AND s.monitor_id = b.id AND EXISTS (
                 SELECT 1 FROM alert a WHERE a.monitor_id = b.id AND a.resolved_at_ms IS NULL AND a.incident_id IS NULL)
             ORDER BY b.id"
        )
    };
}

/// Whether a state `s` is worked on, which explains what fails below it as well as being in trouble does.
macro_rules! worked_on {
    () => {
        "s.status = 'maintenance'"
    };
}

/// Why nobody was told of an open incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withheld {
    /// The name of a monitor that it depends on, however far.
    pub parent: String,
    /// Whether that is confirmed to be down; otherwise it has begun to fail, which is not confirmed yet, or is in maintenance.
    pub down: bool,
    /// Whether that is in maintenance.
    pub maintenance: bool,
}

macro_rules! explained {
    ($backend:ident, $rows:literal) => {
        concat!(
            "WITH RECURSIVE above(below, id) AS (
                 SELECT m.id, CAST(p.value AS bigint) FROM monitor m, ",
            parents!($backend),
            "
                     WHERE m.id IN (SELECT CAST(value->>0 AS bigint) FROM ",
            $rows,
            ")
                 UNION SELECT a.below, CAST(p.value AS bigint) FROM above a JOIN monitor m ON m.id = a.id, ",
            parents!($backend),
            "
             )
             SELECT a.below AS monitor_id, m.name, CAST(CASE WHEN ",
            confirmed_down!(),
            " THEN 1 ELSE 0 END AS bigint) AS down, CAST(CASE WHEN ",
            worked_on!(),
            " THEN 1 ELSE 0 END AS bigint) AS maintenance
             FROM above a CROSS JOIN monitor_state s CROSS JOIN monitor m CROSS JOIN alert i
             WHERE s.monitor_id = a.id AND m.id = a.id AND s.active = TRUE AND (",
            worked_on!(),
            " OR ",
            in_trouble!(),
            ")
                 AND i.monitor_id = a.below AND i.resolved_at_ms IS NULL
                 AND i.incident_id IS NULL AND i.rule_id = 0
             ORDER BY down, m.name DESC"
        )
    };
}

impl Store {
    /// Which of these monitors' open incidents nobody was told of, because of trouble above.
    pub(crate) async fn explained(&self, monitors: &[MonitorId]) -> Result<HashMap<MonitorId, Withheld>, StoreError> {
        const EXPLAINED: Sql =
            Sql::each(explained!(sqlite, "json_each($1)"), explained!(postgres, "jsonb_array_elements($1::jsonb)"));
        if monitors.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = self.reader().query_all_raw(EXPLAINED.with(self.backend(), [json_ids(monitors)?])).await?;
        let read = |row: &QueryResult| {
            let (down, maintenance) = (get::<i64>(row, "down")? == 1, get::<i64>(row, "maintenance")? == 1);
            Ok((monitor(row)?, Withheld { parent: get(row, "name")?, down, maintenance }))
        };
        // Of several parents of a monitor the last one is kept: one that is down, if any is.
        rows.iter().map(read).collect()
    }
}

/// What is above a monitor says of its failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelter {
    /// Nothing: it is the monitor's own.
    None,
    /// Something above was not looked at since, so it is not known yet.
    Unknown,
    /// Something above is down, in maintenance, or failing, which is not confirmed yet.
    Trouble,
}

macro_rules! shelter {
    ($backend:ident) => {
        concat!(
            "WITH RECURSIVE above(id) AS (
                 SELECT CAST(p.value AS bigint) FROM monitor m, ",
            parents!($backend),
            " WHERE m.id = $1
                 UNION SELECT CAST(p.value AS bigint) FROM above a JOIN monitor m ON m.id = a.id, ",
            parents!($backend),
            "
             )
             SELECT CAST(max(CASE
                 WHEN ",
            worked_on!(),
            " OR ",
            in_trouble!(),
            " THEN 2
                 WHEN m.kind <> 'heartbeat' AND NOT EXISTS (
                     SELECT 1 FROM check_result r WHERE r.monitor_id = a.id AND r.at_ms >= $2 AND r.at_ms <= $3) THEN 1
                 ELSE 0 END) AS bigint) AS shelter
             FROM above a CROSS JOIN monitor_state s CROSS JOIN monitor m
             WHERE s.monitor_id = a.id AND m.id = a.id AND s.active = TRUE"
        )
    };
}

/// Makes those above the monitors asked for due of which that holds.
macro_rules! hurry {
    ($backend:ident, $rows:literal, $condition:ident) => {
        concat!(
            "UPDATE monitor_state SET next_due_ms = $2 WHERE monitor_id IN (
                 WITH RECURSIVE above(id) AS (
                     SELECT CAST(p.value AS bigint) FROM monitor m, ",
            parents!($backend),
            "
                     WHERE m.parents <> '[]' AND m.id IN (SELECT CAST(value->>0 AS bigint) FROM ",
            $rows,
            ")
                     UNION SELECT CAST(p.value AS bigint) FROM above a JOIN monitor m ON m.id = a.id, ",
            parents!($backend),
            "
                 )
                 SELECT s.monitor_id FROM above a CROSS JOIN monitor_state s CROSS JOIN monitor m
                 WHERE s.monitor_id = a.id AND m.id = a.id AND m.kind <> 'heartbeat'
                     AND s.active = TRUE AND s.lease_ms IS NULL AND s.next_due_ms > $2 AND ",
            $condition!(),
            "
                     AND NOT EXISTS (
                         SELECT 1 FROM check_result r WHERE r.monitor_id = a.id AND r.at_ms > $2 - 5000 AND r.at_ms <= $2
                     )
             )"
        )
    };
}

impl Store {
    /// Up to `limit` monitors whose id is greater than `after`, by id, that have an open alert of no incident which no failed
    /// check of theirs will have considered again: heartbeats, and what does not fail.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn quietly_untold(&self, after: MonitorId, limit: u64) -> Result<Vec<MonitorId>, StoreError> {
        const UNTOLD: Sql = Sql::both(concat!(
            "SELECT DISTINCT a.monitor_id FROM alert a CROSS JOIN monitor m CROSS JOIN monitor_state s
             WHERE a.resolved_at_ms IS NULL AND a.incident_id IS NULL AND a.monitor_id > $1
                 AND m.id = a.monitor_id AND s.monitor_id = a.monitor_id AND s.active = TRUE AND ",
            quiet!(),
            " ORDER BY a.monitor_id LIMIT $2"
        ));
        let values = [after.0.into(), integer(limit).into()];
        self.reader().query_all_raw(UNTOLD.with(self.backend(), values)).await?.iter().map(monitor).collect()
    }
}

impl Tx {
    /// What is above a monitor says of a failure of it; what was looked at between `since` and `now` is known (what seems to come
    /// later was before the clock was set back), and of a heartbeat, which nobody can look at, only its trouble is.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn shelter(&self, monitor: MonitorId, since: Timestamp, now: Timestamp) -> Result<Shelter, StoreError> {
        // CROSS JOIN, for otherwise SQLite goes through all monitors to find the few that are above.
        const SHELTER: Sql = Sql::each(shelter!(sqlite), shelter!(postgres));
        let values = [monitor.0.into(), since.as_millis().into(), now.as_millis().into()];
        let statement = SHELTER.with(self.store().backend(), values);
        let row = self.conn().query_one_raw(statement).await?;
        let shelter: Option<i64> = row.map_or(Ok(None), |row| get(&row, "shelter"))?;
        Ok(match shelter {
            Some(2) => Shelter::Trouble,
            Some(1) => Shelter::Unknown,
            _ => Shelter::None,
        })
    }

    /// The monitors with an open alert of no incident of all that depends on these monitors, however far, and whether they are
    /// quiet: heartbeats, or not failing, so that no failed check of theirs has the alert considered again.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn withheld_below(&self, monitors: &[MonitorId]) -> Result<Vec<(MonitorId, bool)>, StoreError> {
        const WITHHELD: Sql = Sql::each(
            concat!(
                "WITH RECURSIVE below(id) AS (
                     SELECT m.id FROM monitor m, ", parents!(sqlite), " WHERE m.parents <> '[]'
                         AND CAST(p.value AS bigint) IN (SELECT CAST(value->>0 AS bigint) FROM json_each($1))
                     UNION SELECT m.id FROM below b, monitor m, ", parents!(sqlite), "
                         WHERE m.parents <> '[]' AND CAST(p.value AS bigint) = b.id
                 ) ", withheld!()
            ),
            concat!(
                "WITH RECURSIVE below(id) AS (
                     SELECT m.id FROM monitor m, ", parents!(postgres), " WHERE m.parents <> '[]'
                         AND CAST(p.value AS bigint) IN (SELECT CAST(value->>0 AS bigint) FROM jsonb_array_elements($1::jsonb))
                     UNION SELECT m.id FROM below b, monitor m, ", parents!(postgres), "
                         WHERE m.parents <> '[]' AND CAST(p.value AS bigint) = b.id
                 ) ", withheld!()
            ),
        );
        if monitors.is_empty() {
            return Ok(Vec::new());
        }
        let statement = WITHHELD.with(self.store().backend(), [json_ids(monitors)?]);
        let rows = self.conn().query_all_raw(statement).await?;
        rows.iter().map(|row| Ok((monitor(row)?, get::<i64>(row, "quiet")? == 1))).collect()
    }

    /// Makes all that these monitors depend on due at once, so that it is known soon whether that is what is wrong. Passes
    /// over what is down or being tried again already, which has its own pace, and what was looked at in the last five seconds.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn hurry_parents(&self, monitors: &[MonitorId], now: Timestamp) -> Result<(), StoreError> {
        const HURRY: Sql = Sql::each(
            hurry!(sqlite, "json_each($1)", unpaced),
            hurry!(postgres, "jsonb_array_elements($1::jsonb)", unpaced),
        );
        self.hurry(&HURRY, monitors, now).await
    }

    /// Makes what these monitors depend on due at once where it has failed and that is not confirmed yet, so that it is known
    /// soon whether that is what is wrong. Passes over what was looked at in the last five seconds.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn hurry_suspects(&self, monitors: &[MonitorId], now: Timestamp) -> Result<(), StoreError> {
        const HURRY: Sql = Sql::each(
            hurry!(sqlite, "json_each($1)", suspect),
            hurry!(postgres, "jsonb_array_elements($1::jsonb)", suspect),
        );
        self.hurry(&HURRY, monitors, now).await
    }

    async fn hurry(&self, hurry: &Sql, monitors: &[MonitorId], now: Timestamp) -> Result<(), StoreError> {
        if !monitors.is_empty() {
            let values = [json_ids(monitors)?, now.as_millis().into()];
            self.conn().execute_raw(hurry.with(self.store().backend(), values)).await?;
        }
        Ok(())
    }
}
