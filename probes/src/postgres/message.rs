//! Messages of the server. Source: <https://www.postgresql.org/docs/current/protocol-message-formats.html>.

use std::io;

use bytes::BytesMut;
use monitor_core::outcome::Reason;

use crate::connect::Stream;
use crate::database::{Wire, said};
use crate::failure::Failure;

pub(super) const AUTHENTICATION: u8 = b'R';
pub(super) const ROW_DESCRIPTION: u8 = b'T';
pub(super) const DATA_ROW: u8 = b'D';
pub(super) const COPY_IN: u8 = b'G';
pub(super) const COPY_OUT: u8 = b'H';
pub(super) const READY: u8 = b'Z';
const ERROR: u8 = b'E';
/// Notice, notification, and a parameter's value: they may come at any time.
const ASIDES: &[u8] = b"NAS";
/// All that a server says to what is asked here.
const KNOWN: &[u8] = b"RTDGHWZENASK12CnsIv";

/// A conversation with a server.
pub(super) struct Session {
    pub(super) wire: Wire<Stream>,
}

impl Session {
    pub(super) fn new(stream: Stream) -> Self {
        Self { wire: Wire::new("PostgreSQL", stream) }
    }

    /// Sends the messages that `write` writes.
    pub(super) async fn send(&mut self, write: impl FnOnce(&mut BytesMut) -> io::Result<()>) -> Result<(), Failure> {
        let mut buf = BytesMut::new();
        // The only thing that cannot be written is a NUL byte within a text.
        write(&mut buf).map_err(|_| {
            Failure::new(Reason::QueryFailed, "the query, the database or the user has a character that cannot be sent")
        })?;
        self.wire.send(&buf).await
    }

    /// The next message with its tag, asides left out. An error of the server is a failure.
    pub(super) async fn next(&mut self) -> Result<(u8, Vec<u8>), Failure> {
        loop {
            let head: [u8; 5] = self.wire.read_head().await?;
            let [tag, length @ ..] = head;
            let length = u32::from_be_bytes(length).checked_sub(4).and_then(|length| usize::try_from(length).ok());
            let Some(length) = length.filter(|_| KNOWN.contains(&tag)) else {
                return Err(self.wire.mismatch(&head));
            };
            let body = self.wire.read_body(length, &head).await?;
            match tag {
                ERROR => return Err(refused(&body)),
                tag if ASIDES.contains(&tag) => {}
                tag => return Ok((tag, body)),
            }
        }
    }

    /// Reads until the server waits for the next query.
    pub(super) async fn until_ready(&mut self) -> Result<(), Failure> {
        while self.next().await?.0 != READY {}
        Ok(())
    }
}

/// The first cell of a row. `None` is NULL, or a row without cells.
pub(super) fn first_cell(row: &[u8]) -> Option<Vec<u8>> {
    let (_count, cells) = row.split_first_chunk::<2>()?;
    let (length, cells) = cells.split_first_chunk::<4>()?;
    let length = usize::try_from(i32::from_be_bytes(*length)).ok()?;
    cells.get(..length).map(<[u8]>::to_vec)
}

/// What an error of the server means. Source of the codes: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn refused(body: &[u8]) -> Failure {
    let field = |wanted: u8| {
        let mut fields = body.split(|b| *b == 0).filter_map(<[u8]>::split_first);
        let text = fields.find(|(code, _)| **code == wanted).map(|(_, text)| text);
        String::from_utf8_lossy(text.unwrap_or_default()).into_owned()
    };
    let (code, message) = (field(b'C'), said(&field(b'M')));
    let told = |reason, what: &str| Failure::new(reason, format!("{what}: {message}"));
    match code.as_str() {
        "25006" => told(Reason::QueryFailed, "the query would write, and a check only reads"),
        "42601" if message.contains("multiple commands") => {
            Failure::new(Reason::QueryFailed, "the query is several statements, and a check runs one")
        }
        "57014" => told(Reason::ResponseTimeout, "the server gave the query up"),
        "53300" => told(Reason::NotServing, "the server takes no more connections"),
        "57P01" | "57P02" | "57P03" => told(Reason::NotServing, "the server is starting up or shutting down"),
        code if code.starts_with("28") => told(Reason::AuthenticationFailed, "the server refused the login"),
        _ => told(Reason::QueryFailed, "the server refused"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(code: &str, message: &str) -> Failure {
        refused(format!("SERROR\0C{code}\0M{message}\0\0").as_bytes())
    }

    #[test]
    fn errors_are_told_apart_by_their_code() {
        for (code, reason) in [
            ("28P01", Reason::AuthenticationFailed),
            ("28000", Reason::AuthenticationFailed),
            ("3D000", Reason::QueryFailed),
            ("53300", Reason::NotServing),
            ("57P03", Reason::NotServing),
            ("57014", Reason::ResponseTimeout),
            ("42P01", Reason::QueryFailed),
        ] {
            let failure = error(code, "something went wrong");
            assert_eq!(failure.reason, reason, "{code}");
            assert!(failure.message.ends_with(": something went wrong"), "{}", failure.message);
        }
        assert_eq!(refused(b"").reason, Reason::QueryFailed);
    }

    #[test]
    fn a_row_that_is_cut_off_has_no_first_cell() {
        assert_eq!(first_cell(b"\0\x01\0\0\0\x02ab"), Some(b"ab".to_vec()));
        for row in [&b"\0\x01\xff\xff\xff\xff"[..], b"\0\x01\0\0\0\x09ab", b"\0\0", b""] {
            assert_eq!(first_cell(row), None);
        }
    }
}
