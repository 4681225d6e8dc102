//! What people can see of notifications and do with them.

use std::time::Duration;

use monitor_core::alerting::{Event, Notification, NotificationId, Severity};
use monitor_core::incident::Entry;
use monitor_core::people::{Actor, Permission};
use storage::{NewNotification, NotificationFilter, NotificationRow, NotificationState};

use crate::delivery::{DELIVERY_LEASE, budget_of};
use crate::destinations::named;
use crate::{Result, ServiceError, Services, require};

/// How long a test is waited for.
const TEST_PATIENCE: Duration = Duration::from_secs(35);

/// Why an end is not told any more.
pub(crate) const LASTS_AGAIN: &str = "the incident lasts again";

/// How often it is looked whether a test that somebody else delivers has ended.
const LOOK_EVERY: Duration = Duration::from_millis(100);

impl Services {
    /// The notifications that match, the latest first, and how many there are.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Internal`].
    pub async fn notifications(
        &self,
        actor: &Actor,
        filter: &NotificationFilter,
        offset: u64,
        limit: u64,
    ) -> Result<(u64, Vec<NotificationRow>)> {
        require(actor, Permission::Read)?;
        Ok(self.store().notifications(actor.organisation, filter, offset, limit).await?)
    }

    /// Has a notification sent again that could not be delivered, or all of them. Answers which. Of an incident that is over
    /// by now its end is told after it; of one that lasts again an end is dropped.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::NotificationNotFound`] and [`ServiceError::NotResent`] when one was asked
    /// for, [`ServiceError::Internal`].
    pub async fn resend(&self, actor: &Actor, one: Option<NotificationId>) -> Result<Vec<NotificationId>> {
        require(actor, Permission::Respond)?;
        let (tx, now) = (self.store().begin().await?, self.now());
        // As everybody does who tells of incidents, so that none begins or ends meanwhile.
        tx.lock_incidents().await?;
        let dropped = tx.drop_ends(actor.organisation, one, LASTS_AGAIN).await?;
        let entries: Vec<_> = dropped
            .iter()
            .map(|(_, incident, destination)| {
                let (destination, because) = (destination.clone(), LASTS_AGAIN.to_owned());
                (*incident, now, None, Entry::Suppressed { destination, event: Event::Resolved, because })
            })
            .collect();
        tx.add_entries(&entries).await?;
        let resent = tx.resend(actor.organisation, one).await?;
        crate::routing::tell_ends(&tx, &resent, "what was sent again is over by now", now).await?;
        tx.commit().await?;
        match one {
            Some(notification) if !dropped.is_empty() => {
                Err(ServiceError::NotResent { notification, why: LASTS_AGAIN.to_owned() })
            }
            Some(id) if resent.is_empty() => Err(match self.notification(actor, id).await? {
                None => ServiceError::NotificationNotFound(id),
                Some(row) if row.state == NotificationState::Dead => {
                    let why = format!("its destination `{}` was deleted", row.destination_name);
                    ServiceError::NotResent { notification: id, why }
                }
                Some(row) => {
                    let why = format!("it did not fail: it is {}", row.state.as_str());
                    ServiceError::NotResent { notification: id, why }
                }
            }),
            _ => Ok(resent),
        }
    }

    /// Sends a test to a destination, the way all notifications go, and waits for what comes of it.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::DestinationNotFound`], [`ServiceError::Internal`].
    pub async fn test_destination(&self, actor: &Actor, name: &str) -> Result<NotificationRow> {
        require(actor, Permission::Respond)?;
        let all = self.store().destinations(actor.organisation).await?;
        let destination = named(&all, name)?;
        let now = self.now();
        let new = NewNotification {
            organisation: actor.organisation,
            destination: destination.id,
            incident: None,
            event: Event::Test,
            severity: Severity::Info,
            not_before: now,
            content: Notification {
                key: format!("test-{}-{}", destination.id, crate::conversations::random_token(12)),
                event: Event::Test,
                at: now,
                incident: None,
                text: format!("This is a test of `{}`. It works.", destination.settings.name),
            },
        };
        let tx = self.store().begin().await?;
        let Some(id) = tx.enqueue(&[new], now).await?.pop().flatten() else { return Err(self.gone(actor, name).await) };
        // Claimed before anybody else sees it, unless its turn has not come: then whoever delivers does it in time.
        let claim = tx.claim_notification(id, now, DELIVERY_LEASE, budget_of).await?;
        tx.commit().await?;
        if let Some(claim) = claim {
            self.deliver(&claim).await?;
        }
        let ended = async {
            loop {
                let found = self.notification(actor, id).await?;
                match found {
                    Some(row) if row.ended_at.is_none() => tokio::time::sleep(LOOK_EVERY).await,
                    found => return Ok::<_, ServiceError>(found),
                }
            }
        };
        let found = match tokio::time::timeout(TEST_PATIENCE, ended).await {
            Ok(ended) => ended?,
            Err(_) => self.notification(actor, id).await?,
        };
        match found {
            Some(row) => Ok(row),
            None => Err(self.gone(actor, name).await),
        }
    }

    async fn notification(&self, actor: &Actor, id: NotificationId) -> Result<Option<NotificationRow>> {
        let filter = NotificationFilter { id: Some(id), ..NotificationFilter::default() };
        Ok(self.store().notifications(actor.organisation, &filter, 0, 1).await?.1.pop())
    }

    async fn gone(&self, actor: &Actor, name: &str) -> ServiceError {
        match self.destination(actor, name).await {
            Err(error) => error,
            Ok(_) => ServiceError::DestinationNotFound { name: name.to_owned(), suggestions: Vec::new() },
        }
    }
}
