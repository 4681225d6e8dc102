//! What is claimed and has not been recorded yet.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use monitor_core::monitor::MonitorId;
use storage::Claim;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The claims that this process holds, bounded in number.
pub(crate) struct Running {
    slots: Arc<Semaphore>,
    claims: Arc<Claims>,
}

#[derive(Default)]
struct Claims(Mutex<HashMap<MonitorId, Entry>>);

struct Entry {
    claim: Claim,
    /// Whether the check still waits, runs, or is about to be recorded here.
    live: bool,
}

/// One claim held. Dropping it frees the slot; the claim itself stays on the list, to be handed back at the end, until
/// it is recorded.
pub(crate) struct Held {
    pub(crate) claim: Claim,
    claims: Arc<Claims>,
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

    /// Takes a claim in. `None` while an earlier check of that monitor is still under way here, which happens when its
    /// lease ran out because the machine stood still or its clock was set forward.
    pub(crate) fn hold(&self, claim: Claim, slot: OwnedSemaphorePermit) -> Option<Held> {
        let mut claims = self.claims.lock();
        if claims.get(&claim.monitor).is_some_and(|earlier| earlier.live) {
            return None;
        }
        claims.insert(claim.monitor, Entry { claim, live: true });
        drop(claims);
        Some(Held { claim, claims: Arc::clone(&self.claims), _slot: slot })
    }

    /// The claims that have not been recorded.
    pub(crate) fn claims(&self) -> Vec<Claim> {
        self.claims.lock().values().map(|entry| entry.claim).collect()
    }
}

impl Held {
    /// The claim's result is on record.
    pub(crate) fn recorded(self) {
        self.claims.lock().remove(&self.claim.monitor);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(entry) = self.claims.lock().get_mut(&self.claim.monitor) {
            entry.live = false;
        }
    }
}

impl Claims {
    fn lock(&self) -> MutexGuard<'_, HashMap<MonitorId, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use monitor_core::Timestamp;

    fn claim(lease: i64) -> Claim {
        let at = Timestamp::from_millis;
        Claim { monitor: MonitorId(1), revision: 1, due: at(0), lease: at(lease) }
    }

    #[tokio::test]
    async fn a_monitor_is_held_once_until_its_check_is_over() {
        let running = Running::new(10);
        let mut slots = running.slots(3).await;
        let mut hold = |lease| running.hold(claim(lease), slots.pop().unwrap());
        let first = hold(1_000).unwrap();
        assert!(hold(2_000).is_none());
        first.recorded();
        assert!(running.claims().is_empty());
        drop(hold(3_000).unwrap());
        assert_eq!(running.claims(), [claim(3_000)], "what was not recorded is handed back at the end");
    }
}
