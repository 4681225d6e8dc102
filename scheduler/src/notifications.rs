//! Delivering notifications: an apalis worker over a stream of those that are claimed.
//!
//! Whoever commits something to deliver wakes the dispatcher; what other processes commit is found by looking each second.
//! As many are claimed as can be delivered at once, so that none waits here while another process could deliver it, and the
//! time of the claim, which the budgets of destinations go by, is that of the delivery.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use apalis::prelude::{BoxDynError, Data, EventListenerExt, ParallelizeExt, WorkerBuilder, WorkerError};
use apalis_core::worker::event::Event;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};
use monitor_core::alerting::NotificationId;
use storage::{NotificationClaim, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use crate::Shared;

/// Most notifications that are delivered at once.
const AT_ONCE: usize = 64;

/// How often the outbox is looked at when nobody says that there is something.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The least time between two looks, in which more may be committed.
const BREATH: Duration = Duration::from_millis(5);

/// The notifications that this process is delivering, bounded in number.
pub(crate) struct Deliveries {
    slots: Arc<Semaphore>,
    claims: Arc<Claims>,
}

#[derive(Default)]
struct Claims(Mutex<HashMap<NotificationId, NotificationClaim>>);

/// A notification that is being delivered. Dropping it frees the slot; the claim stays on the list, to be handed back at
/// the end, until it is settled.
struct Held {
    claim: NotificationClaim,
    claims: Arc<Claims>,
    _slot: OwnedSemaphorePermit,
}

impl Default for Deliveries {
    fn default() -> Self {
        Self { slots: Arc::new(Semaphore::new(AT_ONCE)), claims: Arc::default() }
    }
}

impl Deliveries {
    /// The claims that were not settled.
    pub(crate) fn claims(&self) -> Vec<NotificationClaim> {
        self.claims.lock().values().cloned().collect()
    }

    /// Waits until something may be delivered; all that may be then.
    async fn slots(&self) -> Vec<OwnedSemaphorePermit> {
        let Ok(first) = Arc::clone(&self.slots).acquire_owned().await else { return Vec::new() };
        let more = std::iter::from_fn(|| Arc::clone(&self.slots).try_acquire_owned().ok());
        std::iter::once(first).chain(more).collect()
    }

    fn hold(&self, claim: NotificationClaim, slot: OwnedSemaphorePermit) -> Held {
        self.claims.lock().insert(claim.id, claim.clone());
        Held { claim, claims: Arc::clone(&self.claims), _slot: slot }
    }
}

impl Claims {
    fn lock(&self) -> MutexGuard<'_, HashMap<NotificationId, NotificationClaim>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// What came of it is on record.
    fn settled(self) {
        let mut claims = self.claims.lock();
        // It may have been claimed here once more, if that took long.
        if claims.get(&self.claim.id).is_some_and(|claim| claim.lease == self.claim.lease) {
            claims.remove(&self.claim.id);
        }
    }
}

/// Delivers what is due until the stop; ends when what was being delivered is.
pub(crate) async fn run(shared: Arc<Shared>, stop: CancellationToken) {
    let (claimed, to_deliver) = mpsc::channel(AT_ONCE);
    let claiming = claim(Arc::clone(&shared), claimed, stop.clone());
    let due = stream::unfold(to_deliver, |mut due| async move { due.recv().await.map(|held| (Ok(held), due)) }).boxed();
    let ((), worked) = tokio::join!(claiming, worker(due, shared, stop));
    if let Err(error) = worked {
        tracing::error!(%error, "the delivery worker ended badly");
    }
}

/// Claims until it is told to stop, and sends what it claimed.
async fn claim(shared: Arc<Shared>, claimed: mpsc::Sender<Held>, stop: CancellationToken) {
    loop {
        let slots = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            slots = shared.deliveries.slots() => slots,
        };
        let pause = look(&shared, &claimed, slots).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "no notifications could be claimed");
            LOOK_EVERY
        });
        let woken = async {
            tokio::time::sleep(BREATH).await;
            tokio::select! {
                () = shared.services.outbox().notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = woken => {}
        }
    }
}

/// Claims what is due; answers how long nothing else is.
async fn look(
    shared: &Shared,
    claimed: &mpsc::Sender<Held>,
    slots: Vec<OwnedSemaphorePermit>,
) -> Result<Duration, StoreError> {
    let found = shared.services.claim_deliveries(u32::try_from(slots.len()).unwrap_or(u32::MAX)).await?;
    for (claim, slot) in found.claims.into_iter().zip(slots) {
        let held = shared.deliveries.hold(claim, slot);
        // There is room for as many as there are slots. The worker is gone only at the end, and the claim handed back.
        let _ = claimed.send(held).await;
    }
    shared.metrics.outbox(shared.services.store().outbox_depth().await?);
    let now = shared.services.now();
    Ok(found.next.map_or(LOOK_EVERY, |next| next.since(now)).min(LOOK_EVERY))
}

/// The apalis worker, each delivery a task of its own. Boxed, because the compiler cannot name its future.
fn worker(
    due: BoxStream<'static, Result<Held, Infallible>>,
    shared: Arc<Shared>,
    stop: CancellationToken,
) -> BoxFuture<'static, Result<(), WorkerError>> {
    let worker = WorkerBuilder::new("notifications")
        .backend(due)
        .data(shared)
        .parallelize(tokio::spawn)
        .on_event(|_, event| {
            if let Event::Error(error) = event {
                tracing::error!(%error, "a delivery ended badly; it is claimed again when its lease runs out");
            }
        })
        .build(deliver);
    worker.run_until(stop.cancelled_owned().map(Ok::<(), WorkerError>)).boxed()
}

async fn deliver(held: Held, shared: Data<Arc<Shared>>) -> Result<(), BoxDynError> {
    // The machine stood still or its clock was set forward: it may be somebody else's by now.
    if shared.services.now() >= held.claim.lease {
        return Ok(());
    }
    let delivered = shared.services.deliver(&held.claim).await?;
    shared.metrics.delivered(&delivered);
    held.settled();
    Ok(())
}
