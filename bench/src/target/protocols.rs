//! What the target speaks beside HTTP/1.1 in the clear, each on a port of its own.

use std::io;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::body::Bytes;
use futures_util::{SinkExt, StreamExt};
use rustls::ServerConfig;
use serde::{Deserialize, Serialize};
use test_support::targets::tls::{Authority, Flaw};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::http2;

/// The file with the certificate authority to be trusted.
pub(crate) const CA_FILE: &str = "ca.pem";

/// Longest head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1_024;

/// Pause when no connection can be accepted, for example for want of open files.
const AFTER_ERROR: Duration = Duration::from_millis(10);

/// Where it listens on 127.0.0.1.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Ports {
    /// HTTP/1.1 or, where it is asked for, HTTP/2 over TLS.
    pub(crate) tls: u16,
    /// HTTP/2 and gRPC's health protocol without TLS.
    pub(crate) http2: u16,
    /// Accepts, reads and says nothing.
    pub(crate) tcp: u16,
    /// Sends back every text.
    pub(crate) websocket: u16,
}

/// Begins to listen, and writes [`CA_FILE`] into the folder.
pub(super) async fn open(folder: &Path, body: Bytes) -> anyhow::Result<Ports> {
    let authority = Authority::new();
    std::fs::write(folder.join(CA_FILE), authority.pem()).context("cannot write the certificate")?;
    let mut config = ServerConfig::clone(&authority.server_config(Flaw::None));
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
    let answer = Bytes::from([head.as_bytes(), &body].concat());
    let secured = body.clone();
    Ok(Ports {
        tls: listen(move |stream| tls(stream, acceptor.clone(), answer.clone(), secured.clone())).await?,
        http2: listen(move |stream| http2::serve(stream, body.clone())).await?,
        tcp: listen(swallow).await?,
        websocket: listen(|stream| Box::pin(echo(stream))).await?,
    })
}

/// Serves whoever connects to a port that is free.
async fn listen<S, F>(serve: S) -> anyhow::Result<u16>
where
    S: Fn(TcpStream) -> F + Send + 'static,
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port is free")?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        loop {
            match listener.accept().await {
                // A connection that fails does so by itself.
                Ok((stream, _)) => {
                    let _ = stream.set_nodelay(true);
                    drop(tokio::spawn(serve(stream)));
                }
                Err(_) => tokio::time::sleep(AFTER_ERROR).await,
            }
        }
    });
    Ok(port)
}

async fn tls(stream: TcpStream, acceptor: TlsAcceptor, answer: Bytes, body: Bytes) -> io::Result<()> {
    let stream = acceptor.accept(stream).await?;
    match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => http2::serve(stream, body).await,
        _ => http1(stream, &answer).await,
    }
}

/// Gives one answer to every request. Requests have no body.
async fn http1(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: &[u8]) -> io::Result<()> {
    let mut request = Vec::with_capacity(1_024);
    loop {
        request.clear();
        while !request.ends_with(b"\r\n\r\n") {
            if request.len() > MAX_HEAD || stream.read_buf(&mut request).await? == 0 {
                return stream.shutdown().await;
            }
        }
        stream.write_all(answer).await?;
        stream.flush().await?;
    }
}

async fn swallow(mut stream: TcpStream) -> io::Result<()> {
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.map(drop)
}

async fn echo(stream: TcpStream) -> io::Result<()> {
    let mut socket = tokio_tungstenite::accept_async(stream).await.map_err(io::Error::other)?;
    while let Some(Ok(message)) = socket.next().await {
        if message.is_text() {
            socket.send(message).await.map_err(io::Error::other)?;
        }
    }
    Ok(())
}
