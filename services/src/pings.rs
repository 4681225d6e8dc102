//! Receiving pings: what arrives while a transaction is being written waits for it, and is written together in the next.
//!
//! A ping that comes alone is written at once. Many that come share the cost of a transaction, of which one begins every
//! few milliseconds at most. Whoever sent a ping is answered when all that it means is committed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::heartbeat::{PingMethod, Signal, Uuid};
use monitor_core::outcome::Outcome;
use storage::{Claim, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use crate::beats::Writer;
use crate::recording::Recorded;
use crate::{Result, ServiceError, Services};

/// Pings that may wait to be written. With one more, the sender is asked to come again.
const QUEUE: usize = 10_000;

/// Most pings in one transaction, so that it takes few milliseconds and whoever comes behind does not wait long.
const BATCH: usize = 200;

/// Least time between the beginnings of two transactions that are not full: each costs as much as many pings do.
const PACE: Duration = Duration::from_millis(2);

/// Room for the bodies of waiting pings, in KiB.
const ROOM_KIB: usize = 32 * 1_024;

/// A ping as it arrives.
#[derive(Debug, Clone)]
pub struct PingReport {
    /// Where it was sent to.
    pub to: PingAddress,
    /// What it says.
    pub signal: Signal,
    /// Which run it is about.
    pub run: Option<Uuid>,
    /// How it was sent.
    pub method: PingMethod,
    /// Where it came from.
    pub remote: String,
    /// What the sender calls itself.
    pub user_agent: String,
    /// The body, as far as it is kept.
    pub body: Vec<u8>,
    /// How long the body was, as far as it was read.
    pub body_bytes: u64,
    /// Whether a heartbeat of that name is made if there is none.
    pub create: bool,
}

/// Where a ping was sent to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PingAddress {
    /// The address of one heartbeat.
    Uuid(Uuid),
    /// A heartbeat by its name.
    Name {
        /// The organisation's ping key.
        key: String,
        /// The name, whatever its case.
        slug: String,
    },
}

/// What became of a ping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PingAnswer {
    /// It is written down with all that it means.
    Received,
    /// The same, and the heartbeat was made for it.
    Created,
    /// There is no such heartbeat.
    NotFound,
    /// A heartbeat cannot have that name.
    BadName,
}

/// Why a ping was not taken: it has to be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PingError {
    /// More pings wait than may.
    #[error("too many pings are waiting")]
    Busy,
    /// The database did not take it.
    #[error("the database is away")]
    Unavailable,
}

/// What is to be written.
pub(crate) struct Item {
    pub(crate) work: Work,
    answer: oneshot::Sender<std::result::Result<Answer, PingError>>,
    _room: Option<OwnedSemaphorePermit>,
}

pub(crate) enum Work {
    /// A ping, which arrived at that time.
    Ping(PingReport, Timestamp),
    /// Looking at the deadline of a heartbeat that is due.
    Deadline(Claim),
}

/// What became of it.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) ping: PingAnswer,
    pub(crate) recorded: Recorded,
    pub(crate) outcome: Option<Outcome>,
}

/// The way to the one task that writes.
pub(crate) struct Inbox {
    sender: Mutex<Option<mpsc::Sender<Item>>>,
    room: Arc<Semaphore>,
}

impl Default for Inbox {
    fn default() -> Self {
        Self { sender: Mutex::default(), room: Arc::new(Semaphore::new(ROOM_KIB)) }
    }
}

impl Services {
    /// Takes a ping in. It is answered when all that it means is committed: kept, judged, and told.
    ///
    /// # Errors
    /// The [`PingError`] for which nothing of it was written, or perhaps was, when the database went away in that moment.
    pub async fn receive_ping(&self, report: PingReport) -> std::result::Result<(PingAnswer, Recorded), PingError> {
        let at = self.now();
        let kib = u32::try_from(report.body.len().div_ceil(1_024)).unwrap_or(u32::MAX);
        let room = match kib {
            0 => None,
            _ => Some(Arc::clone(&self.inner.inbox.room).try_acquire_many_owned(kib).map_err(|_| PingError::Busy)?),
        };
        let answer = self.write_down(Work::Ping(report, at), room).await?;
        Ok((answer.ping, answer.recorded))
    }

    /// Looks at the deadline of a heartbeat that is due. Answers what was found wrong, if anything.
    ///
    /// # Errors
    /// [`ServiceError::Internal`]: the lease runs out, and the heartbeat is due again.
    pub async fn judge_heartbeat(&self, claim: Claim) -> Result<(Recorded, Option<Outcome>)> {
        // Here and not where it is written down, for there pings wait.
        self.look_before_judging().await;
        match self.write_down(Work::Deadline(claim), None).await {
            Ok(answer) => Ok((answer.recorded, answer.outcome)),
            Err(error) => Err(ServiceError::from(StoreError::Unavailable(error.into()))),
        }
    }

    async fn write_down(
        &self,
        work: Work,
        room: Option<OwnedSemaphorePermit>,
    ) -> std::result::Result<Answer, PingError> {
        let (answer, answered) = oneshot::channel();
        self.inbox().try_send(Item { work, answer, _room: room }).map_err(|_| PingError::Busy)?;
        answered.await.unwrap_or(Err(PingError::Unavailable))
    }

    /// The way to the task that writes, which is begun if there is none: at first, and should it ever have panicked.
    fn inbox(&self) -> mpsc::Sender<Item> {
        let mut inbox = self.inner.inbox.sender.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = inbox.as_ref().filter(|sender| !sender.is_closed()) {
            return sender.clone();
        }
        if inbox.is_some() {
            tracing::error!("the task that writes pings has ended badly and is begun anew");
        }
        let (sender, items) = mpsc::channel(QUEUE);
        tokio::spawn(run(self.beat_writer(), items));
        inbox.insert(sender).clone()
    }
}

/// Writes until nobody is left who could send anything.
async fn run(mut writer: Writer, mut items: mpsc::Receiver<Item>) {
    let mut batch = Vec::new();
    let mut next = Instant::now();
    while items.recv_many(&mut batch, BATCH).await > 0 {
        if batch.len() < BATCH {
            sleep_until(next).await;
        }
        next = Instant::now() + PACE;
        while let Some(item) = (batch.len() < BATCH).then(|| items.try_recv().ok()).flatten() {
            batch.push(item);
        }
        write(&mut writer, std::mem::take(&mut batch)).await;
    }
}

/// Writes a batch. What the database refuses is halved until it stands alone, so that it stops nothing else.
async fn write(writer: &mut Writer, batch: Vec<Item>) {
    let mut batches = vec![batch];
    while let Some(mut batch) = batches.pop() {
        match writer.write(&batch).await {
            Ok(answers) => {
                for (item, answer) in batch.into_iter().zip(answers) {
                    // Whoever asked may have gone.
                    let _ = item.answer.send(Ok(answer));
                }
            }
            Err(error) if batch.len() == 1 || matches!(error, StoreError::Unavailable(_)) => {
                tracing::warn!(%error, pings = batch.len(), "pings could not be written down; their senders are told");
                for item in batch {
                    let _ = item.answer.send(Err(PingError::Unavailable));
                }
            }
            Err(_) => {
                let second = batch.split_off(batch.len() / 2);
                batches.extend([second, batch]);
            }
        }
    }
}
