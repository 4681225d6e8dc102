//! Monitors, their hot state, and who is told about them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, big_pk_auto, blob_null, boolean, integer, text, text_null,
};

use super::{belongs_to, drop_tables, index, is_postgres, primary_key, unique};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let postgres = is_postgres(manager);
        manager.create_table(monitor(postgres)).await?;
        manager.create_table(monitor_state(postgres)).await?;
        manager
            .create_index(index("monitor_state", &["next_due_ms"]).and_where(Expr::col("active").eq(true)).to_owned())
            .await?;
        manager.create_index(index("monitor_state", &["organisation_id", "status"])).await?;
        manager
            .create_table(
                Table::create()
                    .table("subscription")
                    .col(big_integer("monitor_id"))
                    .col(big_integer("conversation_id"))
                    .primary_key(&mut primary_key(&["monitor_id", "conversation_id"]))
                    .foreign_key(&mut belongs_to("monitor_id", "monitor"))
                    .foreign_key(&mut belongs_to("conversation_id", "conversation"))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["subscription", "monitor_state", "monitor"]).await
    }
}

/// A monitor as configured. It outlives the person who added it. Names are ordered by code point, as SQLite does.
fn monitor(postgres: bool) -> TableCreateStatement {
    let by_code_point = if postgres { "COLLATE \"C\"" } else { "" };
    let mut created_by = belongs_to("created_by", "person");
    Table::create()
        .table("monitor")
        .col(big_pk_auto("id"))
        .col(big_integer("organisation_id"))
        .col(text("name"))
        .col(text("name_key").extra(by_code_point))
        .col(text("kind"))
        .col(text("target"))
        .col(text("spec"))
        .col(blob_null("sealed_secrets"))
        .col(big_integer("interval_ms"))
        .col(big_integer("timeout_ms"))
        .col(text("policy"))
        .col(boolean("paused").default(false))
        .col(integer("revision").default(1))
        .col(big_integer_null("created_by"))
        .col(big_integer("created_at_ms"))
        .col(big_integer("updated_at_ms"))
        .index(&mut unique(&["organisation_id", "name_key"]))
        .foreign_key(&mut belongs_to("organisation_id", "organisation"))
        .foreign_key(created_by.on_delete(ForeignKeyAction::SetNull))
        .to_owned()
}

/// What changes with every check. On PostgreSQL the pages keep room, so that a row is updated where it stands.
fn monitor_state(postgres: bool) -> TableCreateStatement {
    Table::create()
        .table("monitor_state")
        .col(big_integer("monitor_id").primary_key())
        .col(big_integer("organisation_id"))
        .col(boolean("active"))
        .col(big_integer("interval_ms"))
        .col(big_integer("phase_ms"))
        .col(big_integer("timeout_ms"))
        .col(integer("revision").default(1))
        .col(big_integer("next_due_ms"))
        .col(big_integer_null("lease_ms"))
        .col(big_integer_null("due_ms"))
        .col(text("status"))
        .col(text("health"))
        .col(text_null("details"))
        .foreign_key(&mut belongs_to("monitor_id", "monitor"))
        .foreign_key(&mut belongs_to("organisation_id", "organisation"))
        .extra(if postgres { "WITH (fillfactor = 60)" } else { "" })
        .to_owned()
}
