//! A server whose answers a test computes from what it is sent.

use std::net::SocketAddr;
use std::sync::Arc;

use test_support::targets::Received;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A running server. It stops when it is dropped.
pub(crate) struct Scripted {
    addr: SocketAddr,
    task: JoinHandle<()>,
}

impl Scripted {
    pub(crate) fn addr(&self) -> SocketAddr {
        self.addr
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.addr)
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers each request by `answer`, which is told on which connection it came, counted from 0. An empty answer closes the
/// connection.
pub(crate) async fn scripted(answer: impl Fn(usize, &Received) -> String + Send + Sync + 'static) -> Scripted {
    let answer = Arc::new(answer);
    served(move |number, mut stream| {
        let answer = Arc::clone(&answer);
        async move {
            while let Some(request) = read(&mut stream).await {
                let text = answer(number, &request);
                if text.is_empty() || stream.write_all(text.as_bytes()).await.is_err() {
                    return;
                }
            }
        }
    })
    .await
}

/// Serves each connection by `serve`, which is told its number.
pub(crate) async fn served<F: Future<Output = ()> + Send + 'static>(
    serve: impl Fn(usize, TcpStream) -> F + Send + 'static,
) -> Scripted {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let mut connections = tokio::task::JoinSet::new();
        for number in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            connections.spawn(serve(number, stream));
        }
    });
    Scripted { addr, task }
}

/// An answer with that status, these header lines, and that body.
pub(crate) fn answer(status: &str, headers: &[&str], body: &str) -> String {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len())
}

/// Reads one request. `None`: the client has closed.
pub(crate) async fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    head.truncate(head.len() - 4);
    let mut request = Received { head: String::from_utf8(head).unwrap(), body: Vec::new() };
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    request.body = vec![0; length];
    stream.read_exact(&mut request.body).await.ok()?;
    Some(request)
}
