//! Auditing again and again.

use monitor_core::Timestamp;
use monitor_core::audit::spec::AuditSpec;
use monitor_core::heartbeat::{Schedule, Timetable};
use monitor_core::http::{SpecError, shorten};
use monitor_core::incident::Resolution;
use monitor_core::monitor::MonitorError;
use monitor_core::people::{Actor, ConversationId, Permission};
use storage::{AuditScheduleRow, NewAudit, NewAuditSchedule};

use super::alarm;
use crate::monitors::closest;
use crate::{Result, ServiceError, Services, require};

/// Most schedules of an organisation.
const MOST: usize = 100;

/// Longest name, in characters.
const NAME_CHARS: usize = 60;

/// Something that is to be audited again and again.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSchedule {
    /// What to call it; without a name it is called like the page's host.
    pub name: Option<String>,
    /// What is asked for each time.
    pub spec: AuditSpec,
    /// When: five fields of cron.
    pub cron: String,
    /// The IANA time zone of that.
    pub zone: String,
}

impl Services {
    /// Has a page audited again and again; the cards appear in that conversation.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::AuditsUnavailable`], [`ServiceError::ConversationNotFound`],
    /// [`ServiceError::Invalid`], [`ServiceError::InvalidAudit`], [`ServiceError::PageRefused`],
    /// [`ServiceError::AuditScheduleTaken`], [`ServiceError::TooMany`], [`ServiceError::Internal`].
    pub async fn schedule_audit(
        &self,
        actor: &Actor,
        conversation: ConversationId,
        new: &NewSchedule,
    ) -> Result<AuditScheduleRow> {
        require(actor, Permission::Edit)?;
        self.can_audit()?;
        self.own_conversation(actor, conversation).await?;
        self.check_audit(&new.spec).await?;
        let now = self.now();
        let cron = Schedule::Cron { expression: new.cron.clone(), zone: new.zone.clone() };
        let next = next(&cron, now)?;
        let all = self.audit_schedules(actor).await?;
        if all.len() >= MOST {
            return Err(ServiceError::TooMany { what: "audit schedules", most: MOST });
        }
        let name = match &new.name {
            Some(name) => check_name(name)?,
            None => free_name(new.spec.url.host_str().unwrap_or("page"), &all),
        };
        let row = NewAuditSchedule {
            organisation: actor.organisation,
            conversation,
            created_by: actor.person,
            name: &name,
            spec: &new.spec,
            cron: &new.cron,
            zone: &new.zone,
            next,
        };
        let tx = self.store().begin().await?;
        if tx.insert_audit_schedule(&row, now).await?.is_none() {
            return Err(ServiceError::AuditScheduleTaken(name));
        }
        tx.commit().await?;
        tracing::info!(schedule = %name, person_id = %actor.person, "audits scheduled");
        self.audit_schedule(actor, &name).await
    }

    /// The schedules, by name.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Internal`].
    pub async fn audit_schedules(&self, actor: &Actor) -> Result<Vec<AuditScheduleRow>> {
        require(actor, Permission::Read)?;
        Ok(self.store().audit_schedules(Some(actor.organisation)).await?)
    }

    /// The schedule of that name, in any case, or with that number.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::AuditScheduleNotFound`], [`ServiceError::Internal`].
    pub async fn audit_schedule(&self, actor: &Actor, which: &str) -> Result<AuditScheduleRow> {
        let mut all = self.audit_schedules(actor).await?;
        let (key, number) = (which.trim().to_lowercase(), which.trim().trim_start_matches('#').parse().ok());
        let named = all.iter().position(|row| row.name.to_lowercase() == key);
        let found = named.or_else(|| all.iter().position(|row| Some(row.id.0) == number));
        match found {
            Some(place) => Ok(all.swap_remove(place)),
            None => {
                let names = all.into_iter().map(|row| row.name).collect();
                let name = shorten(which.trim(), NAME_CHARS);
                Err(ServiceError::AuditScheduleNotFound { suggestions: closest(&key, names), name })
            }
        }
    }

    /// Ends a schedule. Its audits stay; an incident of it is over. Answers with what it was.
    ///
    /// # Errors
    /// Like [`Services::audit_schedule`].
    pub async fn delete_audit_schedule(&self, actor: &Actor, which: &str) -> Result<AuditScheduleRow> {
        require(actor, Permission::Edit)?;
        let gone = self.audit_schedule(actor, which).await?;
        let now = self.now();
        let tx = self.store().begin().await?;
        tx.lock_incidents().await?;
        if let Some((Some(incident), ..)) = tx.audit_schedule_incident(gone.id).await? {
            alarm::end(&tx, incident, Resolution::Withdrawn, now).await?;
        }
        tx.delete_audit_schedule(gone.id).await?;
        tx.commit().await?;
        self.announce(true);
        tracing::info!(schedule = %gone.name, person_id = %actor.person, "audits no longer scheduled");
        Ok(gone)
    }

    /// Asks for the audits whose time has come, one for each schedule however many times were missed, and none while one of it
    /// waits still. To be called every few seconds; answers how many.
    ///
    /// # Errors
    /// [`ServiceError::Internal`].
    pub async fn turn_audit_schedules(&self) -> Result<u64> {
        let now = self.now();
        let mut asked = 0;
        for schedule in self.store().audit_schedules(None).await? {
            let following = match next(&schedule.schedule(), now) {
                Ok(following) => following,
                Err(error) => {
                    tracing::warn!(schedule = %schedule.name, %error, "a schedule of audits names no time any more");
                    continue;
                }
            };
            // What was worked out by a clock that was wrong may be too late.
            let due = schedule.next <= now;
            if (due || following < schedule.next) && self.move_on(&schedule, following, due, now).await? {
                asked += 1;
            }
        }
        if asked > 0 {
            self.announce(true);
            self.inner.audits.asked.notify_one();
        }
        Ok(asked)
    }

    /// Moves a schedule on, and asks for an audit if that is due. Answers whether it did.
    async fn move_on(
        &self,
        schedule: &AuditScheduleRow,
        following: Timestamp,
        due: bool,
        now: Timestamp,
    ) -> Result<bool> {
        let tx = self.store().begin().await?;
        // Of several processes one moves it.
        if !tx.move_audit_schedule(schedule.id, schedule.next, following).await? {
            return Ok(false);
        }
        let ask = due && !schedule.busy;
        if ask {
            // It is made as soon as it can be; until then its card says why that takes long.
            let waits = self.can_audit().err().map(|error| error.to_string());
            let new = NewAudit {
                organisation: schedule.organisation,
                asked_by: schedule.created_by,
                conversation: schedule.conversation,
                schedule: Some(schedule.id),
                spec: &schedule.spec,
                waits: waits.as_deref(),
            };
            let id = tx.insert_audit(&new, now).await?;
            tx.post_task(id, now).await?;
        }
        tx.commit().await?;
        Ok(ask)
    }
}

/// The first time after that one.
fn next(schedule: &Schedule, after: Timestamp) -> Result<Timestamp> {
    let timetable = Timetable::new(schedule).map_err(SpecError::from).map_err(MonitorError::from)?;
    timetable.next(after).ok_or_else(|| {
        let why = "names no time that is still to come".to_owned();
        ServiceError::InvalidAudit { field: "cron".to_owned(), why }
    })
}

fn check_name(name: &str) -> Result<String> {
    let name = name.trim();
    let fits = (1..=NAME_CHARS).contains(&name.chars().count())
        && name.chars().next().is_some_and(char::is_alphanumeric)
        && name.parse::<i64>().is_err()
        && name.chars().all(|c| c.is_alphanumeric() || ".-_".contains(c));
    if fits {
        return Ok(name.to_owned());
    }
    let why = format!(
        "has to be one word of at most {NAME_CHARS} letters, digits, dots, dashes and underscores, like `shop-home`"
    );
    Err(ServiceError::InvalidAudit { field: "name".to_owned(), why })
}

/// A host as a name, with a number behind it when that is taken.
fn free_name(host: &str, all: &[AuditScheduleRow]) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() || ".-".contains(c) { c } else { '-' };
    let host: String = host.trim_matches(['[', ']']).chars().take(NAME_CHARS - 4).map(kept).collect();
    let taken = |name: &String| all.iter().any(|row| row.name.eq_ignore_ascii_case(name));
    let numbered = (2..=MOST + 1).map(|number| format!("{host}-{number}"));
    std::iter::once(host.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(host.clone())
}
