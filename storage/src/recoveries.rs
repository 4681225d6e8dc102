//! Monitors that are well again.

use monitor_core::incident::Alert;
use monitor_core::monitor::MonitorId;
use sea_orm::{ConnectionTrait, QueryResult};

use crate::alert_rules::read_subject;
use crate::alerts::{alert_columns, read_alert};
use crate::rows::{get, json_ids, sql};
use crate::sql::Sql;
use crate::{StoreError, Subject, Tx};

/// A monitor that is well again, as far as that is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// Which one.
    pub subject: Subject,
    /// Its name.
    pub name: String,
    /// The time during which it was down that ended last, if there was one.
    pub outage: Option<Alert>,
}

impl Tx {
    /// These monitors, and how they were down last. That goes by the order in which they went down, for a clock may have been
    /// set back since.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn recoveries(&self, monitors: &[MonitorId]) -> Result<Vec<Recovery>, StoreError> {
        const RECOVERIES: Sql = sql!(
            "SELECT m.id, m.organisation_id, m.name, m.labels, m.group_name, " [alert_columns!()] "
             FROM " rows " AS asked CROSS JOIN monitor m LEFT JOIN alert a ON a.id = (
                 SELECT o.id FROM alert o WHERE o.monitor_id = m.id AND o.rule_id = 0 AND o.resolved_at_ms IS NOT NULL
                 ORDER BY o.id DESC LIMIT 1
             ) WHERE m.id = CAST(value->>0 AS bigint)"
        );
        let statement = RECOVERIES.with(self.store().backend(), [json_ids(monitors)?]);
        self.conn().query_all_raw(statement).await?.iter().map(Recovery::read).collect()
    }
}

impl Recovery {
    fn read(row: &QueryResult) -> Result<Self, StoreError> {
        let outage: Option<i64> = get(row, "alert_id")?;
        let outage = outage.map(|_| read_alert(row)).transpose()?;
        Ok(Self { subject: read_subject(row)?, name: get(row, "name")?, outage })
    }
}
