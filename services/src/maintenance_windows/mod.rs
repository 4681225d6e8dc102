//! Maintenance: while monitors are worked on, nobody is told of what they do, and the time does not count.
//!
//! A window is rows: what it is about, when, how far it has come, and which monitors are in it. What begins and ends is
//! claimed in the database ([`turn`]), so any process may look, and a restart forgets nothing. A monitor is in maintenance
//! as long as it is in any window.

mod members;
mod turn;

use monitor_core::alerting::{MaintenanceId, Progress, When, WindowError};
use monitor_core::people::{Actor, Permission};
use storage::{MaintenanceRow, NewMaintenance};

pub(crate) use turn::Looks;

use crate::routes::about_words;
use crate::{Result, ServiceError, Services, require};

/// Most windows of an organisation that are not over.
const MOST: usize = 200;

/// Longest reason, in characters.
const REASON_CHARS: usize = 500;

/// A maintenance window that is to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewWindow {
    /// Which monitors it is about, said as for [`Services::about`].
    pub about: String,
    /// When it is on.
    pub when: When,
    /// Why; possibly empty.
    pub reason: String,
}

impl Services {
    /// The windows that are not over: those that are on first, then as they come.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Internal`].
    pub async fn maintenance(&self, actor: &Actor) -> Result<Vec<MaintenanceRow>> {
        require(actor, Permission::Read)?;
        Ok(self.store().maintenance(actor.organisation).await?)
    }

    /// Makes a window. One that is to be on now begins at once.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::MonitorNotFound`], [`ServiceError::Invalid`], [`ServiceError::Window`],
    /// [`ServiceError::TextTooLong`], [`ServiceError::TooMany`], [`ServiceError::Internal`].
    pub async fn add_maintenance(&self, actor: &Actor, new: &NewWindow) -> Result<MaintenanceRow> {
        require(actor, Permission::Edit)?;
        let (reason, chars) = (new.reason.trim(), new.reason.trim().chars().count());
        if chars > REASON_CHARS {
            return Err(ServiceError::TextTooLong { chars, most: REASON_CHARS });
        }
        let selector = self.about(actor, &new.about).await?;
        if self.maintenance(actor).await?.len() >= MOST {
            return Err(ServiceError::TooMany { what: "maintenance windows", most: MOST });
        }
        let now = self.now();
        let next = Progress::default().due(&new.when, now).ok_or(WindowError::Over)?;
        let words = about_words(&new.about);
        let new = NewMaintenance {
            organisation: actor.organisation,
            created_by: actor.person,
            words: &words,
            selector: &selector,
            reason,
            when: &new.when,
            next,
        };
        let tx = self.store().begin().await?;
        let id = tx.insert_maintenance(&new, now).await?;
        tx.commit().await?;
        tracing::info!(maintenance_id = %id, person_id = %actor.person, "maintenance planned");
        if next <= now {
            self.turn(id, now).await?;
        }
        self.one_maintenance(actor, id).await
    }

    /// Ends what is on before its time; a recurring window comes again when it is to. Answers with what it was.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::MaintenanceNotFound`], [`ServiceError::MaintenanceNotOn`],
    /// [`ServiceError::Internal`].
    pub async fn end_maintenance(&self, actor: &Actor, id: MaintenanceId) -> Result<MaintenanceRow> {
        require(actor, Permission::Edit)?;
        let ended = self.one_maintenance(actor, id).await?;
        if !ended.is_on() {
            return Err(ServiceError::MaintenanceNotOn(id));
        }
        self.stop(id, false).await?;
        tracing::info!(maintenance_id = %id, person_id = %actor.person, "maintenance ended early");
        Ok(ended)
    }

    /// Removes a window with all times that are to come, and ends it when it is on. Answers with what it was.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::MaintenanceNotFound`], [`ServiceError::Internal`].
    pub async fn delete_maintenance(&self, actor: &Actor, id: MaintenanceId) -> Result<MaintenanceRow> {
        require(actor, Permission::Edit)?;
        let gone = self.one_maintenance(actor, id).await?;
        self.stop(id, true).await?;
        tracing::info!(maintenance_id = %id, person_id = %actor.person, "maintenance deleted");
        Ok(gone)
    }

    async fn one_maintenance(&self, actor: &Actor, id: MaintenanceId) -> Result<MaintenanceRow> {
        let found = self.maintenance(actor).await?.into_iter().find(|window| window.id == id);
        found.ok_or(ServiceError::MaintenanceNotFound(id))
    }
}
