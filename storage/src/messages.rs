//! Incidents' cards in conversations.
//!
//! An incident has one card in each conversation that is told about it. A card that is new or edited takes the
//! conversation's next number, in a transaction that holds the conversation until it is committed. So whoever has
//! read up to a number has missed nothing before it.

use monitor_core::Timestamp;
use monitor_core::incident::IncidentId;
use monitor_core::people::ConversationId;
use sea_orm::{ConnectionTrait, QueryResult, Statement};

use crate::incidents::{IncidentRow, incident_columns};
use crate::rows::{get, integer, json, sql, time};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// An incident's card in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its id, the same through all its changes.
    pub id: i64,
    /// Its place in the conversation: that of its latest change.
    pub seq: i64,
    /// 1 when it is new, and one more with every change.
    pub revision: i32,
    /// The incident as it is now.
    pub incident: IncidentRow,
    /// When it was posted.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// Which cards of an incident are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cards {
    /// One in every conversation that is told.
    All,
    /// Those that are there.
    Edited,
}

/// Numbers the conversations that a query answers, and keeps them until the end of the transaction.
macro_rules! number {
    ($conversations:literal) => {
        sql!(
            "WITH told AS MATERIALIZED (
                 SELECT c.id FROM conversation c WHERE c.id IN (" $conversations ") ORDER BY c.id " (postgres "FOR UPDATE OF c") "
             )
             UPDATE conversation SET last_seq = last_seq + 1 WHERE id IN (SELECT id FROM told) RETURNING id, last_seq"
        )
    };
}

impl Store {
    /// A conversation's cards that were posted or changed after a place in it, by their place.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn messages_after(
        &self,
        conversation: ConversationId,
        seq: i64,
        limit: u64,
    ) -> Result<Vec<Message>, StoreError> {
        const MESSAGES: Sql = sql!(
            "SELECT c.id AS message_id, c.seq, c.revision, c.created_at_ms, c.updated_at_ms, " [incident_columns!()] "
             FROM message c JOIN incident i ON i.id = c.incident_id
             WHERE c.conversation_id = $1 AND c.seq > $2 ORDER BY c.seq LIMIT $3"
        );
        let statement = MESSAGES.with(self.backend(), [conversation.0.into(), seq.into(), integer(limit).into()]);
        self.reader().query_all_raw(statement).await?.iter().map(Message::read).collect()
    }

    /// The place of a conversation's latest card; 0 without one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn last_seq(&self, conversation: ConversationId) -> Result<i64, StoreError> {
        const LAST: Sql = Sql::both("SELECT last_seq FROM conversation WHERE id = $1");
        let row = self.reader().query_one_raw(LAST.with(self.backend(), [conversation.0.into()])).await?;
        row.map_or(Ok(0), |row| get(&row, "last_seq"))
    }
}

impl Tx {
    /// Posts an incident's card in every conversation that is told about a monitor of it or about all, and edits the ones
    /// that are there; with [`Cards::Edited`] those alone. Answers the conversations.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn post_incident(
        &self,
        incident: IncidentId,
        cards: Cards,
        now: Timestamp,
    ) -> Result<Vec<ConversationId>, StoreError> {
        const ALL: Sql = number!(
            "SELECT conversation_id FROM message WHERE incident_id = $1
             UNION SELECT s.conversation_id FROM alert a JOIN subscription s ON s.monitor_id = a.monitor_id
             WHERE a.incident_id = $1
             UNION SELECT f.id FROM incident i JOIN conversation f ON f.organisation_id = i.organisation_id
             WHERE i.id = $1 AND f.follows_all = TRUE"
        );
        const EDITED: Sql = number!("SELECT conversation_id FROM message WHERE incident_id = $1");
        let number = match cards {
            Cards::All => ALL,
            Cards::Edited => EDITED,
        };
        self.post_card(number.with(self.store().backend(), [incident.0.into()]), incident, now).await
    }

    /// Posts an incident's card in one conversation, or edits it there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn post_incident_in(
        &self,
        conversation: ConversationId,
        incident: IncidentId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        const HERE: Sql =
            Sql::both("UPDATE conversation SET last_seq = last_seq + 1 WHERE id = $1 RETURNING id, last_seq");
        let number = HERE.with(self.store().backend(), [conversation.0.into()]);
        self.post_card(number, incident, now).await.map(drop)
    }

    async fn post_card(
        &self,
        number: Statement,
        incident: IncidentId,
        now: Timestamp,
    ) -> Result<Vec<ConversationId>, StoreError> {
        const POST: Sql = sql!(
            "INSERT INTO message (conversation_id, seq, revision, incident_id, created_at_ms, updated_at_ms)
             SELECT CAST(value->>0 AS bigint), CAST(value->>1 AS bigint), 1, $2, $3, $3 FROM " rows " AS r WHERE TRUE
             ON CONFLICT (conversation_id, incident_id) DO UPDATE
             SET seq = excluded.seq, revision = message.revision + 1, updated_at_ms = excluded.updated_at_ms"
        );
        let rows = self.conn().query_all_raw(number).await?;
        let numbered: Vec<(i64, i64)> =
            rows.iter().map(|row| Ok((get(row, "id")?, get(row, "last_seq")?))).collect::<Result<_, StoreError>>()?;
        if !numbered.is_empty() {
            let values = [json(&numbered)?, incident.0.into(), now.as_millis().into()];
            self.conn().execute_raw(POST.with(self.store().backend(), values)).await?;
        }
        Ok(numbered.into_iter().map(|(conversation, _)| ConversationId(conversation)).collect())
    }
}

impl Message {
    fn read(row: &QueryResult) -> Result<Self, StoreError> {
        Ok(Self {
            id: get(row, "message_id")?,
            seq: get(row, "seq")?,
            revision: get(row, "revision")?,
            incident: IncidentRow::read(row)?,
            created_at: time(row, "created_at_ms")?,
            updated_at: time(row, "updated_at_ms")?,
        })
    }
}
