//! The ICMP check: echo requests, one after the other.
//!
//! surge-ping sends and matches them, on one socket per family for all checks. Unprivileged sockets are tried first, and
//! raw ones where the system does not allow those.

use std::io;
use std::net::IpAddr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use monitor_core::assertion::FactKind;
use monitor_core::checks::IcmpSpec;
use monitor_core::http::SpecError;
use monitor_core::outcome::{Reason, Verdict};
use surge_ping::{Client, Config, ICMP, IcmpPacket, PingIdentifier, PingSequence, SurgeError};
use url::Host;

use crate::connect::borrowed;
use crate::failure::{Failure, clean};
use crate::outbound::Outbound;
use crate::trace::{Phase, Trace};

/// What has to be done where neither kind of socket is permitted.
/// Source: <https://docs.kernel.org/networking/ip-sysctl.html>, `ping_group_range`, which is for IPv6 as well.
const ADVICE: &str = "this machine does not permit echo requests; allow them to everybody with \
    `sysctl -w net.ipv4.ping_group_range=\"0 2147483647\"`, or to Watchword alone with `setcap cap_net_raw+ep` on its program";

/// The sockets of all ICMP checks.
#[derive(Default)]
pub(crate) struct Pings {
    v4: OnceLock<Client>,
    v6: OnceLock<Client>,
    /// Unprivileged sockets tell replies apart by address and number alone, so that all checks count together.
    next: AtomicU16,
}

impl Pings {
    /// The socket of a family. One that is not permitted is asked for again by the next check.
    fn client(&self, ip: IpAddr) -> Result<&Client, Failure> {
        let (slot, kind) = match ip {
            IpAddr::V4(_) => (&self.v4, ICMP::V4),
            IpAddr::V6(_) => (&self.v6, ICMP::V6),
        };
        if let Some(client) = slot.get() {
            return Ok(client);
        }
        let client = Client::new(&Config::builder().kind(kind).build()).map_err(|error| not_permitted(&error))?;
        Ok(slot.get_or_init(|| client))
    }

    fn next(&self) -> PingSequence {
        PingSequence(self.next.fetch_add(1, Ordering::Relaxed))
    }
}

fn not_permitted(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::PermissionDenied => Failure::new(Reason::PermissionMissing, ADVICE),
        _ => Failure::io(error, "preparing echo requests"),
    }
}

/// An ICMP check ready to run.
pub(crate) struct IcmpProbe {
    host: Host<String>,
    count: u8,
    payload: Vec<u8>,
}

/// What became of one echo request.
enum Reply {
    After(Duration),
    /// A router says that no way leads there.
    Unreachable,
    None,
}

impl IcmpProbe {
    pub(crate) fn compile(spec: &IcmpSpec) -> Result<Self, SpecError> {
        let payload = (b'a'..=b'w').cycle().take(usize::from(spec.payload_bytes)).collect();
        Ok(Self { host: spec.host()?, count: spec.count, payload })
    }

    pub(crate) async fn probe(&self, outbound: &Outbound, trace: &mut Trace) -> Result<(), Failure> {
        let addresses = outbound.resolve(&borrowed(&self.host), trace).await?;
        trace.enter(Phase::FirstByte);
        let mut failure = None;
        for ip in addresses {
            match self.ping(ip.to_canonical(), outbound.pings(), trace).await {
                // This machine cannot send there; perhaps it can send to another address of the name.
                Err(error) if error.reason.verdict() == Verdict::Inconclusive => failure = Some(error),
                done => return done,
            }
        }
        Err(failure.unwrap_or_else(|| Failure::new(Reason::ProbeFailed, "there was no address to ask")))
    }

    async fn ping(&self, ip: IpAddr, pings: &Pings, trace: &mut Trace) -> Result<(), Failure> {
        trace.details.peer = Some(ip);
        let client = pings.client(ip)?;
        let mut took = Vec::new();
        let mut unreachable = false;
        // A tenth of the time is kept, so that it can be told how many were lost.
        let budget = trace.remaining() * 9 / 10;
        for _ in 0..self.count {
            match self.echo(ip, client, pings.next(), budget / u32::from(self.count)).await? {
                Reply::After(time) => took.push(time),
                Reply::Unreachable => unreachable = true,
                Reply::None => {}
            }
        }
        let answered = u32::try_from(took.len()).unwrap_or(u32::MAX);
        let lost = u32::from(self.count) - answered;
        trace.facts.set(FactKind::Loss, f64::from(lost) * 100.0 / f64::from(self.count));
        if answered > 0 {
            trace.measured(took.iter().sum::<Duration>() / answered);
            return Ok(());
        }
        let host = clean(&self.host.to_string(), 80);
        Err(if unreachable {
            Failure::new(Reason::HostUnreachable, format!("no way leads to {host} ({ip}), a router on it says"))
        } else {
            let plural = if self.count == 1 { "echo request was not" } else { "echo requests were not" };
            Failure::new(Reason::NoReply, format!("{} {plural} answered by {host} ({ip})", self.count))
        })
    }

    /// Sends one echo request and waits for what becomes of it.
    async fn echo(&self, ip: IpAddr, client: &Client, number: PingSequence, wait: Duration) -> Result<Reply, Failure> {
        const ECHO_REPLY: [u8; 2] = [0, 129];
        let mut pinger = client.pinger(ip, PingIdentifier(identifier())).await;
        match pinger.timeout(wait).ping(number, &self.payload).await {
            Ok((packet, took)) => {
                let kind = match packet {
                    IcmpPacket::V4(packet) => packet.get_icmp_type().0,
                    IcmpPacket::V6(packet) => packet.get_icmpv6_type().0,
                };
                Ok(if ECHO_REPLY.contains(&kind) { Reply::After(took) } else { Reply::Unreachable })
            }
            Err(SurgeError::Timeout { .. }) => Ok(Reply::None),
            Err(SurgeError::IOError(error)) => Err(Failure::io(&error, &format!("sending an echo request to {ip}"))),
            Err(error) => {
                let message = format!("an echo request could not be sent ({})", clean(&error.to_string(), 80));
                Err(Failure::new(Reason::ProbeFailed, message))
            }
        }
    }
}

/// What tells this process's requests on raw sockets from those of others.
fn identifier() -> u16 {
    #[expect(clippy::cast_possible_truncation, reason = "any part of it will do")]
    let identifier = std::process::id() as u16;
    identifier
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_permission_comes_with_what_to_do() {
        let failure = not_permitted(&io::ErrorKind::PermissionDenied.into());
        assert_eq!(failure.reason, Reason::PermissionMissing);
        assert!(failure.message.contains("sysctl -w net.ipv4.ping_group_range=\"0 2147483647\""));
        assert!(failure.message.contains("setcap cap_net_raw+ep"));
        let failure = not_permitted(&io::Error::from_raw_os_error(24));
        assert_eq!(failure.reason, Reason::LocalResources);
    }
}
