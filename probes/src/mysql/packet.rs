//! Packets. Source: <https://dev.mysql.com/doc/dev/mysql-server/latest/PAGE_PROTOCOL.html>.

use monitor_core::outcome::Reason;

use crate::connect::Stream;
use crate::database::{Wire, said};
use crate::failure::Failure;

pub(super) const OK: u8 = 0x00;
pub(super) const MORE: u8 = 0x01;
pub(super) const LOCAL_FILE: u8 = 0xfb;
const END: u8 = 0xfe;
const ERROR: u8 = 0xff;
/// A packet of that length is continued by another one. No check needs as much.
const MAX_PACKET: usize = 0xff_ffff;

const QUIT: u8 = 0x01;
const QUERY: u8 = 0x03;

/// A conversation with a server.
pub(super) struct Session {
    pub(super) wire: Wire<Stream>,
    /// The number of the next packet within an exchange.
    pub(super) sequence: u8,
    pub(super) mariadb: bool,
}

impl Session {
    /// Sends a packet.
    pub(super) async fn send(&mut self, payload: &[u8]) -> Result<(), Failure> {
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes();
        if payload.len() >= MAX_PACKET {
            return Err(Failure::new(Reason::QueryFailed, "the query is too long to be sent"));
        }
        let mut packet = Vec::with_capacity(payload.len() + 4);
        packet.extend_from_slice(&[length[0], length[1], length[2], self.sequence]);
        packet.extend_from_slice(payload);
        self.sequence = self.sequence.wrapping_add(1);
        self.wire.send(&packet).await
    }

    /// The next packet. An error of the server is a failure.
    pub(super) async fn next(&mut self) -> Result<Vec<u8>, Failure> {
        let head: [u8; 4] = self.wire.read_head().await?;
        let [length @ .., number] = head;
        if number != self.sequence {
            return Err(self.wire.mismatch(&head));
        }
        let length = usize::from(length[0]) | usize::from(length[1]) << 8 | usize::from(length[2]) << 16;
        let packet = self.wire.read_body(length, &head).await?;
        self.sequence = number.wrapping_add(1);
        match packet.split_first() {
            Some((&ERROR, error)) => Err(refused(error)),
            Some(_) => Ok(packet),
            None => Err(self.wire.mismatch(&[])),
        }
    }

    /// Sends a query and gives the first packet of the answer.
    pub(super) async fn query(&mut self, query: &str) -> Result<Vec<u8>, Failure> {
        self.sequence = 0;
        self.send(&[&[QUERY], query.as_bytes()].concat()).await?;
        self.next().await
    }

    /// Runs a statement that gives no rows.
    pub(super) async fn run(&mut self, statement: &str) -> Result<(), Failure> {
        self.query(statement).await.map(drop)
    }

    /// Says good-bye.
    pub(super) async fn quit(&mut self) -> Result<(), Failure> {
        self.sequence = 0;
        self.send(&[QUIT]).await
    }
}

/// Whether a packet ends the columns or the rows. A row may begin with the same byte, but is longer then.
pub(super) fn is_end(packet: &[u8]) -> bool {
    packet.first() == Some(&END) && packet.len() < 9
}

/// The first cell of a row. `None` is NULL, or what is cut off.
pub(super) fn first_cell(row: &[u8]) -> Option<Vec<u8>> {
    let (&first, rest) = row.split_first()?;
    let width = match first {
        0xfb => return None,
        0xfc => 2,
        0xfd => 3,
        0xfe => 8,
        length => return rest.get(..usize::from(length)).map(<[u8]>::to_vec),
    };
    let length =
        rest.get(..width)?.iter().rev().try_fold(0usize, |sum, b| sum.checked_mul(256)?.checked_add((*b).into()))?;
    rest.get(width..)?.get(..length).map(<[u8]>::to_vec)
}

/// Splits at the first NUL, which is in neither part.
pub(super) fn split_nul(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|b| *b == 0)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

/// What an error of the server means: its number, its state unless it comes before the login, and its text.
/// Sources: <https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html>,
/// <https://mariadb.com/docs/server/reference/error-codes/mariadb-error-code-reference>.
pub(super) fn refused(error: &[u8]) -> Failure {
    let (code, text) =
        error.split_first_chunk::<2>().map_or((0, error), |(code, text)| (u16::from_le_bytes(*code), text));
    let text = match text.first() {
        Some(b'#') => text.get(6..).unwrap_or_default(),
        _ => text,
    };
    let message = said(&String::from_utf8_lossy(text));
    let told = |reason, what: &str| Failure::new(reason, format!("{what}: {message}"));
    match code {
        1045 | 1130 | 1251 | 1698 | 1820 | 1862 | 3118 | 4151 => {
            told(Reason::AuthenticationFailed, "the server refused the login")
        }
        1040 | 1203 | 1226 => told(Reason::NotServing, "the server takes no more connections"),
        1053 | 1077 | 1129 => told(Reason::NotServing, "the server does not serve"),
        1290 | 1792 | 1836 => told(Reason::QueryFailed, "the query would write, and a check only reads"),
        1317 | 1969 | 3024 => told(Reason::ResponseTimeout, "the server gave the query up"),
        _ => told(Reason::QueryFailed, "the server refused"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_told_apart_by_their_number() {
        for (code, reason) in [
            (1045u16, Reason::AuthenticationFailed),
            (1049, Reason::QueryFailed),
            (1040, Reason::NotServing),
            (1792, Reason::QueryFailed),
            (3024, Reason::ResponseTimeout),
        ] {
            for text in [&b"#HY000it went wrong"[..], b"it went wrong"] {
                let failure = refused(&[&code.to_le_bytes(), text].concat());
                assert_eq!(failure.reason, reason, "{code}");
                assert!(failure.message.ends_with(": it went wrong"), "{}", failure.message);
            }
        }
        assert_eq!(refused(b"").reason, Reason::QueryFailed);
    }

    #[test]
    fn cells_have_lengths_of_four_widths() {
        assert_eq!(first_cell(b"\x02abc"), Some(b"ab".to_vec()));
        assert_eq!(first_cell(b"\xfc\x02\0abc"), Some(b"ab".to_vec()));
        assert_eq!(first_cell(b"\xfd\x02\0\0abc"), Some(b"ab".to_vec()));
        assert_eq!(first_cell(b"\xfe\x02\0\0\0\0\0\0\0abc"), Some(b"ab".to_vec()));
        for row in [&b"\xfb"[..], b"", b"\x09ab", b"\xfc\x02", b"\xfe\xff\xff\xff\xff\xff\xff\xff\xffab"] {
            assert_eq!(first_cell(row), None);
        }
    }
}
