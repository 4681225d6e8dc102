//! The tables, step by step. A migration that was released is never changed: what comes later is another one.

mod m0001_people;
mod m0002_conversations;
mod m0003_monitors;
mod m0004_results;
mod m0005_incidents;
mod m0006_key;
mod m0007_settings;
mod m0008_heartbeats;
mod m0010_notices;
mod m0011_incidents;
mod m0012_rules;
mod m0013_destinations;
mod m0014_routes;
mod m0015_maintenance;
mod m0016_places;
mod m0017_posted;
mod m0018_audits;
mod m0019_security;
mod m0020_told;
mod m0021_baseline;
mod m0022_dialogs;

use sea_orm::{DatabaseTransaction, SqliteTransactionMode, TransactionOptions, TransactionTrait};
use sea_orm_migration::prelude::*;

use crate::tx::Lock;
use crate::{Store, StoreError};

struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_people::Migration),
            Box::new(m0002_conversations::Migration),
            Box::new(m0003_monitors::Migration),
            Box::new(m0004_results::Migration),
            Box::new(m0005_incidents::Migration),
            Box::new(m0006_key::Migration),
            Box::new(m0007_settings::Migration),
            Box::new(m0008_heartbeats::Migration),
            Box::new(m0010_notices::Migration),
            Box::new(m0011_incidents::Migration),
            Box::new(m0012_rules::Migration),
            Box::new(m0013_destinations::Migration),
            Box::new(m0014_routes::Migration),
            Box::new(m0015_maintenance::Migration),
            Box::new(m0016_places::Migration),
            Box::new(m0017_posted::Migration),
            Box::new(m0018_audits::Migration),
            Box::new(m0019_security::Migration),
            Box::new(m0020_told::Migration),
            Box::new(m0021_baseline::Migration),
            Box::new(m0022_dialogs::Migration),
        ]
    }
}

impl Store {
    /// Applies the migrations that are missing: all of them or, when one fails, none. Of several processes that
    /// start at once, one applies them and the others wait.
    ///
    /// # Errors
    /// [`StoreError::Migration`] when the database was written by a newer version, or a statement fails.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let tx = self.begin_migration().await?;
        Migrator::up(&tx, None).await.map_err(failed)?;
        Ok(tx.commit().await?)
    }

    /// Takes back the latest migrations, with all that is stored in what they made.
    ///
    /// # Errors
    /// Like [`Store::migrate`].
    pub async fn migrate_down(&self, steps: u32) -> Result<(), StoreError> {
        let tx = self.begin_migration().await?;
        Migrator::down(&tx, Some(steps)).await.map_err(failed)?;
        Ok(tx.commit().await?)
    }

    /// A transaction of the kind that the migrator knows.
    async fn begin_migration(&self) -> Result<DatabaseTransaction, StoreError> {
        // Taking the write lock at once waits for other processes here, instead of failing half-way.
        let sqlite_transaction_mode = (!self.is_postgres()).then_some(SqliteTransactionMode::Immediate);
        let options = TransactionOptions { sqlite_transaction_mode, ..TransactionOptions::default() };
        let tx = self.writer().begin_with_options(options).await?;
        if self.is_postgres() {
            tx.execute_raw(Lock::Migration.statement()).await?;
        }
        Ok(tx)
    }

    /// Every migration in order, and whether it is applied.
    ///
    /// # Errors
    /// Like [`Store::migrate`].
    pub async fn migrations(&self) -> Result<Vec<(String, bool)>, StoreError> {
        let migrations = Migrator::get_migration_with_status_read_only(self.reader()).await.map_err(failed)?;
        let applied = |migration: &sea_orm_migration::Migration| {
            migration.status() == sea_orm_migration::MigrationStatus::Applied
        };
        Ok(migrations.iter().map(|migration| (migration.name().to_owned(), applied(migration))).collect())
    }
}

fn failed(error: DbErr) -> StoreError {
    match StoreError::from(error) {
        StoreError::Other(error) => StoreError::Migration(error.to_string()),
        unavailable => unavailable,
    }
}

/// A foreign key whose row goes with the row it refers to.
fn belongs_to(column: &'static str, table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from_col(column).to(table, "id").on_delete(ForeignKeyAction::Cascade).to_owned()
}

/// A primary key of several columns.
fn primary_key(columns: &[&'static str]) -> IndexCreateStatement {
    over(columns).primary().to_owned()
}

/// A constraint that no two rows have the same values there.
fn unique(columns: &[&'static str]) -> IndexCreateStatement {
    over(columns).unique().to_owned()
}

/// An index called `table_columns`.
fn index(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    over(columns).name(format!("{table}_{}", columns.join("_"))).table(table).to_owned()
}

fn over(columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = Index::create();
    for column in columns {
        index.col(*column);
    }
    index
}

fn is_postgres(manager: &SchemaManager<'_>) -> bool {
    manager.get_database_backend() == sea_orm::DbBackend::Postgres
}

async fn drop_tables(manager: &SchemaManager<'_>, tables: &[&'static str]) -> Result<(), DbErr> {
    for table in tables {
        manager.drop_table(Table::drop().table(*table).to_owned()).await?;
    }
    Ok(())
}
