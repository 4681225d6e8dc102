//! What is done to many monitors at once: those that a filter means.

use monitor_core::labels::Label;
use monitor_core::people::{Actor, Permission};
use storage::{OverviewFilter, OverviewSort};

use crate::{Result, ServiceError, Services, require};

/// Most monitors that one filter may mean.
const MOST: u64 = 20_000;

impl Services {
    /// The names of the monitors that a filter means, by name.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Internal`].
    pub async fn select(&self, actor: &Actor, filter: &OverviewFilter) -> Result<Vec<String>> {
        require(actor, Permission::Read)?;
        let filter = OverviewFilter { sort: OverviewSort::Name, ..filter.clone() };
        let (_, rows) = self.store().overview(actor.organisation, &filter, 0, MOST).await?;
        Ok(rows.into_iter().map(|row| row.name).collect())
    }

    /// Pauses or resumes all that a filter means. Answers their names.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Internal`].
    pub async fn pause_all(&self, actor: &Actor, filter: &OverviewFilter, paused: bool) -> Result<Vec<String>> {
        require(actor, Permission::Edit)?;
        let names = self.select(actor, filter).await?;
        for name in &names {
            let done =
                if paused { self.pause_monitor(actor, name).await } else { self.resume_monitor(actor, name).await };
            gone_is_fine(done)?;
        }
        Ok(names)
    }

    /// Deletes all that a filter means. Answers their names.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Internal`].
    pub async fn delete_all(&self, actor: &Actor, filter: &OverviewFilter) -> Result<Vec<String>> {
        require(actor, Permission::Edit)?;
        let names = self.select(actor, filter).await?;
        for name in &names {
            gone_is_fine(self.delete_monitor(actor, name).await)?;
        }
        Ok(names)
    }

    /// Sets labels of all that a filter means, and takes those with the keys in `without` away. Answers their names.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Invalid`], [`ServiceError::Internal`].
    pub async fn label_all(
        &self,
        actor: &Actor,
        filter: &OverviewFilter,
        set: &[Label],
        without: &[String],
    ) -> Result<Vec<String>> {
        require(actor, Permission::Edit)?;
        let names = self.select(actor, filter).await?;
        for name in &names {
            let Some(monitor) = gone_is_fine(self.monitor(actor, name).await)? else { continue };
            let mut settings = monitor.settings.clone();
            without.iter().for_each(|key| settings.labels.remove(key));
            set.iter().for_each(|label| settings.labels.set(label.clone()));
            if settings != monitor.settings {
                gone_is_fine(self.edit_monitor(actor, name, &settings).await)?;
            }
        }
        Ok(names)
    }
}

/// A monitor that somebody else deleted meanwhile needs nothing done.
fn gone_is_fine<T>(done: Result<T>) -> Result<Option<T>> {
    match done {
        Err(ServiceError::MonitorNotFound { .. }) => Ok(None),
        done => done.map(Some),
    }
}
