//! From a host to a connection that the policy allows.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use monitor_core::Timestamp;
use monitor_core::outcome::Reason;
use tokio::net::TcpStream;
use url::Host;

use super::Shared;
use crate::connect::first_of;
use crate::failure::Failure;
use crate::trace::{Phase, Trace, Wanted};

impl Shared {
    /// Resolves the host and connects to an address that the policy lets through.
    pub(super) async fn dial(&self, host: &Host<&str>, port: u16) -> Result<TcpStream, Failure> {
        // The time of day is for certificates, of which nothing is seen here.
        let mut trace = Trace::start(Timestamp::from_millis(0), self.limits.connect, Wanted::default());
        let connecting = Box::pin(self.connect(host, port, &mut trace));
        let connected = tokio::time::timeout(self.limits.connect, connecting).await;
        connected.unwrap_or_else(|_| Err(trace.out_of_time()))
    }

    async fn connect(&self, host: &Host<&str>, port: u16, trace: &mut Trace) -> Result<TcpStream, Failure> {
        let mut addresses = self.outbound.resolve(host, trace).await?;
        addresses.retain(|&ip| !self.is_forbidden(ip, port));
        if addresses.is_empty() {
            let message = format!("{host} port {port} is Watchword's own, which no page is led to");
            return Err(Failure::new(Reason::AddressRefused, message));
        }
        trace.enter(Phase::Connect);
        first_of(&addresses, port, trace).await
    }

    fn is_forbidden(&self, ip: IpAddr, port: u16) -> bool {
        let ip = ip.to_canonical();
        self.limits.forbidden.iter().any(|own| {
            let same = if own.ip().is_unspecified() { leads_here(ip) } else { own.ip().to_canonical() == ip };
            own.port() == port && same
        })
    }
}

/// Whether an address is one of this machine: then it would be the sender's as well. Nothing is sent to find out.
fn leads_here(ip: IpAddr) -> bool {
    let any = match ip {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    let source = || {
        let socket = UdpSocket::bind(SocketAddr::new(any, 0))?;
        socket.connect(SocketAddr::new(ip, 9))?;
        socket.local_addr()
    };
    ip.is_loopback() || source().is_ok_and(|source| source.ip() == ip)
}
