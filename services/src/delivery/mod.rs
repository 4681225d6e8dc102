//! Delivering notifications: from the outbox to a destination, and what came of it back into the outbox.

mod chart;
mod quiet;
mod record;
mod retry;

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::{Event, Notification};
use monitor_core::duration;
use notifiers::{Post, Receipt, SendError};
use storage::{Budget, ClaimedNotifications, Destination, Ending, LONGEST_HOLD, NotificationClaim, Room, StoreError};
use tokio::sync::Notify;

use crate::Services;
use crate::destinations::read;

/// How long a destination may take to take a notification.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a claim lasts: the time to send, and time for a busy machine to write down what came of it.
pub const DELIVERY_LEASE: Duration = Duration::from_secs(45);

/// Of those that may be delivered at once, so many are kept for destinations that nothing is being delivered to: where
/// others hang, these are told nevertheless.
const ASIDE: u32 = 16;

/// How often it is tried to write down what came of a delivery while the database is away.
const RECORD_TRIES: u32 = 30;

/// The pause between two of these.
const RECORD_PAUSE: Duration = Duration::from_secs(1);

/// What became of a claimed notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// The destination took it.
    Sent,
    /// It is tried again.
    Again,
    /// It could not be delivered.
    Dead,
    /// It was not to be delivered after all.
    Dropped,
    /// The claim had passed to somebody else, who delivers it.
    Stale,
}

impl DeliveryOutcome {
    /// The word for it in metrics and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Again => "again",
            Self::Dead => "dead",
            Self::Dropped => "dropped",
            Self::Stale => "stale",
        }
    }
}

/// What came of an attempt to deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivered {
    /// The kind of the destination; empty of one that is gone.
    pub kind: &'static str,
    /// What became of it.
    pub outcome: DeliveryOutcome,
    /// How long after it was written that was.
    pub after: Duration,
}

/// How an attempt ended, and until when the destination wants to be told nothing.
struct Attempt {
    ending: Ending,
    hold: Option<Timestamp>,
}

impl Attempt {
    fn dead(error: impl Into<String>) -> Self {
        Self { ending: Ending::Dead { error: error.into() }, hold: None }
    }

    fn dropped(why: impl Into<String>) -> Self {
        Self { ending: Ending::Dropped { why: why.into() }, hold: None }
    }
}

/// The budget of a kind of destination.
pub(crate) fn budget_of(kind: &str) -> Budget {
    let rate = notifiers::kind(kind).map(|kind| kind.rate);
    // One of no kind is told nothing, but to be found out that has to be tried.
    rate.map_or(Budget { burst: 1, per_minute: 60 }, |rate| Budget { burst: rate.burst, per_minute: rate.per_minute })
}

impl Services {
    /// Wakes whoever delivers, when something was written or ended.
    #[must_use]
    pub fn outbox(&self) -> &Notify {
        self.store().outbox()
    }

    /// Claims up to that many notifications to be delivered, and says when there are more.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn claim_deliveries(&self, most: u32) -> Result<ClaimedNotifications, StoreError> {
        self.store().claim_notifications(self.now(), Room { most, aside: ASIDE }, DELIVERY_LEASE, budget_of).await
    }

    /// Delivers a claimed notification, and writes down what came of it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database was away for long: it is claimed and delivered once more, with the same
    /// key.
    pub async fn deliver(&self, claim: &NotificationClaim) -> Result<Delivered, StoreError> {
        let destination = match self.store().destination_by_id(claim.destination).await {
            Ok(found) => found.ok_or_else(|| Attempt::dropped("the destination was deleted")),
            Err(StoreError::Corrupt { .. } | StoreError::Secret(_)) => {
                Err(Attempt::dead("its settings cannot be read; the log says why"))
            }
            Err(error) => return Err(error),
        };
        let (attempt, destination) = match destination {
            Ok(destination) => (self.attempt(claim, &destination).await?, Some(destination)),
            Err(attempt) => (attempt, None),
        };
        let kind = destination.as_ref().and_then(|destination| notifiers::kind(&destination.settings.kind));
        let outcome = self.record_persistently(claim, destination.as_ref(), &attempt).await?;
        let after = self.now().since(claim.created_at);
        Ok(Delivered { kind: kind.map_or("", |kind| kind.name), outcome, after })
    }

    async fn attempt(&self, claim: &NotificationClaim, destination: &Destination) -> Result<Attempt, StoreError> {
        let Some(content) = &claim.content else { return Ok(Attempt::dead("what was to be told cannot be read")) };
        let settings = match read(&destination.settings) {
            Ok(settings) => settings,
            Err(why) => return Ok(Attempt::dead(why)),
        };
        if claim.event != Event::Test && !settings.wants(claim.event) {
            let why = format!("{} takes no notice of `{}`", destination.settings.kind, claim.event.as_str());
            return Ok(Attempt::dropped(why));
        }
        if let Some(put_off) = self.put_off(claim).await? {
            return Ok(put_off);
        }
        // Whoever was to deliver it died again and again.
        if claim.attempts > retry::MOST && self.now().since(claim.first_tried) > retry::GIVE_UP_AFTER {
            return Ok(Attempt::dead("it could not be delivered for a day"));
        }
        let before = match claim.incident {
            Some(incident) => self.store().first_receipt(claim.destination, incident).await?,
            None => None,
        };
        let before = before.map(|(id, text)| Receipt { id, text });
        let chart = self.latency_chart(claim, settings.kind().name).await;
        let post = Post {
            notification: content,
            organisation: &destination.organisation_name,
            chart: chart.as_deref(),
            before: before.as_ref(),
        };
        let sending = notifiers::send(&settings, &post, self.outbound(), self.now());
        let sent = tokio::time::timeout(SEND_TIMEOUT, sending).await;
        let sent = sent.unwrap_or_else(|_| {
            Err(SendError::Again { why: format!("it did not answer within {} s", SEND_TIMEOUT.as_secs()) })
        });
        Ok(self.judge(claim, content, sent))
    }

    fn judge(&self, claim: &NotificationClaim, content: &Notification, sent: Result<Receipt, SendError>) -> Attempt {
        let (error, asked) = match sent {
            Ok(receipt) => {
                let ending = Ending::Sent { receipt_id: receipt.id, receipt: receipt.text };
                return Attempt { ending, hold: None };
            }
            // Somebody waits for the answer, and tries again if they want to.
            Err(error) if claim.event == Event::Test => return Attempt::dropped(error.why()),
            Err(SendError::Never { why }) => return Attempt::dead(why),
            Err(SendError::Again { why }) => (why, None),
            Err(SendError::Later { after, why }) => (why, Some(after)),
        };
        let now = self.now();
        let hold = asked.map(|asked| now + asked.min(LONGEST_HOLD));
        match retry::again_at(&content.key, claim.attempts, claim.first_tried, asked, now) {
            Some(at) => Attempt { ending: Ending::Again { at, error }, hold },
            None => {
                let (tried, times) = (duration::humanize(now.since(claim.first_tried)), claim.attempts);
                Attempt { hold, ..Attempt::dead(format!("{error}; it was tried {times} times in {tried}")) }
            }
        }
    }

    /// Writes down what came of an attempt, and does not give up at once when the database is away.
    async fn record_persistently(
        &self,
        claim: &NotificationClaim,
        destination: Option<&Destination>,
        attempt: &Attempt,
    ) -> Result<DeliveryOutcome, StoreError> {
        for _ in 1..RECORD_TRIES {
            match self.record_attempt(claim, destination, attempt).await {
                Err(StoreError::Unavailable(error)) => {
                    tracing::warn!(error, notification_id = %claim.id, "what came of a delivery could not be written down yet");
                }
                recorded => return recorded,
            }
            tokio::time::sleep(RECORD_PAUSE).await;
        }
        self.record_attempt(claim, destination, attempt).await
    }
}
