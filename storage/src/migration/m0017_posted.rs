//! What chat platforms were told: up to where, and which message there shows which card.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, big_pk_auto, integer, text, text_null};

use super::{belongs_to, drop_tables};

/// What a conversation has gained: up to where its platform was told, up to where that was done in one summary, and since when
/// nothing can be said there.
const GAINED: [&str; 3] = ["told_seq", "summed_seq", "closed_at_ms"];

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [
            big_integer("told_seq").default(0),
            big_integer("summed_seq").default(0),
            &mut big_integer_null("closed_at_ms"),
        ] {
            manager.alter_table(Table::alter().table("conversation").add_column(column).to_owned()).await?;
        }
        // What happened before is not told.
        manager.get_connection().execute_unprepared("UPDATE conversation SET told_seq = last_seq").await?;
        manager.create_table(posted()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["posted"]).await?;
        for column in GAINED.iter().rev() {
            manager.alter_table(Table::alter().table("conversation").drop_column(*column).to_owned()).await?;
        }
        Ok(())
    }
}

/// A card or a notice as a message of a platform: how it was last told, and up to which entry of the incident's timeline.
fn posted() -> TableCreateStatement {
    Table::create()
        .table("posted")
        .col(big_pk_auto("id"))
        .col(big_integer_null("message_id").unique_key())
        .col(big_integer_null("notice_id").unique_key())
        .col(text("external_message"))
        .col(text_null("external_thread"))
        .col(integer("revision"))
        .col(big_integer("entry_id"))
        .col(big_integer_null("silence_id"))
        .foreign_key(&mut belongs_to("message_id", "message"))
        .foreign_key(&mut belongs_to("notice_id", "notice"))
        .to_owned()
}
