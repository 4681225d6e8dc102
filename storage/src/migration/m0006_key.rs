//! What tells whether the key in use is the one that the database was written with.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{blob, integer};

use super::drop_tables;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create().table("key_check").col(integer("id").primary_key()).col(blob("sealed")).to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["key_check"]).await
    }
}
