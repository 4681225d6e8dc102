//! Incidents, their cards in conversations, and when Watchword was last alive.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, big_pk_auto, integer, small_integer, text, text_null};

use super::{belongs_to, drop_tables, index, unique};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(incident()).await?;
        manager.create_table(message()).await?;
        // The rule that a monitor has at most one open incident.
        let open = Expr::col("resolved_at_ms").is_null();
        let one_open = index("incident", &["monitor_id"]).name("incident_open").unique().and_where(open).to_owned();
        manager.create_index(one_open).await?;
        manager.create_index(index("incident", &["organisation_id", "opened_at_ms"])).await?;
        manager.create_index(index("incident", &["monitor_id", "opened_at_ms"])).await?;
        manager.create_index(index("message", &["conversation_id", "seq"])).await?;
        manager.create_index(index("message", &["incident_id"])).await?;
        manager
            .create_table(
                Table::create()
                    .table("liveness")
                    .col(integer("id").primary_key())
                    .col(big_integer("last_alive_ms"))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["liveness", "message", "incident"]).await
    }
}

fn incident() -> TableCreateStatement {
    Table::create()
        .table("incident")
        .col(big_pk_auto("id"))
        .col(big_integer("organisation_id"))
        .col(big_integer("monitor_id"))
        .col(big_integer("opened_at_ms"))
        .col(big_integer_null("resolved_at_ms"))
        .col(text_null("resolution"))
        .col(small_integer("reason"))
        .col(text("message"))
        .foreign_key(&mut belongs_to("organisation_id", "organisation"))
        .foreign_key(&mut belongs_to("monitor_id", "monitor"))
        .to_owned()
}

/// An incident's card in a conversation. Editing it gives it a new place in the conversation's order.
fn message() -> TableCreateStatement {
    Table::create()
        .table("message")
        .col(big_pk_auto("id"))
        .col(big_integer("conversation_id"))
        .col(big_integer("seq"))
        .col(integer("revision").default(1))
        .col(big_integer("incident_id"))
        .col(big_integer("created_at_ms"))
        .col(big_integer("updated_at_ms"))
        .index(&mut unique(&["conversation_id", "incident_id"]))
        .foreign_key(&mut belongs_to("conversation_id", "conversation"))
        .foreign_key(&mut belongs_to("incident_id", "incident"))
        .to_owned()
}
