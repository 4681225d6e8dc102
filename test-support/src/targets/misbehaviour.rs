//! Servers of no protocol in particular that do wrong: one table of these tests every kind of check.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::Target;

/// Pause between two bytes of [`Misbehaviour::Drips`].
const DRIP: Duration = Duration::from_millis(20);

/// How a server does wrong. It does so at once, whether it is asked anything or not, and reads and ignores what it is
/// sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misbehaviour {
    /// Refuses connections: nothing listens.
    Refuses,
    /// Never says anything.
    Silent,
    /// Closes without a word.
    Closes,
    /// Resets the connection without a word.
    Resets,
    /// Sends these bytes, such as half an answer, and closes.
    Sends(&'static [u8]),
    /// Sends these bytes, such as half an answer, and nothing more.
    Hangs(&'static [u8]),
    /// Sends these bytes over and over, as fast as they go.
    Floods(&'static [u8]),
    /// Sends these bytes over and over, one every 20 ms.
    Drips(&'static [u8]),
}

impl Misbehaviour {
    /// Sends what belongs to no protocol, and closes.
    pub const GARBAGE: Self =
        Self::Sends(b"\xff\xfe\x00\x9d garbage \x80\x01\xc3\x28\r\n\x00\r\n\xff\xff\xff\xff\xff\xff\xff\xff\n");

    /// Answers as a web server answers what is not HTTP, and closes.
    pub const SPEAKS_HTTP: Self = Self::Sends(
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 4\r\nConnection: close\r\n\r\nwhat",
    );

    /// Greets as an SSH server does, and waits for its client to go on.
    pub const SPEAKS_SSH: Self = Self::Hangs(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n");
}

/// Starts a server that does wrong.
///
/// # Panics
/// When no port is free.
pub async fn misbehaving(misbehaviour: Misbehaviour) -> Target {
    match misbehaviour {
        Misbehaviour::Refuses => refusing(),
        _ => Target::serve("tcp", move |stream| misbehave(stream, misbehaviour)).await,
    }
}

/// A port that is taken, so that nobody else listens on it, without being listened on.
fn refusing() -> Target {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
    let addr = socket.local_addr().expect("an address");
    let task = tokio::spawn(async move {
        let _taken = socket;
        pending::<()>().await;
    });
    Target { addr, scheme: "tcp", task }
}

async fn misbehave(stream: TcpStream, misbehaviour: Misbehaviour) -> io::Result<()> {
    stream.set_nodelay(true)?;
    if misbehaviour == Misbehaviour::Resets {
        return stream.set_zero_linger();
    }
    let (mut reader, mut writer) = stream.into_split();
    let speak = async move {
        match misbehaviour {
            Misbehaviour::Refuses | Misbehaviour::Resets | Misbehaviour::Silent => pending().await,
            Misbehaviour::Closes => writer.shutdown().await,
            Misbehaviour::Sends(bytes) => {
                writer.write_all(bytes).await?;
                writer.shutdown().await
            }
            Misbehaviour::Hangs(bytes) => {
                writer.write_all(bytes).await?;
                pending().await
            }
            Misbehaviour::Floods(bytes) => {
                let many = bytes.repeat(64 * 1024 / bytes.len().max(1));
                loop {
                    writer.write_all(&many).await?;
                }
            }
            Misbehaviour::Drips(bytes) => loop {
                for byte in bytes {
                    writer.write_all(&[*byte]).await?;
                    tokio::time::sleep(DRIP).await;
                }
            },
        }
    };
    // Read to the end, because closing with something unread would be a reset.
    let listen = async move {
        let mut sink = [0; 4096];
        while reader.read(&mut sink).await? > 0 {}
        Ok(())
    };
    tokio::try_join!(speak, listen).map(|_| ())
}
