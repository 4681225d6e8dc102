//! A stream that yields claimed checks at their due times.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::convert::Infallible;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use tokio::sync::mpsc;

use crate::Shared;
use crate::claim::DueCheck;

/// The earliest due first.
struct ByDue(DueCheck);

impl ByDue {
    fn key(&self) -> (i64, i64) {
        (self.0.held.claim.due.as_millis(), self.0.held.claim.monitor.0)
    }
}

impl PartialEq for ByDue {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for ByDue {}

impl PartialOrd for ByDue {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ByDue {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

struct State {
    shared: Arc<Shared>,
    claimed: mpsc::Receiver<DueCheck>,
    waiting: BinaryHeap<Reverse<ByDue>>,
}

/// Yields each claimed check when it is due.
pub(crate) fn stream(
    shared: Arc<Shared>,
    claimed: mpsc::Receiver<DueCheck>,
) -> BoxStream<'static, Result<DueCheck, Infallible>> {
    let state = State { shared, claimed, waiting: BinaryHeap::new() };
    stream::unfold(state, |mut state| async move { state.next().await.map(|check| (Ok(check), state)) }).boxed()
}

impl State {
    async fn next(&mut self) -> Option<DueCheck> {
        loop {
            let now = self.shared.services.now();
            let wait = self.waiting.peek().map(|Reverse(first)| first.0.held.claim.due.since(now));
            if wait.is_some_and(|wait| wait.is_zero()) {
                return self.waiting.pop().map(|Reverse(ByDue(check))| check);
            }
            tokio::select! {
                biased;
                claimed = self.claimed.recv() => self.waiting.push(Reverse(ByDue(claimed?))),
                () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() => {}
            }
        }
    }
}
