//! Somebody says something on a chat platform: what is known of the place and of who it is.

use monitor_core::Timestamp;
use monitor_core::people::{ConversationId, IdentityId, OrganisationId, PersonId, Role, WorkspaceId};
use sea_orm::{ConnectionTrait, QueryResult};

use crate::rows::{get, json, sql, text};
use crate::sql::Sql;
use crate::{Store, StoreError};

/// The keys by which a platform knows a place and a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whereabouts<'a> {
    /// The platform's name.
    pub platform: &'a str,
    /// The workspace; `None`: a direct conversation.
    pub workspace: Option<&'a str>,
    /// The conversation.
    pub conversation: &'a str,
    /// Within what the user is unique.
    pub scope: &'a str,
    /// The user.
    pub user: &'a str,
}

/// What is known of a place and a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The workspace, if it is connected, with its organisation and name.
    pub workspace: Option<(WorkspaceId, OrganisationId, String)>,
    /// Who the user was linked to and is a member still.
    pub linked: Option<Linked>,
    /// Who the user is in the workspace's organisation without being linked, and that person's name.
    pub visitor: Option<(PersonId, String)>,
    /// The conversation.
    pub conversation: Option<KnownConversation>,
}

/// A user of a chat platform who is somebody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Linked {
    /// The link.
    pub identity: IdentityId,
    /// The organisation that the person is a member of.
    pub organisation: OrganisationId,
    /// The person.
    pub person: PersonId,
    /// What the person is there.
    pub role: Role,
}

/// A conversation that was seen before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownConversation {
    /// Its id.
    pub id: ConversationId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// The workspace that it is in.
    pub workspace: Option<WorkspaceId>,
    /// What people call it.
    pub title: String,
    /// What people may do there who are not linked; `None`: nothing.
    pub unlinked: Option<Role>,
}

/// A conversation on a chat platform as it is first seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewConversation<'a> {
    /// Whose it is.
    pub organisation: OrganisationId,
    /// The platform's name.
    pub platform: &'a str,
    /// Its id there.
    pub external_id: &'a str,
    /// What people call it.
    pub title: &'a str,
    /// What it goes with.
    pub within: Within,
}

/// What a conversation goes with: when that is gone, so is the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// The workspace that it is in.
    Workspace(WorkspaceId),
    /// The link of the one person who talks there alone.
    Identity(IdentityId),
}

impl Store {
    /// What is known of a place and a user, in one read of indexes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn known(&self, at: &Whereabouts<'_>) -> Result<Known, StoreError> {
        const KNOWN: Sql = Sql::both(
            "SELECT w.id AS workspace_id, w.organisation_id AS workspace_organisation, w.name AS workspace_name,
                    i.id AS identity_id, m.organisation_id AS member_of, m.person_id, m.role,
                    v.person_id AS visitor_id, p.display_name,
                    c.id AS conversation_id, c.organisation_id AS conversation_organisation,
                    c.workspace_id AS conversation_workspace, c.title, c.unlinked
             FROM (SELECT 1 AS one) AS one
             LEFT JOIN workspace w ON w.platform = $1 AND w.external_id = $2
             LEFT JOIN chat_identity i ON i.platform = $1 AND i.workspace = $4 AND i.external_user = $5
             LEFT JOIN membership m ON m.organisation_id = i.organisation_id AND m.person_id = i.person_id
             LEFT JOIN conversation c ON c.platform = $1 AND c.external_id = $3
             LEFT JOIN visitor v ON v.organisation_id = w.organisation_id AND v.platform = $1 AND v.scope = $4
                 AND v.external_user = $5
             LEFT JOIN person p ON p.id = v.person_id",
        );
        let Whereabouts { platform, workspace, conversation, scope, user } = at;
        let values = [
            text(platform).into_owned().into(),
            workspace.map(|workspace| text(workspace).into_owned()).into(),
            text(conversation).into_owned().into(),
            text(scope).into_owned().into(),
            text(user).into_owned().into(),
        ];
        let row = self.reader().query_one_raw(KNOWN.with(self.backend(), values)).await?;
        let row = row.ok_or_else(|| StoreError::Other("a query that always answers a row did not".into()))?;
        Known::read(&row)
    }

    /// The roles that those have who have these roles on the platform.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn mapped_roles(&self, workspace: WorkspaceId, external: &[String]) -> Result<Vec<Role>, StoreError> {
        const MAPPED: Sql = sql!(
            "SELECT role FROM role_map
             WHERE workspace_id = $2 AND external_role IN (SELECT value->>0 FROM " rows " AS r)"
        );
        let external: Vec<[String; 1]> = external.iter().map(|role| [text(role).into_owned()]).collect();
        let rows = MAPPED.with(self.backend(), [json(&external)?, workspace.0.into()]);
        let rows = self.reader().query_all_raw(rows).await?;
        rows.iter().map(|row| role(get(row, "role")?, "role_map", workspace.0)).collect()
    }

    /// A conversation on a chat platform, which becomes the organisation's when it is new; `None`: it is another's, or of
    /// another workspace.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn enter_conversation(
        &self,
        new: &NewConversation<'_>,
        now: Timestamp,
    ) -> Result<Option<ConversationId>, StoreError> {
        const ENTER: Sql = Sql::both(
            "INSERT INTO conversation
                 (organisation_id, platform, external_id, title, workspace_id, identity_id, created_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT (platform, external_id) DO UPDATE SET title = excluded.title
             WHERE conversation.organisation_id = excluded.organisation_id
                 AND coalesce(conversation.workspace_id, 0) = coalesce(excluded.workspace_id, 0)
             RETURNING id",
        );
        let (workspace, identity) = match new.within {
            Within::Workspace(workspace) => (Some(workspace.0), None),
            Within::Identity(identity) => (None, Some(identity.0)),
        };
        let values = [
            new.organisation.0.into(),
            text(new.platform).into_owned().into(),
            text(new.external_id).into_owned().into(),
            text(new.title).into_owned().into(),
            workspace.into(),
            identity.into(),
            now.as_millis().into(),
        ];
        let row = self.writer().query_one_raw(ENTER.with(self.backend(), values)).await?;
        row.map(|row| Ok(ConversationId(get(&row, "id")?))).transpose()
    }

    /// Remembers what people call a conversation now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn rename_conversation(&self, conversation: ConversationId, title: &str) -> Result<(), StoreError> {
        const RENAME: Sql = Sql::both("UPDATE conversation SET title = $2 WHERE id = $1");
        self.rename(&RENAME, conversation.0, title).await
    }

    /// Remembers what people call a workspace now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn rename_workspace(&self, workspace: WorkspaceId, name: &str) -> Result<(), StoreError> {
        const RENAME: Sql = Sql::both("UPDATE workspace SET name = $2 WHERE id = $1");
        self.rename(&RENAME, workspace.0, name).await
    }

    async fn rename(&self, sql: &Sql, id: i64, name: &str) -> Result<(), StoreError> {
        let values = [id.into(), text(name).into_owned().into()];
        self.writer().execute_raw(sql.with(self.backend(), values)).await?;
        Ok(())
    }

    /// The person who a user is in an organisation without being linked, made when there is none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`] for an organisation that does not exist.
    pub async fn enter_visitor(
        &self,
        organisation: OrganisationId,
        at: &Whereabouts<'_>,
        name: &str,
        now: Timestamp,
    ) -> Result<PersonId, StoreError> {
        const PERSON: Sql = Sql::both("INSERT INTO person (display_name, created_at_ms) VALUES ($1, $2) RETURNING id");
        const VISITOR: Sql = Sql::both(
            "INSERT INTO visitor (organisation_id, platform, scope, external_user, person_id) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (organisation_id, platform, scope, external_user) DO UPDATE SET person_id = visitor.person_id
             RETURNING person_id",
        );
        const NEEDLESS: Sql = Sql::both("DELETE FROM person WHERE id = $1");
        let tx = self.begin().await?;
        let values = [text(name).into_owned().into(), now.as_millis().into()];
        let row = tx.conn().query_one_raw(PERSON.with(self.backend(), values)).await?;
        let new: i64 = row.map_or(Ok(0), |row| get(&row, "id"))?;
        let values = [
            organisation.0.into(),
            text(at.platform).into_owned().into(),
            text(at.scope).into_owned().into(),
            text(at.user).into_owned().into(),
            new.into(),
        ];
        let row = tx.conn().query_one_raw(VISITOR.with(self.backend(), values)).await?;
        // Somebody may say two things at once.
        let person: i64 = row.map_or(Ok(new), |row| get(&row, "person_id"))?;
        if person != new {
            tx.conn().execute_raw(NEEDLESS.with(self.backend(), [new.into()])).await?;
        }
        tx.commit().await?;
        Ok(PersonId(person))
    }
}

impl Known {
    fn read(row: &QueryResult) -> Result<Self, StoreError> {
        let id = |column| get::<Option<i64>>(row, column);
        let workspace = match (id("workspace_id")?, id("workspace_organisation")?) {
            (Some(workspace), Some(organisation)) => {
                Some((WorkspaceId(workspace), OrganisationId(organisation), get(row, "workspace_name")?))
            }
            _ => None,
        };
        let linked = match (id("identity_id")?, id("member_of")?, id("person_id")?) {
            (Some(identity), Some(organisation), Some(person)) => Some(Linked {
                identity: IdentityId(identity),
                organisation: OrganisationId(organisation),
                person: PersonId(person),
                role: role(get(row, "role")?, "membership", person)?,
            }),
            _ => None,
        };
        let visitor = match id("visitor_id")? {
            Some(person) => Some((PersonId(person), get(row, "display_name")?)),
            None => None,
        };
        let conversation = match (id("conversation_id")?, id("conversation_organisation")?) {
            (Some(conversation), Some(organisation)) => Some(KnownConversation {
                id: ConversationId(conversation),
                organisation: OrganisationId(organisation),
                workspace: id("conversation_workspace")?.map(WorkspaceId),
                title: get(row, "title")?,
                unlinked: unlinked(row, conversation)?,
            }),
            _ => None,
        };
        Ok(Self { workspace, linked, visitor, conversation })
    }
}

/// What people may do in a conversation who are not linked.
pub(crate) fn unlinked(row: &QueryResult, conversation: i64) -> Result<Option<Role>, StoreError> {
    let word: Option<String> = get(row, "unlinked")?;
    let read = |word: String| {
        Role::from_word(&word).ok_or_else(|| StoreError::corrupt("conversation", "unlinked", conversation))
    };
    word.map(read).transpose()
}

/// The role of a stored word.
pub(crate) fn role(word: String, table: &'static str, id: i64) -> Result<Role, StoreError> {
    Role::from_word(&word).ok_or_else(|| StoreError::corrupt(table, "role", id))
}
