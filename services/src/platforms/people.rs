//! Who people are on chat platforms.

use monitor_core::people::{Actor, ConversationId, Permission, PersonId, Role};
use storage::{Member, PlaceRow, StoreError};

use super::clean;
use crate::{Result, ServiceError, Services, require};

/// Who somebody is, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Myself {
    /// What the person is called.
    pub name: String,
    /// What the person may do here.
    pub role: Role,
    /// What the person is as a member of the organisation; `None`: none, but a guest of this conversation.
    pub member: Option<Role>,
    /// On which platforms the person is linked.
    pub platforms: Vec<String>,
    /// The conversation.
    pub place: PlaceRow,
}

impl Services {
    /// Who the acting person is, and where.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::ConversationNotFound`], [`ServiceError::Internal`].
    pub async fn myself(&self, actor: &Actor, conversation: ConversationId) -> Result<Myself> {
        require(actor, Permission::Read)?;
        let place = self.store().place(actor.organisation, conversation).await?;
        let place = place.ok_or(ServiceError::ConversationNotFound)?;
        let member = self.store().members(actor.organisation).await?.into_iter().find(|own| own.person == actor.person);
        let (name, role) = (self.store().name_of(actor.person).await?.unwrap_or_default(), actor.role);
        let (member, platforms) = member.map_or((None, Vec::new()), |own| (Some(own.role), own.platforms));
        Ok(Myself { name, role, member, platforms, place })
    }

    /// What somebody is called whose question is open in that conversation.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::ConversationNotFound`], [`ServiceError::Internal`].
    pub async fn name_of(&self, actor: &Actor, conversation: ConversationId, person: PersonId) -> Result<String> {
        self.own_conversation(actor, conversation).await?;
        let asks = self.store().dialog(conversation, person, self.now()).await?.is_some();
        let name = if asks { self.store().name_of(person).await? } else { None };
        Ok(name.unwrap_or_else(|| "somebody else".to_owned()))
    }

    /// The member who is meant, by number or name.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::PersonNotFound`], [`ServiceError::WhichPerson`],
    /// [`ServiceError::Internal`].
    pub async fn member(&self, actor: &Actor, said: &str) -> Result<Member> {
        require(actor, Permission::Manage)?;
        let said = said.trim().trim_start_matches(['@', '#']);
        let mut members = self.store().members(actor.organisation).await?;
        let (key, number) = (said.to_lowercase(), said.parse::<i64>().ok());
        members.retain(|member| member.name.to_lowercase() == key || Some(member.person.0) == number);
        match (members.pop(), members.is_empty()) {
            (Some(only), true) => Ok(only),
            (Some(_), false) => Err(ServiceError::WhichPerson(clean(said))),
            (None, _) => Err(ServiceError::PersonNotFound(clean(said))),
        }
    }

    /// Takes away who a person is on a platform, or on all of them, with the codes that the person made or could say. Answers
    /// how many links that were. Whoever is not oneself must not be mightier.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::NotMember`], [`ServiceError::RoleAboveOwn`],
    /// [`ServiceError::PersonNotFound`], [`ServiceError::Internal`].
    pub async fn unlink(&self, actor: &Actor, person: PersonId, platform: Option<&str>) -> Result<u64> {
        let by = if person == actor.person {
            require(actor, Permission::Read)?;
            *actor
        } else {
            self.as_manager(actor).await?
        };
        let role = self.store().role(actor.organisation, person).await?;
        let role = role.ok_or_else(|| ServiceError::PersonNotFound(person.to_string()))?;
        if person != actor.person && role.is_above(by.role) {
            return Err(ServiceError::RoleAboveOwn { own: by.role, role });
        }
        let unlink = async {
            let tx = self.store().begin().await?;
            let links = tx.unlink(actor.organisation, person, platform).await?;
            tx.revoke_codes(actor.organisation, person).await?;
            tx.commit().await?;
            Ok::<u64, StoreError>(links)
        };
        let links = unlink.await?;
        tracing::info!(person_id = %actor.person, unlinked_id = %person, links, "person unlinked");
        Ok(links)
    }
}
