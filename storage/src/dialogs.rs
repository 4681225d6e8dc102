//! What Watchword is waiting for in a conversation, and what its buttons do. Both may hold what a person typed, a
//! password for example, and are kept encrypted.

use monitor_core::Timestamp;
use monitor_core::people::{ConversationId, PersonId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::entity::{action, dialog};
use crate::rows::text;
use crate::seal::Place;
use crate::{Store, StoreError};

impl Store {
    /// The state of the dialog with that person there; `None` without one, or when it has expired.
    ///
    /// # Errors
    /// [`StoreError::Secret`] when it was written with another key, [`StoreError::Corrupt`],
    /// [`StoreError::Unavailable`], [`StoreError::Other`].
    pub async fn dialog(
        &self,
        conversation: ConversationId,
        person: PersonId,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let found = dialog::Entity::find_by_id((conversation.0, person.0))
            .filter(dialog::Column::ExpiresAtMs.gt(now.as_millis()))
            .one(self.reader())
            .await?;
        let Some(found) = found else { return Ok(None) };
        let state = self.cipher().open(&dialog_place(conversation, person), &found.sealed)?;
        Ok(Some(state.to_string()))
    }

    /// Remembers the state of the dialog with that person there, in place of the one before.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`].
    pub async fn save_dialog(
        &self,
        conversation: ConversationId,
        person: PersonId,
        state: &str,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        use dialog::Column;
        let row = dialog::ActiveModel {
            conversation_id: Set(conversation.0),
            person_id: Set(person.0),
            sealed: Set(self.cipher().seal(&dialog_place(conversation, person), state)?),
            expires_at_ms: Set(expires_at.as_millis()),
        };
        let replace = OnConflict::columns([Column::ConversationId, Column::PersonId])
            .update_columns([Column::Sealed, Column::ExpiresAtMs])
            .to_owned();
        dialog::Entity::insert(row).on_conflict(replace).exec_without_returning(self.writer()).await?;
        Ok(())
    }

    /// Forgets the dialog with that person there. Tells whether there was one, expired or not.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`].
    pub async fn end_dialog(&self, conversation: ConversationId, person: PersonId) -> Result<bool, StoreError> {
        let deleted = dialog::Entity::delete_by_id((conversation.0, person.0)).exec(self.writer()).await?;
        Ok(deleted.rows_affected > 0)
    }

    /// Forgets the dialog with that person there if it is the one that is meant, as its state says. Tells whether it was: of several
    /// that do this at the same time one is told so.
    ///
    /// # Errors
    /// Like [`Store::dialog`].
    pub async fn take_dialog(
        &self,
        conversation: ConversationId,
        person: PersonId,
        is_meant: impl Fn(&str) -> bool,
    ) -> Result<bool, StoreError> {
        let found = dialog::Entity::find_by_id((conversation.0, person.0)).one(self.reader()).await?;
        let Some(found) = found else { return Ok(false) };
        if !is_meant(&self.cipher().open(&dialog_place(conversation, person), &found.sealed)?) {
            return Ok(false);
        }
        // Nothing is sealed twice to the same bytes, so they are those of this dialog alone.
        let this = dialog::Entity::delete_by_id((conversation.0, person.0));
        let deleted = this.filter(dialog::Column::Sealed.eq(found.sealed)).exec(self.writer()).await?;
        Ok(deleted.rows_affected > 0)
    }

    /// Remembers what a button does.
    ///
    /// # Errors
    /// [`StoreError::Other`] when the token is taken, [`StoreError::Unavailable`].
    pub async fn save_action(
        &self,
        token: &str,
        conversation: ConversationId,
        text: &str,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let row = action::ActiveModel {
            token: Set(token.to_owned()),
            conversation_id: Set(conversation.0),
            sealed: Set(self.cipher().seal(&action_place(conversation, token), text)?),
            expires_at_ms: Set(expires_at.as_millis()),
        };
        action::Entity::insert(row).exec_without_returning(self.writer()).await?;
        Ok(())
    }

    /// What the button with that token does; `None` in another conversation, or when it has expired.
    ///
    /// # Errors
    /// Like [`Store::dialog`].
    pub async fn action(
        &self,
        token: &str,
        conversation: ConversationId,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let found = action::Entity::find_by_id(text(token))
            .filter(action::Column::ConversationId.eq(conversation.0))
            .filter(action::Column::ExpiresAtMs.gt(now.as_millis()))
            .one(self.reader())
            .await?;
        let Some(found) = found else { return Ok(None) };
        let opened = self.cipher().open(&action_place(conversation, token), &found.sealed)?;
        Ok(Some(opened.to_string()))
    }
}

fn dialog_place(conversation: ConversationId, person: PersonId) -> Place<'static> {
    let owner = format!("conversation {conversation}, person {person}");
    Place { table: "dialog", column: "sealed", owner, token: "" }
}

fn action_place(conversation: ConversationId, token: &str) -> Place<'_> {
    Place { table: "action", column: "sealed", owner: format!("conversation {conversation}"), token }
}
