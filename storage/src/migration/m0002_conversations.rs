//! Where Watchword talks, what it is waiting for there, and what its buttons do.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_pk_auto, blob, text};

use super::{belongs_to, drop_tables, index, primary_key, unique};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("conversation")
                    .col(big_pk_auto("id"))
                    .col(big_integer("organisation_id"))
                    .col(text("platform"))
                    .col(text("external_id"))
                    .col(big_integer("last_seq").default(0))
                    .col(big_integer("created_at_ms"))
                    .index(&mut unique(&["platform", "external_id"]))
                    .foreign_key(&mut belongs_to("organisation_id", "organisation"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("dialog")
                    .col(big_integer("conversation_id"))
                    .col(big_integer("person_id"))
                    .col(blob("sealed"))
                    .col(big_integer("expires_at_ms"))
                    .primary_key(&mut primary_key(&["conversation_id", "person_id"]))
                    .foreign_key(&mut belongs_to("conversation_id", "conversation"))
                    .foreign_key(&mut belongs_to("person_id", "person"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("action")
                    .col(text("token").primary_key())
                    .col(big_integer("conversation_id"))
                    .col(blob("sealed"))
                    .col(big_integer("expires_at_ms"))
                    .foreign_key(&mut belongs_to("conversation_id", "conversation"))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("dialog", &["expires_at_ms"])).await?;
        manager.create_index(index("action", &["expires_at_ms"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["action", "dialog", "conversation"]).await
    }
}
