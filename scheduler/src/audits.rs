//! Making audits: an apalis worker over a stream of those that are claimed, one at a time in each process, since two at once would
//! measure each other.
//!
//! Whoever asks for one wakes this; what other processes ask for is found by looking. An audit is claimed when it can be begun,
//! so that none waits here while another process is idle.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use apalis::prelude::{BoxDynError, Data, EventListenerExt, WorkerBuilder, WorkerError};
use apalis_core::worker::event::Event;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};
use storage::AuditClaim;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::Shared;

/// How often the queue is looked at when nobody says that there is something.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// An audit that was claimed, and the right to make it.
struct Held {
    claim: AuditClaim,
    _turn: OwnedSemaphorePermit,
}

/// Makes what is asked for until the stop; ends when what was being made is over or handed back.
pub(crate) async fn run(shared: Arc<Shared>, stop: CancellationToken) {
    let turns = Arc::new(Semaphore::new(1));
    let state = (Arc::clone(&shared), turns, stop.clone());
    let claimed = stream::unfold(state, |state| async move { Some((Ok(next(&state).await?), state)) }).boxed();
    if let Err(error) = worker(claimed, shared, stop).await {
        tracing::error!(%error, "the worker for audits ended badly");
    }
}

/// Waits for the next audit; `None` at the stop.
async fn next((shared, turns, stop): &(Arc<Shared>, Arc<Semaphore>, CancellationToken)) -> Option<Held> {
    let turn = tokio::select! {
        biased;
        () = stop.cancelled() => return None,
        turn = Arc::clone(turns).acquire_owned() => turn.ok()?,
    };
    loop {
        match shared.services.claim_audit().await {
            Ok(Some(claim)) => return Some(Held { claim, _turn: turn }),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "no audit could be claimed"),
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return None,
            () = shared.services.audit_asked().notified() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

/// The apalis worker. Boxed, because the compiler cannot name its future.
fn worker(
    claimed: BoxStream<'static, Result<Held, Infallible>>,
    shared: Arc<Shared>,
    stop: CancellationToken,
) -> BoxFuture<'static, Result<(), WorkerError>> {
    let worker = WorkerBuilder::new("audits")
        .backend(claimed)
        .data((shared, stop.clone()))
        .on_event(|_, event| {
            if let Event::Error(error) = event {
                tracing::error!(%error, "an audit ended badly; it is begun again when its lease runs out");
            }
        })
        .build(make);
    worker.run_until(stop.cancelled_owned().map(Ok::<(), WorkerError>)).boxed()
}

async fn make(held: Held, context: Data<(Arc<Shared>, CancellationToken)>) -> Result<(), BoxDynError> {
    let (shared, stop) = &*context;
    let worked = shared.services.work_on_audit(held.claim, stop).await?;
    tracing::debug!(outcome = worked.as_str(), "audit worked on");
    Ok(())
}
