//! Claiming what is due, a little ahead of time.

use std::sync::Arc;
use std::time::Duration;

use services::LEASE_SLACK;
use storage::{Claim, StoreError};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_util::sync::CancellationToken;

use crate::Shared;
use crate::ready::{Ready, ReadyChecks};
use crate::running::Held;

/// How far ahead of its due time a check is claimed, so that it can start at that very time.
const LOOKAHEAD: Duration = Duration::from_millis(500);

/// How often the schedule is looked at. Well below [`LOOKAHEAD`], so that one slow look makes nothing late.
const EVERY: Duration = Duration::from_millis(150);

/// Most checks claimed by one statement.
pub(crate) const BATCH: usize = 500;

/// Pause after the database did not answer.
const AFTER_ERROR: Duration = Duration::from_secs(1);

/// A check that is due, with all that is needed to run it.
pub(crate) struct DueCheck {
    pub(crate) held: Held,
    pub(crate) ready: Arc<Ready>,
}

/// Claims until it is told to stop, and sends what it claimed.
pub(crate) async fn run(shared: Arc<Shared>, due: mpsc::Sender<DueCheck>, stop: CancellationToken) {
    let mut ready = ReadyChecks::default();
    loop {
        let slots = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            slots = shared.running.slots(BATCH) => slots,
        };
        let pause = match claim(&shared, &mut ready, &due, slots).await {
            Ok(claimed) if claimed == BATCH => Duration::ZERO,
            Ok(_) => EVERY,
            Err(error) => {
                tracing::warn!(%error, "no checks could be claimed");
                AFTER_ERROR
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

/// Claims one batch; answers how many were claimed.
async fn claim(
    shared: &Shared,
    ready: &mut ReadyChecks,
    due: &mpsc::Sender<DueCheck>,
    slots: Vec<OwnedSemaphorePermit>,
) -> Result<usize, StoreError> {
    let store = shared.services.store();
    let now = shared.services.now();
    ready.forget(now);
    let most = u32::try_from(slots.len()).unwrap_or(u32::MAX);
    let claims = store.claim(now, now + LOOKAHEAD, most, LEASE_SLACK).await?;
    let claimed = claims.len();
    let (mut held, mut busy): (Vec<Held>, Vec<Claim>) = (Vec::with_capacity(claimed), Vec::new());
    for (claim, slot) in claims.iter().zip(slots) {
        match shared.running.hold(*claim, slot) {
            Some(taken) => held.push(taken),
            None => busy.push(*claim),
        }
    }
    if !busy.is_empty() {
        // Its earlier check is under way here and counts no more: due again at once, not only when this lease runs out.
        store.release(&busy).await?;
    }
    if let Err(error) = ready.load(store, &held).await {
        store.release(&claims).await?;
        return Err(error);
    }
    for held in held {
        // A monitor deleted since it was claimed has nothing to run.
        if let Some(ready) = ready.get(&held.claim) {
            let _ = due.send(DueCheck { held, ready }).await;
        }
    }
    Ok(claimed)
}
