//! Chat platforms: which organisation a workspace talks for, who somebody there is, and what they may do.

mod cards;
mod codes;
mod following;
mod people;
mod places;

use monitor_core::people::{Actor, ConversationId, OrganisationId, PersonId, Role, WorkspaceId};
use storage::{Known, KnownConversation, NewConversation, Whereabouts, Within};

use crate::{Result, Services};

pub use cards::{Backlog, Posted, Transition, Waiting};
pub use codes::{Code, Welcome, is_code};
pub use following::Followed;
pub use people::Myself;
pub use places::Connections;
pub use storage::{Member, PlaceRow, WorkspaceRow};

/// The platforms that there are.
pub const PLATFORMS: &[&str] = &["discord", "slack", "telegram"];

/// Longest name of a person, a conversation or a workspace that is kept, in characters.
const NAME_CHARS: usize = 100;

/// Where something was said on a chat platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The platform: `discord`, `slack` or `telegram`.
    pub platform: &'a str,
    /// What is connected to an organisation as a whole, by the platform's id: a guild, a Slack workspace, a Telegram group.
    /// `None`: a direct conversation with one person, which belongs to that person's organisation.
    pub workspace: Option<&'a str>,
    /// What people call the workspace.
    pub workspace_name: &'a str,
    /// The conversation by the platform's id: a channel, a chat, a topic of a group (`CHAT/TOPIC`).
    pub conversation: &'a str,
    /// What people call the conversation, such as `#ops`.
    pub title: &'a str,
}

/// Who said it, as far as the platform knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Visitor<'a> {
    /// Within what the user's id is unique: a Slack workspace's id; empty where ids are unique on all of the platform.
    pub scope: &'a str,
    /// The platform's id of the user.
    pub user: &'a str,
    /// The name that others see.
    pub name: &'a str,
    /// The roles that the user has in the workspace, by the platform's ids.
    pub roles: &'a [String],
}

/// What became of somebody who said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meeting {
    /// May speak here as this actor. What the actor may do is held to by every entry of the services.
    Admitted(Actor, ConversationId),
    /// The place is connected, or is a direct conversation, but people who are not linked may do nothing here.
    Unlinked,
    /// Nobody has connected this place to an organisation.
    Unconnected,
}

impl Services {
    /// Finds out as whom somebody on a chat platform speaks. In a workspace the role is the mightiest of: what the linked person
    /// is in the workspace's organisation, what the roles on the platform are mapped to, and what the conversation allows to people
    /// who are not linked: nobody may do less for being linked.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn meet(&self, place: &Place<'_>, visitor: &Visitor<'_>) -> Result<Meeting> {
        let at = whereabouts(place, visitor);
        let known = self.store().known(&at).await?;
        if place.workspace.is_none() {
            return self.meet_alone(place, known).await;
        }
        let Some((workspace, organisation, name)) = &known.workspace else { return Ok(Meeting::Unconnected) };
        let (workspace, organisation) = (*workspace, *organisation);
        let seat = known.conversation.as_ref();
        // A channel that two workspaces share talks for the one that it was first seen in.
        if seat.is_some_and(|seat| seat.workspace != Some(workspace)) {
            return Ok(Meeting::Unconnected);
        }
        let linked = known.linked.filter(|linked| linked.organisation == organisation);
        let anybody = seat.and_then(|seat| seat.unlinked);
        let own = linked.map(|linked| linked.role).into_iter().chain(anybody).reduce(Role::or);
        let Some(role) = self.with_mapped(own, workspace, visitor.roles).await? else { return Ok(Meeting::Unlinked) };
        let title = clean(place.workspace_name);
        if !title.is_empty() && title != *name {
            self.store().rename_workspace(workspace, &title).await?;
        }
        let person = match linked {
            Some(linked) => linked.person,
            None => self.person_of(organisation, &at, visitor.name, known.visitor).await?,
        };
        let seat = self.seat(place, organisation, Within::Workspace(workspace), known.conversation).await?;
        Ok(seat.map_or(Meeting::Unconnected, |seat| Meeting::Admitted(Actor { organisation, person, role }, seat)))
    }

    /// Of a direct conversation: it is whose the person is.
    async fn meet_alone(&self, place: &Place<'_>, known: Known) -> Result<Meeting> {
        let Some(linked) = known.linked else { return Ok(Meeting::Unlinked) };
        let (organisation, within) = (linked.organisation, Within::Identity(linked.identity));
        let foreign = |seat: &KnownConversation| seat.workspace.is_some() || seat.organisation != organisation;
        if known.conversation.as_ref().is_some_and(foreign) {
            return Ok(Meeting::Unconnected);
        }
        let seat = self.seat(place, organisation, within, known.conversation).await?;
        let actor = Actor { organisation, person: linked.person, role: linked.role };
        Ok(seat.map_or(Meeting::Unconnected, |seat| Meeting::Admitted(actor, seat)))
    }

    /// The mightiest of a role and those that the roles on the platform are mapped to.
    async fn with_mapped(&self, own: Option<Role>, workspace: WorkspaceId, roles: &[String]) -> Result<Option<Role>> {
        if roles.is_empty() {
            return Ok(own);
        }
        let mapped = self.store().mapped_roles(workspace, roles).await?;
        Ok(own.into_iter().chain(mapped).reduce(Role::or))
    }

    /// Who somebody is who is not linked.
    async fn person_of(
        &self,
        organisation: OrganisationId,
        at: &Whereabouts<'_>,
        name: &str,
        known: Option<(PersonId, String)>,
    ) -> Result<PersonId> {
        let name = clean(name);
        let name = if name.is_empty() { "somebody" } else { &name };
        match known {
            Some((person, before)) => {
                if before != name {
                    let tx = self.store().begin().await?;
                    tx.rename_person(person, name).await?;
                    tx.commit().await?;
                }
                Ok(person)
            }
            None => Ok(self.store().enter_visitor(organisation, at, name, self.now()).await?),
        }
    }

    /// The conversation, as it is called now; `None`: it is somebody else's by now.
    async fn seat(
        &self,
        place: &Place<'_>,
        organisation: OrganisationId,
        within: Within,
        known: Option<KnownConversation>,
    ) -> Result<Option<ConversationId>> {
        let title = clean(place.title);
        if let Some(seat) = known {
            self.store().hear_in_closed(seat.id, self.now()).await?;
            if !title.is_empty() && title != seat.title {
                self.store().rename_conversation(seat.id, &title).await?;
            }
            return Ok(Some(seat.id));
        }
        let (platform, external_id, title) = (place.platform, place.conversation, title.as_str());
        let new = NewConversation { organisation, platform, external_id, title, within };
        Ok(self.store().enter_conversation(&new, self.now()).await?)
    }
}

fn whereabouts<'a>(place: &Place<'a>, visitor: &Visitor<'a>) -> Whereabouts<'a> {
    let Place { platform, workspace, conversation, .. } = *place;
    Whereabouts { platform, workspace, conversation, scope: visitor.scope, user: visitor.user }
}

/// A name as it is kept: on one line, in the direction of the text around it, without our markup, and of a length that lists can
/// show.
fn clean(name: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain: String =
        name.chars().filter(|c| !c.is_control() && !turns(*c)).map(|c| if c == '`' { '\'' } else { c }).collect();
    monitor_core::http::shorten(plain.trim(), NAME_CHARS)
}
