//! What checks found, what that adds up to, and changes of status.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, big_pk_auto, blob, small_integer, small_integer_null, text, text_null};

use super::{belongs_to, drop_tables, index, is_postgres, primary_key};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // The key is the table on SQLite, so that no index repeats it.
        let clustered = if is_postgres(manager) { "" } else { "WITHOUT ROWID" };
        manager.create_table(check_result().extra(clustered).to_owned()).await?;
        manager.create_table(rollup().extra(clustered).to_owned()).await?;
        if is_postgres(manager) {
            let by_time =
                index("check_result", &["at_ms"]).index_type(IndexType::Custom("BRIN".into_iden())).to_owned();
            manager.create_index(by_time).await?;
        }
        manager
            .create_table(
                Table::create()
                    .table("rollup_progress")
                    .col(small_integer("resolution").primary_key())
                    .col(big_integer("until_ms"))
                    .col(big_integer("target_ms"))
                    .to_owned(),
            )
            .await?;
        // One row for each resolution from the start, for there has to be something to lock.
        let progress = Query::insert()
            .into_table("rollup_progress")
            .columns(["resolution", "until_ms", "target_ms"])
            .values_panic([1.into(), 0.into(), 0.into()])
            .values_panic([2.into(), 0.into(), 0.into()])
            .values_panic([3.into(), 0.into(), 0.into()])
            .to_owned();
        manager.execute(progress).await?;
        manager
            .create_table(
                Table::create()
                    .table("flip")
                    .col(big_pk_auto("id"))
                    .col(big_integer("monitor_id"))
                    .col(big_integer("at_ms"))
                    .col(text("from_status"))
                    .col(text("to_status"))
                    .foreign_key(&mut belongs_to("monitor_id", "monitor"))
                    .to_owned(),
            )
            .await?;
        manager.create_index(index("flip", &["monitor_id", "at_ms"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_tables(manager, &["flip", "rollup_progress", "rollup", "check_result"]).await
    }
}

fn check_result() -> TableCreateStatement {
    Table::create()
        .table("check_result")
        .col(big_integer("monitor_id"))
        .col(big_integer("at_ms"))
        .col(small_integer("reason"))
        .col(big_integer("duration_us"))
        .col(small_integer_null("http_status"))
        .col(big_integer("bytes"))
        .col(blob("timings"))
        .col(text_null("message"))
        .primary_key(&mut primary_key(&["monitor_id", "at_ms"]))
        .foreign_key(&mut belongs_to("monitor_id", "monitor"))
        .to_owned()
}

/// The monitor leads the key, so that one index serves both its reports and its removal.
fn rollup() -> TableCreateStatement {
    Table::create()
        .table("rollup")
        .col(small_integer("resolution"))
        .col(big_integer("monitor_id"))
        .col(big_integer("start_ms"))
        .col(big_integer("ok"))
        .col(big_integer("slow"))
        .col(big_integer("failed"))
        .col(big_integer("inconclusive"))
        .col(big_integer("bytes"))
        .col(big_integer("latency_sum_us"))
        .col(blob("sketch"))
        .primary_key(&mut primary_key(&["monitor_id", "resolution", "start_ms"]))
        .foreign_key(&mut belongs_to("monitor_id", "monitor"))
        .to_owned()
}
