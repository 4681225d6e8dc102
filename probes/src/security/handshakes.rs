//! Which protocols and weak suites a host takes: one connection for each question.

use std::time::Duration;

use monitor_core::outcome::Reason;
use url::{Host, Url};

use super::active::PACE;
use super::ask::Asker;
use super::ciphers::{TLS13, WEAK, all, name};
use super::hello::{Offer, Reply, offer};
use crate::failure::{Failure, clean};
use crate::trace::Phase;

/// Longest time for one connection and what is answered on it.
const HANDSHAKE: Duration = Duration::from_secs(4);

/// Versions by their numbers on the wire.
const VERSIONS: &[(u16, &str)] =
    &[(0x0300, "SSLv3"), (0x0301, "TLSv1.0"), (0x0302, "TLSv1.1"), (0x0303, "TLSv1.2"), (0x0304, "TLSv1.3")];

/// The protocols that the host takes, the oldest first, and why not all of them were offered to it.
pub(super) async fn protocols(url: &Url, asker: &Asker<'_>) -> Result<(Vec<String>, Option<String>), String> {
    if url.scheme() != "https" {
        return Err("the host is not asked by HTTPS".to_owned());
    }
    let (mut spoken, mut told, mut cut) = (Vec::new(), None, None);
    for (version, name) in VERSIONS.iter().copied() {
        let suites = if version == 0x0304 { TLS13.to_vec() } else { all() };
        match try_once(url, version, &suites, asker).await {
            Ok(Reply::Takes { version: taken, .. }) if taken == version => spoken.push(name.to_owned()),
            Ok(_) => {}
            Err(failure) if matches!(failure.reason, Reason::TlsTimeout | Reason::TlsHandshake) => {
                told = told.or(Some(failure));
            }
            // Without a connection nothing is known of that version, nor of those behind it.
            Err(failure) => {
                cut = Some(clean(&failure.message, 200));
                told = told.or(Some(failure));
                break;
            }
        }
    }
    // A host that says nothing at all to an old version, or nothing of TLS, does not take it, if it takes another.
    match (spoken.is_empty(), told) {
        (false, _) => Ok((spoken, cut)),
        (true, Some(failure)) => Err(clean(&failure.message, 200)),
        (true, None) => Err("the host took none of the protocols that it was offered".to_owned()),
    }
}

/// One weak suite of each sort that the host takes, with the newest of those versions that know such suites.
pub(super) async fn weak_ciphers(url: &Url, spoken: &[String], asker: &Asker<'_>) -> Result<Vec<String>, String> {
    let mut old =
        VERSIONS.iter().filter(|(version, name)| *version < 0x0304 && spoken.iter().any(|known| known == name));
    let Some((version, _)) = old.next_back() else { return Ok(Vec::new()) };
    let mut taken = Vec::new();
    for suites in WEAK {
        let numbers: Vec<u16> = suites.iter().map(|(number, _)| *number).collect();
        match try_once(url, *version, &numbers, asker).await {
            Ok(Reply::Takes { suite, .. }) if numbers.contains(&suite) => taken.extend(name(suite).map(str::to_owned)),
            Ok(_) => {}
            // It has answered to others: silence is a no. But without time, or a connection, nothing is known.
            Err(failure) if failure.reason == Reason::TlsTimeout => {}
            Err(failure) => return Err(clean(&failure.message, 200)),
        }
    }
    Ok(taken)
}

async fn try_once(url: &Url, version: u16, suites: &[u16], asker: &Asker<'_>) -> Result<Reply, Failure> {
    let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
        return Err(Failure::new(Reason::ProbeFailed, "the address has no host to connect to"));
    };
    let name = match host {
        Host::Domain(name) => Some(name.trim_end_matches('.')),
        Host::Ipv4(_) | Host::Ipv6(_) => None,
    };
    tokio::time::sleep(PACE).await;
    let (mut trace, within) = asker.part(HANDSHAKE)?;
    let trying = async {
        let stream = asker.outbound.connect(&host, port, &mut trace).await?;
        trace.enter(Phase::Tls);
        offer(&Offer { version, suites, name }, stream).await
    };
    tokio::time::timeout(within, trying).await.unwrap_or_else(|_| Err(trace.out_of_time()))
}
