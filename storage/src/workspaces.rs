//! Places that are connected, and the people who are linked there.

use monitor_core::Timestamp;
use monitor_core::people::{ConversationId, OrganisationId, PersonId, Role, WorkspaceId};
use sea_orm::{ConnectionTrait, QueryResult};

use crate::encounters::{role, unlinked};
use crate::rows::{count, get, text, time};
use crate::sql::Sql;
use crate::{Store, StoreError, Tx};

/// A workspace that is connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceRow {
    /// Its id.
    pub id: WorkspaceId,
    /// The platform's name.
    pub platform: String,
    /// Its id there.
    pub external_id: String,
    /// What people call it.
    pub name: String,
    /// The name of who had the code for it.
    pub connected_by: Option<String>,
    /// When.
    pub connected_at: Timestamp,
    /// What those are who have a role of the platform, by the platform's ids.
    pub roles: Vec<(String, Role)>,
}

/// A conversation on a chat platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceRow {
    /// Its id.
    pub conversation: ConversationId,
    /// The platform's name.
    pub platform: String,
    /// The workspace that it is in; `None`: one person talks there alone.
    pub workspace: Option<WorkspaceId>,
    /// What people call it.
    pub title: String,
    /// What people may do there who are not linked; `None`: nothing.
    pub unlinked: Option<Role>,
    /// Whether the cards of all monitors appear there.
    pub follows_all: bool,
    /// How many monitors' cards appear there beside that.
    pub followed: u64,
    /// Since when it cannot be written in; `None`: it can.
    pub closed_at: Option<Timestamp>,
}

/// A member of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The person.
    pub person: PersonId,
    /// What the person is called.
    pub name: String,
    /// What the person is.
    pub role: Role,
    /// On which platforms the person is linked; each once.
    pub platforms: Vec<String>,
}

/// The conversations of chat platforms with what is chosen for them.
macro_rules! places {
    ($which:literal) => {
        Sql::both(concat!(
            "SELECT c.id, c.platform, c.workspace_id, c.title, c.unlinked, c.follows_all, c.closed_at_ms,
                    (SELECT count(*) FROM subscription s WHERE s.conversation_id = c.id) AS followed
             FROM conversation c WHERE ",
            $which,
            " ORDER BY c.platform, c.workspace_id, c.title, c.id"
        ))
    };
}

impl Store {
    /// The workspaces of an organisation, by platform and name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn workspaces(&self, organisation: OrganisationId) -> Result<Vec<WorkspaceRow>, StoreError> {
        const WORKSPACES: Sql = Sql::both(
            "SELECT w.id, w.platform, w.external_id, w.name, w.connected_at_ms, p.display_name AS connected_by
             FROM workspace w LEFT JOIN person p ON p.id = w.connected_by
             WHERE w.organisation_id = $1 ORDER BY w.platform, w.name, w.id",
        );
        const ROLES: Sql = Sql::both(
            "SELECT r.workspace_id, r.external_role, r.role FROM role_map r JOIN workspace w ON w.id = r.workspace_id
             WHERE w.organisation_id = $1 ORDER BY r.external_role",
        );
        let rows = self.reader().query_all_raw(WORKSPACES.with(self.backend(), [organisation.0.into()])).await?;
        let mut found = rows.iter().map(WorkspaceRow::read).collect::<Result<Vec<_>, StoreError>>()?;
        for row in self.reader().query_all_raw(ROLES.with(self.backend(), [organisation.0.into()])).await? {
            let id: i64 = get(&row, "workspace_id")?;
            if let Some(workspace) = found.iter_mut().find(|workspace| workspace.id.0 == id) {
                workspace.roles.push((get(&row, "external_role")?, role(get(&row, "role")?, "role_map", id)?));
            }
        }
        Ok(found)
    }

    /// The conversations of an organisation in workspaces and with linked people alone.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn places(&self, organisation: OrganisationId) -> Result<Vec<PlaceRow>, StoreError> {
        const PLACES: Sql =
            places!("c.organisation_id = $1 AND (c.workspace_id IS NOT NULL OR c.identity_id IS NOT NULL)");
        let rows = self.reader().query_all_raw(PLACES.with(self.backend(), [organisation.0.into()])).await?;
        rows.iter().map(PlaceRow::read).collect()
    }

    /// A conversation of an organisation, wherever it is.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn place(
        &self,
        organisation: OrganisationId,
        conversation: ConversationId,
    ) -> Result<Option<PlaceRow>, StoreError> {
        const PLACE: Sql = places!("c.organisation_id = $1 AND c.id = $2");
        let statement = PLACE.with(self.backend(), [organisation.0.into(), conversation.0.into()]);
        self.reader().query_one_raw(statement).await?.as_ref().map(PlaceRow::read).transpose()
    }

    /// Sets what people may do in a conversation who are not linked.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_unlinked(&self, conversation: ConversationId, may: Option<Role>) -> Result<(), StoreError> {
        const SET: Sql = Sql::both("UPDATE conversation SET unlinked = $2 WHERE id = $1");
        let values = [conversation.0.into(), may.map(Role::as_str).into()];
        self.writer().execute_raw(SET.with(self.backend(), values)).await?;
        Ok(())
    }

    /// Sets what those are who have a role of the platform; `None`: nothing by that.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn map_role(&self, workspace: WorkspaceId, external: &str, role: Option<Role>) -> Result<(), StoreError> {
        const MAP: Sql = Sql::both(
            "INSERT INTO role_map (workspace_id, external_role, role) VALUES ($1, $2, $3)
             ON CONFLICT (workspace_id, external_role) DO UPDATE SET role = excluded.role",
        );
        const UNMAP: Sql = Sql::both("DELETE FROM role_map WHERE workspace_id = $1 AND external_role = $2");
        let (workspace, external) = (workspace.0, text(external).into_owned());
        let statement = match role {
            Some(role) => MAP.with(self.backend(), [workspace.into(), external.into(), role.as_str().into()]),
            None => UNMAP.with(self.backend(), [workspace.into(), external.into()]),
        };
        self.writer().execute_raw(statement).await?;
        Ok(())
    }

    /// The members of an organisation, by name.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    pub async fn members(&self, organisation: OrganisationId) -> Result<Vec<Member>, StoreError> {
        const MEMBERS: Sql = Sql::both(
            "SELECT m.person_id, p.display_name, m.role, i.platform
             FROM membership m JOIN person p ON p.id = m.person_id
             LEFT JOIN chat_identity i ON i.person_id = m.person_id AND i.organisation_id = m.organisation_id
             WHERE m.organisation_id = $1 ORDER BY p.display_name, m.person_id, i.platform",
        );
        let mut members: Vec<Member> = Vec::new();
        for row in self.reader().query_all_raw(MEMBERS.with(self.backend(), [organisation.0.into()])).await? {
            let person: i64 = get(&row, "person_id")?;
            let platform: Option<String> = get(&row, "platform")?;
            match members.last_mut().filter(|member| member.person.0 == person) {
                Some(member) if member.platforms.last() != platform.as_ref() => member.platforms.extend(platform),
                Some(_) => {}
                None => members.push(Member {
                    person: PersonId(person),
                    name: get(&row, "display_name")?,
                    role: role(get(&row, "role")?, "membership", person)?,
                    platforms: platform.into_iter().collect(),
                }),
            }
        }
        Ok(members)
    }

    /// What a person is called.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn name_of(&self, person: PersonId) -> Result<Option<String>, StoreError> {
        const NAME: Sql = Sql::both("SELECT display_name FROM person WHERE id = $1");
        let row = self.reader().query_one_raw(NAME.with(self.backend(), [person.0.into()])).await?;
        row.map(|row| get(&row, "display_name")).transpose()
    }
}

impl Tx {
    /// Connects a workspace to an organisation; `None`: it is connected already.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`] when organisation or person do not exist.
    #[expect(clippy::too_many_arguments, reason = "two keys, each in its parts, as everywhere else")]
    pub async fn connect(
        &self,
        organisation: OrganisationId,
        platform: &str,
        external_id: &str,
        name: &str,
        by: PersonId,
        now: Timestamp,
    ) -> Result<Option<WorkspaceId>, StoreError> {
        const CONNECT: Sql = Sql::both(
            "INSERT INTO workspace (organisation_id, platform, external_id, name, connected_by, connected_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (platform, external_id) DO NOTHING RETURNING id",
        );
        let values = [
            organisation.0.into(),
            text(platform).into_owned().into(),
            text(external_id).into_owned().into(),
            text(name).into_owned().into(),
            by.0.into(),
            now.as_millis().into(),
        ];
        let row = self.conn().query_one_raw(CONNECT.with(self.store().backend(), values)).await?;
        row.map(|row| Ok(WorkspaceId(get(&row, "id")?))).transpose()
    }

    /// Lets a workspace, with its conversations, go on under another id of the platform, where its conversations are `to` and
    /// `to/…` and none of the messages that were posted are. Where that id is connected already the workspace is taken away
    /// instead. `false`: no workspace has the id `from`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn move_workspace(&self, platform: &str, from: &str, to: &str) -> Result<bool, StoreError> {
        const FIND: Sql = Sql::both(
            "SELECT w.id, (SELECT n.id FROM workspace n WHERE n.platform = $1 AND n.external_id = $3) AS there
             FROM workspace w WHERE w.platform = $1 AND w.external_id = $2",
        );
        const MOVE: Sql = Sql::both("UPDATE workspace SET external_id = $2 WHERE id = $1");
        const FORGET: Sql = Sql::both(
            "DELETE FROM posted WHERE message_id IN (
                 SELECT m.id FROM message m JOIN conversation c ON c.id = m.conversation_id WHERE c.workspace_id = $1
             ) OR notice_id IN (
                 SELECT n.id FROM notice n JOIN conversation c ON c.id = n.conversation_id WHERE c.workspace_id = $1
             )",
        );
        const FOLLOW: Sql = Sql::both(
            "UPDATE conversation SET external_id = $3 || substr(external_id, length($2) + 1), closed_at_ms = NULL
             WHERE workspace_id = $1 AND (external_id = $2 OR substr(external_id, 1, length($2) + 1) = $2 || '/')",
        );
        let backend = self.store().backend();
        let (from, to) = (text(from).into_owned(), text(to).into_owned());
        let values = [text(platform).into_owned().into(), from.clone().into(), to.clone().into()];
        let Some(row) = self.conn().query_one_raw(FIND.with(backend, values)).await? else { return Ok(false) };
        let id: i64 = get(&row, "id")?;
        if get::<Option<i64>>(&row, "there")?.is_some() {
            self.disconnect(WorkspaceId(id)).await?;
            return Ok(true);
        }
        self.conn().execute_raw(MOVE.with(backend, [id.into(), to.clone().into()])).await?;
        self.conn().execute_raw(FORGET.with(backend, [id.into()])).await?;
        self.conn().execute_raw(FOLLOW.with(backend, [id.into(), from.into(), to.into()])).await?;
        Ok(true)
    }

    /// Takes a workspace's connection away, with all that was said and told there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn disconnect(&self, workspace: WorkspaceId) -> Result<(), StoreError> {
        const DISCONNECT: Sql = Sql::both("DELETE FROM workspace WHERE id = $1");
        self.conn().execute_raw(DISCONNECT.with(self.store().backend(), [workspace.0.into()])).await?;
        Ok(())
    }

    /// Takes away who a person is on a platform, or on all, with the conversations that the person had alone there. Answers
    /// how many links that were.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn unlink(
        &self,
        organisation: OrganisationId,
        person: PersonId,
        platform: Option<&str>,
    ) -> Result<u64, StoreError> {
        const UNLINK: Sql = Sql::both("DELETE FROM chat_identity WHERE organisation_id = $1 AND person_id = $2");
        const UNLINK_ON: Sql =
            Sql::both("DELETE FROM chat_identity WHERE organisation_id = $1 AND person_id = $2 AND platform = $3");
        let backend = self.store().backend();
        let statement = match platform {
            None => UNLINK.with(backend, [organisation.0.into(), person.0.into()]),
            Some(platform) => UNLINK_ON.with(backend, [organisation.0.into(), person.0.into(), platform.into()]),
        };
        Ok(self.conn().execute_raw(statement).await?.rows_affected())
    }
}

impl WorkspaceRow {
    fn read(row: &QueryResult) -> Result<Self, StoreError> {
        Ok(Self {
            id: WorkspaceId(get(row, "id")?),
            platform: get(row, "platform")?,
            external_id: get(row, "external_id")?,
            name: get(row, "name")?,
            connected_by: get(row, "connected_by")?,
            connected_at: time(row, "connected_at_ms")?,
            roles: Vec::new(),
        })
    }
}

impl PlaceRow {
    fn read(row: &QueryResult) -> Result<Self, StoreError> {
        let id: i64 = get(row, "id")?;
        Ok(Self {
            conversation: ConversationId(id),
            platform: get(row, "platform")?,
            workspace: get::<Option<i64>>(row, "workspace_id")?.map(WorkspaceId),
            title: get(row, "title")?,
            unlinked: unlinked(row, id)?,
            follows_all: get(row, "follows_all")?,
            followed: count(row, "subscription", "followed")?,
            closed_at: get::<Option<i64>>(row, "closed_at_ms")?.map(Timestamp::from_millis),
        })
    }
}
