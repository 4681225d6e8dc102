//! Alerts, and the incidents that people deal with, which many alerts may belong to.
//!
//! What was called an incident before is an alert now, and each gets an incident of its own with the same number. An alert
//! that nobody was told of, because what its monitor depends on explains it, has none yet.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, big_pk_auto, small_integer, small_integer_null, text, text_null,
};

use super::{belongs_to, drop_tables, index, is_postgres, primary_key, unique};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// What is left of the names of the tables: indexes and keys keep them when a table is renamed.
const INDEXES: [&str; 3] =
    ["incident_open", "incident_organisation_id_opened_at_ms", "incident_monitor_id_opened_at_ms"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let run = async |sql: &str| manager.get_connection().execute_unprepared(sql).await.map(drop);
        run("ALTER TABLE message RENAME TO message_before").await?;
        run("ALTER TABLE incident RENAME TO alert").await?;
        for name in INDEXES.into_iter().chain(["message_conversation_id_seq", "message_incident_id"]) {
            run(&format!("DROP INDEX {name}")).await?;
        }
        for column in
            ["rule_id BIGINT NOT NULL DEFAULT 0", "severity SMALLINT NOT NULL DEFAULT 3", "incident_id BIGINT NULL"]
        {
            run(&format!("ALTER TABLE alert ADD COLUMN {column}")).await?;
        }
        manager.create_table(incident()).await?;
        run("INSERT INTO incident (id, organisation_id, title, severity, opened_at_ms, joined_at_ms, resolved_at_ms, resolution, reason, message)
             SELECT a.id, a.organisation_id, m.name || ' is down', 3, a.opened_at_ms, a.opened_at_ms, a.resolved_at_ms, a.resolution, a.reason, a.message
             FROM alert a JOIN monitor m ON m.id = a.monitor_id
             WHERE a.resolved_at_ms IS NOT NULL OR m.parents = '[]'
                 OR EXISTS (SELECT 1 FROM message_before c WHERE c.incident_id = a.id)")
        .await?;
        run("UPDATE alert SET incident_id = id WHERE id IN (SELECT id FROM incident)").await?;
        if is_postgres(manager) {
            run("SELECT setval(pg_get_serial_sequence('incident', 'id'), (SELECT COALESCE(MAX(id), 0) + 1 FROM incident), false)")
                .await?;
        }
        move_messages(manager).await?;
        let open = || Expr::col("resolved_at_ms").is_null();
        let one_open =
            index("alert", &["monitor_id", "rule_id"]).name("alert_open").unique().and_where(open()).to_owned();
        manager.create_index(one_open).await?;
        manager.create_index(index("alert", &["organisation_id", "opened_at_ms"])).await?;
        manager.create_index(index("alert", &["monitor_id", "opened_at_ms"])).await?;
        manager.create_index(index("alert", &["incident_id"])).await?;
        manager.create_index(index("incident", &["organisation_id", "opened_at_ms"])).await?;
        let unresolved = index("incident", &["organisation_id"]).name("incident_open").and_where(open()).to_owned();
        manager.create_index(unresolved).await?;
        manager.create_table(incident_key()).await?;
        manager.create_index(index("incident_key", &["key"])).await?;
        manager.create_table(incident_entry()).await?;
        manager.create_index(index("incident_entry", &["incident_id", "id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let run = async |sql: &str| manager.get_connection().execute_unprepared(sql).await.map(drop);
        drop_tables(manager, &["incident_entry", "incident_key"]).await?;
        // Of an incident of many alerts the first one keeps the card.
        run("ALTER TABLE message RENAME TO message_before").await?;
        for name in ["message_conversation_id_seq", "message_incident_id"] {
            run(&format!("DROP INDEX {name}")).await?;
        }
        run("DELETE FROM alert WHERE rule_id <> 0").await?;
        for name in
            ["alert_open", "alert_organisation_id_opened_at_ms", "alert_monitor_id_opened_at_ms", "alert_incident_id"]
        {
            run(&format!("DROP INDEX {name}")).await?;
        }
        for name in ["incident_organisation_id_opened_at_ms", "incident_open"] {
            run(&format!("DROP INDEX {name}")).await?;
        }
        run("ALTER TABLE incident RENAME TO incident_after").await?;
        run("ALTER TABLE alert RENAME TO incident").await?;
        manager.create_table(message()).await?;
        run("INSERT INTO message (conversation_id, seq, revision, incident_id, created_at_ms, updated_at_ms)
             SELECT c.conversation_id, c.seq, c.revision, (SELECT MIN(a.id) FROM incident a WHERE a.incident_id = c.incident_id), c.created_at_ms, c.updated_at_ms
             FROM message_before c WHERE EXISTS (SELECT 1 FROM incident a WHERE a.incident_id = c.incident_id)")
        .await?;
        drop_tables(manager, &["message_before", "incident_after"]).await?;
        for column in ["rule_id", "severity", "incident_id"] {
            run(&format!("ALTER TABLE incident DROP COLUMN {column}")).await?;
        }
        run("UPDATE incident SET resolution = 'paused' WHERE resolution NOT IN ('recovered', 'paused')").await?;
        message_indexes(manager).await?;
        let open = Expr::col("resolved_at_ms").is_null();
        let one_open = index("incident", &["monitor_id"]).name("incident_open").unique().and_where(open).to_owned();
        manager.create_index(one_open).await?;
        manager.create_index(index("incident", &["organisation_id", "opened_at_ms"])).await?;
        manager.create_index(index("incident", &["monitor_id", "opened_at_ms"])).await
    }
}

/// Cards belong to the new incidents from now on.
async fn move_messages(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager.create_table(message()).await?;
    let copy = "INSERT INTO message (conversation_id, seq, revision, incident_id, created_at_ms, updated_at_ms)
                SELECT conversation_id, seq, revision, incident_id, created_at_ms, updated_at_ms FROM message_before ORDER BY id";
    manager.get_connection().execute_unprepared(copy).await?;
    drop_tables(manager, &["message_before"]).await?;
    message_indexes(manager).await
}

async fn message_indexes(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    manager.create_index(index("message", &["conversation_id", "seq"])).await?;
    manager.create_index(index("message", &["incident_id"])).await
}

fn message() -> TableCreateStatement {
    Table::create()
        .table("message")
        .col(big_pk_auto("id"))
        .col(big_integer("conversation_id"))
        .col(big_integer("seq"))
        .col(sea_orm_migration::schema::integer("revision").default(1))
        .col(big_integer("incident_id"))
        .col(big_integer("created_at_ms"))
        .col(big_integer("updated_at_ms"))
        .index(&mut unique(&["conversation_id", "incident_id"]))
        .foreign_key(&mut belongs_to("conversation_id", "conversation"))
        .foreign_key(&mut belongs_to("incident_id", "incident"))
        .to_owned()
}

/// Who deals with it may leave; what they did stays.
fn person(column: &'static str) -> ForeignKeyCreateStatement {
    belongs_to(column, "person").on_delete(ForeignKeyAction::SetNull).to_owned()
}

fn incident() -> TableCreateStatement {
    Table::create()
        .table("incident")
        .col(big_pk_auto("id"))
        .col(big_integer("organisation_id"))
        .col(text("title"))
        .col(small_integer("severity"))
        .col(big_integer("opened_at_ms"))
        .col(big_integer("joined_at_ms"))
        .col(big_integer_null("acknowledged_at_ms"))
        .col(big_integer_null("acknowledged_by"))
        .col(big_integer_null("resolved_at_ms"))
        .col(text_null("resolution"))
        .col(small_integer_null("reason"))
        .col(text("message"))
        .col(text_null("root_cause"))
        .col(big_integer_null("declared_by"))
        .col(big_integer_null("merged_into"))
        .foreign_key(&mut belongs_to("organisation_id", "organisation"))
        .foreign_key(&mut person("acknowledged_by"))
        .foreign_key(&mut person("declared_by"))
        .to_owned()
}

/// What makes other alerts belong to an incident as well, such as a parent that their monitors share.
fn incident_key() -> TableCreateStatement {
    Table::create()
        .table("incident_key")
        .col(big_integer("incident_id"))
        .col(text("key"))
        .primary_key(&mut primary_key(&["incident_id", "key"]))
        .foreign_key(&mut belongs_to("incident_id", "incident"))
        .to_owned()
}

fn incident_entry() -> TableCreateStatement {
    Table::create()
        .table("incident_entry")
        .col(big_pk_auto("id"))
        .col(big_integer("incident_id"))
        .col(big_integer("at_ms"))
        .col(big_integer_null("person_id"))
        .col(text("entry"))
        .foreign_key(&mut belongs_to("incident_id", "incident"))
        .foreign_key(&mut person("person_id"))
        .to_owned()
}
