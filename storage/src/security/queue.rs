//! Working on security checks: several at once, but of one host one after the other.

use monitor_core::Timestamp;
use monitor_core::people::OrganisationId;
use monitor_core::security::Review;
use sea_orm::{ConnectionTrait, QueryResult};

use super::{SecurityCheckId, SecurityDigest, word};
use crate::queue::{Claim, Task, TaskState, claim, written};
use crate::rows::{get, text, time};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// The right to work on a security check until the lease runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityClaim {
    /// The check.
    pub id: SecurityCheckId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// The page.
    pub url: String,
    /// Its host, with `:PORT` where that is not the usual one.
    pub host: String,
    /// Whether a deep scan is asked for.
    pub deep: bool,
    /// How often it was begun, with this time.
    pub attempts: u32,
    /// Whether somebody called it off.
    pub cancelled: bool,
    /// When the right ends.
    pub lease: Timestamp,
}

impl Claim for SecurityClaim {
    fn task(&self) -> Task {
        self.id.into()
    }

    fn lease(&self) -> Timestamp {
        self.lease
    }

    fn prolong(&mut self, lease: Timestamp) {
        self.lease = lease;
    }
}

/// How a security check ended.
#[derive(Debug, Clone, PartialEq)]
pub enum SecurityEnd {
    /// It found something.
    Done {
        /// All of it.
        review: Box<Review>,
        /// In short.
        digest: Box<SecurityDigest>,
    },
    /// It could not be made.
    Failed {
        /// A code.
        code: &'static str,
        /// Words for people.
        message: String,
    },
    /// Somebody called it off.
    Cancelled,
}

impl Store {
    /// Claims the next security check until then, of a host of which nobody makes one; `None`: none waits.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn claim_security_check(
        &self,
        now: Timestamp,
        lease: Timestamp,
    ) -> Result<Option<SecurityClaim>, StoreError> {
        const CLAIM: (Sql, Sql) = claim!(
            "security_check",
            "AND NOT EXISTS (
                 SELECT 1 FROM security_check r
                 WHERE r.host = f.host AND r.state = 'running' AND r.lease_ms > $1 AND r.ended_at_ms IS NULL
             )",
            "url, host, deep"
        );
        self.claim_next(&CLAIM, now, lease).await?.as_ref().map(SecurityClaim::read).transpose()
    }
}

impl Tx {
    /// Ends a security check. `false`: it is somebody else's by now, or over.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_security_check(
        &self,
        claim: &SecurityClaim,
        end: &SecurityEnd,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        const END: Sql = Sql::both(
            "UPDATE security_check SET state = $3, ended_at_ms = $4, lease_ms = NULL, doing = '', error_code = $5, error = $6,
                 depth = $7, digest = $8, review = $9
             WHERE id = $1 AND lease_ms = $2 AND ended_at_ms IS NULL",
        );
        let (state, error, found) = match end {
            SecurityEnd::Done { review, digest } => (TaskState::Done, None, Some((review, digest))),
            SecurityEnd::Failed { code, message } => (TaskState::Failed, Some((*code, message)), None),
            SecurityEnd::Cancelled => (TaskState::Cancelled, None, None),
        };
        let values = [
            claim.id.0.into(),
            claim.lease.as_millis().into(),
            state.as_str().into(),
            now.as_millis().into(),
            error.map(|(code, _)| code).into(),
            error.map(|(_, message)| text(message).into_owned()).into(),
            found.map(|(review, _)| word(review.depth)).into(),
            found.map(|(_, digest)| written(digest)).transpose()?.into(),
            found.map(|(review, _)| written(review)).transpose()?.into(),
        ];
        Ok(self.conn().execute_raw(END.with(self.store().backend(), values)).await?.rows_affected() > 0)
    }
}

impl SecurityClaim {
    fn read(row: &QueryResult) -> Result<Self, StoreError> {
        let attempts: i32 = get(row, "attempts")?;
        Ok(Self {
            id: SecurityCheckId(get(row, "id")?),
            organisation: OrganisationId(get(row, "organisation_id")?),
            url: get(row, "url")?,
            host: get(row, "host")?,
            deep: get(row, "deep")?,
            attempts: u32::try_from(attempts).unwrap_or(0),
            cancelled: get(row, "cancel")?,
            lease: time(row, "lease_ms")?,
        })
    }
}
