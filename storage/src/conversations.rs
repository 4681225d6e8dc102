//! Where Watchword talks, and which incidents are told there.

use monitor_core::Timestamp;
use monitor_core::monitor::MonitorId;
use monitor_core::people::{ConversationId, OrganisationId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set};

use crate::entity::{conversation, subscription};
use crate::rows::text;
use crate::{Store, StoreError, Tx};

impl Store {
    /// The conversation with that name on that platform, which becomes the organisation's when it is new.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; [`StoreError::Other`] when it is another organisation's.
    pub async fn conversation(
        &self,
        organisation: OrganisationId,
        platform: &str,
        external_id: &str,
        now: Timestamp,
    ) -> Result<ConversationId, StoreError> {
        let found = match find(self.reader(), platform, external_id).await? {
            Some(found) => found,
            None => {
                let new = conversation::ActiveModel {
                    organisation_id: Set(organisation.0),
                    platform: Set(text(platform).into_owned()),
                    external_id: Set(text(external_id).into_owned()),
                    created_at_ms: Set(now.as_millis()),
                    ..Default::default()
                };
                use conversation::Column;
                // Somebody else may make it at this moment; setting what stands there already returns that row.
                let same = OnConflict::columns([Column::Platform, Column::ExternalId])
                    .update_column(Column::Platform)
                    .to_owned();
                conversation::Entity::insert(new).on_conflict(same).exec_with_returning(self.writer()).await?
            }
        };
        if found.organisation_id != organisation.0 {
            return Err(StoreError::Other("the conversation belongs to another organisation".into()));
        }
        Ok(ConversationId(found.id))
    }

    /// Whether there is that conversation and it is the organisation's.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`].
    pub async fn has_conversation(
        &self,
        organisation: OrganisationId,
        conversation: ConversationId,
    ) -> Result<bool, StoreError> {
        let found = conversation::Entity::find_by_id(conversation.0).one(self.reader()).await?;
        Ok(found.is_some_and(|found| found.organisation_id == organisation.0))
    }
}

async fn find(
    conn: &impl ConnectionTrait,
    platform: &str,
    external_id: &str,
) -> Result<Option<conversation::Model>, StoreError> {
    let found = conversation::Entity::find()
        .filter(conversation::Column::Platform.eq(text(platform)))
        .filter(conversation::Column::ExternalId.eq(text(external_id)))
        .one(conn)
        .await?;
    Ok(found)
}

impl Tx {
    /// Tells the monitor's incidents in that conversation from now on.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`] when one of them does not exist.
    pub async fn subscribe(&self, monitor: MonitorId, conversation: ConversationId) -> Result<(), StoreError> {
        use subscription::Column;
        let new = subscription::ActiveModel { monitor_id: Set(monitor.0), conversation_id: Set(conversation.0) };
        let keep = OnConflict::columns([Column::MonitorId, Column::ConversationId]).do_nothing().to_owned();
        subscription::Entity::insert(new).on_conflict(keep).exec_without_returning(self.conn()).await?;
        Ok(())
    }
}
