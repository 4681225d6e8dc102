//! Alert rules: what people want to be told of.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::rule::Rule;
use monitor_core::alerting::{RuleId, Severity};
use monitor_core::labels::Labels;
use monitor_core::monitor::MonitorId;
use monitor_core::people::{Actor, OrganisationId};
use sea_orm::{ConnectionTrait, DbBackend, QueryResult};

use crate::rows::{get, integer, sql, text};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// A rule as stored. It is never changed, only removed.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleRow {
    /// Its id.
    pub id: RuleId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Which monitors it is about, as the person said it who made it: `env=prod`, `all`.
    pub words: String,
    /// What it says.
    pub rule: Rule,
}

/// A monitor as far as it decides which rules are about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The monitor.
    pub monitor: MonitorId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Its labels.
    pub labels: Labels,
    /// Its group.
    pub group: Option<String>,
}

/// Differs when there are other rules than before. The default stands for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RulesMark {
    rules: (i64, i64),
}

/// Differs when rules may be about other monitors than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubjectsMark {
    monitors: (i64, i64, i64),
}

impl Store {
    /// All rules, or those of one organisation, the oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn alert_rules(&self, organisation: Option<OrganisationId>) -> Result<Vec<RuleRow>, StoreError> {
        alert_rules(self.reader(), self.backend(), organisation).await
    }

    /// What is compared to see whether there are other rules: cheap enough for every few seconds.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn rules_mark(&self) -> Result<RulesMark, StoreError> {
        rules_mark(self.reader(), self.backend()).await
    }

    /// What is compared to see whether monitors were added, changed or removed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn subjects_mark(&self) -> Result<SubjectsMark, StoreError> {
        subjects_mark(self.reader(), self.backend()).await
    }

    /// Every monitor that a rule may be about.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn subjects(&self) -> Result<Vec<Subject>, StoreError> {
        subjects(self.reader(), self.backend()).await
    }

    /// Claims the rules about figures that are due for a look; each is due again when its time has passed once more, so that
    /// of many processes one looks, and none is forgotten with the process that was to look.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn claim_rules(&self, now: Timestamp) -> Result<Vec<RuleId>, StoreError> {
        const ANY: Sql = Sql::both("SELECT 1 FROM alert_rule WHERE look_ms <= $1 LIMIT 1");
        const CLAIM: Sql = sql!(
            "UPDATE alert_rule SET look_ms = $1 + every_ms WHERE id IN (
                 SELECT id FROM alert_rule WHERE look_ms <= $1 " (postgres "FOR UPDATE SKIP LOCKED") "
             ) RETURNING id"
        );
        let (backend, now) = (self.backend(), now.as_millis());
        if self.reader().query_one_raw(ANY.with(backend, [now.into()])).await?.is_none() {
            return Ok(Vec::new());
        }
        let rows = self.writer().query_all_raw(CLAIM.with(backend, [now.into()])).await?;
        rows.iter().map(|row| Ok(RuleId(get(row, "id")?))).collect()
    }
}

impl Tx {
    /// Like [`Store::alert_rules`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn alert_rules(&self, organisation: Option<OrganisationId>) -> Result<Vec<RuleRow>, StoreError> {
        alert_rules(self.conn(), self.store().backend(), organisation).await
    }

    /// Like [`Store::rules_mark`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn rules_mark(&self) -> Result<RulesMark, StoreError> {
        rules_mark(self.conn(), self.store().backend()).await
    }

    /// Like [`Store::subjects_mark`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn subjects_mark(&self) -> Result<SubjectsMark, StoreError> {
        subjects_mark(self.conn(), self.store().backend()).await
    }

    /// Like [`Store::subjects`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn subjects(&self) -> Result<Vec<Subject>, StoreError> {
        subjects(self.conn(), self.store().backend()).await
    }

    /// Adds a rule that somebody made.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`] when organisation or person do not exist.
    pub async fn insert_alert_rule(
        &self,
        by: &Actor,
        words: &str,
        rule: &Rule,
        now: Timestamp,
    ) -> Result<RuleId, StoreError> {
        const INSERT: Sql = Sql::both(
            "INSERT INTO alert_rule (organisation_id, words, selector, condition, severity, cooldown_ms, remind_ms, notify,
                 every_ms, look_ms, created_by, created_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) RETURNING id",
        );
        let every = rule.condition.look_every().map(millis);
        let values = [
            by.organisation.0.into(),
            text(words).into_owned().into(),
            written(&rule.selector)?.into(),
            text(&rule.condition.to_string()).into_owned().into(),
            rule.severity.number().into(),
            millis(rule.cooldown).into(),
            rule.remind.map(millis).into(),
            written(&rule.notify)?.into(),
            every.into(),
            every.map(|every| now.as_millis() + every).into(),
            by.person.0.into(),
            now.as_millis().into(),
        ];
        let row = self.conn().query_one_raw(INSERT.with(self.store().backend(), values)).await?;
        let row = row.ok_or_else(|| StoreError::Other("an inserted row was not answered".into()))?;
        Ok(RuleId(get(&row, "id")?))
    }

    /// Has a rule tell these by itself from now on.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_rule_notify(&self, rule: RuleId, notify: &[String]) -> Result<(), StoreError> {
        const SET: Sql = Sql::both("UPDATE alert_rule SET notify = $2 WHERE id = $1");
        let statement = SET.with(self.store().backend(), [rule.0.into(), written(&notify)?.into()]);
        self.conn().execute_raw(statement).await.map(drop).map_err(Into::into)
    }

    /// Removes a rule with all that it remembers. Tells whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_alert_rule(&self, organisation: OrganisationId, rule: RuleId) -> Result<bool, StoreError> {
        const DELETE: Sql = Sql::both("DELETE FROM alert_rule WHERE organisation_id = $1 AND id = $2");
        let statement = DELETE.with(self.store().backend(), [organisation.0.into(), rule.0.into()]);
        Ok(self.conn().execute_raw(statement).await?.rows_affected() > 0)
    }
}

async fn rules_mark(conn: &impl ConnectionTrait, backend: DbBackend) -> Result<RulesMark, StoreError> {
    // Ids are never given twice, so that two sets of rules with the same number and sum of them are hardly ever different.
    const MARK: Sql = Sql::both("SELECT COUNT(*) AS n, CAST(COALESCE(SUM(id), 0) AS bigint) AS ids FROM alert_rule");
    let row = conn.query_one_raw(MARK.with(backend, [])).await?;
    let read = |row: QueryResult| Ok::<_, StoreError>((get(&row, "n")?, get(&row, "ids")?));
    Ok(RulesMark { rules: row.map(read).transpose()?.unwrap_or_default() })
}

async fn subjects_mark(conn: &impl ConnectionTrait, backend: DbBackend) -> Result<SubjectsMark, StoreError> {
    const MARK: Sql = Sql::both(
        "SELECT COUNT(*) AS n, COALESCE(MAX(monitor_id), 0) AS latest, CAST(COALESCE(SUM(revision), 0) AS bigint) AS revisions
         FROM monitor_state",
    );
    let row = conn.query_one_raw(MARK.with(backend, [])).await?;
    let read = |row: QueryResult| Ok::<_, StoreError>((get(&row, "n")?, get(&row, "latest")?, get(&row, "revisions")?));
    Ok(SubjectsMark { monitors: row.map(read).transpose()?.unwrap_or_default() })
}

async fn subjects(conn: &impl ConnectionTrait, backend: DbBackend) -> Result<Vec<Subject>, StoreError> {
    const SUBJECTS: Sql = Sql::both("SELECT id, organisation_id, labels, group_name FROM monitor");
    conn.query_all_raw(SUBJECTS.with(backend, [])).await?.iter().map(read_subject).collect()
}

/// Reads the columns `id`, `organisation_id`, `labels` and `group_name` of a monitor.
pub(crate) fn read_subject(row: &QueryResult) -> Result<Subject, StoreError> {
    let id: i64 = get(row, "id")?;
    let labels: String = get(row, "labels")?;
    Ok(Subject {
        monitor: MonitorId(id),
        organisation: OrganisationId(get(row, "organisation_id")?),
        labels: serde_json::from_str(&labels).map_err(|_| StoreError::corrupt("monitor", "labels", id))?,
        group: get(row, "group_name")?,
    })
}

async fn alert_rules(
    conn: &impl ConnectionTrait,
    backend: DbBackend,
    organisation: Option<OrganisationId>,
) -> Result<Vec<RuleRow>, StoreError> {
    const RULES: Sql = Sql::both(
        "SELECT id, organisation_id, words, selector, condition, severity, cooldown_ms, remind_ms, notify
         FROM alert_rule WHERE $1 IS NULL OR organisation_id = $1 ORDER BY id",
    );
    let organisation = organisation.map(|organisation| organisation.0);
    let rows = conn.query_all_raw(RULES.with(backend, [organisation.into()])).await?;
    rows.iter().map(read).collect()
}

fn read(row: &QueryResult) -> Result<RuleRow, StoreError> {
    let id: i64 = get(row, "id")?;
    let corrupt = |column| StoreError::corrupt("alert_rule", column, id);
    let (selector, condition, notify): (String, String, String) =
        (get(row, "selector")?, get(row, "condition")?, get(row, "notify")?);
    let time = |ms: i64| Duration::from_millis(u64::try_from(ms).unwrap_or(0));
    let rule = Rule {
        selector: serde_json::from_str(&selector).map_err(|_| corrupt("selector"))?,
        condition: condition.parse().map_err(|_| corrupt("condition"))?,
        severity: Severity::from_number(get(row, "severity")?).ok_or_else(|| corrupt("severity"))?,
        cooldown: time(get(row, "cooldown_ms")?),
        remind: get::<Option<i64>>(row, "remind_ms")?.map(time),
        notify: serde_json::from_str(&notify).map_err(|_| corrupt("notify"))?,
    };
    let organisation = OrganisationId(get(row, "organisation_id")?);
    Ok(RuleRow { id: RuleId(id), organisation, words: get(row, "words")?, rule })
}

fn millis(time: Duration) -> i64 {
    integer(time.as_millis())
}

fn written<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    let json = serde_json::to_string(value).map_err(|error| StoreError::Other(error.into()))?;
    Ok(text(&json).into_owned())
}
