//! PostgreSQL: login and one query, in a transaction that is read-only and rolled back.
//!
//! The messages are written and the passwords are proven by `postgres-protocol`, the lower half of `tokio-postgres`. The
//! upper half is not used: it sets aside as much memory as a server announces, and needs a task beside the check.

mod login;
mod message;

use bytes::BytesMut;
use monitor_core::checks::{Security, SqlSpec};
use monitor_core::http::SpecError;
use monitor_core::outcome::Reason;
use postgres_protocol::IsNull;
use postgres_protocol::message::frontend;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::either::Either;

use self::message::Session;
use crate::connect::{Stream, borrowed};
use crate::database::{Answer, MAX_ROWS, mismatch};
use crate::failure::Failure;
use crate::outbound::Outbound;
use crate::tls::Alpn;
use crate::trace::{Phase, Trace};

/// A PostgreSQL check ready to run.
pub(crate) struct PostgresProbe {
    spec: SqlSpec,
}

impl PostgresProbe {
    pub(crate) fn compile(spec: &SqlSpec) -> Result<Self, SpecError> {
        Ok(Self { spec: spec.clone() })
    }

    /// Logs in, asks, and notes the number of rows and the first cell.
    pub(crate) async fn probe(&self, outbound: &Outbound, trace: &mut Trace) -> Result<(), Failure> {
        let stream = self.open(outbound, trace).await?;
        trace.enter(Phase::Send);
        let mut session = Session::new(stream);
        session.login(&self.spec, trace).await?;
        let answer = ask(&mut session, &self.spec.query, trace).await?;
        answer.note(session.wire.bytes(), trace);
        session.send(|buf| frontend::query("ROLLBACK", buf)).await?;
        session.until_ready().await?;
        let mut farewell = BytesMut::new();
        frontend::terminate(&mut farewell);
        session.wire.send(&farewell).await
    }

    async fn open(&self, outbound: &Outbound, trace: &mut Trace) -> Result<Stream, Failure> {
        let (host, port) = (borrowed(&self.spec.endpoint.host), self.spec.endpoint.port);
        let mut stream = outbound.connect(&host, port, trace).await?;
        if self.spec.security == Security::None {
            return Ok(Either::Left(stream));
        }
        trace.enter(Phase::Tls);
        match offers_tls(&mut stream).await? {
            b'S' => outbound
                .tls()
                .handshake(outbound.tls().plain(Alpn::None), &host, stream, trace)
                .await
                .map(Either::Right),
            b'N' => Err(Failure::new(Reason::StarttlsMissing, "the server does not offer TLS")),
            other => Err(mismatch("PostgreSQL", &[other])),
        }
    }
}

/// Asks for TLS, and gives the one byte that is the answer.
async fn offers_tls(stream: &mut TcpStream) -> Result<u8, Failure> {
    let doing = |error| Failure::io(&error, "asking the database for TLS");
    let mut request = BytesMut::new();
    frontend::ssl_request(&mut request);
    stream.write_all(&request).await.map_err(doing)?;
    stream.read_u8().await.map_err(doing)
}

/// Sends everything at once. The server skips the rest as soon as one of the statements fails, so the query never runs
/// outside of the transaction; and it takes one statement for a query, so that none can end the transaction and go on.
async fn ask(session: &mut Session, query: &str, trace: &mut Trace) -> Result<Answer, Failure> {
    // A query that is given up here should not go on there.
    let limit = format!("SET LOCAL statement_timeout = {}", trace.remaining().as_millis().max(1));
    let most = i32::try_from(MAX_ROWS + 1).unwrap_or(i32::MAX);
    session.wire.begin_answer();
    session
        .send(|buf| {
            for (statement, rows) in [("BEGIN READ ONLY", 0), (limit.as_str(), 0), (query, most)] {
                frontend::parse("", statement, [], buf)?;
                // No parameters, and every column as text.
                let bound = frontend::bind("", "", [], [] as [(); 0], |(), _| Ok(IsNull::Yes), [0], buf);
                bound.map_err(|_| std::io::Error::other("a message that cannot be written"))?;
                frontend::describe(b'P', "", buf)?;
                frontend::execute("", rows, buf)?;
            }
            frontend::sync(buf);
            Ok(())
        })
        .await?;
    trace.enter(Phase::FirstByte);
    let mut answer = Answer::default();
    loop {
        let (tag, body) = session.next().await?;
        match tag {
            message::ROW_DESCRIPTION => trace.enter(Phase::Body),
            message::DATA_ROW => answer.row(|| message::first_cell(&body))?,
            message::READY => return Ok(answer),
            message::COPY_IN | message::COPY_OUT => {
                return Err(Failure::new(Reason::QueryFailed, "COPY cannot be checked: use a query that gives rows"));
            }
            _ => {}
        }
    }
}
