//! When things run.
//!
//! ```text
//! claim ──> due checks, each at its exact due time ──> apalis worker ──> probe ──> writer ──> one transaction per batch
//! ```
//!
//! No queue row exists per check: the schedule in the database is the queue. [`claim`] leases monitors that are due
//! within the next half second, the due stream hands each to an apalis worker at its due time, and [`writer`] records
//! outcomes in batches, which also ends the lease. A worker that dies leaves leases that run out, and its monitors are
//! due again. [`notifications`] delivers what the outbox holds in the same way, and [`queues`] makes audits and security checks. The
//! program's own chores in [`chores`] are apalis workers too.

mod chores;
mod claim;
mod due;
mod metrics;
mod notifications;
mod queues;
mod ready;
mod running;
mod worker;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use services::Services;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use metrics::Metrics;

use notifications::Deliveries;
use running::Running;

/// How much runs at once and how it ends.
#[derive(Debug, Clone, Copy)]
pub struct SchedulerConfig {
    /// Most checks that are claimed or running at once.
    pub concurrency: u32,
    /// How long running checks may take to end at shutdown before they are handed back.
    pub grace: Duration,
}

impl Default for SchedulerConfig {
    fn default() -> Self {
        Self { concurrency: 1_000, grace: Duration::from_secs(10) }
    }
}

/// What the parts of the scheduler share.
pub(crate) struct Shared {
    pub(crate) services: Services,
    pub(crate) metrics: Metrics,
    pub(crate) running: Running,
    pub(crate) deliveries: Deliveries,
}

/// A running scheduler.
pub struct Scheduler {
    shared: Arc<Shared>,
    stop: CancellationToken,
    close_writer: CancellationToken,
    tasks: JoinSet<()>,
    writer: tokio::task::JoinHandle<()>,
    grace: Duration,
}

impl Scheduler {
    /// Starts to check. The time in which nothing ran has to be accounted for before, by
    /// [`Services::account_for_absence`], and pings should be taken in.
    ///
    /// # Errors
    /// [`services::ServiceError::Internal`] when the database does not answer.
    pub async fn start(services: Services, metrics: Metrics, config: SchedulerConfig) -> services::Result<Self> {
        services.beat().await?;
        let stop = CancellationToken::new();
        let (running, deliveries) = (Running::new(config.concurrency), Deliveries::default());
        let shared = Arc::new(Shared { services, metrics, running, deliveries });
        let (finished, to_write) = mpsc::channel(writer::MAX_BATCH * 4);
        let close_writer = CancellationToken::new();
        let writer = tokio::spawn(writer::run(Arc::clone(&shared), to_write, close_writer.clone()));
        let mut tasks = JoinSet::new();
        let (claimed, to_run) = mpsc::channel(claim::BATCH * 2);
        tasks.spawn(claim::run(Arc::clone(&shared), claimed, stop.clone()));
        tasks.spawn(worker::run(Arc::clone(&shared), to_run, finished, stop.clone()));
        tasks.spawn(notifications::run(Arc::clone(&shared), stop.clone()));
        for queue in queues::ALL {
            tasks.spawn(queues::run(queue, Arc::clone(&shared), stop.clone()));
        }
        for chore in chores::ALL {
            tasks.spawn(chores::run(chore, shared.services.clone(), stop.clone()));
        }
        Ok(Self { shared, stop, close_writer, tasks, writer, grace: config.grace })
    }

    /// Waits until a part of the scheduler ends that should not have: without it nothing would be watched, so the program
    /// has to end too.
    pub async fn failed(&mut self) {
        tokio::select! {
            _ = self.tasks.join_next() => {}
            _ = &mut self.writer => {}
        }
    }

    /// Stops: nothing new is claimed, running checks and deliveries get the grace period to end and be recorded, and what
    /// has not ended by then is handed back, so that it is due again at once.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(self.grace, ended).await.is_err() {
            self.tasks.shutdown().await;
        }
        self.close_writer.cancel();
        if let Err(error) = self.writer.await {
            tracing::error!(%error, "the writer ended badly");
        }
        let left = self.shared.running.claims();
        if !left.is_empty() {
            tracing::info!(checks = left.len(), "checks that were claimed but have not ended are handed back");
            if let Err(error) = self.shared.services.store().release(&left).await {
                tracing::warn!(%error, "checks could not be handed back; they are due again when their leases run out");
            }
        }
        let left = self.shared.deliveries.claims();
        if !left.is_empty() {
            tracing::info!(
                notifications = left.len(),
                "notifications that were claimed but not delivered are handed back"
            );
            if let Err(error) = self.shared.services.store().release_notifications(&left).await {
                tracing::warn!(%error, "notifications could not be handed back; they are due again when their leases run out");
            }
        }
    }
}
