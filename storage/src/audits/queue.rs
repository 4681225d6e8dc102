//! Working on audits: one at a time for each who works, in the order in which they were asked for.

use monitor_core::Timestamp;
use monitor_core::audit::AuditId;
use monitor_core::audit::spec::AuditSpec;
use monitor_core::audit::summary::Summary;
use monitor_core::people::{ConversationId, OrganisationId, PersonId};
use sea_orm::{ConnectionTrait, QueryResult};

use super::{AuditScheduleId, AuditState, Digest, open_spec};
use crate::queue::{Claim, Task, claim, written};
use crate::rows::{get, integer, text, time};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// The right to work on an audit until the lease runs out.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditClaim {
    /// The audit.
    pub id: AuditId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Who asked for it.
    pub asked_by: Option<PersonId>,
    /// Where its card is.
    pub conversation: Option<ConversationId>,
    /// The schedule that it is of.
    pub schedule: Option<AuditScheduleId>,
    /// What is asked for, with the secrets; `None`: it cannot be read.
    pub spec: Option<AuditSpec>,
    /// How often it was begun, with this time.
    pub attempts: u32,
    /// Whether somebody called it off.
    pub cancelled: bool,
    /// When the right ends. It is also what the claim is recognised by.
    pub lease: Timestamp,
}

/// How an audit ended.
#[derive(Debug, Clone, PartialEq)]
pub enum AuditEnd {
    /// It found something.
    Done {
        /// All of it.
        summary: Box<Summary>,
        /// In short.
        digest: Digest,
    },
    /// It could not be made.
    Failed {
        /// A code.
        code: String,
        /// Words for people.
        message: String,
    },
    /// Somebody called it off.
    Cancelled,
}

impl Claim for AuditClaim {
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

impl Store {
    /// Claims the next audit until then; `None`: none waits.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn claim_audit(&self, now: Timestamp, lease: Timestamp) -> Result<Option<AuditClaim>, StoreError> {
        const CLAIM: (Sql, Sql) = claim!("audit", "", "schedule_id, spec, sealed");
        let row = self.claim_next(&CLAIM, now, lease).await?;
        row.map(|row| self.read_claim(&row)).transpose()
    }

    fn read_claim(&self, row: &QueryResult) -> Result<AuditClaim, StoreError> {
        let id: i64 = get(row, "id")?;
        let attempts: i32 = get(row, "attempts")?;
        let spec = open_spec(self.cipher(), "audit", row);
        if let Err(error) = &spec {
            tracing::error!(audit_id = id, %error, "an audit cannot be read");
        }
        Ok(AuditClaim {
            id: AuditId(id),
            organisation: OrganisationId(get(row, "organisation_id")?),
            asked_by: get::<Option<i64>>(row, "asked_by")?.map(PersonId),
            conversation: get::<Option<i64>>(row, "conversation_id")?.map(ConversationId),
            schedule: get::<Option<i64>>(row, "schedule_id")?.map(AuditScheduleId),
            spec: spec.ok(),
            attempts: u32::try_from(attempts).unwrap_or(0),
            cancelled: get(row, "cancel")?,
            lease: time(row, "lease_ms")?,
        })
    }
}

impl Tx {
    /// Ends an audit. `false`: it is somebody else's by now, or over.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_audit(&self, claim: &AuditClaim, end: &AuditEnd, now: Timestamp) -> Result<bool, StoreError> {
        const END: Sql = Sql::both(
            "UPDATE audit SET state = $3, ended_at_ms = $4, lease_ms = NULL, doing = '', error_code = $5, error = $6,
                 digest = $7, summary = $8, pictures = $9
             WHERE id = $1 AND lease_ms = $2 AND ended_at_ms IS NULL",
        );
        let (state, error, found) = match end {
            AuditEnd::Done { summary, digest } => (AuditState::Done, None, Some((summary, digest))),
            AuditEnd::Failed { code, message } => (AuditState::Failed, Some((code, message)), None),
            AuditEnd::Cancelled => (AuditState::Cancelled, None, None),
        };
        let plain = |words: &String| text(words).into_owned();
        let (digest, summary, pictures) = match found {
            None => (None, None, None),
            Some((summary, digest)) => {
                let pictures = written(&(&summary.screenshot, &summary.filmstrip))?;
                let bare = Summary { screenshot: None, filmstrip: Vec::new(), ..(**summary).clone() };
                (Some(written(digest)?), Some(written(&bare)?), Some(pictures))
            }
        };
        let values = [
            claim.id.0.into(),
            claim.lease.as_millis().into(),
            state.as_str().into(),
            now.as_millis().into(),
            error.map(|(code, _)| plain(code)).into(),
            error.map(|(_, message)| plain(message)).into(),
            digest.into(),
            summary.into(),
            pictures.into(),
        ];
        Ok(self.conn().execute_raw(END.with(self.store().backend(), values)).await?.rows_affected() > 0)
    }

    /// The audits that wait, by their conversations: in this order their cards can be changed without waiting for somebody who
    /// waits for this.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn waiting_audits(&self, limit: u64) -> Result<Vec<AuditId>, StoreError> {
        const WAITING: Sql = Sql::both(
            "SELECT id FROM audit WHERE ended_at_ms IS NULL AND state = 'queued' ORDER BY conversation_id, id LIMIT $1",
        );
        let rows = self.conn().query_all_raw(WAITING.with(self.store().backend(), [integer(limit).into()])).await?;
        rows.iter().map(|row| Ok(AuditId(get(row, "id")?))).collect()
    }
}
