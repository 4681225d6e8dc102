//! Names that somebody who types may mean.

use monitor_core::people::{Actor, Permission};

use crate::{Result, Services, require};

impl Services {
    /// The labels of monitors that begin with this, in any case.
    ///
    /// # Errors
    /// [`crate::ServiceError::Denied`], [`crate::ServiceError::Internal`].
    pub async fn label_names(&self, actor: &Actor, prefix: &str, limit: u64) -> Result<Vec<String>> {
        require(actor, Permission::Read)?;
        Ok(self.store().labels(actor.organisation, prefix, limit).await?)
    }

    /// The groups of monitors that begin with this, in any case.
    ///
    /// # Errors
    /// [`crate::ServiceError::Denied`], [`crate::ServiceError::Internal`].
    pub async fn group_names(&self, actor: &Actor, prefix: &str, limit: u64) -> Result<Vec<String>> {
        require(actor, Permission::Read)?;
        Ok(self.store().groups(actor.organisation, prefix, limit).await?)
    }

    /// The names of the destinations.
    ///
    /// # Errors
    /// [`crate::ServiceError::Denied`], [`crate::ServiceError::Internal`].
    pub async fn destination_names(&self, actor: &Actor) -> Result<Vec<String>> {
        require(actor, Permission::Read)?;
        let listeners = self.store().listeners(actor.organisation).await?;
        Ok(listeners.into_iter().map(|listener| listener.name).collect())
    }

    /// The names of the rotations.
    ///
    /// # Errors
    /// [`crate::ServiceError::Denied`], [`crate::ServiceError::Internal`].
    pub async fn rotation_names(&self, actor: &Actor) -> Result<Vec<String>> {
        require(actor, Permission::Read)?;
        let rotations = self.store().rotations(actor.organisation).await?;
        Ok(rotations.into_iter().map(|rotation| rotation.name).collect())
    }

    /// The names of the members.
    ///
    /// # Errors
    /// [`crate::ServiceError::Denied`], [`crate::ServiceError::Internal`].
    pub async fn member_names(&self, actor: &Actor) -> Result<Vec<String>> {
        require(actor, Permission::Manage)?;
        Ok(self.store().members(actor.organisation).await?.into_iter().map(|member| member.name).collect())
    }
}
