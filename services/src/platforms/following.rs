//! Which monitors' cards appear in a conversation.

use monitor_core::monitor::MonitorId;
use monitor_core::people::{Actor, ConversationId, Permission};
use storage::{OverviewFilter, PlaceRow};

use crate::{Result, ServiceError, Services, require};

/// Most monitors that are followed one by one.
const MOST: u64 = 20_000;

/// Whose cards appear, or no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Followed {
    /// Those of all monitors, also of those that are still to be added.
    Everything,
    /// Those of the monitors that a filter means just now.
    Filter(OverviewFilter),
    /// Those of the monitor of that name.
    Monitor(String),
}

impl Services {
    /// Has cards appear in a conversation. Answers the names of the monitors that were meant; of everything, none.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::ConversationNotFound`], [`ServiceError::MonitorNotFound`],
    /// [`ServiceError::Internal`].
    pub async fn follow(&self, actor: &Actor, conversation: ConversationId, what: &Followed) -> Result<Vec<String>> {
        require(actor, Permission::Respond)?;
        self.own_conversation(actor, conversation).await?;
        let (ids, names) = self.followed(actor, what).await?;
        let tx = self.store().begin().await?;
        match what {
            Followed::Everything => tx.follow_all(conversation, true).await?,
            _ => drop(tx.follow(conversation, &ids).await?),
        }
        tx.commit().await?;
        tracing::info!(conversation_id = %conversation, person_id = %actor.person, "cards are followed");
        Ok(names)
    }

    /// Has cards appear there no more; those that are there stay, and change as before.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::ConversationNotFound`], [`ServiceError::MonitorNotFound`],
    /// [`ServiceError::FollowsEverything`], [`ServiceError::Internal`].
    pub async fn unfollow(&self, actor: &Actor, conversation: ConversationId, what: &Followed) -> Result<Vec<String>> {
        require(actor, Permission::Respond)?;
        let place = self.following(actor, conversation).await?;
        if place.follows_all && *what != Followed::Everything {
            return Err(ServiceError::FollowsEverything);
        }
        let (ids, names) = self.followed(actor, what).await?;
        let tx = self.store().begin().await?;
        match what {
            Followed::Everything => {
                tx.follow_all(conversation, false).await?;
                tx.unfollow_each(conversation).await?;
            }
            _ => drop(tx.unfollow(conversation, &ids).await?),
        }
        tx.commit().await?;
        tracing::info!(conversation_id = %conversation, person_id = %actor.person, "cards are not followed any more");
        Ok(names)
    }

    /// What a conversation follows.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::ConversationNotFound`], [`ServiceError::Internal`].
    pub async fn following(&self, actor: &Actor, conversation: ConversationId) -> Result<PlaceRow> {
        require(actor, Permission::Read)?;
        let place = self.store().place(actor.organisation, conversation).await?;
        place.ok_or(ServiceError::ConversationNotFound)
    }

    async fn followed(&self, actor: &Actor, what: &Followed) -> Result<(Vec<MonitorId>, Vec<String>)> {
        match what {
            Followed::Everything => Ok((Vec::new(), Vec::new())),
            Followed::Monitor(name) => {
                let monitor = self.monitor(actor, name).await?;
                Ok((vec![monitor.id], vec![monitor.settings.name.to_string()]))
            }
            Followed::Filter(filter) => {
                let (_, rows) = self.store().overview(actor.organisation, filter, 0, MOST).await?;
                Ok(rows.into_iter().map(|row| (row.id, row.name)).unzip())
            }
        }
    }
}
