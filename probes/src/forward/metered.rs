//! A connection whose bytes are counted.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, ready};

use monitor_core::outcome::Reason;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::Shared;
use crate::failure::Failure;

const MEGABYTE: u64 = 1_000_000;

/// A connection to a host, which breaks when the proxy's bytes are used up.
pub(super) struct Metered {
    pub(super) stream: TcpStream,
    pub(super) shared: Arc<Shared>,
    pub(super) host: String,
    pub(super) port: u16,
}

impl Metered {
    fn spend(&self, bytes: usize) -> io::Result<()> {
        let less = |left: u64| left.checked_sub(bytes as u64);
        if self.shared.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok() {
            return Ok(());
        }
        self.shared.bytes.store(0, Ordering::Relaxed);
        let limit = self.shared.limits.bytes;
        let limit = if limit < MEGABYTE { format!("{limit} bytes") } else { format!("{} MB", limit / MEGABYTE) };
        let message = format!("it was cut off, because {limit} had been transferred, which is the most of one run");
        self.shared.note(&self.host, self.port, Failure::new(Reason::BodyTooLarge, message.clone()));
        Err(io::Error::other(message))
    }
}

impl AsyncRead for Metered {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buf))?;
        Poll::Ready(self.spend(buf.filled().len() - before))
    }
}

impl AsyncWrite for Metered {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, buf))?;
        Poll::Ready(self.spend(written).map(|()| written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
