//! Organisations, people, their roles, and who they are in a chat.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_pk_auto, text};

use super::{belongs_to, drop_tables, primary_key, unique};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("organisation")
                    .col(big_pk_auto("id"))
                    .col(text("name"))
                    .col(big_integer("created_at_ms"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("person")
                    .col(big_pk_auto("id"))
                    .col(text("display_name"))
                    .col(big_integer("created_at_ms"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("membership")
                    .col(big_integer("organisation_id"))
                    .col(big_integer("person_id"))
                    .col(text("role"))
                    .primary_key(&mut primary_key(&["organisation_id", "person_id"]))
                    .foreign_key(&mut belongs_to("organisation_id", "organisation"))
                    .foreign_key(&mut belongs_to("person_id", "person"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("chat_identity")
                    .col(big_pk_auto("id"))
                    .col(text("platform"))
                    .col(text("workspace"))
                    .col(text("external_user"))
                    .col(big_integer("person_id"))
                    .col(big_integer("organisation_id"))
                    .col(big_integer("created_at_ms"))
                    .index(&mut unique(&["platform", "workspace", "external_user"]))
                    .foreign_key(&mut belongs_to("person_id", "person"))
                    .foreign_key(&mut belongs_to("organisation_id", "organisation"))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["chat_identity", "membership", "person", "organisation"]).await
    }
}
