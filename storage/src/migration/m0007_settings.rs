//! What every kind of monitor may have: assertions, labels, a group, parents. Until here only HTTP checks had
//! expectations, in a form of their own within the spec; they are said in assertions now.

mod anew;
mod before;
#[cfg(test)]
mod tests;

use sea_orm::{ConnectionTrait, Value as Parameter};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{text, text_null};
use serde_json::{Map, Value};

use self::anew::in_assertions;
use self::before::in_spec;
use super::index;
use crate::sql::Sql;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const COLUMNS: [&str; 5] = ["assertions", "family", "labels", "group_name", "parents"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            text("assertions").default("[]").to_owned(),
            text("family").default("any").to_owned(),
            text("labels").default("{}").to_owned(),
            text_null("group_name"),
            text("parents").default("[]").to_owned(),
        ];
        for column in columns {
            manager.alter_table(Table::alter().table("monitor").add_column(column).to_owned()).await?;
        }
        // Few monitors depend on others, and those that do are asked for whenever one recovers.
        let depends = Expr::col("parents").ne("[]");
        manager
            .create_index(index("monitor", &["id"]).name("monitor_with_parents").and_where(depends).to_owned())
            .await?;
        translate(manager, in_assertions).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        translate(manager, in_spec).await?;
        tell_what_is_lost(manager).await?;
        manager.drop_index(Index::drop().name("monitor_with_parents").table("monitor").to_owned()).await?;
        for column in COLUMNS {
            manager.alter_table(Table::alter().table("monitor").drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}

/// Says how many monitors have settings that had no place before.
async fn tell_what_is_lost(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    const READ: Sql = Sql::both(
        "SELECT count(*) AS monitors FROM monitor
         WHERE family <> 'any' OR labels <> '{}' OR group_name IS NOT NULL OR parents <> '[]'",
    );
    let row = manager.get_connection().query_one_raw(READ.with(manager.get_database_backend(), [])).await?;
    let monitors: i64 = row.map_or(Ok(0), |row| row.try_get("", "monitors"))?;
    if monitors > 0 {
        tracing::warn!("{monitors} monitors lose their labels, groups, parents and address families");
    }
    Ok(())
}

/// A spec with the expectations of its check.
type Expected = (Map<String, Value>, Vec<String>);

/// Says the expectations of every HTTP check in another form: `said` makes it of a spec and its assertions, and says why
/// for each of those that it cannot.
async fn translate(manager: &SchemaManager<'_>, said: fn(Expected) -> (Expected, Vec<String>)) -> Result<(), DbErr> {
    const READ: Sql = Sql::both(
        "SELECT id, name, spec, assertions FROM monitor WHERE kind = 'http' AND id > $1 ORDER BY id LIMIT 500",
    );
    const WRITE: Sql = Sql::both("UPDATE monitor SET spec = $2, assertions = $3 WHERE id = $1");
    let (connection, backend) = (manager.get_connection(), manager.get_database_backend());
    let mut after = 0_i64;
    loop {
        let rows = connection.query_all_raw(READ.with(backend, [Parameter::from(after)])).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in &rows {
            after = row.try_get("", "id")?;
            let text = |column: &str| row.try_get::<String>("", column);
            // What cannot be read stays as it is: it is named when its monitor is.
            let Ok(spec) = serde_json::from_str(&text("spec")?) else { continue };
            let Ok(assertions) = serde_json::from_str(&text("assertions")?) else { continue };
            let ((spec, assertions), lost) = said((spec, assertions));
            for why in lost {
                tracing::warn!("{}: {why}", text("name")?);
            }
            let (spec, assertions) = (Value::Object(spec).to_string(), Value::from(assertions).to_string());
            connection.execute_raw(WRITE.with(backend, [after.into(), spec.into(), assertions.into()])).await?;
        }
    }
}
