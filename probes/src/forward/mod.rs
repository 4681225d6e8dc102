//! A forward proxy by the address policy, for a program that goes where pages lead it, such as a browser.
//!
//! Each request is judged by itself: its host is resolved here, and the connection is made to exactly the address that the
//! policy has let through, so that neither a redirect nor a name that changes its address leads further. What was not
//! reached is remembered with its reason, because a browser tells no more than that its proxy said no.

mod dial;
mod exchange;
mod metered;

use std::net::SocketAddr;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use monitor_core::outcome::Reason;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixListener;
use tokio::sync::Semaphore;
use tokio_util::sync::{CancellationToken, DropGuard};

use self::exchange::Line;
use crate::failure::Failure;
use crate::outbound::Outbound;

/// Most hosts that are remembered as not reached.
const MAX_UNREACHED: usize = 64;

/// Most bytes of a request's headers.
const MAX_HEADER_BYTES: usize = 64 * 1024;

/// What a forward proxy lets through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForwardLimits {
    /// Most bytes, both ways together, until [`ForwardProxy::renew`].
    pub bytes: u64,
    /// Most connections at once. One more is closed.
    pub connections: usize,
    /// Longest time to resolve a host and connect to it.
    pub connect: Duration,
    /// Addresses that are refused whatever the policy says: those that this program itself listens on. An unspecified
    /// address stands for every address of this machine.
    pub forbidden: Vec<SocketAddr>,
}

/// A host that was asked for and not reached, or not any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreached {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Why, as a class: [`Reason::AddressRefused`] is the policy's word, [`Reason::BodyTooLarge`] the limit of bytes.
    pub reason: Reason,
    /// Why, as one sentence for a person.
    pub why: String,
}

/// A forward proxy of HTTP/1.1, which takes requests in absolute form and `CONNECT`. All its connections end when it is
/// dropped.
#[derive(Debug)]
pub struct ForwardProxy {
    shared: Arc<Shared>,
    _closes: DropGuard,
}

#[derive(Debug)]
struct Shared {
    outbound: Outbound,
    limits: ForwardLimits,
    /// What is left of the bytes.
    bytes: AtomicU64,
    room: Semaphore,
    unreached: Mutex<Vec<Unreached>>,
    closed: CancellationToken,
}

impl ForwardProxy {
    /// A proxy that reaches out by this client's policy, name resolution and limits.
    #[must_use]
    pub fn new(outbound: &Outbound, limits: ForwardLimits) -> Self {
        let closed = CancellationToken::new();
        let shared = Shared {
            outbound: outbound.clone(),
            bytes: AtomicU64::new(limits.bytes),
            room: Semaphore::new(limits.connections),
            limits,
            unreached: Mutex::default(),
            closed: closed.clone(),
        };
        Self { shared: Arc::new(shared), _closes: closed.drop_guard() }
    }

    /// Serves whoever connects there, until the proxy is dropped.
    pub fn listen(&self, listener: UnixListener) {
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            let accepting = async {
                // An error here is this one connection's, or that of a process out of files, which waits for the others.
                loop {
                    match listener.accept().await {
                        Ok((stream, _)) => drop(tokio::spawn(Arc::clone(&shared).serve(stream))),
                        Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                    }
                }
            };
            shared.closed.run_until_cancelled(accepting).await;
        });
    }

    /// Serves one connection until it ends or the proxy is dropped.
    pub fn serve<S>(&self, stream: S) -> impl Future<Output = ()> + Send + use<S>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        Arc::clone(&self.shared).serve(stream)
    }

    /// Allows as many bytes again as in the beginning.
    pub fn renew(&self) {
        self.shared.bytes.store(self.shared.limits.bytes, std::sync::atomic::Ordering::Relaxed);
    }

    /// What was not reached so far, each host, port and reason once, in the order in which it was asked for.
    #[must_use]
    pub fn unreached(&self) -> Vec<Unreached> {
        self.shared.unreached.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Shared {
    async fn serve<S>(self: Arc<Self>, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Ok(_place) = self.room.try_acquire() else { return };
        let (line, mut tunnel) = Line::new(&self);
        let service = service_fn(|request| line.answer(request));
        let mut http = http1::Builder::new();
        http.max_buf_size(MAX_HEADER_BYTES).preserve_header_case(true).auto_date_header(false);
        let carrying = async {
            // Whether it ended in order is nobody's concern: both ends see their end.
            let _ = http.serve_connection(TokioIo::new(stream), service).with_upgrades().await;
            if let Ok(tunnel) = tunnel.try_recv() {
                tunnel.carry().await;
            }
        };
        self.closed.run_until_cancelled(Box::pin(carrying)).await;
    }

    fn note(&self, host: &str, port: u16, failure: Failure) {
        let mut all = self.unreached.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.iter().any(|one| one.host == host && one.port == port && one.reason == failure.reason);
        if !known && all.len() < MAX_UNREACHED {
            all.push(Unreached { host: host.to_owned(), port, reason: failure.reason, why: failure.message });
        }
    }
}

#[cfg(test)]
mod tests;
