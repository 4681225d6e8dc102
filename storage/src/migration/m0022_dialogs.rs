//! Until when a question is left to whoever is answering it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::big_integer;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let gained = Table::alter().table("dialog").add_column(big_integer("taken_until_ms").default(0)).to_owned();
        manager.alter_table(gained).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("dialog").drop_column("taken_until_ms").to_owned()).await
    }
}
