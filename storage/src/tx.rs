use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait,
};

use crate::sql::Sql;
use crate::{Store, StoreError};

/// A transaction for writing: all of it happens with [`Tx::commit`], nothing of it when dropped before.
///
/// On SQLite there is one at a time and others wait for it, so it should be short.
#[derive(Debug)]
pub struct Tx {
    conn: DatabaseTransaction,
    store: Store,
    /// Whether there is something new to deliver.
    to_deliver: AtomicBool,
    /// What is written together; `None`: each by itself.
    together: Mutex<Option<Vec<Statement>>>,
}

impl Store {
    /// Begins a transaction for writing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when no connection is free in time.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        // Taking the write lock at once waits for other processes here, instead of failing half-way.
        let sqlite_transaction_mode = (!self.is_postgres()).then_some(SqliteTransactionMode::Immediate);
        let options = TransactionOptions { sqlite_transaction_mode, ..TransactionOptions::default() };
        let conn = self.writer().begin_with_options(options).await?;
        Ok(Tx { conn, store: self.clone(), to_deliver: AtomicBool::new(false), together: Mutex::default() })
    }
}

impl Tx {
    /// Makes everything done in it lasting and visible.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database went away; nothing of it happened then, or all of it.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.conn.commit().await?;
        self.store.commits().tell();
        if self.to_deliver.into_inner() {
            self.store.outbox().notify_one();
        }
        Ok(())
    }

    /// Collects what is written by [`Tx::put`] from now on, until [`Tx::write_together`]. Nothing of it can be read before.
    pub fn gather_writes(&self) {
        *self.lock_together() = Some(Vec::new());
    }

    /// Writes what was collected. On SQLite that is one trip to the thread that it runs in, whose cost is otherwise most of
    /// that of a small statement.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn write_together(&self) -> Result<(), StoreError> {
        let statements = self.lock_together().take().unwrap_or_default();
        if self.store.is_postgres() {
            for statement in statements {
                self.conn.execute_raw(statement).await?;
            }
        } else if !statements.is_empty() {
            self.conn.execute_raw(joined(statements)).await?;
        }
        Ok(())
    }

    /// Writes something of which nobody needs to know what it did; later, if writes are being gathered.
    pub(crate) async fn put(&self, statement: Statement) -> Result<(), StoreError> {
        if let Some(together) = &mut *self.lock_together() {
            together.push(statement);
            return Ok(());
        }
        self.conn.execute_raw(statement).await?;
        Ok(())
    }

    fn lock_together(&self) -> MutexGuard<'_, Option<Vec<Statement>>> {
        self.together.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has whoever delivers notifications woken by the commit.
    pub(crate) fn wake_outbox(&self) {
        self.to_deliver.store(true, Ordering::Relaxed);
    }

    pub(crate) fn conn(&self) -> &DatabaseTransaction {
        &self.conn
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Makes every other transaction that asks for the same lock wait for the end of this one. On SQLite every
    /// transaction for writing does so anyway.
    pub(crate) async fn lock(&self, lock: Lock) -> Result<(), StoreError> {
        const LOCK: Sql = Sql::both("SELECT pg_advisory_xact_lock($1)");
        if self.store.is_postgres() {
            self.conn.execute_raw(LOCK.with(self.store.backend(), [(lock as i64).into()])).await?;
        }
        Ok(())
    }
}

/// Several statements as one, whose placeholders are numbered on.
fn joined(statements: Vec<Statement>) -> Statement {
    let (mut sql, mut values) = (String::new(), Vec::new());
    for statement in statements {
        let offset = values.len();
        let mut rest = statement.sql.as_str();
        while let Some(place) = rest.find('$') {
            let digits = rest[place + 1..].bytes().take_while(u8::is_ascii_digit).count();
            let end = place + 1 + digits;
            sql.push_str(&rest[..=place]);
            match rest[place + 1..end].parse::<usize>() {
                Ok(number) => sql.push_str(&(number + offset).to_string()),
                Err(_) => sql.push_str(&rest[place + 1..end]),
            }
            rest = &rest[end..];
        }
        sql.push_str(rest);
        sql.push_str(";\n");
        values.extend(statement.values.into_iter().flat_map(|values| values.0));
    }
    Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)
}

/// What transactions of several processes take turns in. The numbers are arbitrary but must not change.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lock {
    Migration = 0x5741_4301,
    Bootstrap = 0x5741_4302,
    LateResults = 0x5741_4303,
    Incidents = 0x5741_4304,
    Maintenance = 0x5741_4305,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_that_are_joined_keep_their_values() {
        let one = |sql, values: Vec<i64>| {
            Statement::from_sql_and_values(DbBackend::Sqlite, sql, values.into_iter().map(sea_orm::Value::from))
        };
        let both = joined(vec![one("INSERT $1, $2, $1", vec![10, 20]), one("UPDATE $2 WHERE '$' < $1", vec![30, 40])]);
        assert_eq!(both.sql, "INSERT $1, $2, $1;\nUPDATE $4 WHERE '$' < $3;\n");
        let values: Vec<_> = both.values.into_iter().flat_map(|values| values.0).collect();
        assert_eq!(values, [10_i64, 20, 30, 40].map(sea_orm::Value::from));
    }
}
