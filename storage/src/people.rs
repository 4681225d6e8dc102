//! Organisations, people, their roles, and who they are in a chat.

use monitor_core::Timestamp;
use monitor_core::people::{Actor, OrganisationId, PersonId, Role};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Set};

use crate::entity::{chat_identity, membership, organisation, person};
use crate::rows::text;
use crate::tx::Lock;
use crate::{Store, StoreError, Tx};

impl Store {
    /// What a person is called; `None`: there is no such person.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn person_name(&self, person: PersonId) -> Result<Option<String>, StoreError> {
        let found = person::Entity::find_by_id(person.0).one(self.reader()).await?;
        Ok(found.map(|found| found.display_name))
    }

    /// Every organisation.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn organisations(&self) -> Result<Vec<OrganisationId>, StoreError> {
        let rows = organisation::Entity::find().order_by_asc(organisation::Column::Id).all(self.reader()).await?;
        Ok(rows.into_iter().map(|row| OrganisationId(row.id)).collect())
    }

    /// The owner of the first organisation, both of which are made when there are none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`].
    pub async fn bootstrap(&self, now: Timestamp) -> Result<Actor, StoreError> {
        if let Some(owner) = first_owner(self.reader()).await? {
            return Ok(owner);
        }
        let tx = self.begin().await?;
        tx.lock(Lock::Bootstrap).await?;
        // Another process may have been faster.
        if let Some(owner) = first_owner(tx.conn()).await? {
            return Ok(owner);
        }
        let organisation = organisation::ActiveModel {
            name: Set("Watchword".to_owned()),
            created_at_ms: Set(now.as_millis()),
            ..Default::default()
        };
        let organisation = OrganisationId(organisation.insert(tx.conn()).await?.id);
        let person = tx.insert_person(organisation, "Owner", Role::Owner, now).await?;
        tx.commit().await?;
        Ok(Actor { organisation, person, role: Role::Owner })
    }

    /// What that person is in that organisation; `None`: not a member.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`] for an unknown role, [`StoreError::Other`].
    pub async fn role(&self, organisation: OrganisationId, person: PersonId) -> Result<Option<Role>, StoreError> {
        let key = (organisation.0, person.0);
        let found = membership::Entity::find_by_id(key).one(self.reader()).await?;
        found.as_ref().map(role_of).transpose()
    }

    /// Who that user of a chat platform is; `None`: nobody that was linked, or no member any more.
    ///
    /// # Errors
    /// Like [`Store::role`].
    pub async fn identity(
        &self,
        platform: &str,
        workspace: &str,
        external_user: &str,
    ) -> Result<Option<Actor>, StoreError> {
        let found = chat_identity::Entity::find()
            .filter(chat_identity::Column::Platform.eq(text(platform)))
            .filter(chat_identity::Column::Workspace.eq(text(workspace)))
            .filter(chat_identity::Column::ExternalUser.eq(text(external_user)))
            .one(self.reader())
            .await?;
        let Some(identity) = found else { return Ok(None) };
        let (organisation, person) = (OrganisationId(identity.organisation_id), PersonId(identity.person_id));
        let role = self.role(organisation, person).await?;
        Ok(role.map(|role| Actor { organisation, person, role }))
    }

    /// Adds a person to an organisation.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`] for an organisation that does not exist.
    pub async fn add_person(
        &self,
        organisation: OrganisationId,
        display_name: &str,
        role: Role,
        now: Timestamp,
    ) -> Result<PersonId, StoreError> {
        let tx = self.begin().await?;
        let person = tx.insert_person(organisation, display_name, role, now).await?;
        tx.commit().await?;
        Ok(person)
    }
}

impl Tx {
    /// Remembers who that user of a chat platform is, in place of what was remembered before. What was said alone with somebody
    /// of another organisation is forgotten.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`] for a person or organisation that does not exist.
    #[expect(clippy::too_many_arguments, reason = "two keys, each in its parts, as everywhere else")]
    pub async fn link(
        &self,
        platform: &str,
        workspace: &str,
        external_user: &str,
        organisation: OrganisationId,
        person: PersonId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        use chat_identity::Column;
        chat_identity::Entity::delete_many()
            .filter(Column::Platform.eq(text(platform)))
            .filter(Column::Workspace.eq(text(workspace)))
            .filter(Column::ExternalUser.eq(text(external_user)))
            .filter(Column::OrganisationId.ne(organisation.0))
            .exec(self.conn())
            .await?;
        let link = chat_identity::ActiveModel {
            platform: Set(text(platform).into_owned()),
            workspace: Set(text(workspace).into_owned()),
            external_user: Set(text(external_user).into_owned()),
            person_id: Set(person.0),
            organisation_id: Set(organisation.0),
            created_at_ms: Set(now.as_millis()),
            ..Default::default()
        };
        let replace = OnConflict::columns([Column::Platform, Column::Workspace, Column::ExternalUser])
            .update_columns([Column::PersonId, Column::OrganisationId])
            .to_owned();
        chat_identity::Entity::insert(link).on_conflict(replace).exec_without_returning(self.conn()).await?;
        Ok(())
    }

    /// Whether a person is linked to any user of a chat platform.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn is_linked(&self, person: PersonId) -> Result<bool, StoreError> {
        let found = chat_identity::Entity::find().filter(chat_identity::Column::PersonId.eq(person.0)).one(self.conn());
        Ok(found.await?.is_some())
    }

    /// Remembers what a person is called now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn rename_person(&self, person: PersonId, name: &str) -> Result<(), StoreError> {
        person::Entity::update_many()
            .col_expr(person::Column::DisplayName, Expr::value(text(name).into_owned()))
            .filter(person::Column::Id.eq(person.0))
            .exec(self.conn())
            .await?;
        Ok(())
    }

    /// Adds a person to an organisation.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`] for an organisation that does not exist.
    pub async fn insert_person(
        &self,
        organisation: OrganisationId,
        display_name: &str,
        role: Role,
        now: Timestamp,
    ) -> Result<PersonId, StoreError> {
        let person = person::ActiveModel {
            display_name: Set(text(display_name).into_owned()),
            created_at_ms: Set(now.as_millis()),
            ..Default::default()
        };
        let person = person.insert(self.conn()).await?.id;
        let membership = membership::ActiveModel {
            organisation_id: Set(organisation.0),
            person_id: Set(person),
            role: Set(role.as_str().to_owned()),
        };
        membership.insert(self.conn()).await?;
        Ok(PersonId(person))
    }
}

async fn first_owner(conn: &impl ConnectionTrait) -> Result<Option<Actor>, StoreError> {
    let found = membership::Entity::find()
        .filter(membership::Column::Role.eq(Role::Owner.as_str()))
        .order_by_asc(membership::Column::OrganisationId)
        .order_by_asc(membership::Column::PersonId)
        .one(conn)
        .await?;
    Ok(found.map(|found| Actor {
        organisation: OrganisationId(found.organisation_id),
        person: PersonId(found.person_id),
        role: Role::Owner,
    }))
}

fn role_of(row: &membership::Model) -> Result<Role, StoreError> {
    let id = || format!("{}/{}", row.organisation_id, row.person_id);
    Role::from_word(&row.role).ok_or_else(|| StoreError::corrupt("membership", "role", id()))
}
