//! Public DNS records, asked of the program's own name servers.

use std::time::Duration;

use hickory_resolver::proto::op::{Message, Query, ResponseCode};
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use monitor_core::outcome::Reason;
use monitor_core::security::observed::Dns;
use url::Host;

use super::ask::Asker;
use crate::dns::{ask, bare, text};
use crate::failure::{Failure, clean};

/// Longest time for one question.
const QUESTION: Duration = Duration::from_secs(5);

/// Most labels of a name that are gone up.
const MAX_UP: usize = 10;

/// Most records of a kind that are kept, and most characters of each.
const MAX_RECORDS: usize = 50;
const MAX_CHARS: usize = 2_048;

/// Looks up what is said of a host and its domain.
pub(super) async fn look(host: &Host<&str>, asker: &Asker<'_>) -> Dns {
    let Host::Domain(host) = host else {
        let none = || Err("the host is an address, which has no such records".to_owned());
        return Dns { domain: host.to_string(), caa: none(), spf: none(), dmarc: none(), mx: none() };
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let domain = domain_of(&host, asker).await;
    let spf = async { Ok(starting(texts(&domain, asker).await?, "v=spf1")) };
    let mx = async { records(&domain, RecordType::MX, asker).await };
    let (caa, spf, dmarc, mx) = tokio::join!(caa(&host, asker), spf, dmarc(&domain, asker), mx);
    let words = |result: Result<Vec<String>, Failure>| result.map_err(|failure| clean(&failure.message, 200));
    Dns { caa: words(caa), spf: words(spf), dmarc: words(dmarc), mx: words(mx), domain }
}

/// TXT records of a name, each in one piece.
pub(super) async fn texts(name: &str, asker: &Asker<'_>) -> Result<Vec<String>, Failure> {
    records(name, RecordType::TXT, asker).await
}

/// The apex of the zone that a host is in, or its last two labels where that cannot be found out. No list of public suffixes is
/// needed for that, which ages.
async fn domain_of(host: &str, asker: &Asker<'_>) -> String {
    for name in and_above(host) {
        let Ok(message) = question(name, RecordType::SOA, asker).await else { break };
        let mut all = message.answers.iter().chain(&message.authorities);
        // An alias leads to the zone of another name, which says nothing of this one.
        let apex = all.find_map(|record| match &record.data {
            RData::SOA(_) => Some(bare(&record.name).to_ascii_lowercase()).filter(|apex| is_within(name, apex)),
            _ => None,
        });
        match apex {
            // Names that are in nobody's zone are told to be in that of their top-level domain.
            Some(apex) if !apex.contains('.') => break,
            Some(apex) => return apex,
            None => {}
        }
    }
    let labels: Vec<&str> = host.split('.').collect();
    labels[labels.len().saturating_sub(2)..].join(".")
}

/// The records of the nearest name that has any: RFC 8659, section 3.
async fn caa(host: &str, asker: &Asker<'_>) -> Result<Vec<String>, Failure> {
    for name in and_above(host) {
        let found = records(name, RecordType::CAA, asker).await?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// The policy of the domain, or of the nearest one above it: RFC 9989, section 4.10.
async fn dmarc(domain: &str, asker: &Asker<'_>) -> Result<Vec<String>, Failure> {
    for name in and_above(domain).filter(|name| name.contains('.')) {
        let found = starting(texts(&format!("_dmarc.{name}"), asker).await?, "v=dmarc1");
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

fn starting(mut texts: Vec<String>, start: &str) -> Vec<String> {
    texts.retain(|text| text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start)));
    texts
}

async fn records(name: &str, record: RecordType, asker: &Asker<'_>) -> Result<Vec<String>, Failure> {
    let message = question(name, record, asker).await?;
    let records = message.answers.iter().filter(|answer| answer.record_type() == record);
    Ok(records.take(MAX_RECORDS).map(|record| clean(&text(&record.data), MAX_CHARS)).collect())
}

/// Asks, and takes only an answer that says what there is or that there is nothing.
async fn question(name: &str, record: RecordType, asker: &Asker<'_>) -> Result<Message, Failure> {
    let not_a_name = |_| Failure::new(Reason::DnsNotFound, format!("{} is no name to ask for", clean(name, 80)));
    let mut asked = Name::from_labels(name.split('.').map(str::as_bytes)).map_err(not_a_name)?;
    asked.set_fqdn(true);
    let (mut trace, within) = asker.part(QUESTION)?;
    let query = Query::query(asked, record);
    // Boxed: it has room for a packet in it.
    let asking = Box::pin(ask(&query, asker.outbound, &mut trace));
    let message = tokio::time::timeout(within, asking).await.unwrap_or_else(|_| Err(trace.out_of_time()))?;
    match message.metadata.response_code {
        ResponseCode::NoError | ResponseCode::NXDomain => Ok(message),
        code => {
            let message = format!("the name server answered “{code}” for {record} of {}", clean(name, 80));
            Err(Failure::new(Reason::DnsFailure, message))
        }
    }
}

/// A name and those above it, the top-level domain last.
fn and_above(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| name.split_once('.').map(|(_, above)| above)).take(MAX_UP)
}

fn is_within(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests;
