//! The TCP check: a port accepts connections, and answers what is sent.
//!
//! Without anything to expect a connection is enough, and with TLS its handshake. An answer has no end that could be told
//! from a pause, so that what it is depends on who asks: see [`TcpSpec::expect`].

use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::time::Duration;

use monitor_core::assertion::{FactKind, Value};
use monitor_core::checks::{Endpoint, TcpSpec, unescape};
use monitor_core::http::SpecError;
use monitor_core::outcome::Reason;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::connect::Stream;
use crate::failure::{Failure, clean};
use crate::outbound::Outbound;
use crate::trace::{Phase, Trace};

/// Most bytes of an answer that are read.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Silence after which an answer is taken as complete when nothing says what it ends with.
const SILENCE: Duration = Duration::from_millis(500);

/// Most characters of an answer in a message.
const MAX_SHOWN: usize = 120;

/// What is kept of the time, so that what did come can be told.
const RESERVE: Duration = Duration::from_millis(250);

/// A TCP check ready to run.
pub(crate) struct TcpProbe {
    endpoint: Endpoint,
    tls: bool,
    send: Vec<u8>,
    expect: Option<Vec<u8>>,
}

impl TcpProbe {
    pub(crate) fn compile(spec: &TcpSpec) -> Result<Self, SpecError> {
        Ok(Self {
            endpoint: spec.endpoint.clone(),
            tls: spec.tls,
            send: spec.send.as_deref().map(unescape).transpose()?.unwrap_or_default(),
            expect: spec.expect.as_deref().map(unescape).transpose()?,
        })
    }

    pub(crate) async fn probe(&self, outbound: &Outbound, trace: &mut Trace) -> Result<(), Failure> {
        let mut stream = outbound.open(&self.endpoint, self.tls, trace).await?;
        if !self.send.is_empty() {
            trace.enter(Phase::Send);
            let sending = |error| Failure::io(&error, "sending to it");
            stream.write_all(&self.send).await.map_err(sending)?;
            stream.flush().await.map_err(sending)?;
        }
        let asserted = trace.wanted().body || trace.wanted().size;
        if self.expect.is_none() && !asserted {
            return Ok(());
        }
        let mut answer = Vec::new();
        let read = self.read(&mut stream, &mut answer, trace).await;
        trace.response_bytes = answer.len() as u64;
        trace.facts.set(FactKind::Size, Value::Size(trace.response_bytes));
        let judged = read.and_then(|()| self.judge(&answer));
        if trace.wanted().body {
            trace.facts.set_body(answer);
        }
        judged
    }

    /// Reads until what is expected was seen, or there is no more to come.
    async fn read(&self, stream: &mut Stream, answer: &mut Vec<u8>, trace: &mut Trace) -> Result<(), Failure> {
        trace.enter(Phase::FirstByte);
        let left = trace.remaining();
        let deadline = tokio::time::Instant::now() + left.saturating_sub((left / 10).min(RESERVE));
        loop {
            let silence = if self.expect.is_none() && !answer.is_empty() { SILENCE } else { Duration::MAX };
            let until = tokio::time::Instant::now().checked_add(silence).map_or(deadline, |end| end.min(deadline));
            match tokio::time::timeout_at(until, self.read_more(stream, answer)).await {
                Err(_) if answer.is_empty() => return Err(trace.out_of_time()),
                Err(_) => return Ok(()),
                Ok(more) => match more? {
                    ControlFlow::Break(()) => return Ok(()),
                    ControlFlow::Continue(()) => {
                        trace.enter(Phase::Body);
                        trace.complete();
                    }
                },
            }
        }
    }

    async fn read_more(&self, stream: &mut Stream, answer: &mut Vec<u8>) -> Result<ControlFlow<()>, Failure> {
        let known = answer.len();
        let room = (MAX_ANSWER_BYTES - known) as u64;
        let read = stream.take(room).read_buf(answer).await;
        let read = match read {
            // Many a server closes TLS without saying so.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => 0,
            other => other.map_err(|error| Failure::io(&error, "waiting for its answer"))?,
        };
        if read == 0 && known == 0 {
            let message = "the target closed the connection without an answer";
            return Err(Failure::new(Reason::ConnectionReset, message));
        }
        let ended = read == 0 || answer.len() == MAX_ANSWER_BYTES;
        // What is expected may have come in two pieces.
        let seen = self.expect.as_ref().is_some_and(|expected| {
            let start = known.saturating_sub(expected.len());
            contains(&answer[start..], expected)
        });
        Ok(if ended || seen { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn judge(&self, answer: &[u8]) -> Result<(), Failure> {
        match &self.expect {
            Some(expected) if !contains(answer, expected) => {
                let message = format!("expected “{}”, and “{}” came", shown(expected), shown(answer));
                Err(Failure::new(Reason::UnexpectedAnswer, message))
            }
            _ => Ok(()),
        }
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

/// The beginning of an answer on one line, with what is no text escaped.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(MAX_SHOWN * 4)]);
    let escape = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    clean(&text.chars().map(escape).collect::<String>(), MAX_SHOWN)
}
