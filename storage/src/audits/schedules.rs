//! What is audited again and again.

use monitor_core::Timestamp;
use monitor_core::audit::AuditId;
use monitor_core::audit::spec::AuditSpec;
use monitor_core::heartbeat::Schedule;
use monitor_core::incident::IncidentId;
use monitor_core::people::{ConversationId, OrganisationId, PersonId};
use sea_orm::{ConnectionTrait, QueryResult};

use super::{open_spec, seal_spec};
use crate::queue::written;
use crate::rows::{get, text, time};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// A schedule's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AuditScheduleId(pub i64);

impl std::fmt::Display for AuditScheduleId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Something to be audited again and again.
#[derive(Debug, Clone)]
pub struct NewAuditSchedule<'a> {
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Where the cards of its audits appear.
    pub conversation: ConversationId,
    /// Who wants it.
    pub created_by: PersonId,
    /// Its name, unique in its organisation without regard to case.
    pub name: &'a str,
    /// What is asked for each time.
    pub spec: &'a AuditSpec,
    /// When: a cron expression.
    pub cron: &'a str,
    /// The IANA time zone of that.
    pub zone: &'a str,
    /// When first.
    pub next: Timestamp,
}

/// Something that is audited again and again.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditScheduleRow {
    /// Its number.
    pub id: AuditScheduleId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// Where the cards of its audits appear.
    pub conversation: Option<ConversationId>,
    /// Who made it.
    pub created_by: Option<PersonId>,
    /// The name of who made it.
    pub by: Option<String>,
    /// Its name.
    pub name: String,
    /// What is asked for each time, with the secrets.
    pub spec: AuditSpec,
    /// A cron expression.
    pub cron: String,
    /// The IANA time zone of that.
    pub zone: String,
    /// When the next one is due.
    pub next: Timestamp,
    /// What its audits found wrong, while that lasts.
    pub incident: Option<IncidentId>,
    /// Whether one of its audits is not over.
    pub busy: bool,
}

impl AuditScheduleRow {
    /// When it is due, as heartbeats say it.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        Schedule::Cron { expression: self.cron.clone(), zone: self.zone.clone() }
    }
}

/// Schedules that match.
macro_rules! schedules {
    ($which:literal) => {
        Sql::both(concat!(
            "SELECT s.id, s.organisation_id, s.conversation_id, s.created_by, s.name, s.spec, s.sealed, s.cron, s.zone, s.next_ms,
                 s.incident_id, (SELECT p.display_name FROM person p WHERE p.id = s.created_by) AS by_name,
                 EXISTS (SELECT 1 FROM audit a WHERE a.schedule_id = s.id AND a.ended_at_ms IS NULL) AS busy
             FROM audit_schedule s WHERE ",
            $which
        ))
    };
}

impl Store {
    /// The schedules of an organisation by name, or of all.
    ///
    /// # Errors
    /// [`StoreError::Secret`] when one was written with another key, [`StoreError::Corrupt`], [`StoreError::Unavailable`].
    pub async fn audit_schedules(
        &self,
        organisation: Option<OrganisationId>,
    ) -> Result<Vec<AuditScheduleRow>, StoreError> {
        const ALL: Sql = schedules!("CAST($1 AS bigint) IS NULL OR s.organisation_id = $1 ORDER BY s.name_key, s.id");
        let statement = ALL.with(self.backend(), [organisation.map(|id| id.0).into()]);
        let rows = self.reader().query_all_raw(statement).await?;
        rows.iter().map(|row| self.read_schedule(row)).collect()
    }

    /// The audit that those of a schedule are held against while an incident of it lasts; `None`: none lasts, or nobody noted it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn audit_baseline(&self, id: AuditScheduleId) -> Result<Option<AuditId>, StoreError> {
        const BASELINE: Sql = Sql::both(
            "SELECT s.baseline_id FROM audit_schedule s JOIN incident i ON i.id = s.incident_id
             WHERE s.id = $1 AND i.resolved_at_ms IS NULL",
        );
        let row = self.reader().query_one_raw(BASELINE.with(self.backend(), [id.0.into()])).await?;
        let baseline = row.map(|row| get::<Option<i64>>(&row, "baseline_id")).transpose()?;
        Ok(baseline.flatten().map(AuditId))
    }

    fn read_schedule(&self, row: &QueryResult) -> Result<AuditScheduleRow, StoreError> {
        Ok(AuditScheduleRow {
            id: AuditScheduleId(get(row, "id")?),
            organisation: OrganisationId(get(row, "organisation_id")?),
            conversation: get::<Option<i64>>(row, "conversation_id")?.map(ConversationId),
            created_by: get::<Option<i64>>(row, "created_by")?.map(PersonId),
            by: get(row, "by_name")?,
            name: get(row, "name")?,
            spec: open_spec(self.cipher(), "audit_schedule", row)?,
            cron: get(row, "cron")?,
            zone: get(row, "zone")?,
            next: time(row, "next_ms")?,
            incident: get::<Option<i64>>(row, "incident_id")?.map(IncidentId),
            busy: get(row, "busy")?,
        })
    }
}

impl Tx {
    /// Makes a schedule; `None`: the organisation has one of that name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`] when organisation, person or conversation do not exist.
    pub async fn insert_audit_schedule(
        &self,
        new: &NewAuditSchedule<'_>,
        now: Timestamp,
    ) -> Result<Option<AuditScheduleId>, StoreError> {
        const INSERT: Sql = Sql::both(
            "INSERT INTO audit_schedule (organisation_id, conversation_id, created_by, name, name_key, spec, sealed, cron, zone,
                 next_ms, created_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             ON CONFLICT (organisation_id, name_key) DO NOTHING RETURNING id",
        );
        let values = [
            new.organisation.0.into(),
            new.conversation.0.into(),
            new.created_by.0.into(),
            text(new.name).into_owned().into(),
            text(&new.name.to_lowercase()).into_owned().into(),
            written(new.spec)?.into(),
            seal_spec(self.store().cipher(), "audit_schedule", new.organisation, new.spec)?.into(),
            text(new.cron).into_owned().into(),
            text(new.zone).into_owned().into(),
            new.next.as_millis().into(),
            now.as_millis().into(),
        ];
        let row = self.conn().query_one_raw(INSERT.with(self.store().backend(), values)).await?;
        row.map(|row| Ok(AuditScheduleId(get(&row, "id")?))).transpose()
    }

    /// Moves a schedule from one time to the next. `false`: somebody did so already, or it is gone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn move_audit_schedule(
        &self,
        id: AuditScheduleId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<bool, StoreError> {
        const MOVE: Sql = Sql::both("UPDATE audit_schedule SET next_ms = $3 WHERE id = $1 AND next_ms = $2");
        let values = [id.0.into(), from.as_millis().into(), to.as_millis().into()];
        Ok(self.conn().execute_raw(MOVE.with(self.store().backend(), values)).await?.rows_affected() > 0)
    }

    /// What audits of a schedule found wrong, while that lasts, with who made the schedule, and its name; `None`: it is gone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn audit_schedule_incident(
        &self,
        id: AuditScheduleId,
    ) -> Result<Option<(Option<IncidentId>, Option<PersonId>, String)>, StoreError> {
        const INCIDENT: Sql = Sql::both(
            "SELECT s.name, s.created_by, (
                 SELECT i.id FROM incident i WHERE i.id = s.incident_id AND i.resolved_at_ms IS NULL
             ) AS incident FROM audit_schedule s WHERE s.id = $1",
        );
        let row = self.conn().query_one_raw(INCIDENT.with(self.store().backend(), [id.0.into()])).await?;
        row.map(|row| {
            let id = |column| get::<Option<i64>>(&row, column);
            Ok((id("incident")?.map(IncidentId), id("created_by")?.map(PersonId), get(&row, "name")?))
        })
        .transpose()
    }

    /// Notes what audits of a schedule found wrong, and which audit they are held against while that lasts.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_audit_schedule_incident(
        &self,
        id: AuditScheduleId,
        incident: IncidentId,
        baseline: AuditId,
    ) -> Result<(), StoreError> {
        const SET: Sql = Sql::both("UPDATE audit_schedule SET incident_id = $2, baseline_id = $3 WHERE id = $1");
        let values = [id.0.into(), incident.0.into(), baseline.0.into()];
        self.conn().execute_raw(SET.with(self.store().backend(), values)).await?;
        Ok(())
    }

    /// Has an incident of audits go by what they find wrong now, unless it is over.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn rename_audit_incident(
        &self,
        incident: IncidentId,
        title: &str,
        message: &str,
    ) -> Result<(), StoreError> {
        const RENAME: Sql =
            Sql::both("UPDATE incident SET title = $2, message = $3 WHERE id = $1 AND resolved_at_ms IS NULL");
        let values = [incident.0.into(), text(title).into_owned().into(), text(message).into_owned().into()];
        self.conn().execute_raw(RENAME.with(self.store().backend(), values)).await?;
        Ok(())
    }

    /// Removes a schedule; its audits stay. One that is gone already is no error.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_audit_schedule(&self, id: AuditScheduleId) -> Result<(), StoreError> {
        const DELETE: Sql = Sql::both("DELETE FROM audit_schedule WHERE id = $1");
        self.conn().execute_raw(DELETE.with(self.store().backend(), [id.0.into()])).await?;
        Ok(())
    }
}
