//! Security checks: what was asked for, how far each is, and what it found.

mod queue;

use monitor_core::Timestamp;
use monitor_core::people::{ConversationId, OrganisationId, PersonId};
use monitor_core::security::observed::Depth;
use monitor_core::security::{Finding, Grade, Review, Risk};
use sea_orm::{ConnectionTrait, QueryResult, Value};
use serde::{Deserialize, Serialize};

use crate::queue::{SECURITY_CHECKS, TaskState, share};
use crate::rows::{count, get, integer, sql, text, time};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

pub use queue::{SecurityClaim, SecurityEnd};

/// A security check's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SecurityCheckId(pub i64);

impl std::fmt::Display for SecurityCheckId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// What a security check found, in short: all that lists and cards show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SecurityDigest {
    /// The grade.
    pub grade: Grade,
    /// Its points.
    pub points: u32,
    /// How these come about.
    pub formula: String,
    /// How many findings there are of each risk that has any, the worst first.
    pub risks: Vec<(Risk, u64)>,
    /// The worst findings.
    pub findings: Vec<Finding>,
    /// What could not be looked at, in words.
    pub not_looked: Vec<String>,
    /// What is to be known of how much was looked at, in words: such as that nothing shows any more whose the host is.
    pub notes: Vec<String>,
    /// What changed since the check before of the same page.
    pub changes: Option<ChangesInShort>,
}

/// What changed since the check before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangesInShort {
    /// That check.
    pub since: SecurityCheckId,
    /// Its grade.
    pub grade: Grade,
    /// What is found now and was not, in words.
    pub new: Vec<String>,
    /// What was found and is no more, in words.
    pub mended: Vec<String>,
}

/// A security check as it is listed and shown on its card.
#[derive(Debug, Clone, PartialEq)]
pub struct SecurityRow {
    /// Its number.
    pub id: SecurityCheckId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// The name of who asked for it.
    pub by: Option<String>,
    /// Where it was asked for.
    pub conversation: Option<ConversationId>,
    /// The page.
    pub url: String,
    /// The page's host, with `:PORT` where that is not the usual one.
    pub host: String,
    /// Whether a deep scan was asked for.
    pub deep: bool,
    /// How much was looked at, once it is done.
    pub depth: Option<Depth>,
    /// How far it is.
    pub state: TaskState,
    /// Whether somebody called it off, which takes a moment while it is being made.
    pub cancelling: bool,
    /// What is being done while it is being made.
    pub doing: (f32, String),
    /// Why it failed: a code and words.
    pub error: Option<(String, String)>,
    /// What it found.
    pub digest: Option<SecurityDigest>,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When it was begun.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// A security check to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewSecurityCheck<'a> {
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Who asks for it.
    pub asked_by: PersonId,
    /// Where its card appears.
    pub conversation: ConversationId,
    /// The page.
    pub url: &'a str,
    /// Its host, with `:PORT` where that is not the usual one.
    pub host: &'a str,
    /// Whether a deep scan is asked for.
    pub deep: bool,
}

/// Which security checks are meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SecurityFilter {
    /// Those of this host.
    pub host: Option<String>,
    /// Those of this page.
    pub url: Option<String>,
    /// Those that are, or are not, over.
    pub open: Option<bool>,
    /// Those that found something.
    pub done: bool,
    /// Those before this one.
    pub before: Option<SecurityCheckId>,
}

/// The columns that [`SecurityRow::read`] reads, of a security check `k`; named so that those of an audit can stand beside them.
macro_rules! security_columns {
    () => {
        "k.id AS check_id, k.organisation_id AS check_organisation, k.conversation_id AS check_conversation, k.url AS check_url,
         k.host AS check_host, k.deep AS check_deep, k.depth AS check_depth, k.state AS check_state, k.cancel AS check_cancel,
         k.fraction AS check_fraction, k.doing AS check_doing, k.error_code AS check_error_code, k.error AS check_error,
         k.digest AS check_digest, k.asked_at_ms AS check_asked_ms, k.started_at_ms AS check_started_ms,
         k.ended_at_ms AS check_ended_ms,
         (SELECT p.display_name FROM person p WHERE p.id = k.asked_by) AS check_asked_by"
    };
}
pub(crate) use security_columns;

/// Those of an organisation that a filter means.
macro_rules! checks {
    ($what:tt $rest:literal) => {
        sql!(
            "SELECT " $what " FROM security_check k WHERE k.organisation_id = $1 AND ($2 IS NULL OR k.host = $2)
                 AND ($3 IS NULL OR k.url = $3) AND ($4 IS NULL OR (k.ended_at_ms IS NULL) = $4)
                 AND ($5 = FALSE OR k.state = 'done') AND (CAST($6 AS bigint) IS NULL OR k.id < $6)" $rest
        )
    };
}

impl Store {
    /// The security checks that match, the latest first, and how many there are.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn security_checks(
        &self,
        organisation: OrganisationId,
        filter: &SecurityFilter,
        offset: u64,
        limit: u64,
    ) -> Result<(u64, Vec<SecurityRow>), StoreError> {
        const COUNT: Sql = checks!("count(*) AS checks" "");
        const ROWS: Sql = checks!([security_columns!()] " ORDER BY k.id DESC LIMIT $7 OFFSET $8");
        let said = |said: &Option<String>| Value::from(said.as_deref().map(|said| text(said).into_owned()));
        let values = || {
            [
                organisation.0.into(),
                said(&filter.host),
                said(&filter.url),
                filter.open.into(),
                filter.done.into(),
                filter.before.map(|before| before.0).into(),
            ]
        };
        let row = self.reader().query_one_raw(COUNT.with(self.backend(), values())).await?;
        let total = row.map_or(Ok(0), |row| count(&row, "security_check", "checks"))?;
        let values = values().into_iter().chain([integer(limit).into(), integer(offset).into()]);
        let rows = self.reader().query_all_raw(ROWS.with(self.backend(), values)).await?;
        Ok((total, rows.iter().map(SecurityRow::read).collect::<Result<_, _>>()?))
    }

    /// One security check of an organisation.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn security_check(
        &self,
        organisation: OrganisationId,
        id: SecurityCheckId,
    ) -> Result<Option<SecurityRow>, StoreError> {
        const ONE: Sql =
            sql!("SELECT " [security_columns!()] " FROM security_check k WHERE k.organisation_id = $1 AND k.id = $2");
        let statement = ONE.with(self.backend(), [organisation.0.into(), id.0.into()]);
        self.reader().query_one_raw(statement).await?.as_ref().map(SecurityRow::read).transpose()
    }

    /// What a security check found in full. `None`: it found nothing, or is not kept any more.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    pub async fn security_review(
        &self,
        organisation: OrganisationId,
        id: SecurityCheckId,
    ) -> Result<Option<Review>, StoreError> {
        const REVIEW: Sql = Sql::both("SELECT review FROM security_check WHERE organisation_id = $1 AND id = $2");
        let statement = REVIEW.with(self.backend(), [organisation.0.into(), id.0.into()]);
        let Some(row) = self.reader().query_one_raw(statement).await? else { return Ok(None) };
        let review: Option<String> = get(&row, "review")?;
        let corrupt = |_| StoreError::corrupt("security_check", "review", id);
        review.map(|review| serde_json::from_str(&review).map_err(corrupt)).transpose()
    }
}

impl Tx {
    /// Has a security check made.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`] when organisation, person or conversation do not exist.
    pub async fn insert_security_check(
        &self,
        new: NewSecurityCheck<'_>,
        now: Timestamp,
    ) -> Result<SecurityCheckId, StoreError> {
        const INSERT: Sql = Sql::both(
            "INSERT INTO security_check (organisation_id, asked_by, conversation_id, url, host, deep, state, asked_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6, 'queued', $7) RETURNING id",
        );
        let values = [
            new.organisation.0.into(),
            new.asked_by.0.into(),
            new.conversation.0.into(),
            text(new.url).into_owned().into(),
            text(new.host).into_owned().into(),
            new.deep.into(),
            now.as_millis().into(),
        ];
        let row = self.conn().query_one_raw(INSERT.with(self.store().backend(), values)).await?;
        let row = row.ok_or_else(|| StoreError::Other("a security check was not inserted".into()))?;
        Ok(SecurityCheckId(get(&row, "id")?))
    }

    /// How many security checks of an organisation are not over.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn open_security_checks(&self, organisation: OrganisationId) -> Result<u64, StoreError> {
        self.open_of(&SECURITY_CHECKS, organisation).await
    }
}

const DEPTHS: [Depth; 3] = [Depth::Passive, Depth::Active, Depth::Deep];

fn word(depth: Depth) -> &'static str {
    match depth {
        Depth::Passive => "passive",
        Depth::Active => "active",
        Depth::Deep => "deep",
    }
}

impl SecurityRow {
    pub(crate) fn read(row: &QueryResult) -> Result<Self, StoreError> {
        let id: i64 = get(row, "check_id")?;
        let corrupt = |column| StoreError::corrupt("security_check", column, id);
        let at = |column| Ok::<_, StoreError>(get::<Option<i64>>(row, column)?.map(Timestamp::from_millis));
        let known = |stored: String| DEPTHS.into_iter().find(|depth| word(*depth) == stored);
        let depth: Option<String> = get(row, "check_depth")?;
        let code: Option<String> = get(row, "check_error_code")?;
        let digest: Option<String> = get(row, "check_digest")?;
        Ok(Self {
            id: SecurityCheckId(id),
            organisation: OrganisationId(get(row, "check_organisation")?),
            by: get(row, "check_asked_by")?,
            conversation: get::<Option<i64>>(row, "check_conversation")?.map(ConversationId),
            url: get(row, "check_url")?,
            host: get(row, "check_host")?,
            deep: get(row, "check_deep")?,
            depth: depth.map(|stored| known(stored).ok_or_else(|| corrupt("depth"))).transpose()?,
            state: TaskState::from_word(&get::<String>(row, "check_state")?).ok_or_else(|| corrupt("state"))?,
            cancelling: get(row, "check_cancel")?,
            doing: (share(get(row, "check_fraction")?), get(row, "check_doing")?),
            error: code.zip(get::<Option<String>>(row, "check_error")?),
            digest: digest.map(|digest| serde_json::from_str(&digest).map_err(|_| corrupt("digest"))).transpose()?,
            asked_at: time(row, "check_asked_ms")?,
            started_at: at("check_started_ms")?,
            ended_at: at("check_ended_ms")?,
        })
    }
}
