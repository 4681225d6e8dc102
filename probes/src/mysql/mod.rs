//! MySQL and MariaDB: login and one query, in a transaction that is read-only.
//!
//! Spoken here and not by `mysql_async`, which makes its connections itself, nor by the packets of `mysql_common`, which
//! trust the server that they come from. What a check needs of the protocol is small.

mod login;
mod packet;
mod password;

use monitor_core::checks::SqlSpec;
use monitor_core::http::SpecError;
use monitor_core::outcome::Reason;

use self::packet::{Session, first_cell};
use crate::database::Answer;
use crate::failure::Failure;
use crate::outbound::Outbound;
use crate::trace::{Phase, Trace};

/// A MySQL check ready to run.
pub(crate) struct MysqlProbe {
    spec: SqlSpec,
}

impl MysqlProbe {
    pub(crate) fn compile(spec: &SqlSpec) -> Result<Self, SpecError> {
        Ok(Self { spec: spec.clone() })
    }

    /// Logs in, asks, and notes the number of rows and the first cell.
    pub(crate) async fn probe(&self, outbound: &Outbound, trace: &mut Trace) -> Result<(), Failure> {
        let mut session = login::open(&self.spec, outbound, trace).await?;
        limit_time(&mut session, trace).await?;
        // The session's mode holds for a procedure that ends the transaction, too. The server takes one statement at a
        // time, because the check has not asked for more when it logged in.
        session.run("SET SESSION TRANSACTION READ ONLY").await?;
        session.run("START TRANSACTION READ ONLY").await?;
        session.wire.begin_answer();
        let answer = ask(&mut session, &self.spec.query, trace).await?;
        answer.note(session.wire.bytes(), trace);
        // The server rolls back whatever a connection leaves.
        session.quit().await
    }
}

/// A query that is given up here should not go on there. Old servers know no limit.
async fn limit_time(session: &mut Session, trace: &Trace) -> Result<(), Failure> {
    let left = trace.remaining();
    let limit = if session.mariadb {
        format!("SET SESSION max_statement_time = {:.3}", left.as_secs_f64().max(0.001))
    } else {
        format!("SET SESSION max_execution_time = {}", left.as_millis().max(1))
    };
    match session.run(&limit).await {
        Err(failure) if failure.reason != Reason::QueryFailed => Err(failure),
        _ => Ok(()),
    }
}

async fn ask(session: &mut Session, query: &str, trace: &mut Trace) -> Result<Answer, Failure> {
    trace.enter(Phase::FirstByte);
    let first = session.query(query).await?;
    trace.enter(Phase::Body);
    let mut answer = Answer::default();
    match first.first() {
        Some(&packet::OK) => return Ok(answer),
        Some(&packet::LOCAL_FILE) => {
            return Err(Failure::new(
                Reason::QueryFailed,
                "the server wants a file of this machine, which it does not get",
            ));
        }
        _ => {}
    }
    // The columns, which nobody asks about, end like the rows.
    while !packet::is_end(&session.next().await?) {}
    loop {
        let row = session.next().await?;
        if packet::is_end(&row) {
            return Ok(answer);
        }
        answer.row(|| first_cell(&row))?;
    }
}
