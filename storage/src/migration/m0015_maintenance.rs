//! Maintenance windows, and which monitors are in which of them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, big_pk_auto, text};

use super::{belongs_to, drop_tables, index, primary_key};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(maintenance()).await?;
        manager.create_index(index("maintenance", &["organisation_id"])).await?;
        manager.create_table(maintenance_monitor()).await?;
        manager.create_index(index("maintenance_monitor", &["monitor_id"])).await
    }

    /// Monitors that are in maintenance stay so for an older version, which knows the status and finds them anew.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["maintenance_monitor", "maintenance"]).await
    }
}

/// A window. `words` is what it is about, as a person said it; `next_ms` when something is to be done next; `begun_ms` when
/// the latest time that was begun was to begin; `on_from_ms` and `on_until_ms` the time that lasts; `over_ms` since when
/// none is left.
fn maintenance() -> TableCreateStatement {
    Table::create()
        .table("maintenance")
        .col(big_pk_auto("id"))
        .col(big_integer("organisation_id"))
        .col(text("words"))
        .col(text("selector"))
        .col(text("reason"))
        .col(text("schedule"))
        .col(big_integer_null("created_by"))
        .col(big_integer("created_at_ms"))
        .col(big_integer_null("next_ms"))
        .col(big_integer_null("begun_ms"))
        .col(big_integer_null("on_from_ms"))
        .col(big_integer_null("on_until_ms"))
        .col(big_integer_null("over_ms"))
        .foreign_key(&mut belongs_to("organisation_id", "organisation"))
        .foreign_key(belongs_to("created_by", "person").on_delete(ForeignKeyAction::SetNull))
        .to_owned()
}

fn maintenance_monitor() -> TableCreateStatement {
    Table::create()
        .table("maintenance_monitor")
        .col(big_integer("maintenance_id"))
        .col(big_integer("monitor_id"))
        .col(big_integer("since_ms"))
        .primary_key(&mut primary_key(&["maintenance_id", "monitor_id"]))
        .foreign_key(&mut belongs_to("maintenance_id", "maintenance"))
        .foreign_key(&mut belongs_to("monitor_id", "monitor"))
        .to_owned()
}
