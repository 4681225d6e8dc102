//! How much room each table takes.

use sea_orm::{ConnectionTrait, Statement};

use crate::rows::get;
use crate::sql::Sql;
use crate::{Store, StoreError};

/// How large a table is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableSize {
    /// The table's name.
    pub table: String,
    /// Its rows.
    pub rows: u64,
    /// The bytes of all its pages, and of those of its indexes.
    pub bytes: u64,
}

impl Store {
    /// The size of every table, by name. Reads the whole database, so it is nothing to ask often.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`].
    pub async fn table_sizes(&self) -> Result<Vec<TableSize>, StoreError> {
        const SIZES: Sql = Sql::each(
            "SELECT s.tbl_name AS name, CAST(SUM(d.pgsize) AS bigint) AS bytes
             FROM dbstat('main', 1) AS d JOIN sqlite_schema AS s ON s.name = d.name GROUP BY s.tbl_name ORDER BY s.tbl_name",
            "SELECT CAST(relname AS text) AS name, pg_total_relation_size(oid) AS bytes FROM pg_class
             WHERE relkind = 'r' AND relnamespace = CAST(current_schema() AS regnamespace) ORDER BY relname",
        );
        let mut sizes = Vec::new();
        for row in self.reader().query_all_raw(SIZES.with(self.backend(), [])).await? {
            let (table, bytes): (String, i64) = (get(&row, "name")?, get(&row, "bytes")?);
            // The name comes from the database's own catalogue.
            let count = Statement::from_string(self.backend(), format!("SELECT COUNT(*) AS total FROM \"{table}\""));
            let row = self.reader().query_one_raw(count).await?;
            let rows: i64 = row.map_or(Ok(0), |row| get(&row, "total"))?;
            let unsigned = |value| u64::try_from(value).unwrap_or(0);
            sizes.push(TableSize { table, rows: unsigned(rows), bytes: unsigned(bytes) });
        }
        Ok(sizes)
    }
}
