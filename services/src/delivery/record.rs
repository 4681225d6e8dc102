//! Writing down what came of a delivery: receipt, retry or dead letter, and who is told of that.

use monitor_core::Timestamp;
use monitor_core::alerting::{Event, Notification};
use monitor_core::incident::{Entry, IncidentId};
use storage::{Audience, Destination, Ending, NewNotification, NotificationClaim, Standing, StoreError, Tx};

use super::quiet::judged_again;
use super::{Attempt, DeliveryOutcome};
use crate::outbox::LASTS_AGAIN;
use crate::routing::MOST_FALLBACKS;
use crate::{Services, routing};

/// After so many failed attempts, a minute or two, the owner is told that a destination takes nothing.
const FAILING_AFTER: u32 = 5;

/// Marks the key of what is told to a fallback.
const INSTEAD: &str = "/instead-of-";

impl Services {
    /// All of it in one transaction: what is written down happened, and nothing else.
    pub(super) async fn record_attempt(
        &self,
        claim: &NotificationClaim,
        destination: Option<&Destination>,
        attempt: &Attempt,
    ) -> Result<DeliveryOutcome, StoreError> {
        let now = self.now();
        let fallback = match (&attempt.ending, destination.and_then(|destination| destination.settings.fallback)) {
            (Ending::Dead { .. }, Some(fallback)) => self.store().destination_by_id(fallback).await?,
            _ => None,
        };
        let tx = self.store().begin().await?;
        let put_off = matches!(attempt.ending, Ending::PutOff { .. });
        let standing = match claim.incident.filter(|_| put_off || fallback.is_some()) {
            Some(incident) => {
                // As everybody who tells of an incident does, before any row of theirs.
                tx.lock_incidents().await?;
                tx.standing(incident).await?
            }
            None => None,
        };
        let well = claim.attempts == 1 && destination.is_some_and(|destination| destination.failing_since.is_none());
        if !(well && matches!(attempt.ending, Ending::Sent { .. })) {
            tx.lock_destination(claim.destination, fallback.as_ref().map(|fallback| fallback.id)).await?;
        }
        let judged_again = judged_again(&tx, claim, &attempt.ending, now).await?;
        if !tx.end_notification(claim, judged_again.as_ref().unwrap_or(&attempt.ending), now).await? {
            return Ok(DeliveryOutcome::Stale);
        }
        let record = Record { tx: &tx, claim, destination, standing, now };
        let told = match &attempt.ending {
            Ending::Sent { receipt, .. } => record.sent(receipt).await?,
            Ending::Again { at, error } => record.again(*at, error, attempt.hold).await?,
            Ending::Dead { error } => record.dead(error, fallback.as_ref()).await?,
            Ending::Dropped { why } | Ending::PutOff { why, .. } => record.suppressed(why).await?,
        };
        tx.commit().await?;
        self.announce(told);
        let outcome = outcome(&attempt.ending);
        tracing::debug!(
            notification_id = %claim.id, destination_id = %claim.destination, outcome = outcome.as_str(), "notification"
        );
        Ok(outcome)
    }
}

fn outcome(ending: &Ending) -> DeliveryOutcome {
    match ending {
        Ending::Sent { .. } => DeliveryOutcome::Sent,
        Ending::Again { .. } | Ending::PutOff { .. } => DeliveryOutcome::Again,
        Ending::Dead { .. } => DeliveryOutcome::Dead,
        Ending::Dropped { .. } => DeliveryOutcome::Dropped,
    }
}

/// What is being written down. Its methods tell whether anything was posted in a conversation.
struct Record<'a> {
    tx: &'a Tx,
    claim: &'a NotificationClaim,
    destination: Option<&'a Destination>,
    /// How it stands with the incident, if a fallback may be told of it.
    standing: Option<Standing>,
    now: Timestamp,
}

impl Record<'_> {
    async fn sent(&self, receipt: &str) -> Result<bool, StoreError> {
        self.enter(Entry::Delivered {
            notification: self.claim.id,
            destination: self.name(),
            event: self.claim.event,
            receipt: receipt.to_owned(),
        })
        .await?;
        let Some(destination) = self.destination else { return Ok(false) };
        // Where one gets through that did not before, others that wait may as well.
        if self.claim.attempts > 1 || destination.failing_since.is_some() {
            self.tx.hurry_notifications(destination.id).await?;
        }
        let Some(since) = destination.failing_since else { return Ok(false) };
        if !self.tx.destination_works(destination.id).await? {
            return Ok(false);
        }
        let text = format!(
            "`{}` ({}) takes notifications again. `list-notifications failed` shows what it was not told meanwhile.",
            destination.settings.name, destination.settings.kind
        );
        self.post(destination, since, &text).await
    }

    async fn again(&self, at: Timestamp, error: &str, hold: Option<Timestamp>) -> Result<bool, StoreError> {
        if let Some(until) = hold {
            self.tx.hold_destination(self.claim.destination, until).await?;
        }
        // A day of attempts would fill the timeline: it has the first and, if it comes to that, the end.
        if self.claim.attempts == 1 {
            self.enter(self.failed(error, Some(at))).await?;
        }
        if self.claim.attempts < FAILING_AFTER {
            return Ok(false);
        }
        self.fails(&format!("{error}. I go on trying for a day")).await
    }

    async fn dead(&self, error: &str, fallback: Option<&Destination>) -> Result<bool, StoreError> {
        self.enter(self.failed(error, None)).await?;
        self.fall_back(fallback).await?;
        self.fails(error).await
    }

    async fn suppressed(&self, why: &str) -> Result<bool, StoreError> {
        self.enter(Entry::Suppressed { destination: self.name(), event: self.claim.event, because: why.to_owned() })
            .await?;
        Ok(false)
    }

    /// Tells the owner that a destination takes nothing, once until it does again.
    async fn fails(&self, error: &str) -> Result<bool, StoreError> {
        let Some(destination) = self.destination else { return Ok(false) };
        if !self.tx.destination_fails(destination.id, self.now).await? {
            return Ok(false);
        }
        let name = &destination.settings.name;
        let text = format!(
            "`{name}` ({}) takes no notifications: {error}. Nothing is lost: `list-notifications failed` shows what could not be \
             delivered, `test-destination {name}` tries it, `edit-destination {name}` changes it, `resend failed` sends again.",
            destination.settings.kind
        );
        self.post(destination, self.now, &text).await
    }

    /// Has the fallback told instead, as it stands with the incident by now.
    async fn fall_back(&self, fallback: Option<&Destination>) -> Result<(), StoreError> {
        let (Some(fallback), Some(content)) = (fallback, &self.claim.content) else { return Ok(()) };
        let mut before = content.key.split(INSTEAD).skip(1);
        if before.clone().count() >= MOST_FALLBACKS || before.any(|id| id == fallback.id.to_string()) {
            return Ok(());
        }
        let (claim, event) = (self.claim, self.claim.event);
        let incident = claim.incident.zip(self.standing);
        if let Some(incident) = incident
            && let Some(because) = self.spared(incident, fallback, content).await?
        {
            let destination = fallback.settings.name.clone();
            return self.enter(Entry::Suppressed { destination, event, because }).await;
        }
        let because = format!("`{}` did not take it", self.name());
        let mut content = content.clone();
        let not_before = match incident {
            Some((id, standing)) => {
                if routing::hold(self.tx, (id, standing), (fallback.id, event), &because, self.now).await? {
                    return Ok(());
                }
                if standing.open {
                    content.incident = self.tx.incident_brief(id).await?;
                }
                self.now
            }
            None => routing::not_before(self.tx, claim.organisation, fallback.id, claim.severity, self.now).await?,
        };
        content.key = format!("{}{INSTEAD}{}", content.key, claim.destination);
        let new = NewNotification {
            organisation: claim.organisation,
            destination: fallback.id,
            incident: claim.incident,
            event,
            severity: claim.severity,
            not_before,
            content,
        };
        let told: Vec<_> = self.tx.enqueue(&[new], self.now).await?.into_iter().flatten().collect();
        for notification in told.iter().copied() {
            let (destination, because) = (fallback.settings.name.clone(), because.clone());
            self.enter(Entry::Queued { notification, destination, event, because }).await?;
        }
        routing::tell_ends(self.tx, &told, "what it was told instead is over by now", self.now).await
    }

    /// Why a fallback need not be told, if so.
    async fn spared(
        &self,
        (incident, standing): (IncidentId, Standing),
        fallback: &Destination,
        content: &Notification,
    ) -> Result<Option<String>, StoreError> {
        let event = self.claim.event;
        if event == Event::Resolved && standing.open {
            return Ok(Some(LASTS_AGAIN.to_owned()));
        }
        if event.is_call() && standing.open && standing.acknowledged {
            return Ok(Some(routing::TAKEN_CARE_OF.to_owned()));
        }
        let because = |how: &str| {
            let (name, fallback) = (self.name(), &fallback.settings.name);
            Some(format!("`{name}` did not take it, but `{fallback}` is told {how}"))
        };
        if self.is_told_itself(incident, fallback, content).await? {
            return Ok(because("of it itself"));
        }
        let is_news = event == Event::Resolved || (standing.open && event != Event::Opened);
        let knows = !is_news && self.knows(incident, standing, fallback).await?;
        Ok(if knows { because("already") } else { None })
    }

    /// Whether a destination was told that an incident lasts, or is about to be told; also if it was told since that it is over.
    async fn knows(
        &self,
        incident: IncidentId,
        standing: Standing,
        destination: &Destination,
    ) -> Result<bool, StoreError> {
        let told = self.tx.told(incident).await?;
        let told = told.iter().find(|told| told.destination == destination.id);
        Ok(told.is_some_and(|told| match told.event {
            Event::Resolved => !standing.open && told.notification > self.claim.id,
            _ => true,
        }))
    }

    /// Whether a destination is told of the same event as well: by itself, then or later, or instead of another one.
    async fn is_told_itself(
        &self,
        incident: IncidentId,
        fallback: &Destination,
        content: &Notification,
    ) -> Result<bool, StoreError> {
        let since = self.claim.created_at.min(content.at);
        let told = self.tx.told_since(incident, fallback.id, self.claim.event, since).await?;
        // What it is told later instead of another one is of another time, unless it happened at the same.
        Ok(told.iter().any(|other| !other.key.contains(INSTEAD) || other.at == content.at))
    }

    fn failed(&self, error: &str, again_at: Option<Timestamp>) -> Entry {
        Entry::Failed {
            notification: self.claim.id,
            destination: self.name(),
            event: self.claim.event,
            error: error.to_owned(),
            again_at,
        }
    }

    fn name(&self) -> String {
        self.destination.map_or(&self.claim.destination_name, |destination| &destination.settings.name).clone()
    }

    async fn enter(&self, entry: Entry) -> Result<(), StoreError> {
        match self.claim.incident {
            Some(incident) => self.tx.add_entries(&[(incident, self.now, None, entry)]).await,
            None => Ok(()),
        }
    }

    /// One notice for each time in which a destination takes nothing.
    async fn post(&self, destination: &Destination, since: Timestamp, text: &str) -> Result<bool, StoreError> {
        let topic = format!("destination {} {}", destination.id, since.as_millis());
        let audience = Audience::Organisation(destination.organisation);
        Ok(!self.tx.post_notice(audience, &topic, text, self.now).await?.is_empty())
    }
}
