//! A transaction on SQLite in as few trips to the thread that it runs in as may be: on two busy cores a trip there and back
//! costs more than most statements.
//!
//! It begins with the first thing that is asked in it. What is only written goes with what is asked next, or with the commit.

use sea_orm::sqlx::{self, AssertSqlSafe, Sqlite, pool::PoolConnection};
use sea_orm::{DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement, Values};
use sea_query_sqlx::SqlxValues;
use tokio::sync::{Mutex, MutexGuard};

/// Takes the write lock at once, which waits for other processes here, instead of failing half-way.
const BEGIN: &str = "BEGIN IMMEDIATE";

/// A transaction on the one connection that writes.
#[derive(Debug)]
pub(crate) struct SqliteTx(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    /// `None` once it is over.
    conn: Option<PoolConnection<Sqlite>>,
    state: State,
    /// What goes with the next trip.
    waiting: Vec<Statement>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing was sent yet.
    New,
    /// What was to go with something else is on its way, or failed. Nothing more can be done: it might be done without what
    /// was before it, or outside of any transaction.
    Doubtful,
    /// It is under way.
    Begun,
}

impl SqliteTx {
    /// Waits for the connection that writes. Whoever has it is alone with it.
    pub(crate) async fn wait_for(writer: &DatabaseConnection) -> Result<Self, DbErr> {
        let conn = writer.get_sqlite_connection_pool().acquire().await;
        let conn = conn.map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(error.into())))?;
        Ok(Self(Mutex::new(Inner { conn: Some(conn), state: State::New, waiting: Vec::new() })))
    }

    /// Writes something together with whatever comes next, which fails if this does.
    pub(crate) async fn put(&self, statement: Statement) {
        self.0.lock().await.waiting.push(statement);
    }

    pub(crate) async fn execute(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let mut inner = self.alone().await?;
        let (sql, values) = parts(statement);
        let result = sqlx::query_with(AssertSqlSafe(sql), values).execute(&mut **inner.conn()?).await;
        result.map(ExecResult::from).map_err(exec_error)
    }

    pub(crate) async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let mut inner = self.alone().await?;
        let result = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut **inner.conn()?).await;
        result.map(ExecResult::from).map_err(exec_error)
    }

    pub(crate) async fn query_one(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let mut inner = self.0.lock().await;
        let (sql, values) = parts(inner.with_waiting(statement)?);
        let row = sqlx::query_with(AssertSqlSafe(sql), values).fetch_optional(&mut **inner.conn()?).await;
        let row = row.map_err(query_error)?;
        inner.state = State::Begun;
        Ok(row.map(QueryResult::from))
    }

    pub(crate) async fn query_all(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let mut inner = self.0.lock().await;
        let (sql, values) = parts(inner.with_waiting(statement)?);
        let rows = sqlx::query_with(AssertSqlSafe(sql), values).fetch_all(&mut **inner.conn()?).await;
        let rows = rows.map_err(query_error)?;
        inner.state = State::Begun;
        Ok(rows.into_iter().map(QueryResult::from).collect())
    }

    /// Makes everything lasting.
    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        let mut inner = self.0.lock().await;
        if inner.state == State::New && inner.waiting.is_empty() {
            return Ok(());
        }
        let commit = inner.with_waiting(Statement::from_string(DbBackend::Sqlite, "COMMIT"))?;
        let (sql, values) = parts(commit);
        inner.state = State::Doubtful;
        sqlx::query_with(AssertSqlSafe(sql), values).execute(&mut **inner.conn()?).await.map_err(exec_error)?;
        // The connection is everybody's again.
        inner.conn = None;
        Ok(())
    }

    /// Sends what waits ahead, so that the next statement tells how many rows it alone changed.
    async fn alone(&self) -> Result<MutexGuard<'_, Inner>, DbErr> {
        let mut inner = self.0.lock().await;
        if inner.state != State::Begun || !inner.waiting.is_empty() {
            let ahead = inner.ahead()?;
            let (sql, values) = parts(joined(ahead));
            sqlx::query_with(AssertSqlSafe(sql), values).execute(&mut **inner.conn()?).await.map_err(exec_error)?;
            inner.state = State::Begun;
        }
        Ok(inner)
    }
}

impl Inner {
    fn conn(&mut self) -> Result<&mut PoolConnection<Sqlite>, DbErr> {
        self.conn.as_mut().ok_or_else(doubtful)
    }

    /// The statement behind what has to go before it.
    fn with_waiting(&mut self, statement: Statement) -> Result<Statement, DbErr> {
        if self.state == State::Begun && self.waiting.is_empty() {
            return Ok(statement);
        }
        let mut statements = self.ahead()?;
        statements.push(statement);
        Ok(joined(statements))
    }

    /// What has to go before anything else. There is no telling what is done until that has come back.
    fn ahead(&mut self) -> Result<Vec<Statement>, DbErr> {
        let begin = match self.state {
            State::New => Some(Statement::from_string(DbBackend::Sqlite, BEGIN)),
            State::Begun => None,
            State::Doubtful => return Err(doubtful()),
        };
        self.state = State::Doubtful;
        Ok(begin.into_iter().chain(self.waiting.drain(..)).collect())
    }
}

/// Takes everything back, unless it was committed or nothing was begun.
impl Drop for SqliteTx {
    fn drop(&mut self) {
        let Inner { conn, state, .. } = self.0.get_mut();
        if let Some(mut conn) = conn.take()
            && *state != State::New
        {
            tokio::spawn(async move {
                if sqlx::raw_sql("ROLLBACK").execute(&mut *conn).await.is_err() {
                    // There was nothing to take back, or it cannot be done: the next one gets another connection.
                    let _ = conn.close().await;
                }
            });
        }
    }
}

fn parts(statement: Statement) -> (String, SqlxValues) {
    (statement.sql, SqlxValues(statement.values.unwrap_or_else(|| Values(Vec::new()))))
}

fn exec_error(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(error.into()))
}

fn query_error(error: sqlx::Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(error.into()))
}

fn doubtful() -> DbErr {
    DbErr::Conn(RuntimeErr::Internal("the transaction has failed before".to_owned()))
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
