//! Many rows into a statement as one parameter, and values out of the rows that it answers.

use std::borrow::Cow;
use std::fmt::Write;

use monitor_core::Timestamp;
use monitor_core::monitor::MonitorId;
use sea_orm::{QueryResult, TryGetable, Value};
use serde::Serialize;

use crate::StoreError;

/// Writes one text for both databases. Between the pieces of text may stand: `rows`, the elements of the JSON array
/// in `$1`, each a `value`; `unhex`, the function that reads hexadecimal text, whose second argument has to be `'hex'`;
/// `(postgres "…")`, text for PostgreSQL alone, which is how rows are locked, or `(sqlite "…")`; and `[name!()]`, a macro's text.
macro_rules! sql {
    ($($part:tt)+) => {
        $crate::sql::Sql::each(
            concat!($($crate::rows::piece!(sqlite $part)),+),
            concat!($($crate::rows::piece!(postgres $part)),+),
        )
    };
}

macro_rules! piece {
    (sqlite rows) => { "json_each($1)" };
    (postgres rows) => { "jsonb_array_elements($1::jsonb)" };
    // What is not hexadecimal in the second argument is skipped in the first.
    (sqlite unhex) => { "unhex" };
    (postgres unhex) => { "decode" };
    (sqlite (sqlite $text:literal)) => { $text };
    (postgres (sqlite $text:literal)) => { "" };
    (sqlite (postgres $text:literal)) => { "" };
    (postgres (postgres $text:literal)) => { $text };
    ($backend:ident [$($text:tt)+]) => { $($text)+ };
    ($backend:ident $text:literal) => { $text };
}

pub(crate) use {piece, sql};

/// The parameter behind `rows`: each row is an array, so that `value->>0` is its first column in both databases.
pub(crate) fn json<T: Serialize>(rows: &[T]) -> Result<Value, StoreError> {
    Ok(serde_json::to_string(rows).map_err(|error| StoreError::Other(error.into()))?.into())
}

/// The parameter behind `rows` for the ids of monitors.
pub(crate) fn json_ids(ids: &[MonitorId]) -> Result<Value, StoreError> {
    json(&ids.iter().map(|id| [id.0]).collect::<Vec<_>>())
}

/// Bytes as hexadecimal text, for `unhex`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Text without the NUL characters that PostgreSQL refuses: what a target sent must not stop a whole batch.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { text.replace('\0', "\u{fffd}").into() } else { text.into() }
}

/// A count in the form that is stored.
pub(crate) fn integer(value: impl TryInto<i64>) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}

/// The value of a column.
pub(crate) fn get<T: TryGetable>(row: &QueryResult, column: &str) -> Result<T, StoreError> {
    Ok(row.try_get("", column)?)
}

/// The time of a column in milliseconds.
pub(crate) fn time(row: &QueryResult, column: &str) -> Result<Timestamp, StoreError> {
    Ok(Timestamp::from_millis(get(row, column)?))
}

/// The monitor of a row.
pub(crate) fn monitor(row: &QueryResult) -> Result<MonitorId, StoreError> {
    Ok(MonitorId(get(row, "monitor_id")?))
}

/// The count in a column, which is never negative.
pub(crate) fn count(row: &QueryResult, table: &'static str, column: &'static str) -> Result<u64, StoreError> {
    let value: i64 = get(row, column)?;
    u64::try_from(value).map_err(|_| StoreError::corrupt(table, column, value))
}
