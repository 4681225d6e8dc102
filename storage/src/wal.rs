//! Folding SQLite's write-ahead log into the database file beside the writer instead of within its commits.
//!
//! Left alone, SQLite does so in whichever commit makes the log too long, and all that wait to be written wait until the
//! disk has both files. Here a connection that reads does nearly all of it while the writer goes on, and the disk is waited
//! for beside it as well; then the writer does the little that came meanwhile, after which its next transaction begins the
//! log anew, over the old one: cutting the file would take the disk longer than all that.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};
use tokio::sync::watch;

use crate::StoreError;
use crate::sql::Sql;

/// How long the log becomes before it is folded into the file, in bytes.
const LONG: u64 = 32 << 20;

/// The same in pages of 4 KiB, as the log counts them.
const LONG_PAGES: i64 = 8_192;

/// How long the log becomes before a commit folds it after all, in pages.
pub(crate) const TOO_LONG_PAGES: &str = "131072";

/// Least time from one folding to the next: the writer's part may keep pings waiting for some milliseconds.
const EVERY: Duration = Duration::from_secs(4);

/// Tells of commits, and in the end that there will be none.
pub(crate) struct Commits(watch::Sender<bool>);

impl Commits {
    /// Of a database whose log is nobody's business.
    pub(crate) fn untold() -> Self {
        Self(watch::Sender::new(true))
    }

    /// Keeps the log of that SQLite file short for as long as there are commits. While there are none, nobody wakes up.
    pub(crate) fn keep_log_short(file: &Path, reader: DatabaseConnection, writer: DatabaseConnection) -> Self {
        let (told, mut commits) = watch::channel(true);
        let mut log = file.as_os_str().to_owned();
        log.push("-wal");
        let log = PathBuf::from(log);
        // It is never closed: closing a file releases all locks that the process has on it, SQLite's among them.
        let file = File::open(file).ok().map(|file| &*Box::leak(Box::new(file)));
        tokio::spawn(async move {
            while commits.changed().await.is_ok() && *commits.borrow_and_update() {
                tokio::time::sleep(EVERY).await;
                // A log that never was long needs no look at what is in it.
                let long = std::fs::metadata(&log).is_ok_and(|log| log.len() > LONG);
                let folded = if long { keep_short(file, &reader, &writer).await } else { Ok(()) };
                if let Err(error) = folded
                    && *commits.borrow()
                {
                    tracing::warn!(%error, "the write-ahead log could not be folded into the database");
                }
            }
        });
        Self(told)
    }

    pub(crate) fn tell(&self) {
        self.0.send_replace(true);
    }

    pub(crate) fn end(&self) {
        self.0.send_replace(false);
    }
}

/// Folds the log into the file if it is long.
async fn keep_short(
    file: Option<&'static File>,
    reader: &DatabaseConnection,
    writer: &DatabaseConnection,
) -> Result<(), StoreError> {
    if fold(reader).await? > LONG_PAGES {
        // Whoever reaches the end of the log waits until the disk has all that was folded. That is to be the writer, and there
        // is to be little of it: what came during the first time takes less time, and what came during that still less.
        settle(file).await;
        fold(reader).await?;
        settle(file).await;
        fold(writer).await?;
    }
    Ok(())
}

/// Waits until the disk has what was folded. Whatever goes wrong is found by SQLite, which asks for the same.
async fn settle(file: Option<&'static File>) {
    if let Some(file) = file {
        let _ = tokio::task::spawn_blocking(|| file.sync_data()).await;
    }
}

/// Folds as much as nobody reads or writes just now, and tells how many pages the log has. It waits for nobody, and
/// nobody waits for it but who needs the same connection.
async fn fold(connection: &DatabaseConnection) -> Result<i64, StoreError> {
    const FOLD: Sql = Sql::both("PRAGMA wal_checkpoint(PASSIVE)");
    let row = connection.query_one_raw(FOLD.with(DbBackend::Sqlite, [])).await?;
    row.map_or(Ok(0), |row| Ok(row.try_get_by("log")?))
}
