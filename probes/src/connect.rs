//! From a host and a port to a stream to write on.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use monitor_core::checks::Endpoint;
use monitor_core::duration::humanize;
use monitor_core::outcome::{Reason, Verdict};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_util::either::Either;
use url::Host;

use crate::failure::Failure;
use crate::outbound::Outbound;
use crate::tls::Alpn;
use crate::trace::{Phase, Trace};

/// A connection to a target.
pub(crate) type Stream = Either<TcpStream, TlsStream<TcpStream>>;

impl Outbound {
    /// Connects to a host by the address policy. The connection is made to exactly the address that the policy has seen:
    /// there is no second resolution that could give another one.
    pub(crate) async fn connect(&self, host: &Host<&str>, port: u16, trace: &mut Trace) -> Result<TcpStream, Failure> {
        let addresses = self.resolve(host, trace).await?;
        trace.enter(Phase::Connect);
        first_of(&addresses, port, trace).await
    }

    /// Connects to an endpoint, with TLS from the first byte or without.
    pub(crate) async fn open(&self, endpoint: &Endpoint, tls: bool, trace: &mut Trace) -> Result<Stream, Failure> {
        let host = borrowed(&endpoint.host);
        let stream = self.connect(&host, endpoint.port, trace).await?;
        if !tls {
            return Ok(Either::Left(stream));
        }
        self.tls().handshake(self.tls().plain(Alpn::None), &host, stream, trace).await.map(Either::Right)
    }
}

/// A host without owning it.
pub(crate) fn borrowed(host: &Host<String>) -> Host<&str> {
    match host {
        Host::Domain(name) => Host::Domain(name),
        Host::Ipv4(ip) => Host::Ipv4(*ip),
        Host::Ipv6(ip) => Host::Ipv6(*ip),
    }
}

/// Tries one address after the other, each with an equal share of the time that is left.
pub(crate) async fn first_of(addresses: &[IpAddr], port: u16, trace: &mut Trace) -> Result<TcpStream, Failure> {
    let mut told: Option<Failure> = None;
    for (index, &ip) in addresses.iter().enumerate() {
        let left = addresses.len() - index;
        let share = trace.remaining() / u32::try_from(left).unwrap_or(u32::MAX);
        let peer = SocketAddr::new(ip, port);
        trace.details.peer = Some(ip);
        // The last one may use all the time that is left, which the caller watches over.
        let attempt = if left == 1 { connect(peer).await } else { connect_within(peer, share).await };
        let failure = match attempt {
            Ok(stream) => return Ok(stream),
            Err(failure) => failure,
        };
        // The first failure is told, unless it is about this machine, such as a missing route for IPv6.
        told = match told {
            Some(first) if first.reason.verdict() != Verdict::Inconclusive => Some(first),
            Some(_) | None => Some(failure),
        };
    }
    Err(told.unwrap_or_else(|| Failure::new(Reason::ProbeFailed, "there was no address to connect to")))
}

async fn connect_within(peer: SocketAddr, share: Duration) -> Result<TcpStream, Failure> {
    match tokio::time::timeout(share, connect(peer)).await {
        Ok(attempt) => attempt,
        Err(_) => {
            let message = format!("{} port {} did not answer within {}", peer.ip(), peer.port(), humanize(share));
            Err(Failure::new(Reason::ConnectTimeout, message))
        }
    }
}

/// Connects to an address that the policy has let through, or that nobody chose.
pub(crate) async fn connect(peer: SocketAddr) -> Result<TcpStream, Failure> {
    #[expect(clippy::disallowed_methods, reason = "the policy has let this address through")]
    let connected = TcpStream::connect(peer).await;
    let doing = || format!("connecting to {} port {}", peer.ip(), peer.port());
    let stream = connected.map_err(|error| Failure::io(&error, &doing()))?;
    // A request is written in one piece, which should not wait for the acknowledgement of anything.
    stream.set_nodelay(true).map_err(|error| Failure::io(&error, &doing()))?;
    Ok(stream)
}

#[cfg(test)]
pub(crate) mod tests;
