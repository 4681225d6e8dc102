use std::sync::atomic::{AtomicBool, Ordering};

use sea_orm::{ConnectionTrait, DatabaseTransaction, SqliteTransactionMode, TransactionOptions, TransactionTrait};

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
        Ok(Tx { conn, store: self.clone(), to_deliver: AtomicBool::new(false) })
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

/// What transactions of several processes take turns in. The numbers are arbitrary but must not change.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lock {
    Migration = 0x5741_4301,
    Bootstrap = 0x5741_4302,
    LateResults = 0x5741_4303,
    Incidents = 0x5741_4304,
    Maintenance = 0x5741_4305,
}
