//! The program's own housekeeping.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::health::Flip;
use monitor_core::monitor::MonitorId;
use monitor_core::rollup::Resolution;

use crate::{Result, Services};

/// How long after its start a check may still bring a result: the longest timeout and the slack of its lease.
const SETTLED_AFTER: Duration = Duration::from_secs(75);

/// How long nothing has to have run for the time to count as unknown rather than as the status before.
const BLIND_AFTER: Duration = Duration::from_secs(60);

/// How often [`Services::beat`] has to be called.
pub const BEAT_EVERY: Duration = Duration::from_secs(5);

/// Monitors handled in one transaction.
const CHUNK: u64 = 500;

/// Rows removed in one transaction.
const FORGET_BATCH: u64 = 1_000;

impl Services {
    /// Notes that checks are running.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn beat(&self) -> Result<()> {
        Ok(self.store().beat(self.now()).await?)
    }

    /// At start: if nothing ran for longer than a minute, that time becomes unknown for every monitor, because nobody
    /// looked. Answers since when, and must run before checks do.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn account_for_absence(&self) -> Result<Option<Timestamp>> {
        let Some(alive) = self.store().last_alive().await? else { return Ok(None) };
        if self.now().since(alive) < BLIND_AFTER {
            return Ok(None);
        }
        // The last flip before the end came at most one beat after it, and flips have to stay in order.
        let since = alive + BEAT_EVERY;
        let mut after = MonitorId(0);
        loop {
            let tx = self.store().begin().await?;
            let mut healths = tx.active_healths(after, CHUNK).await?;
            let Some((last, _)) = healths.last() else { break };
            after = *last;
            let flips: Vec<(MonitorId, Flip)> = healths
                .iter_mut()
                .filter_map(|(monitor, health)| health.lose_sight(since).flip.map(|flip| (*monitor, flip)))
                .collect();
            let healths: Vec<_> = healths.iter().map(|(monitor, health)| (*monitor, health)).collect();
            tx.save_health(&healths).await?;
            tx.insert_flips(&flips).await?;
            tx.commit().await?;
        }
        tracing::warn!(%since, "nothing was checked for a while; that time counts as unknown");
        Ok(Some(since))
    }

    /// Rolls up every minute, hour and day that is over and settled. Answers how many rollups were written.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn roll_up(&self) -> Result<u64> {
        let mut written = 0;
        let mut until = self.now() - SETTLED_AFTER;
        for resolution in Resolution::ALL {
            until = until.floor(resolution.length());
            written += self.store().roll_up(resolution, until).await?;
        }
        Ok(written)
    }

    /// Removes what is older than it is kept, in small batches. Answers how many rows went.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn forget(&self) -> Result<u64> {
        let mut removed = 0;
        loop {
            let forgotten = self.store().forget(self.now(), &self.inner.retention, FORGET_BATCH).await?;
            let batch =
                forgotten.results + forgotten.rollups + forgotten.flips + forgotten.incidents + forgotten.dialogs;
            if batch == 0 {
                return Ok(removed);
            }
            removed += batch;
            tokio::task::yield_now().await;
        }
    }
}
