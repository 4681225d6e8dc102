//! The few words with which a protocol is upgraded from the clear to TLS.

use monitor_core::checks::StartTls;
use monitor_core::outcome::Reason;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::failure::{Failure, clean};
use crate::trace::{Phase, Trace};

/// Longest line that is read.
const MAX_LINE_BYTES: usize = 2_048;

/// Most lines of one answer.
const MAX_LINES: usize = 100;

/// `SSLRequest`: its length and its code.
/// Source: <https://www.postgresql.org/docs/current/protocol-message-formats.html>.
const POSTGRES_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// Says what has to be said before TLS. Nothing is read beyond the last answer: what came after it in the clear would be
/// taken for what was said within TLS.
pub(crate) async fn upgrade(protocol: StartTls, stream: &mut TcpStream, trace: &mut Trace) -> Result<(), Failure> {
    trace.enter(Phase::FirstByte);
    match protocol {
        StartTls::Smtp => smtp(stream).await,
        StartTls::Imap => imap(stream).await,
        StartTls::Pop3 => pop3(stream).await,
        StartTls::Postgres => postgres(stream).await,
    }
}

async fn smtp(stream: &mut TcpStream) -> Result<(), Failure> {
    smtp_answer(stream, "220").await?;
    say(stream, b"EHLO watchword.invalid\r\n").await?;
    let offered = smtp_answer(stream, "250").await?;
    let offers = |line: &String| line.get(4..).is_some_and(|word| word.trim_end().eq_ignore_ascii_case("STARTTLS"));
    if !offered.iter().any(offers) {
        return Err(missing("the mail server does not offer STARTTLS"));
    }
    say(stream, b"STARTTLS\r\n").await?;
    let answer = line(stream).await?;
    if answer.starts_with("220") { Ok(()) } else { Err(missing(&refused(&answer))) }
}

/// Reads an answer of one or more lines that begin with that code.
async fn smtp_answer(stream: &mut TcpStream, code: &str) -> Result<Vec<String>, Failure> {
    let mut lines = Vec::new();
    while lines.len() < MAX_LINES {
        let line = line(stream).await?;
        if !line.starts_with(code) {
            return Err(mismatch("SMTP", &line));
        }
        let last = line.as_bytes().get(3) != Some(&b'-');
        lines.push(line);
        if last {
            return Ok(lines);
        }
    }
    Err(Failure::new(Reason::ProtocolMismatch, "the mail server's answer has no end"))
}

async fn imap(stream: &mut TcpStream) -> Result<(), Failure> {
    let greeting = line(stream).await?;
    if !greeting.to_ascii_uppercase().starts_with("* OK") {
        return Err(mismatch("IMAP", &greeting));
    }
    say(stream, b"a STARTTLS\r\n").await?;
    for _ in 0..MAX_LINES {
        let answer = line(stream).await?;
        // Lines with a star are news for everybody.
        if !answer.starts_with("* ") {
            return if answer.to_ascii_uppercase().starts_with("A OK") {
                Ok(())
            } else {
                Err(missing(&refused(&answer)))
            };
        }
    }
    Err(Failure::new(Reason::ProtocolMismatch, "the mail server's answer has no end"))
}

async fn pop3(stream: &mut TcpStream) -> Result<(), Failure> {
    let greeting = line(stream).await?;
    if !greeting.starts_with("+OK") {
        return Err(mismatch("POP3", &greeting));
    }
    say(stream, b"STLS\r\n").await?;
    let answer = line(stream).await?;
    if answer.starts_with("+OK") { Ok(()) } else { Err(missing(&refused(&answer))) }
}

async fn postgres(stream: &mut TcpStream) -> Result<(), Failure> {
    say(stream, &POSTGRES_REQUEST).await?;
    match stream.read_u8().await.map_err(waiting)? {
        b'S' => Ok(()),
        b'N' => Err(missing("the database does not offer TLS")),
        _ => Err(Failure::new(Reason::ProtocolMismatch, "what came back is not PostgreSQL")),
    }
}

async fn say(stream: &mut TcpStream, words: &[u8]) -> Result<(), Failure> {
    stream.write_all(words).await.map_err(|error| Failure::io(&error, "asking for TLS"))
}

/// Reads one line, byte by byte, so that nothing behind it is taken.
async fn line(stream: &mut TcpStream) -> Result<String, Failure> {
    let mut line = Vec::new();
    loop {
        let byte = stream.read_u8().await.map_err(waiting)?;
        match byte {
            b'\n' => return Ok(String::from_utf8_lossy(&line).trim_end().to_owned()),
            _ if line.len() == MAX_LINE_BYTES => {
                return Err(Failure::new(Reason::ProtocolMismatch, "what came back has no line ends"));
            }
            _ => line.push(byte),
        }
    }
}

fn waiting(error: std::io::Error) -> Failure {
    Failure::io(&error, "waiting to go on with TLS")
}

fn missing(message: &str) -> Failure {
    Failure::new(Reason::StarttlsMissing, message)
}

fn refused(answer: &str) -> String {
    format!("the target does not go on with TLS: “{}”", clean(answer, 80))
}

fn mismatch(protocol: &str, line: &str) -> Failure {
    Failure::new(
        Reason::ProtocolMismatch,
        format!("what came back is not the {protocol} expected: “{}”", clean(line, 80)),
    )
}
