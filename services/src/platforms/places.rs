//! What is connected, and what may be done there.

use monitor_core::people::{Actor, ConversationId, Permission, Role, WorkspaceId};
use storage::{Member, PlaceRow, WorkspaceRow};

use super::clean;
use super::codes::within_own;
use crate::{Result, ServiceError, Services, require};

/// Roles of a platform that can be mapped in one workspace.
const MOST_ROLES: usize = 100;

/// All places and people of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connections {
    /// What is connected.
    pub workspaces: Vec<WorkspaceRow>,
    /// The conversations there, and those with one person alone.
    pub places: Vec<PlaceRow>,
    /// The members.
    pub members: Vec<Member>,
}

impl Services {
    /// All places and people of the organisation.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Internal`].
    pub async fn connections(&self, actor: &Actor) -> Result<Connections> {
        require(actor, Permission::Manage)?;
        let (store, organisation) = (self.store(), actor.organisation);
        Ok(Connections {
            workspaces: store.workspaces(organisation).await?,
            places: store.places(organisation).await?,
            members: store.members(organisation).await?,
        })
    }

    /// The workspace that is meant: by its number, its name or the platform's id of it; without any, that of the conversation,
    /// or else the only one.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::WorkspaceNotFound`], [`ServiceError::WhichWorkspace`],
    /// [`ServiceError::Internal`].
    pub async fn workspace(
        &self,
        actor: &Actor,
        conversation: ConversationId,
        said: Option<&str>,
    ) -> Result<WorkspaceRow> {
        require(actor, Permission::Manage)?;
        let mut workspaces = self.store().workspaces(actor.organisation).await?;
        match said.map(str::trim) {
            Some(said) => {
                let number = said.trim_start_matches('#').parse::<i64>().ok();
                let meant = |row: &WorkspaceRow| {
                    row.name.eq_ignore_ascii_case(said) || row.external_id == said || Some(row.id.0) == number
                };
                workspaces.retain(meant);
            }
            None => {
                let place = self.store().place(actor.organisation, conversation).await?;
                if let Some(here) = place.and_then(|place| place.workspace) {
                    workspaces.retain(|row| row.id == here);
                }
            }
        }
        match (workspaces.pop(), workspaces.is_empty()) {
            (Some(only), true) => Ok(only),
            (Some(_), false) => Err(ServiceError::WhichWorkspace),
            (None, _) => Err(ServiceError::WorkspaceNotFound(said.map(clean))),
        }
    }

    /// Ends a connection. Everything that was said and told there is forgotten.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::NotMember`], [`ServiceError::WorkspaceNotFound`], [`ServiceError::Internal`].
    pub async fn disconnect(&self, actor: &Actor, workspace: WorkspaceId) -> Result<WorkspaceRow> {
        self.as_manager(actor).await?;
        let gone = self.own_workspace(actor, workspace).await?;
        let tx = self.store().begin().await?;
        tx.disconnect(workspace).await?;
        tx.commit().await?;
        tracing::info!(platform = gone.platform, workspace_id = %workspace, person_id = %actor.person, "place disconnected");
        Ok(gone)
    }

    /// Lets a workspace that has a new id of the platform go on under it, with its conversations: `from` becomes `to`, and
    /// `from/TOPIC` `to/TOPIC`. What is connected under the new id already stays as it is, and takes the old one's place.
    /// `false`: nothing is connected under the old id.
    ///
    /// # Errors
    /// [`ServiceError::Internal`].
    pub async fn move_workspace(&self, platform: &str, from: &str, to: &str) -> Result<bool> {
        if from == to {
            return Ok(false);
        }
        let tx = self.store().begin().await?;
        let moved = tx.move_workspace(platform, from, to).await?;
        tx.commit().await?;
        Ok(moved)
    }

    /// Sets what people may do in a conversation who are not linked: nothing, or what a role may.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::NotMember`], [`ServiceError::RoleAboveOwn`],
    /// [`ServiceError::ConversationNotFound`], [`ServiceError::NotWorkspace`], [`ServiceError::Internal`].
    pub async fn set_access(&self, actor: &Actor, conversation: ConversationId, may: Option<Role>) -> Result<PlaceRow> {
        let member = self.as_manager(actor).await?;
        may.map_or(Ok(()), |role| within_own(&member, role))?;
        let place = self.store().place(actor.organisation, conversation).await?;
        let place = place.ok_or(ServiceError::ConversationNotFound)?;
        place.workspace.ok_or(ServiceError::NotWorkspace)?;
        self.store().set_unlinked(conversation, may).await?;
        tracing::info!(conversation_id = %conversation, person_id = %actor.person, "access set");
        Ok(PlaceRow { unlinked: may, ..place })
    }

    /// Sets what those are in a workspace who have a role on the platform; `None`: nothing by that.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::NotMember`], [`ServiceError::RoleAboveOwn`],
    /// [`ServiceError::WorkspaceNotFound`], [`ServiceError::TooMany`], [`ServiceError::Internal`].
    pub async fn map_role(
        &self,
        actor: &Actor,
        workspace: WorkspaceId,
        external: &str,
        role: Option<Role>,
    ) -> Result<WorkspaceRow> {
        let member = self.as_manager(actor).await?;
        role.map_or(Ok(()), |role| within_own(&member, role))?;
        let row = self.own_workspace(actor, workspace).await?;
        if role.is_some() && row.roles.len() >= MOST_ROLES {
            return Err(ServiceError::TooMany { what: "roles of this place", most: MOST_ROLES });
        }
        self.store().map_role(workspace, external, role).await?;
        tracing::info!(workspace_id = %workspace, person_id = %actor.person, "role mapped");
        Ok(row)
    }

    async fn own_workspace(&self, actor: &Actor, workspace: WorkspaceId) -> Result<WorkspaceRow> {
        require(actor, Permission::Manage)?;
        let own = self.store().workspaces(actor.organisation).await?.into_iter().find(|row| row.id == workspace);
        own.ok_or(ServiceError::WorkspaceNotFound(None))
    }
}
