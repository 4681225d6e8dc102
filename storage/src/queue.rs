//! What is worked on behind a conversation: audits and security checks, alike in how they wait and who works on them.
//!
//! A queue is the table of what waits in it: what has not ended waits in the order of its numbers, and whoever works on one
//! holds a lease.

use monitor_core::Timestamp;
use monitor_core::audit::AuditId;
use monitor_core::people::OrganisationId;
use sea_orm::{ConnectionTrait, QueryResult};
use serde::Serialize;

use crate::rows::{count, get, text};
use crate::security::SecurityCheckId;
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// How far something is that is worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskState {
    /// It waits for its turn.
    Queued,
    /// It is being made.
    Running,
    /// It found something.
    Done,
    /// It could not be made.
    Failed,
    /// Somebody called it off.
    Cancelled,
}

impl TaskState {
    const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Done, Self::Failed, Self::Cancelled];

    /// The word that is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether it is not over.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }

    /// The state of a stored word.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }
}

/// What is being done.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Doing {
    /// How much is done, 0 to 1.
    pub fraction: f32,
    /// What is done now, in words.
    pub text: String,
}

/// Something that is worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// An audit.
    Audit(AuditId),
    /// A security check.
    SecurityCheck(SecurityCheckId),
}

impl Task {
    pub(crate) fn id(self) -> i64 {
        match self {
            Self::Audit(id) => id.0,
            Self::SecurityCheck(id) => id.0,
        }
    }

    fn queue(self) -> &'static Queue {
        match self {
            Self::Audit(_) => &AUDITS,
            Self::SecurityCheck(_) => &SECURITY_CHECKS,
        }
    }
}

impl std::fmt::Display for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Audit(id) => write!(f, "audit {id}"),
            Self::SecurityCheck(id) => write!(f, "security check {id}"),
        }
    }
}

impl From<AuditId> for Task {
    fn from(id: AuditId) -> Self {
        Self::Audit(id)
    }
}

impl From<SecurityCheckId> for Task {
    fn from(id: SecurityCheckId) -> Self {
        Self::SecurityCheck(id)
    }
}

/// The right to work on something until its lease runs out, which is also what it is recognised by.
pub trait Claim: Send + Sync {
    /// On what.
    fn task(&self) -> Task;

    /// When the right ends.
    fn lease(&self) -> Timestamp;

    /// Notes when the right ends now.
    fn prolong(&mut self, lease: Timestamp);
}

/// The statements of one queue.
pub(crate) struct Queue {
    release: Sql,
    put_back: Sql,
    cancelled: Sql,
    renew: Sql,
    cancel: Sql,
    open: Sql,
}

macro_rules! queue {
    ($table:literal) => {
        Queue {
            release: Sql::both(concat!(
                "UPDATE ",
                $table,
                " SET state = 'queued', lease_ms = NULL, attempts = attempts - 1, fraction = 0, doing = ''
                 WHERE id = $1 AND lease_ms = $2 AND ended_at_ms IS NULL"
            )),
            put_back: Sql::both(concat!(
                "UPDATE ",
                $table,
                " SET state = 'queued', lease_ms = NULL, fraction = 0, doing = $3
                 WHERE id = $1 AND lease_ms = $2 AND ended_at_ms IS NULL"
            )),
            cancelled: Sql::both(concat!("SELECT cancel FROM ", $table, " WHERE id = $1 AND lease_ms = $2")),
            renew: Sql::both(concat!(
                "UPDATE ",
                $table,
                " SET lease_ms = $3, fraction = $4, doing = $5 WHERE id = $1 AND lease_ms = $2 AND ended_at_ms IS NULL"
            )),
            cancel: Sql::both(concat!(
                "UPDATE ",
                $table,
                " SET cancel = TRUE, ended_at_ms = CASE WHEN state = 'queued' THEN $3 ELSE NULL END,
                     state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END
                 WHERE organisation_id = $1 AND id = $2 AND ended_at_ms IS NULL RETURNING state"
            )),
            open: Sql::both(concat!(
                "SELECT count(*) AS open FROM ",
                $table,
                " WHERE ended_at_ms IS NULL AND organisation_id = $1"
            )),
        }
    };
}

pub(crate) const AUDITS: Queue = queue!("audit");
pub(crate) const SECURITY_CHECKS: Queue = queue!("security_check");

/// Two statements: which of a table may be worked on at `$1`, and one that claims it until `$2` and answers these columns. `f` is
/// what may be worked on, and a condition can narrow it down.
macro_rules! claim {
    ($table:literal, $and:literal, $columns:literal) => {
        (
            $crate::rows::sql!([$crate::queue::free!($table, $and)]),
            $crate::rows::sql!(
                "UPDATE " $table " SET state = 'running', lease_ms = $2, attempts = attempts + 1, fraction = 0, doing = '',
                     started_at_ms = COALESCE(started_at_ms, $1)
                 WHERE id = (" [$crate::queue::free!($table, $and)] (postgres "FOR UPDATE SKIP LOCKED") ")
                 RETURNING id, organisation_id, asked_by, conversation_id, attempts, cancel, lease_ms, " $columns
            ),
        )
    };
}

macro_rules! free {
    ($table:literal, $and:literal) => {
        concat!(
            "SELECT f.id FROM ",
            $table,
            " f WHERE f.ended_at_ms IS NULL AND (f.state = 'queued' OR f.lease_ms <= $1) ",
            $and,
            " ORDER BY f.id LIMIT 1 "
        )
    };
}

pub(crate) use {claim, free};

impl Store {
    /// Claims the next of a queue until then.
    pub(crate) async fn claim_next(
        &self,
        (any, claim): &(Sql, Sql),
        now: Timestamp,
        lease: Timestamp,
    ) -> Result<Option<QueryResult>, StoreError> {
        // SQLite has one writer at a time: it is not asked for when nothing waits.
        if self.reader().query_one_raw(any.with(self.backend(), [now.as_millis().into()])).await?.is_none() {
            return Ok(None);
        }
        let values = [now.as_millis().into(), lease.as_millis().into()];
        Ok(self.writer().query_one_raw(claim.with(self.backend(), values)).await?)
    }

    /// Hands back what was claimed and has not ended: it is the next to be begun, as if it had not been.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn hand_back(&self, claim: &impl Claim) -> Result<(), StoreError> {
        let values = [claim.task().id().into(), claim.lease().as_millis().into()];
        self.writer().execute_raw(claim.task().queue().release.with(self.backend(), values)).await?;
        Ok(())
    }

    /// Whether somebody called it off; `None`: the claim holds no longer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn is_called_off(&self, claim: &impl Claim) -> Result<Option<bool>, StoreError> {
        let values = [claim.task().id().into(), claim.lease().as_millis().into()];
        let row = self.reader().query_one_raw(claim.task().queue().cancelled.with(self.backend(), values)).await?;
        row.map(|row| get(&row, "cancel")).transpose()
    }
}

impl Tx {
    /// Keeps a claim until then, and notes what is being done. `false`: it is somebody else's by now, or over.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn renew(&self, claim: &mut impl Claim, lease: Timestamp, doing: &Doing) -> Result<bool, StoreError> {
        #[expect(clippy::cast_possible_truncation, reason = "a thousand at most")]
        let fraction = (doing.fraction.clamp(0.0, 1.0) * 1_000.0) as i32;
        let values = [
            claim.task().id().into(),
            claim.lease().as_millis().into(),
            lease.as_millis().into(),
            fraction.into(),
            text(&doing.text).into_owned().into(),
        ];
        let renew = claim.task().queue().renew.with(self.store().backend(), values);
        let renewed = self.conn().execute_raw(renew).await?.rows_affected() > 0;
        if renewed {
            claim.prolong(lease);
        }
        Ok(renewed)
    }

    /// Hands back what was claimed and could not be made, with what it waits for now. That it was begun counts. `false`: it is
    /// somebody else's by now, or over.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn put_back(&self, claim: &impl Claim, waits: &str) -> Result<bool, StoreError> {
        let task = claim.task();
        let values = [task.id().into(), claim.lease().as_millis().into(), text(waits).into_owned().into()];
        let put_back = task.queue().put_back.with(self.store().backend(), values);
        Ok(self.conn().execute_raw(put_back).await?.rows_affected() > 0)
    }

    /// Calls something off: what waits is over at once, what is being made is stopped by whoever makes it. Answers whether it
    /// is over by that; `None`: it was over before, or there is none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn call_off(
        &self,
        organisation: OrganisationId,
        task: impl Into<Task>,
        now: Timestamp,
    ) -> Result<Option<bool>, StoreError> {
        let task: Task = task.into();
        let values = [organisation.0.into(), task.id().into(), now.as_millis().into()];
        let row = self.conn().query_one_raw(task.queue().cancel.with(self.store().backend(), values)).await?;
        row.map(|row| Ok(get::<String>(&row, "state")? == TaskState::Cancelled.as_str())).transpose()
    }

    /// How many of a queue are not over, of an organisation.
    pub(crate) async fn open_of(&self, queue: &Queue, organisation: OrganisationId) -> Result<u64, StoreError> {
        let open = queue.open.with(self.store().backend(), [organisation.0.into()]);
        let row = self.conn().query_one_raw(open).await?;
        row.map_or(Ok(0), |row| count(&row, "queue", "open"))
    }
}

/// How much of something is done, in the form that is stored, as a share.
#[expect(clippy::cast_precision_loss, reason = "a thousand at most")]
pub(crate) fn share(fraction: i32) -> f32 {
    fraction.clamp(0, 1_000) as f32 / 1_000.0
}

/// What was found, as it is stored.
pub(crate) fn written(value: &impl Serialize) -> Result<String, StoreError> {
    let json = serde_json::to_string(value).map_err(|error| StoreError::Other(error.into()))?;
    // PostgreSQL refuses NUL characters, and there may be any in what somebody else wrote.
    Ok(json.replace("\\u0000", "\u{fffd}"))
}
