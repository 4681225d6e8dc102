use sea_orm::{DbErr, RuntimeErr, sqlx};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why the database did not do what it was asked. What is merely not there is `None`, not an error.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, is busy or full: the same call may work later.
    #[error("the database is unavailable: {0}")]
    Unavailable(#[source] BoxError),
    /// A stored value cannot be what Watchword wrote.
    #[error("{table} {id} has an unreadable {column} in the database")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row, by its primary key.
        id: String,
    },
    /// The address of the database cannot be used. The text says what to write.
    #[error("{0}")]
    Url(String),
    /// The tables could not be brought to the form that this version needs.
    #[error("the database could not be migrated: {0}")]
    Migration(String),
    /// The key cannot be read, or a secret was encrypted with another one.
    #[error("{0}")]
    Secret(String),
    /// Anything else: a fault of Watchword, or a database that somebody else changed.
    #[error("the database refused: {0}")]
    Other(#[source] BoxError),
}

impl StoreError {
    /// The error of a row that does not read back.
    pub(crate) fn corrupt(table: &'static str, column: &'static str, id: impl ToString) -> Self {
        Self::Corrupt { table, column, id: id.to_string() }
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        let passing = match &error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
            DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => is_passing(error),
            _ => false,
        };
        if passing { Self::Unavailable(error.into()) } else { Self::Other(error.into()) }
    }
}

fn is_passing(error: &sqlx::Error) -> bool {
    use sqlx::Error;
    match error {
        Error::Io(_) | Error::Tls(_) | Error::PoolTimedOut | Error::PoolClosed | Error::WorkerCrashed => true,
        Error::Database(error) => {
            let code = error.code().unwrap_or_default();
            if error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
                is_passing_in_postgres(&code)
            } else {
                code.parse().is_ok_and(is_passing_in_sqlite)
            }
        }
        _ => false,
    }
}

/// Connection exceptions, resources, an operator's intervention, serialization failure, deadlock, lock not available.
/// Source: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn is_passing_in_postgres(code: &str) -> bool {
    ["08", "53", "57"].iter().any(|class| code.starts_with(class)) || ["40001", "40P01", "55P03"].contains(&code)
}

/// Busy, locked, out of memory, I/O error, disk full, cannot open; extended codes keep those in the low byte.
/// Source: <https://www.sqlite.org/rescode.html>.
fn is_passing_in_sqlite(code: i32) -> bool {
    [5, 6, 7, 10, 13, 14].contains(&(code & 0xff))
}
