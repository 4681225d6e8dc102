//! Real local servers to watch, well-behaved and not. Each listens on a free port of 127.0.0.1 (the name server on UDP)
//! and stops when its handle is dropped. They need a running Tokio runtime.
//!
//! | module | what it serves |
//! |---|---|
//! | [`mod@answering`] | whatever answer is set, switchable while it runs; counts and remembers requests |
//! | [`mod@site`] | an answer for each request; remembers all of them |
//! | [`misbehaving`] | silence, resets, garbage, drips, floods of an HTTP server |
//! | [`mod@misbehaviour`] | the same of a server of any protocol |
//! | [`tls`] | HTTPS with good and with bad certificates |
//! | [`upgrade`] | the same certificates, behind what other protocols say before TLS |
//! | [`dns`] | a name server that answers, denies, fails or is silent |
#![expect(clippy::expect_used, reason = "a target that cannot start fails its test")]

pub mod answering;
pub mod dns;
pub mod misbehaving;
pub mod misbehaviour;
pub mod site;
pub mod tls;
pub mod upgrade;

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

pub use answering::{Answer, Answering, Received, answering};
pub use misbehaviour::{Misbehaviour, misbehaving};
pub use site::{Site, site};

/// A running server. It stops, and its connections end, when this is dropped.
#[derive(Debug)]
pub struct Target {
    addr: SocketAddr,
    scheme: &'static str,
    task: JoinHandle<()>,
}

impl Target {
    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Its address, ending in a slash: `http://127.0.0.1:40001/`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}/", self.scheme, self.addr)
    }

    /// Its address with another host name, such as `localhost`.
    #[must_use]
    pub fn url_as(&self, host: &str) -> String {
        format!("{}://{host}:{}/", self.scheme, self.addr.port())
    }

    /// Serves every connection by `handle`, whose errors end that connection and nothing else.
    pub(crate) async fn serve<H, F>(scheme: &'static str, handle: H) -> Self
    where
        H: Fn(TcpStream) -> F + Send + 'static,
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let addr = listener.local_addr().expect("an address");
        let task = tokio::spawn(async move {
            // Dropped with the task, and with it every connection.
            let mut connections = JoinSet::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                        connections.spawn(handle(stream));
                    },
                    Some(_) = connections.join_next() => {}
                }
            }
        });
        Self { addr, scheme, task }
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        self.task.abort();
    }
}
