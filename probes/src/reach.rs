//! Whether a check's host can be reached, without doing what the check does.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::checks::Endpoint;
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::{Outcome, Reason};
use url::{Host, Url};

use crate::check::Check;
use crate::connect::borrowed;
use crate::outbound::Outbound;
use crate::trace::{Trace, Wanted};

/// What a look at a host has shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// It answered, if only by refusing the connection.
    Reached,
    /// Nothing came back.
    Lost,
    /// It cannot be looked at: there is nothing to connect to, or it may not be.
    Unknown,
}

/// Whether it may be the fault of the network here that a check ended for this reason: nothing came back from outside this
/// machine. A name server that answers, if only that it will not or cannot, is outside, unless it is this machine's own, which
/// says so too when it reaches no other.
#[must_use]
pub fn is_lost(check: &Check, outbound: &Outbound, reason: Reason) -> bool {
    match reason {
        Reason::DnsTimeout
        | Reason::ConnectTimeout
        | Reason::HostUnreachable
        | Reason::NoReply
        | Reason::LocalNetwork => true,
        Reason::DnsFailure => check.names_server() != Some(true) && outbound.resolver().is_own(),
        _ => false,
    }
}

/// Whether a check got no farther than this machine because what it watches is there.
#[must_use]
pub fn is_here(check: &Check, outcome: &Outcome) -> bool {
    let loopback = outcome.details.peer.is_some_and(|peer| peer.to_canonical().is_loopback());
    // The system's name server may be here, but what it is asked for is not.
    loopback && check.names_server() != Some(false)
}

/// Connects to where a check would, and does nothing else. Returns within that time.
pub async fn reach(check: &Check, outbound: &Outbound, at: Timestamp, within: Duration) -> Reach {
    let Some(Endpoint { host, port }) = check.endpoint() else { return Reach::Unknown };
    let mut trace = Trace::start(at, within, Wanted { family: check.family(), ..Wanted::default() });
    let host = borrowed(host);
    match tokio::time::timeout(within, outbound.connect(&host, *port, &mut trace)).await {
        Err(_) => Reach::Lost,
        Ok(Ok(_)) => Reach::Reached,
        Ok(Err(failure)) if is_lost(check, outbound, failure.reason) => Reach::Lost,
        Ok(Err(failure)) => match failure.reason {
            Reason::ConnectionRefused | Reason::ConnectionReset => Reach::Reached,
            _ => Reach::Unknown,
        },
    }
}

/// Where a check connects to by TCP, if it does.
pub(crate) fn endpoint(spec: &CheckSpec) -> Option<Endpoint> {
    let of_url = |url: &Url| {
        Some(Endpoint { host: url.host()?.to_owned(), port: url.port_or_known_default().filter(|port| *port > 0)? })
    };
    match spec {
        CheckSpec::Http(spec) => of_url(&spec.url),
        CheckSpec::GraphQl(spec) => of_url(&spec.http.url),
        CheckSpec::WebSocket(spec) => of_url(&spec.url),
        CheckSpec::Flow(spec) => of_url(&Url::parse(&spec.steps.first()?.address).ok()?),
        CheckSpec::Tcp(spec) => Some(spec.endpoint.clone()),
        CheckSpec::Tls(spec) => Some(spec.endpoint.clone()),
        CheckSpec::Grpc(spec) => Some(spec.endpoint.clone()),
        CheckSpec::Smtp(spec) | CheckSpec::Imap(spec) => Some(spec.endpoint.clone()),
        CheckSpec::Postgres(spec) | CheckSpec::Mysql(spec) => Some(spec.endpoint.clone()),
        CheckSpec::Redis(spec) => Some(spec.endpoint.clone()),
        CheckSpec::Mqtt(spec) => Some(spec.endpoint.clone()),
        CheckSpec::Icmp(_) | CheckSpec::Dns(_) | CheckSpec::Domain(_) | CheckSpec::Heartbeat(_) => None,
    }
}

/// What stands for the host of a check, whatever its port and path.
pub(crate) fn host_key(spec: &CheckSpec, endpoint: Option<&Endpoint>) -> u64 {
    let host = match (spec, endpoint) {
        (_, Some(Endpoint { host: Host::Domain(name), .. })) => name.to_ascii_lowercase(),
        (_, Some(endpoint)) => endpoint.host.to_string(),
        (CheckSpec::Icmp(spec), None) => spec.host.to_ascii_lowercase(),
        (spec, None) => spec.target(),
    };
    let mut hasher = DefaultHasher::new();
    host.hash(&mut hasher);
    hasher.finish()
}
