//! Audits: what was asked for, how far each is, and what it found.
//!
//! The queue is the table: what has not ended waits in the order of its numbers, and whoever works on one holds a lease
//! (`queue`). What is long, and the pictures, are read by those alone who show one audit in full.

mod queue;
mod schedules;

use std::collections::BTreeMap;

use monitor_core::Timestamp;
use monitor_core::audit::spec::{AuditSpec, Device};
use monitor_core::audit::summary::{Metric, Summary};
use monitor_core::audit::{AuditId, Category};
use monitor_core::people::{ConversationId, OrganisationId, PersonId};
use monitor_core::secret::Secret;
use sea_orm::{ConnectionTrait, QueryResult, Value};
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};

use crate::artifacts::ArtifactId;
use crate::queue::{AUDITS, share, written};
use crate::rows::{count, get, integer, sql, text, time};
use crate::seal::{Cipher, Place};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

pub use crate::queue::TaskState as AuditState;
pub use queue::{AuditClaim, AuditEnd};
pub use schedules::{AuditScheduleId, AuditScheduleRow, NewAuditSchedule};

/// What an audit found, in short: all that lists and cards show.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Digest {
    /// 0 to 100 per category; a category that could not be scored is not there.
    pub scores: BTreeMap<Category, u8>,
    /// The core metrics, in the order in which they are shown.
    pub metrics: Vec<Metric>,
    /// All bytes that were transferred.
    pub bytes: Option<u64>,
    /// What to mend first, with what it would save in words; the most first.
    pub mend: Vec<(String, String)>,
    /// The budgets that are broken, and by how much, in words.
    pub breaches: Vec<String>,
    /// What got worse by more than noise since the audit that it was held against, in words.
    pub worse: Vec<String>,
    /// The audit that it was held against.
    pub against: Option<AuditId>,
    /// The budgets whose figures were not found out.
    pub unknown: Vec<String>,
    /// The budgets and figures that were wrong when they were judged last and could not be judged this time, while the incident
    /// of the schedule lasts.
    pub unjudged: Vec<String>,
    /// What makes the figures doubtful, in words.
    pub warnings: Vec<String>,
}

impl Digest {
    /// Whether a budget is broken or something got worse.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        !self.breaches.is_empty() || !self.worse.is_empty()
    }
}

/// An audit as it is listed and shown on its card.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRow {
    /// Its number.
    pub id: AuditId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// The name of who asked for it.
    pub by: Option<String>,
    /// Where it was asked for.
    pub conversation: Option<ConversationId>,
    /// The schedule that it is of.
    pub schedule: Option<AuditScheduleId>,
    /// The name of that schedule.
    pub schedule_name: Option<String>,
    /// What was asked for, without the values of its secrets.
    pub spec: AuditSpec,
    /// How far it is.
    pub state: AuditState,
    /// Whether somebody called it off, which takes a moment while it is being made.
    pub cancelling: bool,
    /// How many are before it, while it waits.
    pub ahead: u64,
    /// How much of it is done while it is being made, 0 to 1, and what is being done; or what it waits for, when that is more than
    /// its turn.
    pub doing: (f32, String),
    /// Why it failed: a code and words.
    pub error: Option<(String, String)>,
    /// What it found.
    pub digest: Option<Digest>,
    /// Its report as PDF, as long as that is kept.
    pub pdf: Option<ArtifactId>,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When it was begun.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// An audit to be made.
#[derive(Debug, Clone)]
pub struct NewAudit<'a> {
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Who asks for it.
    pub asked_by: Option<PersonId>,
    /// Where its card appears.
    pub conversation: Option<ConversationId>,
    /// The schedule that it is of.
    pub schedule: Option<AuditScheduleId>,
    /// What is asked for.
    pub spec: &'a AuditSpec,
    /// What it waits for, in words, when that is more than its turn.
    pub waits: Option<&'a str>,
}

/// Which audits are meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuditFilter {
    /// Those of this page.
    pub url: Option<String>,
    /// Those as this kind of device.
    pub device: Option<Device>,
    /// Those of this schedule.
    pub schedule: Option<AuditScheduleId>,
    /// Those that are, or are not, over.
    pub open: Option<bool>,
    /// Those that found something.
    pub done: bool,
    /// Those before this one.
    pub before: Option<AuditId>,
}

/// The columns that [`AuditRow::read`] reads, of an audit `a`.
macro_rules! audit_columns {
    () => {
        "a.id AS audit, a.organisation_id, a.conversation_id, a.schedule_id, a.spec, a.state, a.cancel, a.fraction, a.doing,
         a.error_code, a.error, a.digest, a.asked_at_ms, a.started_at_ms, a.ended_at_ms,
         (SELECT p.display_name FROM person p WHERE p.id = a.asked_by) AS asked_by_name,
         (SELECT s.name FROM audit_schedule s WHERE s.id = a.schedule_id) AS schedule_name,
         (SELECT max(f.id) FROM artifact f WHERE f.audit_id = a.id AND f.kind = 'pdf') AS pdf,
         (SELECT count(*) FROM audit q WHERE q.ended_at_ms IS NULL AND q.id < a.id) AS ahead"
    };
}
pub(crate) use audit_columns;

/// Those of an organisation that a filter means.
macro_rules! audits {
    ($what:tt $rest:literal) => {
        sql!(
            "SELECT " $what " FROM audit a WHERE a.organisation_id = $1 AND ($2 IS NULL OR a.url = $2)
                 AND ($3 IS NULL OR a.device = $3) AND (CAST($4 AS bigint) IS NULL OR a.schedule_id = $4)
                 AND ($5 IS NULL OR (a.ended_at_ms IS NULL) = $5) AND ($6 = FALSE OR a.state = 'done')
                 AND (CAST($7 AS bigint) IS NULL OR a.id < $7)" $rest
        )
    };
}

impl Store {
    /// The audits that match, the latest first, and how many there are.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn audits(
        &self,
        organisation: OrganisationId,
        filter: &AuditFilter,
        offset: u64,
        limit: u64,
    ) -> Result<(u64, Vec<AuditRow>), StoreError> {
        const COUNT: Sql = audits!("count(*) AS audits" "");
        const ROWS: Sql = audits!([audit_columns!()] " ORDER BY a.id DESC LIMIT $8 OFFSET $9");
        let values = || {
            let id = |id: Option<i64>| Value::from(id);
            [
                organisation.0.into(),
                filter.url.as_deref().map(|url| text(url).into_owned()).into(),
                filter.device.map(Device::word).into(),
                id(filter.schedule.map(|schedule| schedule.0)),
                filter.open.into(),
                filter.done.into(),
                id(filter.before.map(|before| before.0)),
            ]
        };
        let row = self.reader().query_one_raw(COUNT.with(self.backend(), values())).await?;
        let total = row.map_or(Ok(0), |row| count(&row, "audit", "audits"))?;
        let values = values().into_iter().chain([integer(limit).into(), integer(offset).into()]);
        let rows = self.reader().query_all_raw(ROWS.with(self.backend(), values)).await?;
        Ok((total, rows.iter().map(AuditRow::read).collect::<Result<_, _>>()?))
    }

    /// One audit of an organisation.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn audit(&self, organisation: OrganisationId, id: AuditId) -> Result<Option<AuditRow>, StoreError> {
        const ONE: Sql = sql!("SELECT " [audit_columns!()] " FROM audit a WHERE a.organisation_id = $1 AND a.id = $2");
        let statement = ONE.with(self.backend(), [organisation.0.into(), id.0.into()]);
        self.reader().query_one_raw(statement).await?.as_ref().map(AuditRow::read).transpose()
    }

    /// What was asked for, with the secrets.
    ///
    /// # Errors
    /// [`StoreError::Secret`] when it was written with another key, [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    pub async fn audit_spec(&self, organisation: OrganisationId, id: AuditId) -> Result<Option<AuditSpec>, StoreError> {
        const SPEC: Sql =
            Sql::both("SELECT id, organisation_id, spec, sealed FROM audit WHERE organisation_id = $1 AND id = $2");
        let row = self.reader().query_one_raw(SPEC.with(self.backend(), [organisation.0.into(), id.0.into()])).await?;
        row.map(|row| open_spec(self.cipher(), "audit", &row)).transpose()
    }

    /// What an audit found in full; without the pictures, once these are not kept any more. `None`: it found nothing.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    pub async fn audit_summary(&self, id: AuditId) -> Result<Option<Summary>, StoreError> {
        const SUMMARY: Sql = Sql::both("SELECT summary, pictures FROM audit WHERE id = $1");
        let Some(row) = self.reader().query_one_raw(SUMMARY.with(self.backend(), [id.0.into()])).await? else {
            return Ok(None);
        };
        let Some(summary) = get::<Option<String>>(&row, "summary")? else { return Ok(None) };
        let corrupt = |column| StoreError::corrupt("audit", column, id);
        let mut summary: Summary = serde_json::from_str(&summary).map_err(|_| corrupt("summary"))?;
        if let Some(pictures) = get::<Option<String>>(&row, "pictures")? {
            (summary.screenshot, summary.filmstrip) =
                serde_json::from_str(&pictures).map_err(|_| corrupt("pictures"))?;
        }
        Ok(Some(summary))
    }
}

impl Tx {
    /// Has an audit made.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`] when organisation, person, conversation or schedule do not exist.
    pub async fn insert_audit(&self, new: &NewAudit<'_>, now: Timestamp) -> Result<AuditId, StoreError> {
        const INSERT: Sql = Sql::both(
            "INSERT INTO audit (organisation_id, asked_by, conversation_id, schedule_id, url, device, spec, sealed, state, asked_at_ms, doing)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9, $10) RETURNING id",
        );
        let values = [
            new.organisation.0.into(),
            new.asked_by.map(|person| person.0).into(),
            new.conversation.map(|conversation| conversation.0).into(),
            new.schedule.map(|schedule| schedule.0).into(),
            new.spec.url.as_str().into(),
            new.spec.device.word().into(),
            written(new.spec)?.into(),
            seal_spec(self.store().cipher(), "audit", new.organisation, new.spec)?.into(),
            now.as_millis().into(),
            text(new.waits.unwrap_or_default()).into_owned().into(),
        ];
        let row = self.conn().query_one_raw(INSERT.with(self.store().backend(), values)).await?;
        let row = row.ok_or_else(|| StoreError::Other("an audit was not inserted".into()))?;
        Ok(AuditId(get(&row, "id")?))
    }

    /// How many audits of an organisation are not over.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn open_audits(&self, organisation: OrganisationId) -> Result<u64, StoreError> {
        self.open_of(&AUDITS, organisation).await
    }
}

impl AuditRow {
    pub(crate) fn read(row: &QueryResult) -> Result<Self, StoreError> {
        let id: i64 = get(row, "audit")?;
        let corrupt = |column| StoreError::corrupt("audit", column, id);
        let at = |column| Ok::<_, StoreError>(get::<Option<i64>>(row, column)?.map(Timestamp::from_millis));
        let state: String = get(row, "state")?;
        let code: Option<String> = get(row, "error_code")?;
        let digest: Option<String> = get(row, "digest")?;
        let fraction: i32 = get(row, "fraction")?;
        Ok(Self {
            id: AuditId(id),
            organisation: OrganisationId(get(row, "organisation_id")?),
            by: get(row, "asked_by_name")?,
            conversation: get::<Option<i64>>(row, "conversation_id")?.map(ConversationId),
            schedule: get::<Option<i64>>(row, "schedule_id")?.map(AuditScheduleId),
            schedule_name: get(row, "schedule_name")?,
            spec: serde_json::from_str(&get::<String>(row, "spec")?).map_err(|_| corrupt("spec"))?,
            state: AuditState::from_word(&state).ok_or_else(|| corrupt("state"))?,
            cancelling: get(row, "cancel")?,
            ahead: count(row, "audit", "ahead")?,
            doing: (share(fraction), get(row, "doing")?),
            error: code.zip(get::<Option<String>>(row, "error")?),
            digest: digest.map(|digest| serde_json::from_str(&digest).map_err(|_| corrupt("digest"))).transpose()?,
            pdf: get::<Option<i64>>(row, "pdf")?.map(ArtifactId),
            asked_at: time(row, "asked_at_ms")?,
            started_at: at("started_at_ms")?,
            ended_at: at("ended_at_ms")?,
        })
    }
}

fn seal_spec(
    cipher: &Cipher,
    table: &'static str,
    organisation: OrganisationId,
    spec: &AuditSpec,
) -> Result<Option<Vec<u8>>, StoreError> {
    let mut spec = spec.clone();
    let secrets: Vec<&str> = spec.secrets_mut().into_iter().map(|secret| secret.expose()).collect();
    if secrets.is_empty() {
        return Ok(None);
    }
    let text = Zeroizing::new(serde_json::to_string(&secrets).map_err(|error| StoreError::Other(error.into()))?);
    cipher.seal(&place(table, organisation), &text).map(Some)
}

/// A spec with the secrets put back where they were taken from.
fn open_spec(cipher: &Cipher, table: &'static str, row: &QueryResult) -> Result<AuditSpec, StoreError> {
    let (id, organisation): (i64, i64) = (get(row, "id")?, get(row, "organisation_id")?);
    let corrupt = |column| StoreError::corrupt(table, column, id);
    let mut spec: AuditSpec = serde_json::from_str(&get::<String>(row, "spec")?).map_err(|_| corrupt("spec"))?;
    let values: Zeroizing<Vec<String>> = match get::<Option<Vec<u8>>>(row, "sealed")? {
        None => Zeroizing::default(),
        Some(sealed) => {
            let text = cipher.open(&place(table, OrganisationId(organisation)), &sealed)?;
            Zeroizing::new(serde_json::from_str(&text).map_err(|_| corrupt("sealed"))?)
        }
    };
    let places = spec.secrets_mut();
    if places.len() != values.len() {
        return Err(corrupt("sealed"));
    }
    for (secret, value) in places.into_iter().zip(values.iter()) {
        *secret = Secret::new(value.as_str());
    }
    Ok(spec)
}

fn place(table: &'static str, organisation: OrganisationId) -> Place<'static> {
    Place { table, column: "sealed", owner: format!("organisation {organisation}"), token: "" }
}
