//! Notices in conversations: what is told there beside incidents, in words or as the card of an audit or a security
//! check.
//!
//! A notice is about a topic, such as one loss of sight or one audit. Posting one of the same topic again edits it. It takes
//! its number in the conversation as cards do, so that whoever has read up to a number has missed nothing before it.

use monitor_core::Timestamp;
use monitor_core::monitor::MonitorId;
use monitor_core::people::{ConversationId, OrganisationId};
use sea_orm::{ConnectionTrait, QueryResult, Statement};

use crate::audits::{AuditRow, audit_columns};
use crate::queue::Task;
use crate::rows::{get, integer, json, sql, text, time};
use crate::security::{SecurityRow, security_columns};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// Every conversation that is told about a monitor, of any organisation: it is about the program itself.
    Everybody,
    /// The conversations of this organisation that are told about a monitor.
    Organisation(OrganisationId),
}

/// A notice in a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Its id, the same through all its changes.
    pub id: i64,
    /// Its place in the conversation: that of its latest change.
    pub seq: i64,
    /// 1 when it is new, and one more with every change.
    pub revision: i32,
    /// What it says; nothing where it is a card.
    pub text: String,
    /// The audit whose card it is, as it is now.
    pub audit: Option<Box<AuditRow>>,
    /// The security check whose card it is, as it is now.
    pub security: Option<Box<SecurityRow>>,
    /// When it was posted.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

impl Store {
    /// A conversation's notices that were posted or changed after a place in it, by their place.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn notices_after(
        &self,
        conversation: ConversationId,
        seq: i64,
        limit: u64,
    ) -> Result<Vec<Notice>, StoreError> {
        const NOTICES: Sql = sql!(
            "SELECT n.id AS notice_id, n.seq, n.revision, n.text, n.created_at_ms, n.updated_at_ms, n.audit_id, n.security_check_id, "
             [audit_columns!()] ", " [security_columns!()] "
             FROM notice n LEFT JOIN audit a ON a.id = n.audit_id LEFT JOIN security_check k ON k.id = n.security_check_id
             WHERE n.conversation_id = $1 AND n.seq > $2 ORDER BY n.seq LIMIT $3"
        );
        let statement = NOTICES.with(self.backend(), [conversation.0.into(), seq.into(), integer(limit).into()]);
        self.reader().query_all_raw(statement).await?.iter().map(Notice::read).collect()
    }
}

/// The conversations that are told, locked and numbered; `$1` may narrow down of which monitors, and `f` is one that is told of
/// all.
macro_rules! number {
    ($subscribed:literal, $following:literal) => {
        sql!(
            "WITH told AS MATERIALIZED (
                 SELECT c.id FROM conversation c WHERE c.id IN (
                     SELECT conversation_id FROM subscription " $subscribed "
                     UNION SELECT f.id FROM conversation f WHERE f.follows_all = TRUE " $following "
                 )
                 ORDER BY c.id " (postgres "FOR UPDATE OF c") "
             )
             UPDATE conversation SET last_seq = last_seq + 1 WHERE id IN (SELECT id FROM told) RETURNING id, last_seq"
        )
    };
}

impl Tx {
    /// Posts a notice, or edits the one of that topic. Answers the conversations.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn post_notice(
        &self,
        audience: Audience,
        topic: &str,
        says: &str,
        now: Timestamp,
    ) -> Result<Vec<ConversationId>, StoreError> {
        const EVERYBODY: Sql = number!("", "");
        const OF_ORGANISATION: Sql = number!(
            "WHERE monitor_id IN (SELECT id FROM monitor WHERE organisation_id = $1)",
            "AND f.organisation_id = $1"
        );
        let backend = self.store().backend();
        let number = match audience {
            Audience::Everybody => EVERYBODY.with(backend, []),
            Audience::Organisation(organisation) => OF_ORGANISATION.with(backend, [organisation.0.into()]),
        };
        self.post(number, (topic, says), None, now).await
    }

    /// Posts the card of an audit or a security check in its conversation, or edits it there. Answers whether there is such a
    /// conversation.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn post_task(&self, task: impl Into<Task>, now: Timestamp) -> Result<bool, StoreError> {
        const AUDIT: Sql = Sql::both(
            "UPDATE conversation SET last_seq = last_seq + 1
             WHERE id = (SELECT conversation_id FROM audit WHERE id = $1) RETURNING id, last_seq",
        );
        const SECURITY_CHECK: Sql = Sql::both(
            "UPDATE conversation SET last_seq = last_seq + 1
             WHERE id = (SELECT conversation_id FROM security_check WHERE id = $1) RETURNING id, last_seq",
        );
        let task: Task = task.into();
        let number = match task {
            Task::Audit(_) => AUDIT,
            Task::SecurityCheck(_) => SECURITY_CHECK,
        };
        let number = number.with(self.store().backend(), [task.id().into()]);
        Ok(!self.post(number, (&task.to_string(), ""), Some(task), now).await?.is_empty())
    }

    /// Posts a notice about a monitor in those of its conversations where none of that topic is. Answers the conversations.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn post_notice_once(
        &self,
        monitor: MonitorId,
        topic: &str,
        says: &str,
        now: Timestamp,
    ) -> Result<Vec<ConversationId>, StoreError> {
        const NUMBER: Sql = number!(
            "WHERE monitor_id = $1 AND NOT EXISTS (
                 SELECT 1 FROM notice n WHERE n.conversation_id = subscription.conversation_id AND n.topic = $2
             )",
            "AND f.organisation_id = (SELECT organisation_id FROM monitor WHERE id = $1) AND NOT EXISTS (
                 SELECT 1 FROM notice n WHERE n.conversation_id = f.id AND n.topic = $2
             )"
        );
        let number = NUMBER.with(self.store().backend(), [monitor.0.into(), text(topic).into_owned().into()]);
        self.post(number, (topic, says), None, now).await
    }

    async fn post(
        &self,
        number: Statement,
        (topic, says): (&str, &str),
        task: Option<Task>,
        now: Timestamp,
    ) -> Result<Vec<ConversationId>, StoreError> {
        const POST: Sql = sql!(
            "INSERT INTO notice (conversation_id, seq, revision, topic, text, created_at_ms, updated_at_ms, audit_id,
                 security_check_id)
             SELECT CAST(value->>0 AS bigint), CAST(value->>1 AS bigint), 1, $2, $3, $4, $4, CAST($5 AS bigint),
                 CAST($6 AS bigint)
             FROM " rows " AS r WHERE TRUE
             ON CONFLICT (conversation_id, topic) DO UPDATE
             SET seq = excluded.seq, revision = notice.revision + 1, text = excluded.text,
                 updated_at_ms = excluded.updated_at_ms"
        );
        let (audit, security) = match task {
            Some(Task::Audit(id)) => (Some(id.0), None),
            Some(Task::SecurityCheck(id)) => (None, Some(id.0)),
            None => (None, None),
        };
        let backend = self.store().backend();
        let rows = self.conn().query_all_raw(number).await?;
        let numbered: Vec<(i64, i64)> =
            rows.iter().map(|row| Ok((get(row, "id")?, get(row, "last_seq")?))).collect::<Result<_, StoreError>>()?;
        if !numbered.is_empty() {
            let values = [
                json(&numbered)?,
                text(topic).into_owned().into(),
                text(says).into_owned().into(),
                now.as_millis().into(),
                audit.into(),
                security.into(),
            ];
            self.conn().execute_raw(POST.with(backend, values)).await?;
        }
        Ok(numbered.into_iter().map(|(conversation, _)| ConversationId(conversation)).collect())
    }
}

impl Notice {
    fn read(row: &QueryResult) -> Result<Self, StoreError> {
        let is_of = |column| Ok::<_, StoreError>(get::<Option<i64>>(row, column)?.is_some());
        Ok(Self {
            id: get(row, "notice_id")?,
            seq: get(row, "seq")?,
            revision: get(row, "revision")?,
            text: get(row, "text")?,
            audit: is_of("audit_id")?.then(|| AuditRow::read(row).map(Box::new)).transpose()?,
            security: is_of("security_check_id")?.then(|| SecurityRow::read(row).map(Box::new)).transpose()?,
            created_at: time(row, "created_at_ms")?,
            updated_at: time(row, "updated_at_ms")?,
        })
    }
}
