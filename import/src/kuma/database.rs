//! Reading `kuma.db`.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Map, Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{Column, ConnectOptions, Connection, Row, SqliteConnection, TypeInfo, ValueRef};

use crate::draft::Import;
use crate::record::Record;
use crate::{ImportError, MAX_ENTRIES};

/// The tags of all monitors. Databases of before version 1.3 have none.
const TAGS: &str = "SELECT mt.monitor_id, t.name, mt.value FROM monitor_tag mt JOIN tag t ON t.id = mt.tag_id";

/// Reads the monitors of a database, which is not changed, and may be in use.
pub(crate) async fn read_database(path: &Path) -> Result<Import, ImportError> {
    let broken = |error: sqlx::Error| ImportError::Broken { format: "an SQLite database", why: error.to_string() };
    let options = SqliteConnectOptions::new().filename(path).read_only(true).disable_statement_logging();
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(broken)?;
    let most = i64::try_from(MAX_ENTRIES + 1).unwrap_or(i64::MAX);
    let monitors = sqlx::query("SELECT * FROM monitor ORDER BY id LIMIT ?").bind(most);
    let monitors = monitors.fetch_all(&mut connection).await.map_err(|error| ImportError::Broken {
        format: "an SQLite database",
        why: format!("it is none of Uptime Kuma ({error})"),
    })?;
    let tags = sqlx::query(TAGS).fetch_all(&mut connection).await.unwrap_or_default();
    connection.close().await.map_err(broken)?;
    let mut tagged: HashMap<String, Vec<Value>> = HashMap::new();
    for tag in &tags {
        let mut tag = object(tag);
        let id = tag.remove("monitor_id").map(|id| id.to_string()).unwrap_or_default();
        tagged.entry(id).or_default().push(Value::Object(tag));
    }
    let records = monitors.iter().map(|row| {
        let mut monitor = object(row);
        let id = monitor.get("id").map(ToString::to_string).unwrap_or_default();
        monitor.insert("tags".to_owned(), json!(tagged.remove(&id).unwrap_or_default()));
        Record::new(Value::Object(monitor))
    });
    Ok(super::read(records.collect()))
}

/// A row with whatever columns the version has.
fn object(row: &SqliteRow) -> Map<String, Value> {
    row.columns().iter().map(|column| (column.name().to_owned(), cell(row, column.ordinal()))).collect()
}

/// The type of a value is its own in SQLite, and not that of its column.
fn cell(row: &SqliteRow, index: usize) -> Value {
    let kind = match row.try_get_raw(index) {
        Ok(raw) if !raw.is_null() => raw.type_info().name().to_owned(),
        _ => return Value::Null,
    };
    let value = match kind.as_str() {
        "REAL" => row.try_get_unchecked::<f64, _>(index).map(Value::from),
        "TEXT" => row.try_get_unchecked::<String, _>(index).map(Value::from),
        "BLOB" => Ok(Value::Null),
        _ => row.try_get_unchecked::<i64, _>(index).map(Value::from),
    };
    value.or_else(|_| row.try_get_unchecked::<String, _>(index).map(Value::from)).unwrap_or_default()
}
