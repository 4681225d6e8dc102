//! The first words of TLS, by hand: what a server answers to a `ClientHello` shows which protocols and suites it takes, also
//! those that no library speaks any more. Nothing is agreed on.
//! Formats: <https://www.rfc-editor.org/rfc/rfc5246#section-7.4.1> and <https://www.rfc-editor.org/rfc/rfc8446#section-4.1>.

use monitor_core::outcome::Reason;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::failure::Failure;

/// The version of TLS 1.3 on the wire.
const TLS13: u16 = 0x0304;

/// Most bytes of a record: RFC 5246, section 6.2.3.
const MAX_RECORD: usize = (1 << 14) + 2048;

/// Most records that are read for one message.
const MAX_RECORDS: usize = 4;

/// The alert, handshake and change-cipher-spec records.
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;

/// The kinds of extensions that are sent and read.
const SERVER_NAME: u16 = 0;
const SUPPORTED_GROUPS: u16 = 10;
const POINT_FORMATS: u16 = 11;
const SIGNATURE_ALGORITHMS: u16 = 13;
const SUPPORTED_VERSIONS: u16 = 43;
const KEY_SHARE: u16 = 51;
const RENEGOTIATION_INFO: u16 = 0xff01;

/// What a server is offered.
pub(super) struct Offer<'a> {
    /// The one version: 0x0300 (SSL 3) to 0x0304 (TLS 1.3).
    pub(super) version: u16,
    /// The suites, by number.
    pub(super) suites: &'a [u16],
    /// The name of the server; `None`: it is asked for by its address.
    pub(super) name: Option<&'a str>,
}

/// What it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    /// It goes on with that version and suite.
    Takes { version: u16, suite: u16 },
    /// It does not want that: it says so, or closes.
    Refuses,
}

/// Offers, and reads the answer.
pub(super) async fn offer<S: AsyncRead + AsyncWrite + Unpin>(
    offer: &Offer<'_>,
    mut stream: S,
) -> Result<Reply, Failure> {
    let mut random = [0; 64];
    let broken = |_| Failure::new(Reason::ProbeFailed, "there are no random numbers");
    getrandom::fill(&mut random).map_err(broken)?;
    if stream.write_all(&client_hello(offer, &random)).await.is_err() {
        return Ok(Reply::Refuses);
    }
    let mut message = Vec::new();
    for _ in 0..MAX_RECORDS {
        // Who closes without a word, as many servers do, has refused.
        let Ok(kind) = stream.read_u8().await else { return Ok(Reply::Refuses) };
        if !(20..=23).contains(&kind) {
            return Err(Failure::new(Reason::TlsHandshake, "what came back is not TLS"));
        }
        let Ok(_version) = stream.read_u16().await else { return Ok(Reply::Refuses) };
        let Ok(length) = stream.read_u16().await else { return Ok(Reply::Refuses) };
        let mut record = vec![0; usize::from(length).min(MAX_RECORD)];
        if kind == ALERT || stream.read_exact(&mut record).await.is_err() {
            return Ok(Reply::Refuses);
        }
        if kind == HANDSHAKE {
            message.extend_from_slice(&record);
        }
        if let Some(reply) = server_hello(&message) {
            return Ok(reply);
        }
    }
    Err(Failure::new(Reason::TlsHandshake, "what came back is no answer to a TLS greeting"))
}

fn client_hello(offer: &Offer<'_>, random: &[u8; 64]) -> Vec<u8> {
    let mut body = offer.version.min(0x0303).to_be_bytes().to_vec();
    body.extend_from_slice(&random[..32]);
    // A session to look like one that is resumed, as TLS 1.3 does for boxes in between.
    let session = if offer.version == TLS13 { &random[32..] } else { &[] };
    body.extend(short(session));
    let suites: Vec<u8> = offer.suites.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    body.extend(long(&suites));
    // No compression.
    body.extend([1, 0]);
    if offer.version > 0x0300 {
        body.extend(long(&extensions(offer)));
    }
    let length = u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes();
    let handshake = [&[1, length[1], length[2], length[3]], body.as_slice()].concat();
    let record = offer.version.min(0x0301).to_be_bytes();
    [&[HANDSHAKE], record.as_slice(), &long(&handshake)].concat()
}

fn extensions(offer: &Offer<'_>) -> Vec<u8> {
    // X25519, P-256, P-384, P-521.
    const GROUPS: &[u8] = &[0, 29, 0, 23, 0, 24, 0, 25];
    // ECDSA and RSA (PSS first) with SHA-2, and last with SHA-1, and DSA, which the oldest servers need.
    const SIGNATURES: &[u8] = &[4, 3, 5, 3, 6, 3, 8, 7, 8, 4, 8, 5, 8, 6, 4, 1, 5, 1, 6, 1, 2, 3, 2, 1, 2, 2];
    let mut all = Vec::new();
    if let Some(name) = offer.name {
        all.extend(extension(SERVER_NAME, &long(&[&[0], long(name.as_bytes()).as_slice()].concat())));
    }
    all.extend(extension(SUPPORTED_GROUPS, &long(GROUPS)));
    all.extend(extension(POINT_FORMATS, &[1, 0]));
    all.extend(extension(RENEGOTIATION_INFO, &[0]));
    if offer.version >= 0x0303 {
        all.extend(extension(SIGNATURE_ALGORITHMS, &long(SIGNATURES)));
    }
    if offer.version == TLS13 {
        all.extend(extension(SUPPORTED_VERSIONS, &short(&TLS13.to_be_bytes())));
        // No key yet: the server asks for one of a group of its choice, and has so taken the version.
        all.extend(extension(KEY_SHARE, &long(&[])));
    }
    all
}

fn extension(kind: u16, data: &[u8]) -> Vec<u8> {
    [kind.to_be_bytes().as_slice(), &long(data)].concat()
}

/// Bytes behind their number, in one byte.
fn short(bytes: &[u8]) -> Vec<u8> {
    [&[u8::try_from(bytes.len()).unwrap_or(u8::MAX)], bytes].concat()
}

/// Bytes behind their number, in two bytes.
fn long(bytes: &[u8]) -> Vec<u8> {
    [u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes().as_slice(), bytes].concat()
}

/// What a `ServerHello` says, or that another message came. `None`: it has not all come yet.
fn server_hello(message: &[u8]) -> Option<Reply> {
    let (&kind, rest) = message.split_first()?;
    if kind != 2 {
        return Some(Reply::Refuses);
    }
    let length = usize::from(*rest.first()?) << 16 | usize::from(u16::from_be_bytes([*rest.get(1)?, *rest.get(2)?]));
    let body = rest.get(3..3 + length)?;
    Some(chosen(body).map_or(Reply::Refuses, |(version, suite)| Reply::Takes { version, suite }))
}

fn chosen(body: &[u8]) -> Option<(u16, u16)> {
    let number = |at: usize| Some(u16::from_be_bytes([*body.get(at)?, *body.get(at + 1)?]));
    // Version, 32 random bytes, the session, the suite, one byte of compression, the extensions.
    let session = usize::from(*body.get(34)?);
    let (version, suite) = (number(0)?, number(35 + session)?);
    let mut at = 35 + session + 2 + 1 + 2;
    while let (Some(kind), Some(length)) = (number(at), number(at + 2)) {
        if kind == SUPPORTED_VERSIONS {
            return Some((number(at + 4)?, suite));
        }
        at += 4 + usize::from(length);
    }
    Some((version, suite))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A `ServerHello` with an empty session.
    fn hello(version: u16, suite: u16, extensions: &[u8]) -> Vec<u8> {
        let body = [&version.to_be_bytes()[..], &[7; 32], &[0], &suite.to_be_bytes(), &[0], &long(extensions)].concat();
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        [&[2], &length[1..], &body].concat()
    }

    #[test]
    fn an_answer_tells_version_and_suite() {
        let old = hello(0x0301, 0x0005, &[]);
        assert_eq!(server_hello(&old), Some(Reply::Takes { version: 0x0301, suite: 5 }));
        let new = hello(0x0303, 0x1301, &[0, 51, 0, 2, 0, 29, 0, 43, 0, 2, 3, 4]);
        assert_eq!(server_hello(&new), Some(Reply::Takes { version: TLS13, suite: 0x1301 }));
        assert_eq!(server_hello(&[11, 0, 0, 0]), Some(Reply::Refuses), "a certificate comes later");
        assert_eq!(server_hello(&[2, 0, 0, 3, 1, 2, 3]), Some(Reply::Refuses), "too short for one");
    }

    #[test]
    fn half_an_answer_is_waited_for() {
        let whole = hello(0x0303, 0x1301, &[0, 43, 0, 2, 3, 4]);
        for end in 0..whole.len() {
            assert_eq!(server_hello(&whole[..end]), None, "{end}");
        }
    }

    #[tokio::test]
    async fn whatever_comes_back_is_an_answer_or_an_error() {
        use Reply::{Refuses, Takes};
        let record = |kind: u8, bytes: &[u8]| [&[kind, 3, 1][..], &long(bytes)].concat();
        let whole = hello(0x0301, 0x0035, &[]);
        let halves = [record(22, &whole[..9]), record(22, &whole[9..])].concat();
        for (back, expected) in [
            (record(22, &whole), Ok(Takes { version: 0x0301, suite: 0x35 })),
            (halves, Ok(Takes { version: 0x0301, suite: 0x35 })),
            (record(21, &[2, 70]), Ok(Refuses)),
            (Vec::new(), Ok(Refuses)),
            (vec![22, 3], Ok(Refuses)),
            (record(22, &[2, 0xff, 0xff, 0xff]), Ok(Refuses)),
            (record(23, &[1]).repeat(9), Err("what came back is no answer to a TLS greeting")),
            (b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), Err("what came back is not TLS")),
        ] {
            let (mine, mut theirs) = tokio::io::duplex(1 << 16);
            theirs.write_all(&back).await.unwrap();
            theirs.shutdown().await.unwrap();
            let told = offer(&Offer { version: 0x0301, suites: &[0x35], name: None }, mine).await;
            assert_eq!(told.map_err(|failure| failure.message), expected.map_err(str::to_owned), "{back:?}");
        }
    }
}
