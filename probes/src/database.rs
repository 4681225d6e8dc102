//! What the databases share: a bounded exchange of messages, and what is told of the answer to a query.

use monitor_core::assertion::FactKind;
use monitor_core::outcome::Reason;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::failure::{Failure, clean};
use crate::trace::Trace;

/// Most rows of an answer. A check that is about more should count them in its query.
pub(crate) const MAX_ROWS: usize = 1_000;

/// Most bytes of the login, and most bytes of an answer.
pub(crate) const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Longest piece of what a target said that a message repeats, in characters.
const MAX_SAID: usize = 200;

/// A connection on which no more is read than was allowed. Nothing is read ahead, so that what comes before TLS cannot be
/// taken for what comes within it.
pub(crate) struct Wire<S> {
    stream: S,
    /// The name of the protocol, for messages.
    protocol: &'static str,
    allowed: usize,
    read: u64,
    /// Whether the target has shown that it speaks the protocol.
    known: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(crate) fn new(protocol: &'static str, stream: S) -> Self {
        Self { stream, protocol, allowed: MAX_ANSWER_BYTES, read: 0, known: false }
    }

    /// The stream, to be put into another one. Nothing of it is lost.
    pub(crate) fn into_stream(self) -> S {
        self.stream
    }

    /// Notes that the target speaks the protocol: what comes too long from now on is too long and no other protocol.
    pub(crate) fn speaks(&mut self) {
        self.known = true;
    }

    /// Allows as much again to be read, and begins to count anew.
    pub(crate) fn begin_answer(&mut self) {
        self.allowed = MAX_ANSWER_BYTES;
        self.read = 0;
    }

    /// Bytes read of the answer.
    pub(crate) fn bytes(&self) -> u64 {
        self.read
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let doing = |error| Failure::io(&error, "talking to the database");
        self.stream.write_all(bytes).await.map_err(doing)?;
        self.stream.flush().await.map_err(doing)
    }

    /// Reads the fixed beginning of a message.
    pub(crate) async fn read_head<const N: usize>(&mut self) -> Result<[u8; N], Failure> {
        self.allow(N, &[])?;
        let mut head = [0; N];
        self.fill(&mut head).await?;
        Ok(head)
    }

    /// Reads the rest of a message, whose head told its length.
    pub(crate) async fn read_body(&mut self, length: usize, head: &[u8]) -> Result<Vec<u8>, Failure> {
        self.allow(length, head)?;
        let mut body = vec![0; length];
        self.fill(&mut body).await?;
        Ok(body)
    }

    async fn fill(&mut self, bytes: &mut [u8]) -> Result<(), Failure> {
        self.read += bytes.len() as u64;
        let filled = self.stream.read_exact(bytes).await;
        filled.map(drop).map_err(|error| Failure::io(&error, "waiting for the database to answer"))
    }

    fn allow(&mut self, count: usize, head: &[u8]) -> Result<(), Failure> {
        let Some(left) = self.allowed.checked_sub(count) else {
            let limit = MAX_ANSWER_BYTES / 1024;
            return Err(if self.known {
                Failure::new(Reason::QueryFailed, format!("the answer is larger than {limit} KiB: select less"))
            } else {
                self.mismatch(head)
            });
        };
        self.allowed = left;
        Ok(())
    }

    /// The failure of a target that says what the protocol does not have.
    pub(crate) fn mismatch(&self, seen: &[u8]) -> Failure {
        mismatch(self.protocol, seen)
    }
}

/// The failure of a target that said something else than the protocol has.
pub(crate) fn mismatch(protocol: &str, seen: &[u8]) -> Failure {
    let text: String = String::from_utf8_lossy(seen).chars().filter(|c| !c.is_control() && *c != '\u{fffd}').collect();
    let said = if text.len() >= 3 { format!(": it began with “{}”", clean(&text, 40)) } else { String::new() };
    Failure::new(Reason::ProtocolMismatch, format!("the target does not speak {protocol}{said}"))
}

/// What a server said of a refusal.
pub(crate) fn said(message: &str) -> String {
    clean(message, MAX_SAID)
}

/// The answer to a query as far as it was read.
#[derive(Default)]
pub(crate) struct Answer {
    rows: usize,
    first: Option<String>,
}

impl Answer {
    /// Counts a row, of which only the first cell of the first one is kept. `None` is NULL.
    pub(crate) fn row(&mut self, first_cell: impl FnOnce() -> Option<Vec<u8>>) -> Result<(), Failure> {
        if self.rows == MAX_ROWS {
            let message = format!("the query gives more than {MAX_ROWS} rows: count them in the query, or add a LIMIT");
            return Err(Failure::new(Reason::QueryFailed, message));
        }
        if self.rows == 0 {
            self.first = first_cell().map(|cell| String::from_utf8_lossy(&cell).into_owned());
        }
        self.rows += 1;
        Ok(())
    }

    /// Leaves what was found in the trace.
    pub(crate) fn note(self, bytes: u64, trace: &mut Trace) {
        trace.response_bytes = bytes;
        #[expect(clippy::cast_precision_loss, reason = "at most a thousand")]
        trace.facts.set(FactKind::Rows, self.rows as f64);
        if let Some(first) = self.first {
            trace.facts.set(FactKind::Result, first);
        }
    }
}
