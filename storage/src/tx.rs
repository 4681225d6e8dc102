use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use monitor_core::report::Progress;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

use crate::conn::Conn;
use crate::sql::Sql;
use crate::{Store, StoreError};

/// A transaction for writing: all of it happens with [`Tx::commit`], nothing of it when dropped before.
///
/// On SQLite there is one at a time and others wait for it, so it should be short.
#[derive(Debug)]
pub struct Tx {
    conn: Conn,
    store: Store,
    /// Whether there is something new to deliver.
    to_deliver: AtomicBool,
    /// Up to when rollups may have been made, once that was read with something else.
    rollup_targets: OnceLock<Progress>,
}

impl Store {
    /// Begins a transaction for writing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when no connection is free in time.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let conn = Conn::begin(self.writer()).await?;
        Ok(Tx { conn, store: self.clone(), to_deliver: AtomicBool::new(false), rollup_targets: OnceLock::new() })
    }
}

impl Tx {
    /// Makes everything done in it lasting and visible.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database went away; nothing of it happened then, or all of it.
    pub async fn commit(self) -> Result<(), StoreError> {
        let Self { conn, store, to_deliver, .. } = self;
        conn.commit().await?;
        store.commits().tell();
        if to_deliver.into_inner() {
            store.outbox().notify_one();
        }
        Ok(())
    }

    /// Writes something of which nobody needs to know what it did. On SQLite it goes with whatever is asked next, or with the
    /// commit, which fails if this does.
    pub(crate) async fn put(&self, statement: Statement) -> Result<(), StoreError> {
        Ok(self.conn.put(statement).await?)
    }

    /// Has whoever delivers notifications woken by the commit.
    pub(crate) fn wake_outbox(&self) {
        self.to_deliver.store(true, Ordering::Relaxed);
    }

    pub(crate) fn conn(&self) -> &Conn {
        &self.conn
    }

    pub(crate) fn known_targets(&self) -> &OnceLock<Progress> {
        &self.rollup_targets
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Makes every other transaction that asks for the same lock wait for the end of this one. On SQLite every
    /// transaction for writing does so anyway.
    pub(crate) async fn lock(&self, lock: Lock) -> Result<(), StoreError> {
        if self.store.is_postgres() {
            self.conn.execute_raw(lock.statement()).await?;
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

impl Lock {
    /// The statement that waits for it, on PostgreSQL.
    pub(crate) fn statement(self) -> Statement {
        const LOCK: Sql = Sql::both("SELECT pg_advisory_xact_lock($1)");
        LOCK.with(DbBackend::Postgres, [(self as i64).into()])
    }
}
