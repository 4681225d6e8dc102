//! Audits of pages, when they are made again and again, and the files that come of them.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, big_pk_auto, blob, blob_null, boolean, integer, text, text_null,
};

use super::{belongs_to, drop_tables, index, is_postgres, unique};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(schedule(is_postgres(manager))).await?;
        manager.create_table(audit()).await?;
        let open = Expr::col("ended_at_ms").is_null();
        let open = index("audit", &["id"]).name("audit_open").and_where(open).to_owned();
        manager.create_index(open).await?;
        manager.create_index(index("audit", &["organisation_id", "url", "device", "id"])).await?;
        for column in ["schedule_id", "conversation_id", "ended_at_ms"] {
            manager.create_index(index("audit", &[column])).await?;
        }
        manager.create_table(artifact()).await?;
        manager.create_index(index("artifact", &["audit_id", "kind"])).await?;
        manager.create_index(index("artifact", &["expires_at_ms"])).await?;
        // The query builder cannot add a column that refers to another table on SQLite.
        let add = "ALTER TABLE notice ADD COLUMN audit_id bigint REFERENCES audit (id) ON DELETE CASCADE";
        manager.get_connection().execute_unprepared(add).await?;
        manager.create_index(index("notice", &["audit_id"])).await
    }

    /// The cards of audits go with them, for an older version could not draw them.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DELETE FROM notice WHERE audit_id IS NOT NULL").await?;
        manager.drop_index(Index::drop().name("notice_audit_id").table("notice").to_owned()).await?;
        manager.alter_table(Table::alter().table("notice").drop_column("audit_id").to_owned()).await?;
        drop_tables(manager, &["artifact", "audit", "audit_schedule"]).await
    }
}

/// What is audited again and again. `incident_id` is what its audits found wrong, while that lasts.
fn schedule(postgres: bool) -> TableCreateStatement {
    let by_code_point = if postgres { "COLLATE \"C\"" } else { "" };
    Table::create()
        .table("audit_schedule")
        .col(big_pk_auto("id"))
        .col(big_integer("organisation_id"))
        .col(big_integer_null("conversation_id"))
        .col(big_integer_null("created_by"))
        .col(text("name"))
        .col(text("name_key").extra(by_code_point))
        .col(text("spec"))
        .col(blob_null("sealed"))
        .col(text("cron"))
        .col(text("zone"))
        .col(big_integer("next_ms"))
        .col(big_integer_null("incident_id"))
        .col(big_integer("created_at_ms"))
        .index(&mut unique(&["organisation_id", "name_key"]))
        .foreign_key(&mut belongs_to("organisation_id", "organisation"))
        .foreign_key(belongs_to("conversation_id", "conversation").on_delete(ForeignKeyAction::SetNull))
        .foreign_key(belongs_to("created_by", "person").on_delete(ForeignKeyAction::SetNull))
        .foreign_key(belongs_to("incident_id", "incident").on_delete(ForeignKeyAction::SetNull))
        .to_owned()
}

/// An audit. What is asked for, with the secrets sealed beside it; how far it is; what it found, in short for lists and cards,
/// in full, and the pictures, which are kept for a shorter time.
fn audit() -> TableCreateStatement {
    Table::create()
        .table("audit")
        .col(big_pk_auto("id"))
        .col(big_integer("organisation_id"))
        .col(big_integer_null("asked_by"))
        .col(big_integer_null("conversation_id"))
        .col(big_integer_null("schedule_id"))
        .col(text("url"))
        .col(text("device"))
        .col(text("spec"))
        .col(blob_null("sealed"))
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
        .col(text_null("summary"))
        .col(text_null("pictures"))
        .foreign_key(&mut belongs_to("organisation_id", "organisation"))
        .foreign_key(belongs_to("asked_by", "person").on_delete(ForeignKeyAction::SetNull))
        .foreign_key(belongs_to("conversation_id", "conversation").on_delete(ForeignKeyAction::SetNull))
        .foreign_key(belongs_to("schedule_id", "audit_schedule").on_delete(ForeignKeyAction::SetNull))
        .to_owned()
}

/// A file. The bytes stand last, so that whoever does not ask for them does not read them.
fn artifact() -> TableCreateStatement {
    Table::create()
        .table("artifact")
        .col(big_pk_auto("id"))
        .col(big_integer("organisation_id"))
        .col(big_integer_null("audit_id"))
        .col(text("kind"))
        .col(text("name"))
        .col(text("media_type"))
        .col(text("sha256"))
        .col(big_integer("size_bytes"))
        .col(big_integer("created_at_ms"))
        .col(big_integer("expires_at_ms"))
        .col(blob("bytes"))
        .foreign_key(&mut belongs_to("organisation_id", "organisation"))
        .foreign_key(&mut belongs_to("audit_id", "audit"))
        .to_owned()
}
