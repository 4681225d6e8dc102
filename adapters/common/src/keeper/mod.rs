//! Keeps one live card per incident or audit and conversation: what changes while nobody says anything is told by and by, each
//! conversation in order, at the pace that the platform allows.
//!
//! How far a conversation was told is in the database, and so is as which message each card is shown. A message that the
//! platform took is noted right after, so that whoever is killed in between edits a card twice, but hardly ever posts it
//! twice. What cannot be told waits there; after an outage a summary takes the place of what was missed.

mod lanes;
mod pace;
mod step;
mod words;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use services::Services;
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::Courier;
use lanes::{Done, Lanes};
use step::Step;

/// How often other processes' changes are looked for; those of this one are heard at once.
const POLL: Duration = Duration::from_secs(2);

/// Least time between two looks for the sake of changes alone.
const LOOKS_APART: Duration = Duration::from_millis(100);

/// How long what is being sent has to end when the program does.
const FAREWELL: Duration = Duration::from_secs(5);

/// Conversations that are told something at the same time.
const AT_ONCE: usize = 8;

/// Keeps the cards of one platform.
pub struct Keeper<C> {
    courier: Arc<C>,
    services: Services,
    lanes: Lanes,
    running: FuturesUnordered<Pin<Box<dyn Future<Output = Done> + Send>>>,
}

impl<C: Courier> Keeper<C> {
    /// Keeps cards until shutdown. Whatever goes wrong is tried again.
    pub async fn run(courier: Arc<C>, services: Services, shutdown: CancellationToken) {
        let mut changes = services.changes();
        let mut keeper = Self::new(courier, services);
        loop {
            let looked = Instant::now();
            let next = keeper.look(looked).await;
            let changed = async {
                sleep_until(looked + LOOKS_APART).await;
                changes.changed().await
            };
            tokio::select! {
                () = shutdown.cancelled() => break,
                Some(done) = keeper.running.next(), if !keeper.running.is_empty() => keeper.finish(done, Instant::now()),
                Ok(()) = changed => {}
                () = sleep_until(next) => {}
            }
        }
        let until = Instant::now() + FAREWELL;
        // What the platform has taken should be noted.
        let _ = timeout_at(until, async { while keeper.running.next().await.is_some() {} }).await;
        keeper.courier.rest().finish(C::PLATFORM, until).await;
    }

    fn new(courier: Arc<C>, services: Services) -> Self {
        let lanes = Lanes::new(C::PLATFORM, C::PACE, C::unit, Instant::now());
        Self { courier, services, lanes, running: FuturesUnordered::new() }
    }

    /// Begins what is due, and tells when to look again if nothing happens before.
    async fn look(&mut self, now: Instant) -> Instant {
        let waiting = match self.services.conversations_waiting(C::PLATFORM).await {
            Ok(waiting) => waiting,
            // The cause is logged where it happened.
            Err(_) => return now + POLL,
        };
        let free = AT_ONCE.saturating_sub(self.running.len());
        for (waiting, context) in self.lanes.begin(waiting, now, free) {
            let step = Step { courier: Arc::clone(&self.courier), services: self.services.clone(), waiting, context };
            self.running.push(Box::pin(step.run()));
        }
        self.lanes.next(now).min(now + POLL)
    }

    fn finish(&mut self, done: Done, now: Instant) {
        self.lanes.finish(done, now, pace::random());
    }
}

#[cfg(test)]
mod tests;
