//! Databases of a test's own, gone when it ends.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot be set up has failed")]

use monitor_core::people::{Actor, OrganisationId, Role};
use sea_orm::{ConnectionTrait, Database};
use storage::{ConnectOptions, SecretKey, Store};
use tempfile::TempDir;

use crate::builders::START;
use crate::services;

/// The key of every test database, in base64.
pub const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A migrated, empty database. It is removed when dropped, so keep it for as long as its store is used.
#[derive(Debug)]
pub struct TestDatabase {
    /// The open database.
    pub store: Store,
    /// Its address, for another connection.
    pub url: String,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Folder { _kept: TempDir },
    Server { url: String, name: String },
}

/// One test database of each kind: SQLite and PostgreSQL.
///
/// # Panics
/// Like [`TestDatabase::postgres`].
pub async fn databases() -> Vec<TestDatabase> {
    vec![TestDatabase::sqlite().await, TestDatabase::postgres().await]
}

/// Tests the same on both databases: `both!(name, async |database| { … })` makes the tests `name::sqlite` and
/// `name::postgres`, which are given a [`TestDatabase`](crate::database::TestDatabase).
#[macro_export]
macro_rules! both {
    ($name:ident, $body:expr) => {
        mod $name {
            #[allow(unused_imports, reason = "the test may need nothing from around it")]
            use super::*;

            #[tokio::test]
            async fn sqlite() {
                $crate::database::run($crate::database::TestDatabase::sqlite().await, $body).await;
            }

            #[tokio::test]
            async fn postgres() {
                $crate::database::run($crate::database::TestDatabase::postgres().await, $body).await;
            }
        }
    };
}

/// Runs a test's body; the macro [`both!`] calls it.
pub async fn run(database: TestDatabase, body: impl AsyncFnOnce(TestDatabase)) {
    body(database).await;
}

impl TestDatabase {
    /// A SQLite file in a folder of its own.
    ///
    /// # Panics
    /// When the file cannot be made.
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let url = format!("sqlite:{}", folder.path().join("watchword.db").display());
        Self { store: open(&url).await, url, place: Place::Folder { _kept: folder } }
    }

    /// A database of its own on the PostgreSQL server that `WATCHWORD_TEST_POSTGRES_URL` names.
    ///
    /// # Panics
    /// When the variable is not set, or the server does not let its user create databases.
    pub async fn postgres() -> Self {
        let server = services::postgres();
        let name = unique_name();
        // Template 0, because nobody can be connected to it, which would stop us.
        execute(&server, &format!("CREATE DATABASE {name} TEMPLATE template0")).await;
        let url = with_database(&server, &name);
        Self { store: open(&url).await, url, place: Place::Server { url: server, name } }
    }

    /// Opens the same database once more, with a key in base64.
    ///
    /// # Panics
    /// When the key is none or the database does not open.
    pub async fn open_again(&self, key: &str) -> Store {
        let key = SecretKey::from_base64(key).expect("a key in base64");
        Store::connect(&ConnectOptions::new(&self.url), key).await.expect("the database opens")
    }

    /// The owner of another organisation, which is made. Works once.
    ///
    /// # Panics
    /// When the database does not do it.
    pub async fn stranger(&self) -> Actor {
        const ORGANISATION: OrganisationId = OrganisationId(1_000);
        let organisation =
            format!("INSERT INTO organisation (id, name, created_at_ms) VALUES ({ORGANISATION}, 'Others', 0)");
        self.execute(&organisation).await;
        let person = self.store.add_person(ORGANISATION, "Stranger", Role::Owner, START).await;
        Actor { organisation: ORGANISATION, person: person.expect("the person is added"), role: Role::Owner }
    }

    /// Runs a statement without storage in between, to break what tests want broken.
    ///
    /// # Panics
    /// When the database does not do it.
    pub async fn execute(&self, statement: &str) {
        execute(&self.url, statement).await;
    }

    /// Cuts all connections of a PostgreSQL database, and refuses new ones until [`TestDatabase::come_back`].
    ///
    /// # Panics
    /// When it is none, or the server does not do it.
    pub async fn go_away(&self) {
        let Place::Server { url, name } = &self.place else { panic!("only a PostgreSQL database can go away") };
        execute(url, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await;
        let cut = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        execute(url, &cut).await;
    }

    /// Takes connections again.
    ///
    /// # Panics
    /// Like [`TestDatabase::go_away`].
    pub async fn come_back(&self) {
        let Place::Server { url, name } = &self.place else { panic!("only a PostgreSQL database can come back") };
        execute(url, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await;
    }

    /// Whether it is a PostgreSQL database.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        matches!(self.place, Place::Server { .. })
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Place::Server { url, name } = &self.place else { return };
        let (url, statement) = (url.clone(), format!("DROP DATABASE {name} WITH (FORCE)"));
        // Dropping cannot wait for anything asynchronous, another thread can.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime starts").block_on(execute(&url, &statement));
        });
        // A database that stays behind fails no test.
        let _ = dropping.join();
    }
}

async fn open(url: &str) -> Store {
    let key = SecretKey::from_base64(KEY).expect("the key is one");
    let store = Store::connect(&ConnectOptions::new(url), key).await.expect("the database opens");
    store.migrate().await.expect("the database migrates");
    store
}

/// A name that no other test has: of this process, of those beside it, or of an earlier one that was killed.
fn unique_name() -> String {
    let mut random = [0; 8];
    getrandom::fill(&mut random).expect("the system gives random numbers");
    format!("watchword_test_{:016x}", u64::from_le_bytes(random))
}

/// The address with another database in it.
fn with_database(server: &str, name: &str) -> String {
    let mut url = url::Url::parse(server).unwrap_or_else(|_| panic!("WATCHWORD_TEST_POSTGRES_URL is not an address"));
    url.set_path(name);
    url.into()
}

async fn execute(url: &str, statement: &str) {
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    let connection = Database::connect(options).await.expect("the database answers");
    connection.execute_unprepared(statement).await.expect("the database does it, and lets its user create databases");
    connection.close().await.expect("the connection closes");
}
