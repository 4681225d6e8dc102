//! The one writer: records outcomes in batches.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use monitor_core::outcome::Verdict;
use services::{Finished, Recorded};
use storage::StoreError;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::Shared;
use crate::running::Held;
use crate::worker::Done;

/// Most outcomes recorded in one transaction.
pub(crate) const MAX_BATCH: usize = 1_000;

/// How long a good outcome may wait for others. One that may change a status does not wait.
const MAX_WAIT: Duration = Duration::from_millis(250);

/// First and longest pause before a batch is tried again.
const RETRY: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// How often a batch is tried again once the program stops.
const LAST_TRIES: u32 = 5;

/// Records what arrives until it is closed, and then what is left.
pub(crate) async fn run(shared: Arc<Shared>, mut finished: mpsc::Receiver<Done>, close: CancellationToken) {
    let mut next = None;
    loop {
        let batch = collect(&mut finished, &mut next, &close).await;
        if batch.is_empty() {
            return;
        }
        shared.metrics.waiting(finished.len());
        record(&shared, batch, &close).await;
    }
}

/// Gathers a batch. Empty only when the channel is closed and drained.
async fn collect(finished: &mut mpsc::Receiver<Done>, next: &mut Option<Done>, close: &CancellationToken) -> Vec<Done> {
    let mut batch: Vec<Done> = Vec::new();
    let mut monitors = HashSet::new();
    let mut until = None;
    loop {
        let done = match next.take() {
            Some(done) => Some(done),
            None => receive(finished, until, close).await,
        };
        let Some(done) = done else { return batch };
        // A transaction takes one outcome per monitor: a second one, after a lease that ran out, opens the next batch.
        if !monitors.insert(done.held.claim.monitor) {
            *next = Some(done);
            return batch;
        }
        let urgent = done.finished.outcome.verdict() != Verdict::Ok;
        batch.push(done);
        if batch.len() >= MAX_BATCH {
            return batch;
        }
        let wait = if urgent { Duration::ZERO } else { MAX_WAIT };
        let latest = Instant::now() + wait;
        until = Some(until.map_or(latest, |until: Instant| until.min(latest)));
    }
}

/// The next outcome; `None` when the time is up, or when the channel is closed and drained.
async fn receive(
    finished: &mut mpsc::Receiver<Done>,
    until: Option<Instant>,
    close: &CancellationToken,
) -> Option<Done> {
    if let Ok(done) = finished.try_recv() {
        return Some(done);
    }
    let time_is_up = async {
        match until {
            Some(until) => tokio::time::sleep_until(until).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        done = finished.recv() => done,
        () = time_is_up => None,
        () = close.cancelled() => { finished.close(); finished.recv().await }
    }
}

/// Records a batch. While the database is away it is tried again and again; a batch that the database refuses is halved
/// until what it refuses stands alone and is left out, so that one result never stops the others.
async fn record(shared: &Shared, batch: Vec<Done>, close: &CancellationToken) {
    let mut batches: Vec<(Vec<Held>, Vec<Finished>)> =
        vec![batch.into_iter().map(|done| (done.held, done.finished)).unzip()];
    while let Some((mut held, mut finished)) = batches.pop() {
        match record_when_possible(shared, &finished, close).await {
            Ok(recorded) => {
                shared.metrics.recorded(&recorded);
                held.into_iter().for_each(Held::recorded);
            }
            Err(StoreError::Unavailable(_)) => {
                tracing::error!(results = held.len(), "results could not be recorded before the program stopped");
            }
            Err(error) if held.len() == 1 => {
                let monitor_id = held[0].claim.monitor;
                tracing::error!(%error, %monitor_id, "a result cannot be recorded and is left out");
            }
            Err(_) => {
                let half = held.len() / 2;
                batches.push((held.split_off(half), finished.split_off(half)));
                batches.push((held, finished));
            }
        }
    }
}

/// Waits for the database if need be, once the program stops only for a few tries.
async fn record_when_possible(
    shared: &Shared,
    finished: &[Finished],
    close: &CancellationToken,
) -> Result<Recorded, StoreError> {
    let (mut pause, longest) = RETRY;
    let mut last_tries = 0;
    loop {
        match shared.services.record(finished).await {
            Err(StoreError::Unavailable(error)) if last_tries < LAST_TRIES => {
                tracing::warn!(%error, results = finished.len(), "results wait for the database");
                last_tries += u32::from(close.is_cancelled());
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(longest);
            }
            answer => return answer,
        }
    }
}
