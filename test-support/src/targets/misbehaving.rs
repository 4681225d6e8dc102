//! Servers that do wrong, one function per wrong.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::Target;

/// Pause between two pieces of an answer that never ends.
const DRIP: Duration = Duration::from_millis(20);

/// An address on which nothing listens.
///
/// # Panics
/// When no port is free.
#[must_use]
pub fn nothing_listens() -> SocketAddr {
    // Bound and closed again: the system hands the number out anew only after it has gone through the others.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address")
}

/// A port whose queue of waiting connections is full, so that no new one is made.
#[derive(Debug)]
pub struct Full {
    _listener: tokio::net::TcpListener,
    _waiting: Vec<TcpStream>,
    addr: SocketAddr,
}

impl Full {
    /// Where connections are not made.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
}

/// Listens without ever accepting, and fills the queue of waiting connections.
///
/// # Panics
/// When the system does not let it listen.
pub async fn never_connects() -> Full {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let listener = socket.listen(1).expect("a listener");
    let addr = listener.local_addr().expect("an address");
    let mut waiting = Vec::new();
    loop {
        #[expect(clippy::disallowed_methods, reason = "a test's own listener")]
        let connecting = TcpStream::connect(addr);
        // The queue is full once a connection to this very machine is not made at once.
        match tokio::time::timeout(Duration::from_millis(100), connecting).await {
            Ok(Ok(stream)) => waiting.push(stream),
            Ok(Err(_)) | Err(_) => return Full { _listener: listener, _waiting: waiting, addr },
        }
    }
}

/// Accepts and reads, and never answers.
pub async fn never_answers() -> Target {
    Target::serve("http", |mut stream| async move {
        let mut sink = [0; 4096];
        while stream.read(&mut sink).await? > 0 {}
        pending().await
    })
    .await
}

/// Sends headers without end, a few at a time.
pub async fn endless_headers() -> Target {
    after_request("HTTP/1.1 200 OK\r\n", |mut stream| async move {
        loop {
            stream.write_all(b"X-More: and more\r\n").await?;
            tokio::time::sleep(DRIP).await;
        }
    })
    .await
}

/// Sends headers without end, as fast as they go.
pub async fn flood_of_headers() -> Target {
    after_request("HTTP/1.1 200 OK\r\nX-Long: ", |mut stream| async move {
        loop {
            stream.write_all(&[b'x'; 16 * 1024]).await?;
        }
    })
    .await
}

/// Asks for patience without end, as fast as it goes, with one interim answer after the other.
pub async fn flood_of_interim_answers() -> Target {
    after_request("", |mut stream| async move {
        let many = b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000);
        loop {
            stream.write_all(&many).await?;
        }
    })
    .await
}

/// Sends that many short headers.
pub async fn headers(count: usize) -> Target {
    let lines: String = (0..count).map(|index| format!("X-{index}: 1\r\n")).collect();
    raw(format!("HTTP/1.1 200 OK\r\n{lines}Content-Length: 0\r\n\r\n")).await
}

/// Sends a body without end, byte by byte.
pub async fn endless_body() -> Target {
    after_request("HTTP/1.1 200 OK\r\n\r\n", |mut stream| async move {
        loop {
            stream.write_all(b".").await?;
            tokio::time::sleep(DRIP).await;
        }
    })
    .await
}

/// Sends a body without end, as fast as it goes, and does not say how long it is.
pub async fn flood_of_body() -> Target {
    after_request("HTTP/1.1 200 OK\r\n\r\n", |mut stream| async move {
        loop {
            stream.write_all(&[b'x'; 64 * 1024]).await?;
        }
    })
    .await
}

/// Announces a body of that many bytes and sends none of them.
pub async fn announces(bytes: u64) -> Target {
    after_request(format!("HTTP/1.1 200 OK\r\nContent-Length: {bytes}\r\n\r\n"), |stream| async move {
        let _open = stream;
        pending().await
    })
    .await
}

/// Announces more than it sends, and closes.
pub async fn half_an_answer() -> Target {
    raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this").await
}

/// Closes in the middle of the headers.
pub async fn half_the_headers() -> Target {
    raw("HTTP/1.1 200 OK\r\nContent-Le").await
}

/// Sends what is not HTTP, and closes.
pub async fn garbage() -> Target {
    raw("SSH-2.0-OpenSSH_9.6\r\nthis is \0 no HTTP\r\n\r\n").await
}

/// Speaks before it is asked, as servers of other protocols do.
pub async fn speaks_first() -> Target {
    Target::serve("http", |mut stream| async move {
        stream.write_all(b"220 mail.example ESMTP\r\n").await?;
        read_head(&mut stream).await
    })
    .await
}

/// Sends a chunk whose length is no number.
pub async fn bad_chunk() -> Target {
    raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nno chunk\r\n").await
}

/// Sends those bytes after the request, and closes.
pub async fn raw(answer: impl AsRef<[u8]>) -> Target {
    let answer = answer.as_ref().to_vec();
    after_request(answer, |mut stream| async move { stream.shutdown().await }).await
}

/// Closes without a word.
pub async fn closes() -> Target {
    Target::serve("http", |mut stream| async move {
        read_head(&mut stream).await?;
        stream.shutdown().await
    })
    .await
}

/// Resets the connection instead of an answer.
pub async fn resets() -> Target {
    after_request("", |stream| async move { reset(stream) }).await
}

/// Resets the connection in the middle of the headers.
pub async fn resets_in_headers() -> Target {
    after_request("HTTP/1.1 200 OK\r\nX-A: b\r\n", |stream| async move { reset(stream) }).await
}

/// Resets the connection in the middle of the body.
pub async fn resets_in_body() -> Target {
    after_request("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", |mut stream| async move {
        // Until the client has read what is there: a reset throws away what is still under way.
        stream.flush().await?;
        tokio::time::sleep(DRIP).await;
        reset(stream)
    })
    .await
}

/// Reads a request's head, sends the bytes, and goes on as `then` says.
async fn after_request<H, F>(first: impl AsRef<[u8]>, then: H) -> Target
where
    H: Fn(TcpStream) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let first = first.as_ref().to_vec();
    Target::serve("http", move |mut stream| {
        let (first, then) = (first.clone(), then.clone());
        async move {
            stream.set_nodelay(true)?;
            read_head(&mut stream).await?;
            stream.write_all(&first).await?;
            then(stream).await
        }
    })
    .await
}

async fn read_head(stream: &mut TcpStream) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        if stream.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(())
}

/// Closes with a reset instead of an orderly end.
fn reset(stream: TcpStream) -> io::Result<()> {
    stream.set_zero_linger()
}
