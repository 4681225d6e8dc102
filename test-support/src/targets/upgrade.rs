//! What servers and clients say to each other before TLS begins on the same connection.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest line of a client that is read, in bytes.
const MAX_LINE_BYTES: usize = 4096;

/// How a client comes to TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upgrade {
    /// It begins with it: HTTPS, `rediss`, `mqtts`, `smtps`, `imaps`.
    Immediate,
    /// PostgreSQL's SSLRequest.
    Postgres,
    /// MySQL's SSLRequest, after the server has greeted.
    Mysql,
    /// SMTP's STARTTLS.
    Smtp,
    /// IMAP's STARTTLS.
    Imap,
}

impl Upgrade {
    /// Does all that comes before the handshake, and reads not a byte of it.
    pub(crate) async fn accept(self, stream: &mut TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        match self {
            Self::Immediate => Ok(()),
            Self::Postgres => {
                // Length and code: <https://www.postgresql.org/docs/current/protocol-message-formats.html>, SSLRequest.
                stream.read_exact(&mut [0; 8]).await?;
                stream.write_all(b"S").await
            }
            Self::Mysql => {
                stream.write_all(&mysql_greeting()).await?;
                let mut header = [0; 4];
                stream.read_exact(&mut header).await?;
                let length = u32::from_le_bytes([header[0], header[1], header[2], 0]);
                let mut payload = stream.take(length.into());
                tokio::io::copy(&mut payload, &mut tokio::io::sink()).await.map(|_| ())
            }
            Self::Smtp => smtp(stream).await,
            Self::Imap => imap(stream).await,
        }
    }
}

async fn smtp(stream: &mut TcpStream) -> io::Result<()> {
    stream.write_all(b"220 localhost ESMTP\r\n").await?;
    loop {
        let line = read_line(stream).await?;
        if line.eq_ignore_ascii_case("STARTTLS") {
            return stream.write_all(b"220 go ahead\r\n").await;
        }
        stream.write_all(b"250-localhost\r\n250 STARTTLS\r\n").await?;
    }
}

async fn imap(stream: &mut TcpStream) -> io::Result<()> {
    stream.write_all(b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n").await?;
    loop {
        let line = read_line(stream).await?;
        let (tag, command) = line.split_once(' ').unwrap_or((&line, ""));
        if command.eq_ignore_ascii_case("CAPABILITY") {
            stream.write_all(b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n").await?;
        }
        stream.write_all(format!("{tag} OK done\r\n").as_bytes()).await?;
        if command.eq_ignore_ascii_case("STARTTLS") {
            return Ok(());
        }
    }
}

/// Reads a line without its end, byte by byte: what follows it is not ours.
async fn read_line(stream: &mut TcpStream) -> io::Result<String> {
    let mut line = Vec::new();
    while line.len() < MAX_LINE_BYTES {
        match stream.read_u8().await? {
            b'\n' => return Ok(String::from_utf8_lossy(&line).trim_end().to_owned()),
            byte => line.push(byte),
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

/// A server's first packet that offers TLS:
/// <https://mariadb.com/kb/en/connection/#initial-handshake-packet>.
fn mysql_greeting() -> Vec<u8> {
    /// Long password, database, protocol 4.1, TLS, transactions, secure connection; plugins.
    const CAPABILITIES: u32 = 0x0008_AA09;
    let [low_0, low_1, high_0, high_1] = CAPABILITIES.to_le_bytes();
    let mut payload = b"\x0a8.0.0-test\0".to_vec();
    payload.extend([1, 0, 0, 0]); // connection
    payload.extend(b"saltsalt\0");
    payload.extend([low_0, low_1]);
    payload.extend([45, 2, 0]); // utf8mb4, autocommit
    payload.extend([high_0, high_1]);
    payload.push(21); // bytes of the salt
    payload.extend([0; 10]);
    payload.extend(b"saltsaltsalt\0");
    payload.extend(b"mysql_native_password\0");
    let length = u8::try_from(payload.len()).expect("a short packet");
    [&[length, 0, 0, 0], payload.as_slice()].concat()
}
