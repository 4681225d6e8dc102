//! What every kind of monitor may have: assertions, labels, a group, parents. Until here only HTTP checks had
//! expectations, in a form of their own within the spec; they are said in assertions now.

use monitor_core::assertion::Assertion;
use sea_orm::{ConnectionTrait, QueryResult, Value as Parameter};
use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{text, text_null};
use serde_json::Value;

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
        translate(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name("monitor_with_parents").table("monitor").to_owned()).await?;
        for column in COLUMNS {
            manager.alter_table(Table::alter().table("monitor").drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}

/// Says the expectations of every HTTP check in assertions.
async fn translate(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    const READ: Sql = Sql::both("SELECT id, spec FROM monitor WHERE kind = 'http' AND id > $1 ORDER BY id LIMIT 500");
    const WRITE: Sql = Sql::both("UPDATE monitor SET spec = $2, assertions = $3 WHERE id = $1");
    let (connection, backend) = (manager.get_connection(), manager.get_database_backend());
    let mut after = 0;
    loop {
        let rows = connection.query_all_raw(READ.with(backend, [Parameter::from(after)])).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = id(last)?;
        for row in &rows {
            let spec: String = row.try_get("", "spec")?;
            // A spec that cannot be read stays as it is: it is named when its monitor is.
            let Ok(Value::Object(mut spec)) = serde_json::from_str(&spec) else { continue };
            let (said, lost): (Vec<_>, Vec<_>) =
                assertions(&mut spec).into_iter().partition(|text| Assertion::parse(text).is_ok());
            for text in lost {
                tracing::warn!(
                    monitor_id = id(row)?,
                    text,
                    "an expectation is too long to be kept; add it anew, shorter"
                );
            }
            let (spec, said) = (Value::Object(spec).to_string(), Value::from(said).to_string());
            connection.execute_raw(WRITE.with(backend, [id(row)?.into(), spec.into(), said.into()])).await?;
        }
    }
}

fn id(row: &QueryResult) -> Result<i64, DbErr> {
    row.try_get("", "id")
}

/// Takes the expectations out of a spec.
fn assertions(spec: &mut serde_json::Map<String, Value>) -> Vec<String> {
    let mut said = Vec::new();
    match spec.remove("expect").as_ref().and_then(Value::as_str) {
        None | Some("200..299") => {}
        Some(statuses) => said.push(format!("status in {statuses}")),
    }
    for assertion in spec.remove("assertions").as_ref().and_then(Value::as_array).into_iter().flatten() {
        let text = |key: &str| assertion.get(key).and_then(Value::as_str).unwrap_or_default();
        said.extend(match text("type") {
            "contains" => Some(format!("body contains {}", quoted(text("text")))),
            "matches" => Some(format!("body matches /{}/", text("pattern").replace('/', r"\/"))),
            "json" => Some(match assertion.get("equals") {
                None | Some(Value::Null) => format!("json {} exists", text("path")),
                Some(value) => format!("json {} == {value}", text("path")),
            }),
            _ => None,
        });
    }
    if let Some(slow) = spec.remove("slow_after") {
        let part = |key: &str| slow.get(key).and_then(Value::as_u64).unwrap_or_default();
        let millis = part("secs") * 1_000 + part("nanos") / 1_000_000;
        if millis > 0 {
            said.push(format!("latency < {millis}ms as degraded"));
        }
    }
    said
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expectations_become_assertions_that_are_understood() {
        let spec = serde_json::json!({
            "url": "https://shop.example/", "expect": "200,301..302",
            "assertions": [
                {"type": "contains", "text": "say \"hi\" \\o/"},
                {"type": "matches", "pattern": "^a/b\\d"},
                {"type": "json", "path": "$.status", "equals": "ok"},
                {"type": "json", "path": "$.items[0]", "equals": null},
            ],
            "slow_after": {"secs": 1, "nanos": 500_000_000},
        });
        let Value::Object(mut spec) = spec else { panic!("an object") };
        let said = assertions(&mut spec);
        assert_eq!(
            said,
            [
                "status in 200,301..302",
                r#"body contains "say \"hi\" \\o/""#,
                r"body matches /^a\/b\d/",
                r#"json $.status == "ok""#,
                "json $.items[0] exists",
                "latency < 1500ms as degraded",
            ]
        );
        for text in said {
            assert!(monitor_core::assertion::Assertion::parse(&text).is_ok(), "{text}");
        }
        assert_eq!(Value::Object(spec), serde_json::json!({"url": "https://shop.example/"}));
    }
}
