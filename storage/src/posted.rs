//! What chat platforms were told of cards and notices: up to where each conversation was told, and as which message.

use monitor_core::Timestamp;
use monitor_core::alerting::SilenceId;
use monitor_core::incident::IncidentId;
use monitor_core::people::{ConversationId, OrganisationId};
use sea_orm::{ConnectionTrait, QueryResult, Value};

use crate::incidents::{IncidentRow, incident_columns};
use crate::rows::{count, get, integer, sql, text, time};
use crate::sql::Sql;
use crate::timeline::{self, TimelineEntry};
use crate::{Store, StoreError};

/// A conversation of a platform where something changed that was not told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The conversation.
    pub conversation: ConversationId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// The workspace that it is in, by the platform's id; `None`: a direct conversation.
    pub workspace: Option<String>,
    /// The conversation by the platform's id.
    pub external_id: String,
    /// Up to where it was told.
    pub told_seq: i64,
    /// Up to where a summary told it.
    pub summed_seq: i64,
    /// The place of the latest change.
    pub last_seq: i64,
    /// Whether it could not be written in when that was tried last.
    pub closed: bool,
    /// When somebody spoke there last while it was closed.
    pub heard_at: Timestamp,
}

/// What is meant: a card or a notice, by its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PostId {
    /// An incident's card.
    Card(i64),
    /// A notice.
    Notice(i64),
}

/// A card or a notice as the platform shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// The message by the platform's id.
    pub message: String,
    /// Its thread by the platform's id.
    pub thread: Option<String>,
    /// The revision that it shows.
    pub revision: i32,
    /// The last entry of the incident's timeline that was told there; 0: none.
    pub entry: i64,
    /// The last silence that was told there.
    pub silence: Option<SilenceId>,
}

/// What waits in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backlog {
    /// How many cards.
    pub cards: u64,
    /// How many of them are of incidents that are still open.
    pub open: u64,
    /// When the earliest of what was not told happened.
    pub since: Timestamp,
    /// The incidents that are open, those that changed last at the beginning, as many as were asked for.
    pub latest: Vec<IncidentRow>,
}

impl Store {
    /// The conversations of a platform where something changed that was not told, those that are closed too.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn conversations_waiting(&self, platform: &str) -> Result<Vec<Waiting>, StoreError> {
        const WAITING: Sql = Sql::both(
            "SELECT c.id, c.organisation_id, w.external_id AS workspace, c.external_id, c.told_seq, c.summed_seq, c.last_seq,
                    c.closed_at_ms, c.heard_at_ms
             FROM conversation c LEFT JOIN workspace w ON w.id = c.workspace_id
             WHERE c.platform = $1 AND c.told_seq < c.last_seq ORDER BY c.id",
        );
        let statement = WAITING.with(self.backend(), [text(platform).into_owned().into()]);
        let read = |row: &QueryResult| {
            Ok(Waiting {
                conversation: ConversationId(get(row, "id")?),
                organisation: OrganisationId(get(row, "organisation_id")?),
                workspace: get(row, "workspace")?,
                external_id: get(row, "external_id")?,
                told_seq: get(row, "told_seq")?,
                summed_seq: get(row, "summed_seq")?,
                last_seq: get(row, "last_seq")?,
                closed: get::<Option<i64>>(row, "closed_at_ms")?.is_some(),
                heard_at: time(row, "heard_at_ms")?,
            })
        };
        self.reader().query_all_raw(statement).await?.iter().map(read).collect()
    }

    /// What of incidents waits in a conversation between these places, the first of them told already; `None`: nothing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn backlog(
        &self,
        conversation: ConversationId,
        (told, last): (i64, i64),
        most: u64,
    ) -> Result<Option<Backlog>, StoreError> {
        // Whatever was there when the conversation was told last is settled, also what a summary passed over or the platform
        // refused: of such a card, what happened first since then. What a thread tells along with something else says nothing of
        // when. An entry begins with its sort, for that is its tag.
        const COUNT: Sql = Sql::both(
            "SELECT count(*) AS cards, count(CASE WHEN i.resolved_at_ms IS NULL THEN 1 END) AS unresolved,
                    min(CASE WHEN c.created_at_ms > v.told_at_ms THEN c.created_at_ms ELSE coalesce((
                        SELECT min(e.at_ms) FROM incident_entry e
                        WHERE e.incident_id = i.id AND e.at_ms > v.told_at_ms AND e.entry NOT LIKE '{\"entry\":\"joined\"%'
                            AND e.entry NOT LIKE '{\"entry\":\"declared\"%' AND e.entry NOT LIKE '{\"entry\":\"took\"%'
                            AND e.entry NOT LIKE '{\"entry\":\"queued\"%'
                            AND e.entry NOT LIKE '{\"entry\":\"suppressed\"%'
                            AND e.entry NOT LIKE '{\"entry\":\"delivered\"%'
                            AND e.entry NOT LIKE '{\"entry\":\"failed\"%' AND e.entry NOT LIKE '{\"entry\":\"ended\"%'
                    ), c.updated_at_ms) END) AS since_ms
             FROM message c JOIN incident i ON i.id = c.incident_id JOIN conversation v ON v.id = c.conversation_id
             WHERE c.conversation_id = $1 AND c.seq > $2 AND c.seq <= $3",
        );
        const LATEST: Sql = sql!(
            "SELECT " [incident_columns!()] " FROM message c JOIN incident i ON i.id = c.incident_id
             WHERE c.conversation_id = $1 AND c.seq > $2 AND c.seq <= $3 AND i.resolved_at_ms IS NULL
             ORDER BY c.seq DESC LIMIT $4"
        );
        let bounds = [conversation.0.into(), told.into(), last.into()];
        let row = self.reader().query_one_raw(COUNT.with(self.backend(), bounds.clone())).await?;
        let Some(row) = row else { return Ok(None) };
        let Some(since) = get::<Option<i64>>(&row, "since_ms")? else { return Ok(None) };
        let values = bounds.into_iter().chain([integer(most).into()]);
        let latest = self.reader().query_all_raw(LATEST.with(self.backend(), values)).await?;
        Ok(Some(Backlog {
            cards: count(&row, "message", "cards")?,
            open: count(&row, "message", "unresolved")?,
            since: Timestamp::from_millis(since),
            latest: latest.iter().map(IncidentRow::read).collect::<Result<_, _>>()?,
        }))
    }

    /// Whether fewer than `most` cards of open incidents that have no message yet stand after a place of a conversation, up
    /// to another.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn few_unposted(
        &self,
        conversation: ConversationId,
        (after, up_to): (i64, i64),
        most: u64,
    ) -> Result<bool, StoreError> {
        const UNPOSTED: Sql = Sql::both(
            "SELECT count(*) AS cards FROM (
                 SELECT 1 FROM message c JOIN incident i ON i.id = c.incident_id
                 WHERE c.conversation_id = $1 AND c.seq > $2 AND c.seq <= $3 AND i.resolved_at_ms IS NULL
                     AND NOT EXISTS (SELECT 1 FROM posted p WHERE p.message_id = c.id)
                 LIMIT $4
             ) AS unposted",
        );
        let values = [conversation.0.into(), after.into(), up_to.into(), integer(most).into()];
        let row = self.reader().query_one_raw(UNPOSTED.with(self.backend(), values)).await?;
        Ok(row.map_or(Ok(0), |row| count(&row, "message", "cards"))? < most)
    }

    /// The message that shows a card or a notice; `None`: there is none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn posted(&self, post: PostId) -> Result<Option<Posted>, StoreError> {
        const CARD: Sql = Sql::both(
            "SELECT external_message, external_thread, revision, entry_id, silence_id FROM posted WHERE message_id = $1",
        );
        const NOTICE: Sql = Sql::both(
            "SELECT external_message, external_thread, revision, entry_id, silence_id FROM posted WHERE notice_id = $1",
        );
        let (statement, id) = match post {
            PostId::Card(id) => (CARD, id),
            PostId::Notice(id) => (NOTICE, id),
        };
        let row = self.reader().query_one_raw(statement.with(self.backend(), [id.into()])).await?;
        let read = |row: &QueryResult| {
            Ok(Posted {
                message: get(row, "external_message")?,
                thread: get(row, "external_thread")?,
                revision: get(row, "revision")?,
                entry: get(row, "entry_id")?,
                silence: get::<Option<i64>>(row, "silence_id")?.map(SilenceId),
            })
        };
        row.as_ref().map(read).transpose()
    }

    /// Remembers as what message a card or a notice is shown. Nothing happens when it is gone by now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn keep_posted(&self, post: PostId, posted: &Posted) -> Result<(), StoreError> {
        macro_rules! keep {
            ($column:literal, $table:literal) => {
                Sql::both(concat!(
                    "INSERT INTO posted (", $column, ", external_message, external_thread, revision, entry_id, silence_id)
                     SELECT id, CAST($2 AS text), CAST($3 AS text), CAST($4 AS integer), CAST($5 AS bigint), CAST($6 AS bigint)
                     FROM ", $table, " WHERE id = $1
                     ON CONFLICT (", $column, ") DO UPDATE SET external_message = excluded.external_message,
                         external_thread = excluded.external_thread, revision = excluded.revision,
                         entry_id = excluded.entry_id, silence_id = excluded.silence_id"
                ))
            };
        }
        const CARD: Sql = keep!("message_id", "message");
        const NOTICE: Sql = keep!("notice_id", "notice");
        let (statement, id) = match post {
            PostId::Card(id) => (CARD, id),
            PostId::Notice(id) => (NOTICE, id),
        };
        let values: [Value; 6] = [
            id.into(),
            text(&posted.message).into_owned().into(),
            posted.thread.as_deref().map(|thread| text(thread).into_owned()).into(),
            posted.revision.into(),
            posted.entry.into(),
            posted.silence.map(|silence| silence.0).into(),
        ];
        self.writer().execute_raw(statement.with(self.backend(), values)).await?;
        Ok(())
    }

    /// Forgets the message of a card or a notice, which is gone on the platform.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn forget_posted(&self, post: PostId) -> Result<(), StoreError> {
        const CARD: Sql = Sql::both("DELETE FROM posted WHERE message_id = $1");
        const NOTICE: Sql = Sql::both("DELETE FROM posted WHERE notice_id = $1");
        let (statement, id) = match post {
            PostId::Card(id) => (CARD, id),
            PostId::Notice(id) => (NOTICE, id),
        };
        self.writer().execute_raw(statement.with(self.backend(), [id.into()])).await?;
        Ok(())
    }

    /// Notes up to where a conversation is told now; never back.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn told(&self, conversation: ConversationId, seq: i64, now: Timestamp) -> Result<(), StoreError> {
        const TOLD: Sql =
            Sql::both("UPDATE conversation SET told_seq = $2, told_at_ms = $3 WHERE id = $1 AND told_seq < $2");
        let values = [conversation.0.into(), seq.into(), now.as_millis().into()];
        self.writer().execute_raw(TOLD.with(self.backend(), values)).await?;
        Ok(())
    }

    /// Notes up to where a conversation is told in a summary now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn summed_up(&self, conversation: ConversationId, seq: i64, now: Timestamp) -> Result<(), StoreError> {
        const SUMMED: Sql =
            Sql::both("UPDATE conversation SET summed_seq = $2, told_at_ms = $3 WHERE id = $1 AND summed_seq < $2");
        let values = [conversation.0.into(), seq.into(), now.as_millis().into()];
        self.writer().execute_raw(SUMMED.with(self.backend(), values)).await?;
        Ok(())
    }

    /// Notes that a conversation cannot be written in, and keeps since when.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn close_conversation(&self, conversation: ConversationId, now: Timestamp) -> Result<(), StoreError> {
        const CLOSE: Sql =
            Sql::both("UPDATE conversation SET closed_at_ms = $2 WHERE id = $1 AND closed_at_ms IS NULL");
        self.write_conversation(CLOSE, conversation, now.as_millis()).await
    }

    /// Notes that a conversation can be written in.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn open_conversation(&self, conversation: ConversationId) -> Result<(), StoreError> {
        const OPEN: Sql = Sql::both("UPDATE conversation SET closed_at_ms = NULL WHERE id = $1");
        self.writer().execute_raw(OPEN.with(self.backend(), [conversation.0.into()])).await?;
        Ok(())
    }

    /// Notes that somebody speaks in a conversation, if it could not be written in. That it can be is not said by that: on some
    /// platforms people can say commands where the bot is not.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn hear_in_closed(&self, conversation: ConversationId, now: Timestamp) -> Result<(), StoreError> {
        const CLOSED: Sql = Sql::both("SELECT id FROM conversation WHERE id = $1 AND closed_at_ms IS NOT NULL");
        const HEARD: Sql = Sql::both("UPDATE conversation SET heard_at_ms = $2 WHERE id = $1");
        let closed = CLOSED.with(self.backend(), [conversation.0.into()]);
        // Looked at first, since somebody speaks far more often than a conversation is closed.
        match self.reader().query_one_raw(closed).await? {
            Some(_) => self.write_conversation(HEARD, conversation, now.as_millis()).await,
            None => Ok(()),
        }
    }

    /// Notes that a conversation and all within it (`EXTERNAL_ID/…`) can be written in. Answers how many could not.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn open_conversations(&self, platform: &str, external_id: &str) -> Result<u64, StoreError> {
        const OPEN: Sql = Sql::both(
            "UPDATE conversation SET closed_at_ms = NULL
             WHERE platform = $1 AND closed_at_ms IS NOT NULL
                 AND (external_id = $2 OR substr(external_id, 1, length($2) + 1) = $2 || '/')",
        );
        let values = [text(platform).into_owned().into(), text(external_id).into_owned().into()];
        Ok(self.writer().execute_raw(OPEN.with(self.backend(), values)).await?.rows_affected())
    }

    async fn write_conversation(&self, write: Sql, conversation: ConversationId, to: i64) -> Result<(), StoreError> {
        self.writer().execute_raw(write.with(self.backend(), [conversation.0.into(), to.into()])).await?;
        Ok(())
    }

    /// The entries of an incident's timeline after one that people are told of where its card is: who did what, what failed,
    /// and what became of it. The latest of them, in their order, each with its id.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn news_after(
        &self,
        incident: IncidentId,
        entry: i64,
        limit: u64,
    ) -> Result<Vec<(i64, Option<TimelineEntry>)>, StoreError> {
        // An entry begins with its sort, for that is its tag.
        const NEWS: Sql = Sql::both(
            "SELECT e.id, e.at_ms, e.entry, p.display_name FROM incident_entry e LEFT JOIN person p ON p.id = e.person_id
             WHERE e.incident_id = $1 AND e.id > $2 AND e.entry NOT LIKE '{\"entry\":\"queued\"%'
                 AND e.entry NOT LIKE '{\"entry\":\"suppressed\"%' AND e.entry NOT LIKE '{\"entry\":\"delivered\"%'
                 AND e.entry NOT LIKE '{\"entry\":\"failed\"%' AND e.entry NOT LIKE '{\"entry\":\"ended\"%'
             ORDER BY e.id DESC LIMIT $3",
        );
        let statement = NEWS.with(self.backend(), [incident.0.into(), entry.into(), integer(limit).into()]);
        let rows = self.reader().query_all_raw(statement).await?;
        rows.iter().rev().map(|row| Ok((get(row, "id")?, timeline::read(incident, row)?))).collect()
    }
}
