//! When conversations of chat platforms were told something last, and when somebody spoke where nothing could be told.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::big_integer;

/// What a conversation has gained: when its platform was told last, and when somebody spoke there last while it was closed.
const GAINED: [&str; 2] = ["told_at_ms", "heard_at_ms"];

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in GAINED {
            let gained = Table::alter().table("conversation").add_column(big_integer(column).default(0)).to_owned();
            manager.alter_table(gained).await?;
        }
        // What was told before was told when it happened, as far as anybody knows.
        let told = "UPDATE conversation SET told_at_ms = coalesce((
                        SELECT max(m.updated_at_ms) FROM message m
                        WHERE m.conversation_id = conversation.id AND m.seq <= conversation.told_seq
                    ), 0)";
        manager.get_connection().execute_unprepared(told).await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in GAINED.iter().rev() {
            manager.alter_table(Table::alter().table("conversation").drop_column(*column).to_owned()).await?;
        }
        Ok(())
    }
}
