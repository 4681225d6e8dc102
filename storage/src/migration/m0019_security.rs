//! Security checks of sites, and the hosts that organisations have shown to own.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, big_pk_auto, boolean, integer, text, text_null};

use super::{belongs_to, drop_tables, index, unique};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(owned_host()).await?;
        manager.create_table(security_check()).await?;
        let open = Expr::col("ended_at_ms").is_null();
        let open = index("security_check", &["id"]).name("security_check_open").and_where(open).to_owned();
        manager.create_index(open).await?;
        for columns in [&["organisation_id", "host", "id"] as &[_], &["conversation_id"], &["ended_at_ms"]] {
            manager.create_index(index("security_check", columns)).await?;
        }
        // The query builder cannot add a column that refers to another table on SQLite.
        let add =
            "ALTER TABLE notice ADD COLUMN security_check_id bigint REFERENCES security_check (id) ON DELETE CASCADE";
        manager.get_connection().execute_unprepared(add).await?;
        manager.create_index(index("notice", &["security_check_id"])).await
    }

    /// The cards of security checks go with them, for an older version could not draw them.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DELETE FROM notice WHERE security_check_id IS NOT NULL").await?;
        manager.drop_index(Index::drop().name("notice_security_check_id").table("notice").to_owned()).await?;
        manager.alter_table(Table::alter().table("notice").drop_column("security_check_id").to_owned()).await?;
        drop_tables(manager, &["security_check", "owned_host"]).await
    }
}

/// A host that an organisation owns, or says so: what shows it carries the token. `proof` is where that was seen last, and when;
/// nothing while it was not, or is gone.
fn owned_host() -> TableCreateStatement {
    Table::create()
        .table("owned_host")
        .col(big_pk_auto("id"))
        .col(big_integer("organisation_id"))
        .col(text("host"))
        .col(text("token"))
        .col(text_null("proof"))
        .col(big_integer_null("proved_at_ms"))
        .col(big_integer_null("added_by"))
        .col(big_integer("created_at_ms"))
        .index(&mut unique(&["organisation_id", "host"]))
        .foreign_key(&mut belongs_to("organisation_id", "organisation"))
        .foreign_key(belongs_to("added_by", "person").on_delete(ForeignKeyAction::SetNull))
        .to_owned()
}

/// A security check: what is asked for, how far it is, what it found, in short for lists and cards and in full. `depth` is how much
/// was looked at in the end.
fn security_check() -> TableCreateStatement {
    Table::create()
        .table("security_check")
        .col(big_pk_auto("id"))
        .col(big_integer("organisation_id"))
        .col(big_integer_null("asked_by"))
        .col(big_integer_null("conversation_id"))
        .col(text("url"))
        .col(text("host"))
        .col(boolean("deep"))
        .col(text_null("depth"))
        .col(text("state"))
        .col(boolean("cancel").default(false))
        .col(integer("attempts").default(0))
        .col(big_integer_null("lease_ms"))
        .col(integer("fraction").default(0))
        .col(text("doing").default(""))
        .col(text_null("error_code"))
        .col(text_null("error"))
        .col(text_null("digest"))
        .col(big_integer("asked_at_ms"))
        .col(big_integer_null("started_at_ms"))
        .col(big_integer_null("ended_at_ms"))
        .col(text_null("review"))
        .foreign_key(&mut belongs_to("organisation_id", "organisation"))
        .foreign_key(belongs_to("asked_by", "person").on_delete(ForeignKeyAction::SetNull))
        .foreign_key(belongs_to("conversation_id", "conversation").on_delete(ForeignKeyAction::SetNull))
        .to_owned()
}
