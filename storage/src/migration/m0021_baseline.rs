//! What the audits of a schedule are held against while something is wrong.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::big_integer_null;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    /// The audit may be forgotten before the incident is over, and its number is never another's: it needs no reference, by which
    /// forgetting audits would wait for who judges one.
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let gained = Table::alter().table("audit_schedule").add_column(big_integer_null("baseline_id")).to_owned();
        manager.alter_table(gained).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("audit_schedule").drop_column("baseline_id").to_owned()).await
    }
}
