//! Statements written as text, where the query builder would hide what happens or cannot say it.

use sea_orm::{DbBackend, Statement, Value};

/// The text of one statement. Placeholders are `$1`, `$2`… in both databases. The text is constant, so that each
/// connection prepares it once.
pub(crate) struct Sql {
    sqlite: &'static str,
    postgres: &'static str,
}

impl Sql {
    /// A statement that both databases understand.
    pub(crate) const fn both(text: &'static str) -> Self {
        Self { sqlite: text, postgres: text }
    }

    /// A statement that each database is told in its own words.
    pub(crate) const fn each(sqlite: &'static str, postgres: &'static str) -> Self {
        Self { sqlite, postgres }
    }

    /// The statement with its parameters.
    pub(crate) fn with(&self, backend: DbBackend, values: impl IntoIterator<Item = Value>) -> Statement {
        let text = if backend == DbBackend::Postgres { self.postgres } else { self.sqlite };
        Statement::from_sql_and_values(backend, text, values)
    }
}
