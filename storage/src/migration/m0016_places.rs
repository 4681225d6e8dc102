//! Chat platforms: which organisation a workspace talks for, who may speak there, and the codes that say so.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_integer_null, big_pk_auto, boolean, text, text_null};

use super::{belongs_to, drop_tables, index, primary_key, unique};

/// What a conversation has gained. `workspace_id` and `identity_id` are what it goes with: the workspace that it is in, or the
/// link of the one person who talks there alone. `unlinked` is what may be done by people who are not linked.
const GAINED: [&str; 5] = ["workspace_id", "identity_id", "title", "unlinked", "follows_all"];

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(workspace()).await?;
        manager.create_index(index("workspace", &["organisation_id"])).await?;
        manager.create_table(role_map()).await?;
        manager.create_table(visitor()).await?;
        manager.create_table(code()).await?;
        manager.create_index(index("code", &["organisation_id"])).await?;
        manager.create_index(index("chat_identity", &["person_id"])).await?;
        for (column, table) in [("workspace_id", "workspace"), ("identity_id", "chat_identity")] {
            // The query builder cannot add a column that refers to another table on SQLite.
            let add = format!(
                "ALTER TABLE conversation ADD COLUMN {column} bigint REFERENCES {table} (id) ON DELETE CASCADE"
            );
            manager.get_connection().execute_unprepared(&add).await?;
            manager.create_index(index("conversation", &[column])).await?;
        }
        for column in [text("title").default(""), &mut text_null("unlinked"), boolean("follows_all").default(false)] {
            manager.alter_table(Table::alter().table("conversation").add_column(column).to_owned()).await?;
        }
        let following = Expr::col("follows_all").eq(true);
        let following =
            index("conversation", &["organisation_id"]).name("conversation_following").and_where(following).to_owned();
        manager.create_index(following).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let indexes = ["conversation_following", "conversation_workspace_id", "conversation_identity_id"];
        for name in indexes.into_iter().chain(["chat_identity_person_id"]) {
            manager.drop_index(Index::drop().name(name).to_owned()).await?;
        }
        for column in GAINED.iter().rev() {
            manager.alter_table(Table::alter().table("conversation").drop_column(*column).to_owned()).await?;
        }
        drop_tables(manager, &["code", "visitor", "role_map", "workspace"]).await
    }
}

/// What is connected as a whole: a guild of Discord, a workspace of Slack, a group of Telegram.
fn workspace() -> TableCreateStatement {
    Table::create()
        .table("workspace")
        .col(big_pk_auto("id"))
        .col(big_integer("organisation_id"))
        .col(text("platform"))
        .col(text("external_id"))
        .col(text("name"))
        .col(big_integer_null("connected_by"))
        .col(big_integer("connected_at_ms"))
        .index(&mut unique(&["platform", "external_id"]))
        .foreign_key(&mut belongs_to("organisation_id", "organisation"))
        .foreign_key(belongs_to("connected_by", "person").on_delete(ForeignKeyAction::SetNull))
        .to_owned()
}

/// What those are who have a role on the platform.
fn role_map() -> TableCreateStatement {
    Table::create()
        .table("role_map")
        .col(big_integer("workspace_id"))
        .col(text("external_role"))
        .col(text("role"))
        .primary_key(&mut primary_key(&["workspace_id", "external_role"]))
        .foreign_key(&mut belongs_to("workspace_id", "workspace"))
        .to_owned()
}

/// People who were admitted without being linked, so that what they do has a name beside it.
fn visitor() -> TableCreateStatement {
    let key = ["organisation_id", "platform", "scope", "external_user"];
    Table::create()
        .table("visitor")
        .col(big_integer("organisation_id"))
        .col(text("platform"))
        .col(text("scope"))
        .col(text("external_user"))
        .col(big_integer("person_id"))
        .primary_key(&mut primary_key(&key))
        .foreign_key(&mut belongs_to("organisation_id", "organisation"))
        .foreign_key(&mut belongs_to("person_id", "person"))
        .to_owned()
}

/// What can be said once to connect a place or link a person; only its hash is kept.
fn code() -> TableCreateStatement {
    Table::create()
        .table("code")
        .col(text("hash").primary_key())
        .col(big_integer("organisation_id"))
        .col(text("purpose"))
        .col(text("platform"))
        .col(big_integer_null("person_id"))
        .col(text_null("role"))
        .col(text("name").default(""))
        .col(big_integer("made_by"))
        .col(big_integer("expires_at_ms"))
        .foreign_key(&mut belongs_to("organisation_id", "organisation"))
        .foreign_key(&mut belongs_to("person_id", "person"))
        .foreign_key(&mut belongs_to("made_by", "person"))
        .to_owned()
}
