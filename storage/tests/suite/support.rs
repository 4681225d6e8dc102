//! What several tests need.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::http::HttpSpec;
use monitor_core::monitor::{CheckSpec, MonitorId, MonitorName, Settings};
use monitor_core::people::Actor;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use storage::Store;
use test_support::database::TestDatabase;

/// Some point in time, on a slot of no monitor in particular.
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_772_374_509_250);

pub(crate) fn later(seconds: u64) -> Timestamp {
    NOW + Duration::from_secs(seconds)
}

/// Settings that watch `https://{name}.example/`.
pub(crate) fn settings(name: &str) -> Settings {
    let spec = HttpSpec::get(&format!("https://{}.example", name.to_lowercase())).unwrap();
    Settings::new(MonitorName::new(name).unwrap(), CheckSpec::Http(spec))
}

pub(crate) async fn add(store: &Store, owner: Actor, settings: &Settings) -> Option<MonitorId> {
    let tx = store.begin().await.unwrap();
    let id = tx.insert_monitor(owner.organisation, owner.person, settings, NOW).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// The database without storage in between, to look at it and to break it.
pub(crate) struct Raw {
    connection: DatabaseConnection,
    backend: DbBackend,
}

impl Raw {
    pub(crate) async fn open(database: &TestDatabase) -> Self {
        let backend = if database.is_postgres() { DbBackend::Postgres } else { DbBackend::Sqlite };
        Self { connection: Database::connect(&database.url).await.unwrap(), backend }
    }

    pub(crate) async fn run(&self, statement: &str) {
        self.connection.execute_unprepared(statement).await.unwrap();
    }

    /// The first column of every row, which has to be text.
    pub(crate) async fn texts(&self, query: &str) -> Vec<String> {
        let rows = self.connection.query_all_raw(Statement::from_string(self.backend, query)).await.unwrap();
        rows.iter().map(|row| row.try_get_by::<Option<String>, _>(0).unwrap().unwrap_or_default()).collect()
    }

    /// The first column of the only row, which has to be an integer.
    pub(crate) async fn number(&self, query: &str) -> i64 {
        let row = self.connection.query_one_raw(Statement::from_string(self.backend, query)).await.unwrap();
        row.unwrap().try_get_by(0).unwrap()
    }
}
