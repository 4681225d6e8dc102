//! What statements of a transaction are sent over.

use sea_orm::entity::prelude::async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement,
    TransactionTrait,
};

use crate::trips::SqliteTx;

/// A transaction under way.
#[derive(Debug)]
pub(crate) enum Conn {
    /// On PostgreSQL.
    Postgres(DatabaseTransaction),
    /// On SQLite.
    Sqlite(SqliteTx),
}

impl Conn {
    pub(crate) async fn begin(writer: &DatabaseConnection) -> Result<Self, DbErr> {
        match writer.get_database_backend() {
            DbBackend::Sqlite => Ok(Self::Sqlite(SqliteTx::wait_for(writer).await?)),
            _ => Ok(Self::Postgres(writer.begin().await?)),
        }
    }

    /// Writes something of which nobody needs to know what it did; on SQLite with whatever comes next.
    pub(crate) async fn put(&self, statement: Statement) -> Result<(), DbErr> {
        match self {
            Self::Postgres(conn) => conn.execute_raw(statement).await.map(drop),
            Self::Sqlite(conn) => {
                conn.put(statement).await;
                Ok(())
            }
        }
    }

    /// Makes everything lasting.
    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        match self {
            Self::Postgres(conn) => conn.commit().await,
            Self::Sqlite(conn) => conn.commit().await,
        }
    }

    /// Begins something that can be taken back by itself.
    pub(crate) async fn attempt(&self) -> Result<Attempt<'_>, DbErr> {
        self.execute_unprepared("SAVEPOINT attempt").await?;
        Ok(Attempt(self))
    }
}

/// What can be taken back by itself. One that is dropped stays undecided, so the transaction has to be dropped with it.
pub(crate) struct Attempt<'a>(&'a Conn);

impl Attempt<'_> {
    /// Keeps it, as far as the transaction is kept.
    pub(crate) async fn keep(self) -> Result<(), DbErr> {
        self.0.execute_unprepared("RELEASE SAVEPOINT attempt").await.map(drop)
    }

    /// Takes it back.
    pub(crate) async fn undo(self) -> Result<(), DbErr> {
        self.0.execute_unprepared("ROLLBACK TO SAVEPOINT attempt").await?;
        self.keep().await
    }
}

#[async_trait]
impl ConnectionTrait for Conn {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Postgres(_) => DbBackend::Postgres,
            Self::Sqlite(_) => DbBackend::Sqlite,
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Postgres(conn) => conn.execute_raw(statement).await,
            Self::Sqlite(conn) => conn.execute(statement).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Postgres(conn) => conn.execute_unprepared(sql).await,
            Self::Sqlite(conn) => conn.execute_unprepared(sql).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Postgres(conn) => conn.query_one_raw(statement).await,
            Self::Sqlite(conn) => conn.query_one(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Postgres(conn) => conn.query_all_raw(statement).await,
            Self::Sqlite(conn) => conn.query_all(statement).await,
        }
    }
}
