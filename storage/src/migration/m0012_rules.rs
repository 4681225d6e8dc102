//! Alert rules, and what is remembered of each for each monitor that it has something to say of.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, big_pk_auto, small_integer, text};

use super::{belongs_to, drop_tables, index, primary_key};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(alert_rule()).await?;
        manager.create_index(index("alert_rule", &["organisation_id"])).await?;
        manager.create_table(rule_state()).await?;
        manager.create_index(index("rule_state", &["rule_id"])).await?;
        let due = Expr::col("due_ms").is_not_null();
        manager.create_index(index("rule_state", &["due_ms"]).and_where(due).to_owned()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["rule_state", "alert_rule"]).await
    }
}

/// `words` is what it is about, as a person said it; `look_ms` when it is looked at next, and `every_ms` how often, if figures
/// are asked for.
fn alert_rule() -> TableCreateStatement {
    Table::create()
        .table("alert_rule")
        .col(big_pk_auto("id"))
        .col(big_integer("organisation_id"))
        .col(text("words"))
        .col(text("selector"))
        .col(text("condition"))
        .col(small_integer("severity"))
        .col(big_integer("cooldown_ms"))
        .col(big_integer_null("remind_ms"))
        .col(text("notify"))
        .col(big_integer_null("every_ms"))
        .col(big_integer_null("look_ms"))
        .col(big_integer_null("created_by"))
        .col(big_integer("created_at_ms"))
        .foreign_key(&mut belongs_to("organisation_id", "organisation"))
        .foreign_key(belongs_to("created_by", "person").on_delete(ForeignKeyAction::SetNull))
        .to_owned()
}

/// A monitor of which a rule remembers nothing has no row.
fn rule_state() -> TableCreateStatement {
    Table::create()
        .table("rule_state")
        .col(big_integer("monitor_id"))
        .col(big_integer("rule_id"))
        .col(text("state"))
        .col(big_integer_null("due_ms"))
        .primary_key(&mut primary_key(&["monitor_id", "rule_id"]))
        .foreign_key(&mut belongs_to("monitor_id", "monitor"))
        .foreign_key(&mut belongs_to("rule_id", "alert_rule"))
        .to_owned()
}
