//! From a host to the addresses that may be connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ProtocolConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::rr::Name;
use monitor_core::checks::Family;
use monitor_core::outcome::Reason;
use url::Host;

use crate::address_policy::refused;
use crate::failure::{Failure, clean};
use crate::outbound::{Outbound, OutboundError};
use crate::trace::{Phase, Trace};

/// Most addresses of one name that are tried.
const MAX_ADDRESSES: usize = 8;

/// Longest time that an address is taken from the cache, whatever its TTL: a moved target is followed within a minute.
const MAX_CACHED: Duration = Duration::from_secs(60);

/// Longest time that "there is no such name" is taken from the cache: a mended name is seen by the next check.
const MAX_CACHED_NEGATIVE: Duration = Duration::from_secs(5);

/// Longest wait for a name server before it is asked again: one lost packet should not cost a whole check.
const MAX_ATTEMPT: Duration = Duration::from_secs(2);

/// Asks the system's name servers, and its hosts file first. Answers are kept for their TTL within the limits above.
pub(crate) struct Resolver {
    names: TokioResolver,
    servers: Vec<SocketAddr>,
}

impl Resolver {
    pub(crate) fn system() -> Result<Self, OutboundError> {
        let (config, options) = hickory_resolver::system_conf::read_system_conf()
            .map_err(|error| OutboundError::Resolver(error.to_string()))?;
        Self::new(config, options)
    }

    pub(crate) fn new(config: ResolverConfig, mut options: ResolverOpts) -> Result<Self, OutboundError> {
        options.positive_max_ttl = Some(MAX_CACHED);
        options.negative_max_ttl = Some(MAX_CACHED_NEGATIVE);
        options.timeout = options.timeout.min(MAX_ATTEMPT);
        let udp = |server: &NameServerConfig| {
            let udp = server.connections.iter().find(|connection| matches!(connection.protocol, ProtocolConfig::Udp));
            udp.map(|connection| SocketAddr::new(server.ip, connection.port))
        };
        let servers = config.name_servers().iter().filter_map(udp).collect();
        let resolver =
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()).with_options(options).build();
        let names = resolver.map_err(|error| OutboundError::Resolver(error.to_string()))?;
        Ok(Self { names, servers })
    }

    /// The name servers that are asked, for checks that ask them on their own.
    pub(crate) fn name_servers(&self) -> Vec<SocketAddr> {
        self.servers.clone()
    }

    /// Whether all name servers are on this machine, where they ask others in turn.
    pub(crate) fn is_own(&self) -> bool {
        !self.servers.is_empty() && self.servers.iter().all(|server| server.ip().to_canonical().is_loopback())
    }

    async fn lookup(&self, name: &str) -> Result<Vec<IpAddr>, Failure> {
        let bare = name.strip_suffix('.').unwrap_or(name);
        // These names are loopback whatever a name server says: RFC 6761, section 6.3.
        if bare == "localhost" || bare.ends_with(".localhost") {
            return Ok(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        }
        let not_a_name = |_| Failure::new(Reason::DnsNotFound, format!("{} is not a host name", clean(name, 80)));
        let found = self.names.lookup_ip(Name::from_ascii(name).map_err(not_a_name)?).await;
        Ok(found.map_err(|error| failed(name, &error))?.iter().collect())
    }
}

impl Outbound {
    /// The addresses of a host that the policy lets through, in the order in which to try them.
    pub(crate) async fn resolve(&self, host: &Host<&str>, trace: &mut Trace) -> Result<Vec<IpAddr>, Failure> {
        let mut addresses = match host {
            Host::Domain(name) => {
                trace.enter(Phase::Resolve);
                self.resolver().lookup(name).await?
            }
            Host::Ipv4(ip) => vec![IpAddr::V4(*ip)],
            Host::Ipv6(ip) => vec![IpAddr::V6(*ip)],
        };
        let family = trace.wanted().family;
        addresses.retain(|ip| match family {
            Family::Any => true,
            Family::V4 => ip.is_ipv4(),
            Family::V6 => ip.is_ipv6(),
        });
        let Some(first) = addresses.first().copied() else { return Err(not_found(&host.to_string(), family)) };
        addresses.retain(|&ip| refused(ip, self.allow_private()).is_none());
        addresses.truncate(MAX_ADDRESSES);
        match refused(first, self.allow_private()) {
            Some(kind) if addresses.is_empty() => Err(refusal(host, first, kind)),
            _ => Ok(addresses),
        }
    }
}

fn refusal(host: &Host<&str>, ip: IpAddr, kind: &str) -> Failure {
    let article = if kind == "unspecified" { "an" } else { "a" };
    let what = match host {
        Host::Domain(name) => format!("{} resolves to {ip}, {article} {kind} address", clean(name, 80)),
        Host::Ipv4(_) | Host::Ipv6(_) => format!("{ip} is {article} {kind} address"),
    };
    let next = match refused(ip, true) {
        None => "allow private targets in the configuration (allow_private_targets = true) to watch it",
        Some(_) => "such addresses are never watched",
    };
    Failure::new(Reason::AddressRefused, format!("{what}; {next}"))
}

fn not_found(name: &str, family: Family) -> Failure {
    let which = match family {
        Family::Any => "address",
        Family::V4 => "IPv4 address",
        Family::V6 => "IPv6 address",
    };
    Failure::new(Reason::DnsNotFound, format!("{} has no {which}", clean(name, 80)))
}

fn failed(name: &str, error: &NetError) -> Failure {
    let name = clean(name, 80);
    match error {
        _ if error.is_nx_domain() => Failure::new(Reason::DnsNotFound, format!("the name {name} does not exist")),
        _ if error.is_no_records_found() => not_found(&name, Family::Any),
        NetError::Timeout => Failure::new(Reason::DnsTimeout, format!("the name server did not answer for {name}")),
        NetError::Dns(DnsError::ResponseCode(code)) => {
            Failure::new(Reason::DnsFailure, format!("the name server answered “{code}” for {name}"))
        }
        // Whoever cannot even ask knows nothing of the target.
        NetError::Io(_) | NetError::NoConnections => {
            Failure::new(Reason::LocalNetwork, format!("no name server could be reached to resolve {name}"))
        }
        NetError::Busy => {
            Failure::new(Reason::LocalResources, format!("too many names are being resolved at once; {name} was not"))
        }
        _ => Failure::new(
            Reason::DnsFailure,
            format!("{name} could not be resolved ({})", clean(&error.to_string(), 80)),
        ),
    }
}

#[cfg(test)]
pub(crate) mod tests;
