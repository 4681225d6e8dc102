//! Working on what people asked for: audits and security checks. For each queue an apalis worker over a stream of what is claimed.
//!
//! Whoever asks for something wakes its worker; what other processes ask for is found by looking. It is claimed when it can be
//! begun, so that none waits here while another process is idle.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use apalis::prelude::{BoxDynError, Data, EventListenerExt, WorkerBuilder, WorkerBuilderExt, WorkerError};
use apalis_core::worker::event::Event;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};
use services::{Result, SECURITY_CHECKS_AT_ONCE, Services, Worked};
use storage::{AuditClaim, SecurityClaim};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::Shared;

/// How often a queue is looked at when nobody says that there is something.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What is worked on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Queue {
    /// Audits of pages.
    Audits,
    /// Security checks of sites.
    SecurityChecks,
}

pub(crate) const ALL: [Queue; 2] = [Queue::Audits, Queue::SecurityChecks];

/// The right to work on something.
enum Claim {
    Audit(AuditClaim),
    SecurityCheck(SecurityClaim),
}

impl Queue {
    fn name(self) -> &'static str {
        match self {
            Self::Audits => "audits",
            Self::SecurityChecks => "security-checks",
        }
    }

    /// How many are worked on at once in each process.
    fn at_once(self) -> usize {
        match self {
            // Two at once would measure each other.
            Self::Audits => 1,
            Self::SecurityChecks => SECURITY_CHECKS_AT_ONCE,
        }
    }

    fn asked(self, services: &Services) -> &Notify {
        match self {
            Self::Audits => services.audit_asked(),
            Self::SecurityChecks => services.security_check_asked(),
        }
    }

    async fn claim(self, services: &Services) -> Result<Option<Claim>> {
        Ok(match self {
            Self::Audits => services.claim_audit().await?.map(Claim::Audit),
            Self::SecurityChecks => services.claim_security_check().await?.map(Claim::SecurityCheck),
        })
    }
}

impl Claim {
    async fn work(self, services: &Services, stop: &CancellationToken) -> Result<Worked> {
        match self {
            Self::Audit(claim) => services.work_on_audit(claim, stop).await,
            Self::SecurityCheck(claim) => services.work_on_security_check(claim, stop).await,
        }
    }
}

/// Something that was claimed, and the right to begin it.
struct Held {
    claim: Claim,
    _turn: OwnedSemaphorePermit,
}

/// Works on what is asked for until the stop; ends when what was being made is over or handed back.
pub(crate) async fn run(queue: Queue, shared: Arc<Shared>, stop: CancellationToken) {
    let turns = Arc::new(Semaphore::new(queue.at_once()));
    let state = (queue, Arc::clone(&shared), turns, stop.clone());
    let claimed = stream::unfold(state, |state| async move { Some((Ok(next(&state).await?), state)) }).boxed();
    if let Err(error) = worker(queue, claimed, shared, stop).await {
        tracing::error!(%error, queue = queue.name(), "a worker ended badly");
    }
}

/// Waits for what is next; `None` at the stop.
async fn next((queue, shared, turns, stop): &(Queue, Arc<Shared>, Arc<Semaphore>, CancellationToken)) -> Option<Held> {
    let turn = tokio::select! {
        biased;
        () = stop.cancelled() => return None,
        turn = Arc::clone(turns).acquire_owned() => turn.ok()?,
    };
    loop {
        match queue.claim(&shared.services).await {
            Ok(Some(claim)) => return Some(Held { claim, _turn: turn }),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, queue = queue.name(), "nothing could be claimed"),
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return None,
            () = queue.asked(&shared.services).notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// The apalis worker. Boxed, because the compiler cannot name its future.
fn worker(
    queue: Queue,
    claimed: BoxStream<'static, std::result::Result<Held, Infallible>>,
    shared: Arc<Shared>,
    stop: CancellationToken,
) -> BoxFuture<'static, std::result::Result<(), WorkerError>> {
    let worker = WorkerBuilder::new(queue.name())
        .backend(claimed)
        .data((queue, shared, stop.clone()))
        .concurrency(queue.at_once())
        .on_event(move |_, event| {
            if let Event::Error(error) = event {
                tracing::error!(
                    %error,
                    queue = queue.name(),
                    "something ended badly; it is begun again when its lease runs out"
                );
            }
        })
        .build(make);
    worker.run_until(stop.cancelled_owned().map(Ok::<(), WorkerError>)).boxed()
}

async fn make(
    held: Held,
    context: Data<(Queue, Arc<Shared>, CancellationToken)>,
) -> std::result::Result<(), BoxDynError> {
    let (queue, shared, stop) = &*context;
    let worked = held.claim.work(&shared.services, stop).await?;
    tracing::debug!(queue = queue.name(), outcome = worked.as_str(), "worked on");
    Ok(())
}
