//! What Watchword is waiting for in a conversation, and what its buttons do. Both may hold what a person typed, a
//! password for example, and are kept encrypted.

use monitor_core::Timestamp;
use monitor_core::people::{ConversationId, PersonId};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set, UpdateMany};

use crate::entity::{action, dialog};
use crate::rows::text;
use crate::seal::Place;
use crate::{Store, StoreError};

impl Store {
    /// The state of the dialog with that person there; `None` without one, when it has expired, or while it is taken.
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
            .filter(dialog::Column::TakenUntilMs.lte(now.as_millis()))
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
            taken_until_ms: Set(0),
        };
        let replace = OnConflict::columns([Column::ConversationId, Column::PersonId])
            .update_columns([Column::Sealed, Column::ExpiresAtMs, Column::TakenUntilMs])
            .to_owned();
        dialog::Entity::insert(row).on_conflict(replace).exec_without_returning(self.writer()).await?;
        Ok(())
    }

    /// Forgets the dialog with that person there. Tells whether there was one, expired or not, that nobody has taken; one that is
    /// taken will not be open again.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`].
    pub async fn end_dialog(
        &self,
        conversation: ConversationId,
        person: PersonId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (this, until) = (|| dialog::Entity::delete_by_id((conversation.0, person.0)), dialog::Column::TakenUntilMs);
        let free = this().filter(until.lte(now.as_millis())).exec(self.writer()).await?.rows_affected > 0;
        if !free {
            // What is asked in its place meanwhile is not taken, and stays.
            this().filter(until.gt(now.as_millis())).exec(self.writer()).await?;
        }
        Ok(free)
    }

    /// Takes the dialog with that person there, until `lease` ends, if it is the one that is meant, as its state says. Tells whether
    /// it was: of several that do this at the same time one is told so, and as long as it is taken there is no dialog for the others.
    ///
    /// # Errors
    /// Like [`Store::dialog`].
    pub async fn take_dialog(
        &self,
        (conversation, person): (ConversationId, PersonId),
        (now, lease): (Timestamp, Timestamp),
        is_meant: impl Fn(&str) -> bool,
    ) -> Result<bool, StoreError> {
        let Some(sealed) = self.meant_dialog(conversation, person, is_meant).await? else { return Ok(false) };
        let taken = marked((conversation, person), sealed, lease.as_millis());
        let taken = taken.filter(dialog::Column::TakenUntilMs.lte(now.as_millis())).exec(self.writer()).await?;
        Ok(taken.rows_affected > 0)
    }

    /// Settles a dialog that was taken, if it is still the one that is meant: one that is `over` is forgotten, any other is open
    /// again.
    ///
    /// # Errors
    /// Like [`Store::dialog`].
    pub async fn settle_dialog(
        &self,
        (conversation, person): (ConversationId, PersonId),
        over: bool,
        is_meant: impl Fn(&str) -> bool,
    ) -> Result<(), StoreError> {
        let Some(sealed) = self.meant_dialog(conversation, person, is_meant).await? else { return Ok(()) };
        if over {
            let this = dialog::Entity::delete_by_id((conversation.0, person.0));
            this.filter(dialog::Column::Sealed.eq(sealed)).exec(self.writer()).await?;
        } else {
            marked((conversation, person), sealed, 0).exec(self.writer()).await?;
        }
        Ok(())
    }

    /// The dialog with that person there as it is stored, if it is the one that is meant. Nothing is sealed twice to the same bytes,
    /// so they are those of this dialog alone.
    async fn meant_dialog(
        &self,
        conversation: ConversationId,
        person: PersonId,
        is_meant: impl Fn(&str) -> bool,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let found = dialog::Entity::find_by_id((conversation.0, person.0)).one(self.reader()).await?;
        let Some(found) = found else { return Ok(None) };
        let state = self.cipher().open(&dialog_place(conversation, person), &found.sealed)?;
        Ok(is_meant(&state).then_some(found.sealed))
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

/// Notes until when a dialog is taken.
fn marked(
    (conversation, person): (ConversationId, PersonId),
    sealed: Vec<u8>,
    until_ms: i64,
) -> UpdateMany<dialog::Entity> {
    dialog::Entity::update_many()
        .col_expr(dialog::Column::TakenUntilMs, Expr::value(until_ms))
        .filter(dialog::Column::ConversationId.eq(conversation.0))
        .filter(dialog::Column::PersonId.eq(person.0))
        .filter(dialog::Column::Sealed.eq(sealed))
}

fn dialog_place(conversation: ConversationId, person: PersonId) -> Place<'static> {
    let owner = format!("conversation {conversation}, person {person}");
    Place { table: "dialog", column: "sealed", owner, token: "" }
}

fn action_place(conversation: ConversationId, token: &str) -> Place<'_> {
    Place { table: "action", column: "sealed", owner: format!("conversation {conversation}"), token }
}
