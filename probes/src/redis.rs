//! Redis, and what speaks its protocol: login and one command.
//!
//! Commands are written and answers are read by the `redis` crate; its connections are not used, since those read without
//! a bound.

use std::io::{self, Read};

use monitor_core::assertion::FactKind;
use monitor_core::checks::RedisSpec;
use monitor_core::http::SpecError;
use monitor_core::outcome::Reason;
use redis::{Parser, ServerError, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::connect::Stream;
use crate::database::{MAX_ANSWER_BYTES, mismatch, said};
use crate::failure::Failure;
use crate::outbound::Outbound;
use crate::trace::{Phase, Trace};

/// What answers begin with. Source: <https://redis.io/docs/latest/develop/reference/protocol-spec/>.
const MARKS: &[u8] = b"+-:$*_#,(!=%|~>";

/// A Redis check ready to run: its commands as they are sent.
pub(crate) struct RedisProbe {
    spec: RedisSpec,
    login: Option<Vec<u8>>,
    select: Option<Vec<u8>>,
    command: Vec<u8>,
}

impl RedisProbe {
    pub(crate) fn compile(spec: &RedisSpec) -> Result<Self, SpecError> {
        let login = spec.login.as_ref().map(|login| {
            let user = Some(login.user.as_str()).filter(|user| !user.is_empty());
            pack(["AUTH"].into_iter().chain(user).chain([login.password.expose()]))
        });
        let select = (spec.database > 0).then(|| pack(["SELECT", &spec.database.to_string()].into_iter()));
        Ok(Self { login, select, command: pack(spec.command.split_whitespace()), spec: spec.clone() })
    }

    /// Logs in, sends the command, and notes its answer.
    pub(crate) async fn probe(&self, outbound: &Outbound, trace: &mut Trace) -> Result<(), Failure> {
        let stream = outbound.open(&self.spec.endpoint, self.spec.tls, trace).await?;
        trace.enter(Phase::FirstByte);
        let mut connection = Connection { stream, parser: Parser::new(), read: 0 };
        if let Some(login) = &self.login {
            connection.ask(login).await?.map_err(|error| match refused(&error) {
                serving if serving.reason == Reason::NotServing => serving,
                _ => told(Reason::AuthenticationFailed, "the server refused the login", &error),
            })?;
        }
        if let Some(select) = &self.select {
            connection.ask(select).await?.map_err(|error| refused(&error))?;
        }
        let before = connection.read;
        let answer = connection.ask(&self.command).await?.map_err(|error| refused(&error))?;
        trace.response_bytes = (connection.read - before) as u64;
        note(&answer, trace);
        Ok(())
    }
}

fn pack<'a>(words: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut command = redis::Cmd::new();
    for word in words {
        command.arg(word);
    }
    command.get_packed_command()
}

struct Connection {
    stream: Stream,
    parser: Parser,
    /// Bytes read so far.
    read: usize,
}

impl Connection {
    /// Sends a command. An error of the server is an answer.
    async fn ask(&mut self, command: &[u8]) -> Result<Result<Value, ServerError>, Failure> {
        self.stream.write_all(command).await.map_err(|error| Failure::io(&error, "sending the command"))?;
        self.stream.flush().await.map_err(|error| Failure::io(&error, "sending the command"))?;
        let mut buffer = [0; 4096];
        let mut begun = false;
        loop {
            let count = self.stream.read(&mut buffer).await;
            let count = count.map_err(|error| Failure::io(&error, "waiting for its answer"))?;
            let piece = &buffer[..count];
            if piece.is_empty() {
                return Err(Failure::io(&io::ErrorKind::UnexpectedEof.into(), "waiting for its answer"));
            }
            // The parser would wait for the end of a line before it says so.
            if !begun && !MARKS.contains(&piece[0]) {
                return Err(mismatch("the Redis protocol", piece));
            }
            begun = true;
            self.read += count;
            if self.read > MAX_ANSWER_BYTES {
                let message = format!("the answer is larger than {} KiB: ask for less", MAX_ANSWER_BYTES / 1024);
                return Err(Failure::new(Reason::QueryFailed, message));
            }
            match self.parser.parse_value(Piece(piece)) {
                Ok(Value::ServerError(error)) => return Ok(Err(error)),
                Ok(value) => return Ok(Ok(value)),
                Err(error) if error.is_timeout() => {}
                Err(_) => return Err(mismatch("the Redis protocol", piece)),
            }
        }
    }
}

/// What has come so far. The parser remembers where it was when there is no more.
struct Piece<'a>(&'a [u8]);

impl Read for Piece<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() { Err(io::ErrorKind::WouldBlock.into()) } else { Read::read(&mut self.0, buffer) }
    }
}

/// Notes how many values there are, and the first of them.
fn note(answer: &Value, trace: &mut Trace) {
    let count = match answer {
        Value::Nil => 0,
        Value::Array(items) | Value::Set(items) => items.len(),
        Value::Map(pairs) => pairs.len(),
        _ => 1,
    };
    #[expect(clippy::cast_precision_loss, reason = "no more than fit in 64 KiB")]
    trace.facts.set(FactKind::Rows, count as f64);
    if let Some(first) = first(answer) {
        trace.facts.set(FactKind::Result, first);
    }
}

fn first(value: &Value) -> Option<String> {
    match value {
        Value::Int(number) => Some(number.to_string()),
        Value::BulkString(bytes) | Value::BigNumber(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Some(text.clone()),
        Value::Okay => Some("OK".to_owned()),
        Value::Double(number) => Some(number.to_string()),
        Value::Boolean(yes) => Some(yes.to_string()),
        Value::Array(items) | Value::Set(items) => items.first().and_then(first),
        Value::Map(pairs) => pairs.first().and_then(|(key, _)| first(key)),
        Value::Attribute { data, .. } => first(data),
        _ => None,
    }
}

/// What an error of the server means.
fn refused(error: &ServerError) -> Failure {
    match error.code() {
        "NOAUTH" | "WRONGPASS" | "NOPERM" | "DENIED" => {
            told(Reason::AuthenticationFailed, "the server refused the login", error)
        }
        "LOADING" | "MASTERDOWN" | "CLUSTERDOWN" | "BUSY" => {
            told(Reason::NotServing, "the server does not serve", error)
        }
        "ERR" if error.details().is_some_and(|details| details.starts_with("max number of clients")) => {
            told(Reason::NotServing, "the server takes no more connections", error)
        }
        _ => told(Reason::QueryFailed, "the server refused", error),
    }
}

fn told(reason: Reason, what: &str, error: &ServerError) -> Failure {
    let text = format!("{} {}", error.code(), error.details().unwrap_or_default());
    Failure::new(reason, format!("{what}: {}", said(&text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(line: &str) -> Reason {
        let Ok(Value::ServerError(error)) = redis::parse_redis_value(format!("-{line}\r\n").as_bytes()) else {
            panic!("{line} is no error")
        };
        refused(&error).reason
    }

    #[test]
    fn errors_are_told_apart_by_their_word() {
        for (line, reason) in [
            ("NOAUTH Authentication required.", Reason::AuthenticationFailed),
            ("WRONGPASS invalid username-password pair or user is disabled.", Reason::AuthenticationFailed),
            ("LOADING Redis is loading the dataset in memory", Reason::NotServing),
            ("MASTERDOWN Link with MASTER is down", Reason::NotServing),
            ("ERR max number of clients reached", Reason::NotServing),
            ("ERR unknown command 'x'", Reason::QueryFailed),
            ("WRONGTYPE Operation against a key", Reason::QueryFailed),
        ] {
            assert_eq!(error(line), reason, "{line}");
        }
    }
}
