use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend};
use tokio::sync::Notify;

use crate::seal::Cipher;
use crate::sign::Signer;
use crate::sql::Sql;
use crate::wal::{Commits, TOO_LONG_PAGES};
use crate::{SecretKey, StoreError};

/// How long a statement waits for a connection, and on SQLite for another process's write.
const PATIENCE: Duration = Duration::from_secs(10);

/// Memory for the pages that SQLite's writer changes again and again, in KiB below zero, as SQLite wants it.
const WRITER_CACHE: &str = "-16384";

/// Where the database is and how it is used.
#[derive(Clone)]
pub struct ConnectOptions {
    /// `sqlite:path`, `sqlite://path` or `postgres://user:password@host:port/name`.
    pub url: String,
    /// Most connections that read at the same time, at least 1. PostgreSQL is given as many again for writing;
    /// SQLite has one writer whatever is said.
    pub readers: u32,
    /// What a commit waits for on SQLite. PostgreSQL has its own setting, `synchronous_commit`.
    pub durability: Durability,
}

impl ConnectOptions {
    /// That database, with 4 readers and [`Durability::Normal`].
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), readers: 4, durability: Durability::default() }
    }
}

/// Leaves out the address, which may hold a password.
impl fmt::Debug for ConnectOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url: _, readers, durability } = self;
        f.debug_struct("ConnectOptions")
            .field("readers", readers)
            .field("durability", durability)
            .finish_non_exhaustive()
    }
}

/// What a commit waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// The operating system has it: a killed process loses nothing, a power failure may lose the last seconds.
    #[default]
    Normal,
    /// The disk has it.
    Full,
}

/// The open database. Clones share its connections.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    backend: DbBackend,
    writer: DatabaseConnection,
    reader: DatabaseConnection,
    commits: Commits,
    outbox: Notify,
    cipher: Cipher,
    signer: Signer,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Store").field(&self.0.backend).finish()
    }
}

impl Store {
    /// Opens the database; a SQLite file is created with its folder. The tables are made by [`Store::migrate`].
    ///
    /// # Errors
    /// [`StoreError::Url`] for an address that is none, [`StoreError::Unavailable`] when nothing answers there.
    pub async fn connect(options: &ConnectOptions, key: SecretKey) -> Result<Self, StoreError> {
        let scheme = options.url.split_once(':').map_or("", |(scheme, _)| scheme);
        let (cipher, signer) = (Cipher::new(&key), key.signer());
        let inner = match scheme {
            "sqlite" => connect_sqlite(options, cipher, signer).await?,
            "postgres" | "postgresql" => {
                let pool = connect_postgres(options).await?;
                let (backend, commits) = (DbBackend::Postgres, Commits::untold());
                Inner { backend, writer: pool.clone(), reader: pool, commits, outbox: Notify::new(), cipher, signer }
            }
            _ => return Err(wrong_url("the database's address is not one of those that can be used")),
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Asks the database for a sign of life.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] without one.
    pub async fn ping(&self) -> Result<(), StoreError> {
        const PING: Sql = Sql::both("SELECT 1");
        self.reader().query_one_raw(PING.with(self.backend(), [])).await?;
        Ok(())
    }

    /// Closes all connections, of every clone. On SQLite this also folds the write-ahead log into the file.
    pub async fn close(self) {
        self.0.commits.end();
        // Closing only fails for connections that are gone already.
        let _ = self.0.reader.close_by_ref().await;
        let _ = self.0.writer.close_by_ref().await;
    }

    /// How much room the database takes, in bytes; on SQLite without the write-ahead log.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Other`].
    pub async fn size_bytes(&self) -> Result<u64, StoreError> {
        const SIZE: Sql = Sql::each(
            "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
            "SELECT pg_database_size(current_database())",
        );
        let row = self.reader().query_one_raw(SIZE.with(self.backend(), [])).await?;
        let bytes: i64 = row.map_or(Ok(0), |row| row.try_get_by(0))?;
        Ok(u64::try_from(bytes).unwrap_or(0))
    }

    pub(crate) fn backend(&self) -> DbBackend {
        self.0.backend
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.0.backend == DbBackend::Postgres
    }

    pub(crate) fn reader(&self) -> &DatabaseConnection {
        &self.0.reader
    }

    pub(crate) fn writer(&self) -> &DatabaseConnection {
        &self.0.writer
    }

    pub(crate) fn commits(&self) -> &Commits {
        &self.0.commits
    }

    /// Wakes whoever delivers notifications, after a commit that gave them something to do.
    #[must_use]
    pub fn outbox(&self) -> &Notify {
        &self.0.outbox
    }

    pub(crate) fn cipher(&self) -> &Cipher {
        &self.0.cipher
    }

    pub(crate) fn signer(&self) -> &Signer {
        &self.0.signer
    }
}

fn wrong_url(why: &str) -> StoreError {
    StoreError::Url(format!("{why}; write it like sqlite:data/watchword.db or postgres://user:password@host/name"))
}

/// One connection that writes and several that read: SQLite has one writer at a time, and waiting for it in our own
/// queue is fair and cheap, while waiting in SQLite is neither.
async fn connect_sqlite(options: &ConnectOptions, cipher: Cipher, signer: Signer) -> Result<Inner, StoreError> {
    let parsed: SqliteConnectOptions =
        options.url.parse().map_err(|error| wrong_url(&format!("the database's address does not work: {error}")))?;
    let file = parsed.get_filename();
    if options.url.contains(":memory:") || options.url.contains("mode=memory") {
        return Err(wrong_url("a database in memory would be another one for each connection"));
    }
    if file.as_os_str().is_empty() {
        return Err(wrong_url("the database's address names no file"));
    }
    create_folder(file)?;

    let durability = options.durability;
    let common = move |sqlite: SqliteConnectOptions| {
        let synchronous = match durability {
            Durability::Normal => SqliteSynchronous::Normal,
            Durability::Full => SqliteSynchronous::Full,
        };
        sqlite
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .busy_timeout(PATIENCE)
            .foreign_keys(true)
    };
    let mut pool = pool(&options.url, 1);
    pool.idle_timeout(None).max_lifetime(None).test_before_acquire(false).map_sqlx_sqlite_opts(move |sqlite| {
        common(sqlite)
            .pragma("cache_size", WRITER_CACHE)
            // What it takes to undo one statement of many rows would be a file for each of them.
            .pragma("temp_store", "MEMORY")
            .pragma("wal_autocheckpoint", TOO_LONG_PAGES)
    });
    // First the writer, which creates the file.
    let writer = Database::connect(pool.clone()).await?;
    pool.max_connections(options.readers.max(1))
        .map_sqlx_sqlite_opts(move |sqlite| common(sqlite).pragma("query_only", "ON"));
    let reader = Database::connect(pool).await?;
    let commits = Commits::keep_log_short(file, reader.clone(), writer.clone());
    Ok(Inner { backend: DbBackend::Sqlite, writer, reader, commits, outbox: Notify::new(), cipher, signer })
}

fn create_folder(file: &Path) -> Result<(), StoreError> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => std::fs::create_dir_all(folder)
            .map_err(|error| StoreError::Url(format!("the folder {} cannot be created: {error}", folder.display()))),
        _ => Ok(()),
    }
}

async fn connect_postgres(options: &ConnectOptions) -> Result<DatabaseConnection, StoreError> {
    // The parser's message is not passed on: it may quote the password.
    options
        .url
        .parse::<PgConnectOptions>()
        .map_err(|_| wrong_url("the database's address cannot be read as a PostgreSQL address"))?;
    let url = options.url.replacen("postgresql:", "postgres:", 1);
    let mut pool = pool(&url, options.readers.max(1).saturating_mul(2));
    // A connection that just worked is trusted; one that rested may have been cut by a firewall or a restart.
    pool.set_application_name("watchword").test_before_acquire_if_idle_for(Duration::from_secs(5));
    Ok(Database::connect(pool).await?)
}

fn pool(url: &str, connections: u32) -> sea_orm::ConnectOptions {
    let mut pool = sea_orm::ConnectOptions::new(url);
    pool.max_connections(connections).connect_timeout(PATIENCE).acquire_timeout(PATIENCE).sqlx_logging(false);
    pool
}
