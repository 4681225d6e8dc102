//! What a conversation is told beside incidents: that Watchword cannot see the network, that a certificate ends soon.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_pk_auto, integer, text};

use super::{belongs_to, drop_tables, index, unique};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("notice")
                    .col(big_pk_auto("id"))
                    .col(big_integer("conversation_id"))
                    .col(big_integer("seq"))
                    .col(integer("revision").default(1))
                    .col(text("topic"))
                    .col(text("text"))
                    .col(big_integer("created_at_ms"))
                    .col(big_integer("updated_at_ms"))
                    .index(&mut unique(&["conversation_id", "topic"]))
                    .foreign_key(&mut belongs_to("conversation_id", "conversation"))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("notice", &["conversation_id", "seq"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["notice"]).await
    }
}
