//! Heartbeats: their addresses, what is remembered between two pings, the pings, and organisations' ping keys.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, blob_null, integer, small_integer_null, text, text_null,
};

use super::{belongs_to, drop_tables, index, primary_key};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(heartbeat()).await?;
        manager.create_table(ping()).await?;
        add_column(manager, "monitor_state", text_null("heartbeat")).await?;
        add_column(manager, "organisation", text_null("ping_key")).await?;
        manager.create_index(index("organisation", &["ping_key"]).unique().to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("organisation_ping_key").table("organisation").to_owned()).await?;
        drop_column(manager, "organisation", "ping_key").await?;
        drop_column(manager, "monitor_state", "heartbeat").await?;
        drop_tables(manager, &["ping", "heartbeat"]).await
    }
}

/// Where a heartbeat's pings are sent to.
fn heartbeat() -> TableCreateStatement {
    Table::create()
        .table("heartbeat")
        .col(big_integer("monitor_id").primary_key())
        .col(text("uuid").unique_key())
        .foreign_key(&mut belongs_to("monitor_id", "monitor"))
        .to_owned()
}

/// The latest pings of each heartbeat: a ring, in which a new one takes the slot of the oldest. The body stands last, so
/// that whoever does not ask for it does not read it.
fn ping() -> TableCreateStatement {
    Table::create()
        .table("ping")
        .col(big_integer("monitor_id"))
        .col(integer("slot"))
        .col(big_integer("number"))
        .col(big_integer("at_ms"))
        .col(text("signal"))
        .col(small_integer_null("exit_code"))
        .col(text_null("run"))
        .col(big_integer_null("duration_us"))
        .col(text("method"))
        .col(text("remote"))
        .col(text("user_agent"))
        .col(big_integer("body_bytes"))
        .col(blob_null("body"))
        .primary_key(&mut primary_key(&["monitor_id", "slot"]))
        .foreign_key(&mut belongs_to("monitor_id", "monitor"))
        .to_owned()
}

async fn add_column(manager: &SchemaManager<'_>, table: &'static str, column: ColumnDef) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table(table).add_column(column).to_owned()).await
}

async fn drop_column(manager: &SchemaManager<'_>, table: &'static str, column: &'static str) -> Result<(), DbErr> {
    manager.alter_table(Table::alter().table(table).drop_column(column).to_owned()).await
}
