//! Organisations, people, roles, and what a role may do.

use serde::{Deserialize, Serialize};

/// Declares a row id: a newtype over the database's integer, so that ids of different things cannot be mixed up.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}
pub(crate) use id;

id! {
    /// Identifies an organisation: everything stored belongs to one.
    OrganisationId
}
id! {
    /// Identifies a person.
    PersonId
}
id! {
    /// Identifies a conversation: a channel, a chat, a web chat or a terminal.
    ConversationId
}
id! {
    /// Identifies a workspace: a guild, a Slack workspace or a group that is connected to an organisation.
    WorkspaceId
}
id! {
    /// Identifies a link between a user of a chat platform and a person.
    IdentityId
}

/// What a person is within an organisation. Each role may do all that the ones after it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May do everything, and is the one to ask about it.
    Owner,
    /// May do everything but give the organisation away.
    Admin,
    /// May add, change and remove monitors.
    Editor,
    /// May act on incidents and run checks.
    Responder,
    /// May look.
    Viewer,
}

/// What an entry of the services asks of the acting person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// See monitors, incidents and reports.
    Read,
    /// Run a check now, act on incidents.
    Respond,
    /// Add, change, pause and delete monitors.
    Edit,
    /// Say who people are and what they may do, and connect places.
    Manage,
}

impl Role {
    /// All roles, the mightiest first.
    pub const ALL: [Self; 5] = [Self::Owner, Self::Admin, Self::Editor, Self::Responder, Self::Viewer];

    /// Whether this role may do that.
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        match permission {
            Permission::Read => true,
            Permission::Respond => self != Self::Viewer,
            Permission::Edit => matches!(self, Self::Owner | Self::Admin | Self::Editor),
            Permission::Manage => matches!(self, Self::Owner | Self::Admin),
        }
    }

    /// The mightier of two roles.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if other.is_above(self) { other } else { self }
    }

    /// Whether this role may do more than the other.
    #[must_use]
    pub fn is_above(self, other: Self) -> bool {
        let place = |role| Self::ALL.iter().position(|own| *own == role);
        place(self) < place(other)
    }

    /// The word that is stored and shown: `owner`, `admin`, `editor`, `responder`, `viewer`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Editor => "editor",
            Self::Responder => "responder",
            Self::Viewer => "viewer",
        }
    }

    /// The role of a stored word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

/// Who acts: every service entry takes one and holds it against what the entry asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// The organisation that is acted in.
    pub organisation: OrganisationId,
    /// The acting person.
    pub person: PersonId,
    /// What the person is there.
    pub role: Role,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_may_do_what_the_ones_below_it_may() {
        for permission in [Permission::Read, Permission::Respond, Permission::Edit, Permission::Manage] {
            let may: Vec<bool> = Role::ALL.iter().map(|role| role.may(permission)).collect();
            assert!(may.is_sorted_by(|a, b| a >= b), "{permission:?} {may:?}");
        }
        assert!(!Role::Viewer.may(Permission::Respond));
        assert!(!Role::Responder.may(Permission::Edit));
        assert!(!Role::Editor.may(Permission::Manage));
    }

    #[test]
    fn of_two_roles_the_mightier_counts() {
        for (place, role) in Role::ALL.into_iter().enumerate() {
            for (other_place, other) in Role::ALL.into_iter().enumerate() {
                assert_eq!(role.or(other), Role::ALL[place.min(other_place)]);
                assert_eq!(role.is_above(other), place < other_place);
            }
        }
    }

    #[test]
    fn words_of_roles_are_read_back() {
        for role in Role::ALL {
            assert_eq!(Role::from_word(role.as_str()), Some(role));
        }
        assert_eq!(Role::from_word("emperor"), None);
    }
}
