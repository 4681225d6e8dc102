//! Forgetting what is old.
//!
//! | what | is forgotten |
//! |---|---|
//! | results | after [`Retention::raw`], once they are rolled up |
//! | rollups | after their own retention, once they are rolled up further |
//! | flips | after [`Retention::day`], but for each monitor's latest before, which says what its status was then |
//! | alerts, incidents and their cards | [`Retention::day`] after they were resolved |
//! | notifications that were delivered or given up | with their incidents, or after 90 days |
//! | dialogs and buttons | when they expire |
//! | files, and the pictures of audits | when they expire |
//! | audits | some time after they ended |

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::report::{Progress, Retention};
use monitor_core::rollup::Resolution;
use sea_orm::{ConnectionTrait, Value};

use crate::rows::{integer, sql};
use crate::sql::Sql;
use crate::{Store, StoreError};

/// How long notifications are kept that are over.
const NOTIFICATIONS_KEPT: Duration = Duration::from_secs(90 * 86_400);

/// How many rows were forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Forgotten {
    /// Single results.
    pub results: u64,
    /// Rollups of all resolutions.
    pub rollups: u64,
    /// Changes of status.
    pub flips: u64,
    /// Alerts, incidents and notices.
    pub incidents: u64,
    /// Notifications that are over.
    pub notifications: u64,
    /// Dialogs, and what buttons do.
    pub dialogs: u64,
}

/// Deletes the rows of `$table` whose `$key` a query answers, as many as one batch may have. What another process is
/// deleting or changing is left to it.
macro_rules! forget {
    ($table:literal, $key:literal, $old:literal) => {
        sql!("DELETE FROM " $table " WHERE (" $key ") IN (" $old " " (postgres "FOR UPDATE OF old SKIP LOCKED") ")")
    };
}

impl Store {
    /// Forgets one batch of each kind of what is older than its retention, each in a transaction of its own. Nothing
    /// is left when nothing was forgotten.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn forget(&self, now: Timestamp, retention: &Retention, batch: u64) -> Result<Forgotten, StoreError> {
        const RESULTS: Sql = forget!(
            "check_result",
            "monitor_id, at_ms",
            "SELECT old.monitor_id, old.at_ms FROM monitor_state s CROSS JOIN check_result old
             WHERE old.monitor_id = s.monitor_id AND old.at_ms < $1 LIMIT $2"
        );
        const FLIPS: Sql = forget!(
            "flip",
            "id",
            "SELECT old.id FROM monitor_state s CROSS JOIN flip old
             WHERE old.monitor_id = s.monitor_id AND old.at_ms < (
                 SELECT MAX(latest.at_ms) FROM flip latest WHERE latest.monitor_id = s.monitor_id AND latest.at_ms < $1
             ) LIMIT $2"
        );
        const ALERTS: Sql = forget!(
            "alert",
            "id",
            "SELECT old.id FROM monitor_state s CROSS JOIN alert old
             WHERE old.monitor_id = s.monitor_id AND old.opened_at_ms < $1 AND old.resolved_at_ms < $1 LIMIT $2"
        );
        const INCIDENTS: Sql = forget!(
            "incident",
            "id",
            "SELECT old.id FROM organisation o CROSS JOIN incident old
             WHERE old.organisation_id = o.id AND old.opened_at_ms < $1 AND old.resolved_at_ms < $1 LIMIT $2"
        );
        const NOTICES: Sql =
            forget!("notice", "id", "SELECT old.id FROM notice old WHERE old.updated_at_ms < $1 LIMIT $2");
        const NOTIFICATIONS: Sql = forget!(
            "notification",
            "id",
            "SELECT old.id FROM notification old
             WHERE old.ended_at_ms IS NOT NULL AND old.ended_at_ms < $1 AND old.state <> 'due' LIMIT $2"
        );
        const DIALOGS: Sql = forget!(
            "dialog",
            "conversation_id, person_id",
            "SELECT old.conversation_id, old.person_id FROM dialog old WHERE old.expires_at_ms <= $1 LIMIT $2"
        );
        const ACTIONS: Sql =
            forget!("action", "token", "SELECT old.token FROM action old WHERE old.expires_at_ms <= $1 LIMIT $2");

        let progress = self.progress().await?;
        let (past, limit) = (now - retention.day, integer(batch));
        let old = |cutoff: Timestamp| [cutoff.as_millis().into(), limit.into()];
        Ok(Forgotten {
            results: self.delete(RESULTS, old((now - retention.raw).min(progress.minute))).await?,
            rollups: self.forget_rollups(now, retention, &progress, limit).await?,
            flips: self.delete(FLIPS, old(past)).await?,
            incidents: self.delete(ALERTS, old(past)).await?
                + self.delete(INCIDENTS, old(past)).await?
                + self.delete(NOTICES, old(past)).await?,
            notifications: self.delete(NOTIFICATIONS, old(now - NOTIFICATIONS_KEPT)).await?,
            dialogs: self.delete(DIALOGS, old(now)).await? + self.delete(ACTIONS, old(now)).await?,
        })
    }

    /// Forgets one batch of files whose time is over, of pictures of audits that ended before `pictures`, and of audits that
    /// ended before `audits`. Answers how many.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn forget_audits(
        &self,
        now: Timestamp,
        (pictures, audits): (Timestamp, Timestamp),
        batch: u64,
    ) -> Result<u64, StoreError> {
        const FILES: Sql =
            forget!("artifact", "id", "SELECT old.id FROM artifact old WHERE old.expires_at_ms <= $1 LIMIT $2");
        const AUDITS: Sql = forget!("audit", "id", "SELECT old.id FROM audit old WHERE old.ended_at_ms < $1 LIMIT $2");
        const PICTURES: Sql = sql!(
            "UPDATE audit SET pictures = NULL WHERE id IN (
                 SELECT old.id FROM audit old WHERE old.ended_at_ms < $1 AND old.pictures IS NOT NULL LIMIT $2 "
                 (postgres "FOR UPDATE OF old SKIP LOCKED") ")"
        );
        let limit = integer(batch);
        let old = |cutoff: Timestamp| [cutoff.as_millis().into(), limit.into()];
        Ok(self.delete(FILES, old(now)).await?
            + self.delete(AUDITS, old(audits)).await?
            + self.delete(PICTURES, old(pictures)).await?)
    }

    async fn forget_rollups(
        &self,
        now: Timestamp,
        retention: &Retention,
        progress: &Progress,
        limit: i64,
    ) -> Result<u64, StoreError> {
        const ROLLUPS: Sql = forget!(
            "rollup",
            "monitor_id, resolution, start_ms",
            "SELECT old.monitor_id, old.resolution, old.start_ms FROM monitor_state s CROSS JOIN rollup old
             WHERE old.monitor_id = s.monitor_id AND old.resolution = $3 AND old.start_ms < $1 LIMIT $2"
        );
        let mut forgotten = 0;
        for resolution in Resolution::ALL {
            // A rollup is as old as its end.
            let mut cutoff = (now - retention.of(resolution)).floor(resolution.length());
            if let Some(coarser) = Resolution::ALL.into_iter().find(|coarser| coarser.finer() == Some(resolution)) {
                cutoff = cutoff.min(progress.of(coarser));
            }
            let values = [cutoff.as_millis().into(), limit.into(), resolution.number().into()];
            forgotten += self.delete(ROLLUPS, values).await?;
        }
        Ok(forgotten)
    }

    async fn delete<const N: usize>(&self, delete: Sql, values: [Value; N]) -> Result<u64, StoreError> {
        Ok(self.writer().execute_raw(delete.with(self.backend(), values)).await?.rows_affected())
    }
}
