//! Requests that are held back until all have come, and then answered at once: how many monitors flip at one moment.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::clock::now_us;

/// What `/storm` answers, and whom it lets wait.
#[derive(Default)]
pub(super) struct Storm {
    state: Mutex<State>,
    released: Notify,
}

#[derive(Default)]
struct State {
    failing: bool,
    gathering: Option<Gathering>,
    released_us: u64,
}

/// Requests that wait for others.
struct Gathering {
    missing: usize,
    then_failing: bool,
}

impl Storm {
    /// From now on requests wait until there are so many; then they all fail, or not, and so do those that come later.
    pub(super) fn gather(&self, count: usize, then_failing: bool) {
        let mut state = self.lock();
        state.gathering = Some(Gathering { missing: count, then_failing });
        state.released_us = 0;
    }

    /// When those that waited were answered, in microseconds since 1970; 0: not yet.
    pub(super) fn released_us(&self) -> u64 {
        self.lock().released_us
    }

    /// Waits if need be, and tells whether the request is to fail.
    pub(super) async fn fails(&self) -> bool {
        // Made before the look at the state, so that a release in between is not missed.
        let released = self.released.notified();
        if let Some(fails) = self.arrive() {
            return fails;
        }
        released.await;
        self.lock().failing
    }

    /// What the request is answered; `None` while others are waited for.
    fn arrive(&self) -> Option<bool> {
        let mut state = self.lock();
        if let Some(gathering) = &mut state.gathering {
            gathering.missing = gathering.missing.saturating_sub(1);
            if gathering.missing > 0 {
                return None;
            }
            state.failing = gathering.then_failing;
            state.gathering = None;
            state.released_us = now_us();
            self.released.notify_waiters();
        }
        Some(state.failing)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    #[tokio::test]
    async fn all_are_answered_when_the_last_has_come() {
        let storm = Storm::default();
        assert!(!storm.fails().await);
        storm.gather(3, true);
        let (mut first, mut second) = (Box::pin(storm.fails()), Box::pin(storm.fails()));
        assert_eq!((first.as_mut().now_or_never(), second.as_mut().now_or_never()), (None, None));
        assert_eq!(storm.released_us(), 0);
        assert!(storm.fails().await);
        assert!(first.await && second.await);
        assert!(storm.released_us() > 0);
        assert!(storm.fails().await, "what comes later fails, too");
    }
}
