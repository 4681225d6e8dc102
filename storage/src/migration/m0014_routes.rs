//! Who is told: routes, on-call rotations and who stands in, silences, quiet hours, and what is still to be told later.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, big_pk_auto, boolean, small_integer, text, text_null};

use super::{belongs_to, drop_tables, index, is_postgres, unique};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let quiet = Table::alter().table("destination").add_column(text_null("quiet")).to_owned();
        manager.alter_table(quiet).await?;
        manager.create_table(route()).await?;
        manager.create_index(index("route", &["organisation_id"])).await?;
        manager.create_table(rotation(is_postgres(manager))).await?;
        manager.create_table(on_call_override()).await?;
        manager.create_index(index("on_call_override", &["rotation_id"])).await?;
        manager.create_table(silence()).await?;
        manager.create_index(index("silence", &["organisation_id", "until_ms"])).await?;
        let unsettled = Expr::col("settled").eq(false);
        let unsettled = index("silence", &["until_ms"]).name("silence_unsettled").and_where(unsettled).to_owned();
        manager.create_index(unsettled).await?;
        manager.create_table(escalation()).await?;
        manager.create_index(index("escalation", &["due_ms"])).await?;
        manager.create_index(index("escalation", &["incident_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["escalation", "silence", "on_call_override", "rotation", "route"]).await?;
        manager.alter_table(Table::alter().table("destination").drop_column("quiet").to_owned()).await
    }
}

/// Who made it may leave; it stays.
fn person(column: &'static str) -> ForeignKeyCreateStatement {
    belongs_to(column, "person").on_delete(ForeignKeyAction::SetNull).to_owned()
}

/// Who is told of what. `words` is what of, as a person said it.
fn route() -> TableCreateStatement {
    Table::create()
        .table("route")
        .col(big_pk_auto("id"))
        .col(big_integer("organisation_id"))
        .col(text("words"))
        .col(text("route"))
        .col(big_integer_null("created_by"))
        .col(big_integer("created_at_ms"))
        .foreign_key(&mut belongs_to("organisation_id", "organisation"))
        .foreign_key(&mut person("created_by"))
        .to_owned()
}

fn rotation(postgres: bool) -> TableCreateStatement {
    let by_code_point = if postgres { "COLLATE \"C\"" } else { "" };
    Table::create()
        .table("rotation")
        .col(big_pk_auto("id"))
        .col(big_integer("organisation_id"))
        .col(text("name"))
        .col(text("name_key").extra(by_code_point))
        .col(text("rotation"))
        .col(big_integer_null("created_by"))
        .col(big_integer("created_at_ms"))
        .index(&mut unique(&["organisation_id", "name_key"]))
        .foreign_key(&mut belongs_to("organisation_id", "organisation"))
        .foreign_key(&mut person("created_by"))
        .to_owned()
}

/// Who stands in for those whose turn it is.
fn on_call_override() -> TableCreateStatement {
    Table::create()
        .table("on_call_override")
        .col(big_pk_auto("id"))
        .col(big_integer("rotation_id"))
        .col(big_integer("participant"))
        .col(big_integer("from_ms"))
        .col(big_integer("to_ms"))
        .col(big_integer_null("created_by"))
        .foreign_key(&mut belongs_to("rotation_id", "rotation"))
        .foreign_key(&mut person("created_by"))
        .to_owned()
}

/// Of what nobody is told for a while. It is settled once it is over and was looked at for what it had kept quiet.
fn silence() -> TableCreateStatement {
    Table::create()
        .table("silence")
        .col(big_pk_auto("id"))
        .col(big_integer("organisation_id"))
        .col(text("words"))
        .col(text("selector"))
        .col(big_integer_null("incident_id"))
        .col(text("reason"))
        .col(big_integer_null("created_by"))
        .col(big_integer("from_ms"))
        .col(big_integer("until_ms"))
        .col(boolean("settled").default(false))
        .foreign_key(&mut belongs_to("organisation_id", "organisation"))
        .foreign_key(&mut person("created_by"))
        .to_owned()
}

/// What is to be told of an incident later: the next step of a route, a reminder, or what waits for the end of quiet hours.
fn escalation() -> TableCreateStatement {
    Table::create()
        .table("escalation")
        .col(big_pk_auto("id"))
        .col(big_integer("incident_id"))
        .col(text("kind"))
        .col(big_integer_null("route_id"))
        .col(small_integer("step").default(0))
        .col(big_integer_null("rule_id"))
        .col(big_integer_null("destination_id"))
        .col(text("event"))
        .col(text("because"))
        .col(big_integer("due_ms"))
        .col(big_integer_null("every_ms"))
        .foreign_key(&mut belongs_to("incident_id", "incident"))
        .foreign_key(&mut belongs_to("route_id", "route"))
        .foreign_key(&mut belongs_to("destination_id", "destination"))
        .to_owned()
}
