//! The program's own housekeeping.

use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::duration::humanize;
use monitor_core::health::{Flip, Status};
use monitor_core::heartbeat::LOST_AFTER;
use monitor_core::monitor::MonitorId;
use monitor_core::rollup::Resolution;
use storage::Audience;

use crate::{Result, Services};

/// How long after its start a check may still bring a result: the longest timeout and the slack of its lease.
const SETTLED_AFTER: Duration = Duration::from_secs(75);

/// How long nothing has to have run for the time to count as unknown rather than as the status before.
const BLIND_AFTER: Duration = Duration::from_secs(60);

/// How often [`Services::beat`] has to be called.
pub const BEAT_EVERY: Duration = Duration::from_secs(5);

/// A clock of this process that goes back farther than that from one beat to the next was set back.
const SET_BACK_BY: Duration = BEAT_EVERY;

/// A clock that is farther behind what another process has noted was wrong, before or now: those of two machines differ by less.
pub(crate) const WRONG_BY: Duration = Duration::from_secs(60);

/// Monitors handled in one transaction.
const CHUNK: u64 = 500;

/// How long after an absence it is told at the latest what was found then.
const CONCLUDED_AFTER: Duration = Duration::from_secs(120);

/// Rows removed in one transaction.
const FORGET_BATCH: u64 = 1_000;

/// A time in which Watchword itself was not running, of which nothing has been told but that.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Absence {
    since: Timestamp,
    until: Timestamp,
}

impl Absence {
    fn topic(self) -> String {
        format!("absence {}", self.since.as_millis())
    }

    fn text(self) -> String {
        format!(
            "I was not running from {} to {} ({}). Nothing was checked in that time, which counts as unknown.",
            self.since.to_minute(),
            self.until.to_minute(),
            humanize(self.until.since(self.since)),
        )
    }
}

impl Services {
    /// Notes that checks are running. When the clock was set back, all that was to come is moved with it. When that could not
    /// be noted for long, because the database was away or the machine stood still, no ping could be taken in either, and no
    /// heartbeat is held to that time.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn beat(&self) -> Result<()> {
        let now = self.now();
        if let Some(alive) = self.store().last_alive().await? {
            if now.since(alive) >= LOST_AFTER {
                self.excuse_heartbeats(alive, now).await?;
            }
            // Of processes whose clocks differ none takes that of another for its own that went back.
            let own = *self.last_beat();
            let set_back = own.map_or(alive.since(now) > WRONG_BY, |own| own.since(now) > SET_BACK_BY);
            if set_back && alive > now && self.store().clock_went_back(alive, now).await? {
                tracing::warn!(before = %alive, %now, "the clock was set back; what was to come is moved with it");
            }
        }
        self.store().beat(now).await?;
        *self.last_beat() = Some(now);
        // Last, for it may take as long as it takes to find that nobody answers.
        self.forget_blindness(now).await;
        Ok(())
    }

    fn last_beat(&self) -> MutexGuard<'_, Option<Timestamp>> {
        self.inner.last_beat.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// At start: if nothing ran for longer than a minute, that time becomes unknown for every monitor, because nobody
    /// looked. Answers since when, and must run before checks do.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn account_for_absence(&self) -> Result<Option<Timestamp>> {
        let Some(alive) = self.store().last_alive().await? else { return Ok(None) };
        self.excuse_heartbeats(alive, self.now()).await?;
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
        let absence = Absence { since, until: self.now() };
        self.tell(Audience::Everybody, &absence.topic(), &absence.text(), absence.until).await;
        *self.absence() = Some(absence);
        self.check_unseen(absence.until).await;
        Ok(Some(since))
    }

    /// After an absence, once every monitor was looked at again or two minutes are over: adds to what was told of it how
    /// everything is now.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn conclude_absence(&self) -> Result<()> {
        let Some(absence) = *self.absence() else { return Ok(()) };
        let now = self.now();
        let mut found = Vec::new();
        for organisation in self.store().organisations().await? {
            found.push((organisation, self.store().status_counts(organisation).await?));
        }
        let unseen = found.iter().flat_map(|(_, counts)| counts).any(|(status, _)| *status == Status::Unknown);
        if unseen && now.since(absence.until) < CONCLUDED_AFTER {
            return Ok(());
        }
        for (organisation, counts) in found {
            let counts: Vec<String> =
                counts.iter().map(|(status, count)| format!("{count} {}", status.as_str())).collect();
            if !counts.is_empty() {
                let text = format!("{} Now that I am back: {}.", absence.text(), counts.join(", "));
                self.tell(Audience::Organisation(organisation), &absence.topic(), &text, now).await;
            }
        }
        *self.absence() = None;
        Ok(())
    }

    /// Whether it is not known yet how everything is after an absence.
    pub(crate) fn is_back_from_absence(&self) -> bool {
        self.absence().is_some()
    }

    fn absence(&self) -> MutexGuard<'_, Option<Absence>> {
        self.inner.absence.lock().unwrap_or_else(PoisonError::into_inner)
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
            let audits = &self.inner.audits.options;
            let (now, (pictures, ended)) = (self.now(), (audits.keep_files, audits.keep));
            let audits = self.store().forget_audits(now, (now - pictures, now - ended), FORGET_BATCH).await?;
            let batch = audits
                + forgotten.results
                + forgotten.rollups
                + forgotten.flips
                + forgotten.incidents
                + forgotten.notifications
                + forgotten.dialogs;
            if batch == 0 {
                return Ok(removed);
            }
            removed += batch;
            tokio::task::yield_now().await;
        }
    }
}
