//! Destinations: places outside that people are told at; and the outbox: what they are told there.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, big_pk_auto, blob, integer, integer_null, small_integer, text, text_null,
};

use super::{belongs_to, drop_tables, index, is_postgres, unique};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(destination(is_postgres(manager))).await?;
        manager.create_index(index("destination", &["fallback_id"])).await?;
        manager.create_table(notification()).await?;
        let due = || Expr::col("state").eq("due");
        let by_time = index("notification", &["destination_id", "next_at_ms", "id"]).and_where(due()).to_owned();
        manager.create_index(by_time).await?;
        let in_order = index("notification", &["destination_id", "incident_id", "id"]).and_where(due()).to_owned();
        manager.create_index(in_order).await?;
        let leased = Expr::col("lease_ms").is_not_null();
        let leased =
            index("notification", &["destination_id"]).name("notification_leased").and_where(leased).to_owned();
        manager.create_index(leased).await?;
        let ended = Expr::col("ended_at_ms").is_not_null();
        manager.create_index(index("notification", &["ended_at_ms"]).and_where(ended).to_owned()).await?;
        manager.create_index(index("notification", &["organisation_id", "state", "id"])).await?;
        manager.create_index(index("notification", &["incident_id", "destination_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["notification", "destination"]).await
    }
}

/// A place outside. Beside its settings stands what the outbox has to know of it: when it may be told something again.
fn destination(postgres: bool) -> TableCreateStatement {
    let by_code_point = if postgres { "COLLATE \"C\"" } else { "" };
    let mut created_by = belongs_to("created_by", "person");
    let mut fallback = belongs_to("fallback_id", "destination");
    Table::create()
        .table("destination")
        .col(big_pk_auto("id"))
        .col(big_integer("organisation_id"))
        .col(text("name"))
        .col(text("name_key").extra(by_code_point))
        .col(text("kind"))
        .col(blob("sealed_settings"))
        .col(integer_null("rate_burst"))
        .col(integer_null("rate_per_minute"))
        .col(big_integer_null("fallback_id"))
        .col(big_integer_null("created_by"))
        .col(big_integer("created_at_ms"))
        .col(big_integer("updated_at_ms"))
        .col(big_integer("tat_ms").default(0))
        .col(big_integer("open_at_ms").default(0))
        .col(big_integer_null("failing_since_ms"))
        .index(&mut unique(&["organisation_id", "name_key"]))
        .foreign_key(&mut belongs_to("organisation_id", "organisation"))
        .foreign_key(fallback.on_delete(ForeignKeyAction::SetNull))
        .foreign_key(created_by.on_delete(ForeignKeyAction::SetNull))
        .to_owned()
}

/// What a destination was or is to be told. It outlives its destination, so that nothing disappears unseen; that is why
/// the name stands here as well and nothing refers to the other table.
fn notification() -> TableCreateStatement {
    Table::create()
        .table("notification")
        .col(big_pk_auto("id"))
        .col(big_integer("organisation_id"))
        .col(big_integer("destination_id"))
        .col(text("destination_name"))
        .col(big_integer_null("incident_id"))
        .col(text("event"))
        .col(small_integer("severity"))
        .col(text("key").unique_key())
        .col(text("content"))
        .col(text("state"))
        .col(integer("attempts").default(0))
        .col(big_integer("created_at_ms"))
        .col(big_integer("next_at_ms"))
        .col(big_integer_null("lease_ms"))
        .col(big_integer_null("first_tried_ms"))
        .col(big_integer_null("ended_at_ms"))
        .col(text_null("receipt_id"))
        .col(text_null("receipt"))
        .col(text_null("last_error"))
        .foreign_key(&mut belongs_to("organisation_id", "organisation"))
        .foreign_key(&mut belongs_to("incident_id", "incident"))
        .to_owned()
}
