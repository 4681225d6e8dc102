//! What is claimed and has not been recorded yet.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use monitor_core::monitor::MonitorId;
use storage::Claim;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The claims that this process holds, bounded in number.
pub(crate) struct Running {
    slots: Arc<Semaphore>,
    claims: Arc<Mutex<HashMap<MonitorId, Claim>>>,
}

/// One claim held. Dropping it frees the slot; the claim itself stays on the list, to be handed back at the end, until
/// it is recorded.
pub(crate) struct Held {
    pub(crate) claim: Claim,
    claims: Arc<Mutex<HashMap<MonitorId, Claim>>>,
    _slot: OwnedSemaphorePermit,
}

impl Running {
    pub(crate) fn new(most: u32) -> Self {
        let most = usize::try_from(most.max(1)).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self { slots: Arc::new(Semaphore::new(most)), claims: Arc::default() }
    }

    /// Waits until something may be claimed; how many, up to `most`.
    pub(crate) async fn slots(&self, most: usize) -> Vec<OwnedSemaphorePermit> {
        let Ok(first) = Arc::clone(&self.slots).acquire_owned().await else { return Vec::new() };
        let more = std::iter::from_fn(|| Arc::clone(&self.slots).try_acquire_owned().ok());
        std::iter::once(first).chain(more.take(most.saturating_sub(1))).collect()
    }

    pub(crate) fn hold(&self, claim: Claim, slot: OwnedSemaphorePermit) -> Held {
        lock(&self.claims).insert(claim.monitor, claim);
        Held { claim, claims: Arc::clone(&self.claims), _slot: slot }
    }

    /// The claims that have not been recorded.
    pub(crate) fn claims(&self) -> Vec<Claim> {
        lock(&self.claims).values().copied().collect()
    }
}

impl Held {
    /// The claim's result is on record.
    pub(crate) fn recorded(self) {
        let mut claims = lock(&self.claims);
        // The monitor may have been claimed anew after this lease ran out.
        if claims.get(&self.claim.monitor).is_some_and(|claim| claim.lease == self.claim.lease) {
            claims.remove(&self.claim.monitor);
        }
    }
}

fn lock(claims: &Mutex<HashMap<MonitorId, Claim>>) -> std::sync::MutexGuard<'_, HashMap<MonitorId, Claim>> {
    claims.lock().unwrap_or_else(PoisonError::into_inner)
}
