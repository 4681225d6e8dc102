//! Which monitors' cards appear in a conversation.

use monitor_core::monitor::MonitorId;
use monitor_core::people::ConversationId;
use sea_orm::ConnectionTrait;

use crate::rows::{json_ids, sql};
use crate::sql::Sql;
use crate::{StoreError, Tx};

impl Tx {
    /// Tells the incidents of these monitors in a conversation from now on. Answers of how many that was not so before.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn follow(&self, conversation: ConversationId, monitors: &[MonitorId]) -> Result<u64, StoreError> {
        // Only of monitors that are there, and are the conversation's organisation's.
        const FOLLOW: Sql = sql!(
            "INSERT INTO subscription (monitor_id, conversation_id)
             SELECT m.id, c.id FROM conversation c JOIN monitor m ON m.organisation_id = c.organisation_id
             WHERE c.id = $2 AND m.id IN (SELECT CAST(value->>0 AS bigint) FROM " rows " AS r)
             ON CONFLICT (monitor_id, conversation_id) DO NOTHING"
        );
        let statement = FOLLOW.with(self.store().backend(), [json_ids(monitors)?, conversation.0.into()]);
        Ok(self.conn().execute_raw(statement).await?.rows_affected())
    }

    /// Tells the incidents of these monitors there no more. Answers of how many that was so.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn unfollow(&self, conversation: ConversationId, monitors: &[MonitorId]) -> Result<u64, StoreError> {
        const UNFOLLOW: Sql = sql!(
            "DELETE FROM subscription WHERE conversation_id = $2
             AND monitor_id IN (SELECT CAST(value->>0 AS bigint) FROM " rows " AS r)"
        );
        let statement = UNFOLLOW.with(self.store().backend(), [json_ids(monitors)?, conversation.0.into()]);
        Ok(self.conn().execute_raw(statement).await?.rows_affected())
    }

    /// Tells the incidents of no single monitor there any more. Answers of how many that was so.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn unfollow_each(&self, conversation: ConversationId) -> Result<u64, StoreError> {
        const UNFOLLOW: Sql = Sql::both("DELETE FROM subscription WHERE conversation_id = $1");
        let statement = UNFOLLOW.with(self.store().backend(), [conversation.0.into()]);
        Ok(self.conn().execute_raw(statement).await?.rows_affected())
    }

    /// Sets whether the incidents of all monitors are told there, those that are still to be added too.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn follow_all(&self, conversation: ConversationId, follows: bool) -> Result<(), StoreError> {
        const SET: Sql = Sql::both("UPDATE conversation SET follows_all = $2 WHERE id = $1");
        self.conn().execute_raw(SET.with(self.store().backend(), [conversation.0.into(), follows.into()])).await?;
        Ok(())
    }
}
