//! A connection of the program's own to a server that does not speak HTTP, for who brings the protocol: by the same
//! address policy, name resolution and trust as the checks.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::checks::{Endpoint, Security, StartTls};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::either::Either;

use crate::connect::{Stream, borrowed};
use crate::failure::Failure;
use crate::http::CallError;
use crate::outbound::Outbound;
use crate::tls::Alpn;
use crate::tls_certificate::upgrade;
use crate::trace::{Trace, Wanted};

/// A connection to a mail server. One that was upgraded by STARTTLS has been greeted already: the next word is ours.
pub struct MailStream(Stream);

impl MailStream {
    /// Who is at the other end.
    ///
    /// # Errors
    /// When the connection is gone.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.tcp().peer_addr()
    }

    /// Our end.
    ///
    /// # Errors
    /// When the connection is gone.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp().local_addr()
    }

    fn tcp(&self) -> &tokio::net::TcpStream {
        match &self.0 {
            Either::Left(stream) => stream,
            Either::Right(stream) => stream.get_ref().0,
        }
    }
}

impl Outbound {
    /// Connects to a mail server that takes mail by SMTP, within that time.
    ///
    /// # Errors
    /// What kept the connection from being made or protected.
    pub async fn dial_mail(
        &self,
        endpoint: &Endpoint,
        security: Security,
        at: Timestamp,
        within: Duration,
    ) -> Result<MailStream, CallError> {
        let mut trace = Trace::start(at, within, Wanted::default());
        let dialled = tokio::time::timeout(within, Box::pin(dial(self, endpoint, security, &mut trace))).await;
        Ok(MailStream(dialled.unwrap_or_else(|_| Err(trace.out_of_time()))?))
    }
}

async fn dial(
    outbound: &Outbound,
    endpoint: &Endpoint,
    security: Security,
    trace: &mut Trace,
) -> Result<Stream, Failure> {
    if security != Security::StartTls {
        return outbound.open(endpoint, security == Security::Tls, trace).await;
    }
    let host = borrowed(&endpoint.host);
    let mut stream = outbound.connect(&host, endpoint.port, trace).await?;
    upgrade(StartTls::Smtp, &mut stream, trace).await?;
    let tls = outbound.tls();
    tls.handshake(tls.plain(Alpn::None), &host, stream, trace).await.map(Either::Right)
}

impl fmt::Debug for MailStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailStream").finish_non_exhaustive()
    }
}

impl AsyncRead for MailStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for MailStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
