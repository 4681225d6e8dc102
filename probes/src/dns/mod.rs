//! The DNS check: a name server is asked, and its answer is held against what is expected of it.
//!
//! One question is one exchange of our own over UDP, and over TCP where the answer does not fit, with hickory's messages:
//! its resolver would follow, cache and repeat on its own, which a check must not.

mod answer;
mod exchange;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::proto::op::{Edns, Message, Query, ResponseCode};
use hickory_resolver::proto::rr::{Name, RecordType};
use monitor_core::assertion::FactKind;
use monitor_core::checks::{DnsSpec, Endpoint};
use monitor_core::http::{SpecError, shorten};
use monitor_core::outcome::Reason;

pub(crate) use self::answer::text;
use crate::connect::borrowed;
use crate::failure::{Failure, clean};
use crate::outbound::Outbound;
use crate::trace::{Phase, Trace};

/// Largest answer over UDP that is asked for. Source: <https://www.dnsflagday.net/2020/>.
const MAX_UDP_BYTES: u16 = 1_232;

/// Most answers that a message lists.
const MAX_SHOWN: usize = 5;

/// A DNS check ready to run.
pub(crate) struct DnsProbe {
    query: Query,
    resolver: Option<Endpoint>,
    /// As the owner wrote them, and in the form in which they are compared.
    expected: Vec<(String, String)>,
    dnssec: bool,
}

impl DnsProbe {
    pub(crate) fn compile(spec: &DnsSpec) -> Result<Self, SpecError> {
        let not_a_name = || SpecError::Host(shorten(&spec.name, 80));
        let ascii = spec.ascii_name()?;
        let mut name = match ascii.parse::<IpAddr>() {
            Ok(address) => Name::from(address),
            // As it is: a backslash or a slash in a name is nothing special here.
            Err(_) => Name::from_labels(ascii.split('.').map(str::as_bytes)).map_err(|_| not_a_name())?,
        };
        name.set_fqdn(true);
        let record: RecordType = spec.record.to_string().parse().map_err(|_| not_a_name())?;
        let expected = spec.expect.iter().map(|text| (text.clone(), answer::comparable(record, text))).collect();
        let (query, resolver) = (Query::query(name, record), spec.resolver.clone());
        Ok(Self { query, resolver, expected, dnssec: spec.dnssec })
    }

    pub(crate) async fn probe(&self, outbound: &Outbound, trace: &mut Trace) -> Result<(), Failure> {
        let servers = match &self.resolver {
            Some(endpoint) => {
                let addresses = outbound.resolve(&borrowed(&endpoint.host), trace).await?;
                addresses.into_iter().map(|ip| SocketAddr::new(ip, endpoint.port)).collect()
            }
            // Nobody chose these, and they are private addresses more often than not.
            None => outbound.resolver().name_servers(),
        };
        trace.enter(Phase::Resolve);
        let message = exchange::ask(&servers, &question(&self.query, self.dnssec), trace).await;
        self.judge(&message.map_err(|failure| self.own_fault(failure))?, trace)
    }

    /// Where the system's name servers cannot even be asked, nothing is known of the name.
    fn own_fault(&self, failure: Failure) -> Failure {
        match failure.reason {
            Reason::ConnectionRefused | Reason::HostUnreachable if self.resolver.is_none() => {
                Failure::new(Reason::LocalNetwork, format!("no name server could be reached ({})", failure.message))
            }
            _ => failure,
        }
    }

    fn judge(&self, message: &Message, trace: &mut Trace) -> Result<(), Failure> {
        let (name, record) = (clean(&bare(self.query.name()), 80), self.query.query_type());
        let proven = message.metadata.authentic_data;
        trace.facts.set(FactKind::Dnssec, proven);
        match message.metadata.response_code {
            ResponseCode::NoError => {}
            ResponseCode::NXDomain => {
                return Err(Failure::new(Reason::DnsNotFound, format!("the name {name} does not exist")));
            }
            code => {
                let hint = match code {
                    ResponseCode::ServFail if self.dnssec => "; its DNSSEC may be broken",
                    _ => "",
                };
                let message = format!("the name server answered “{code}” for {name}{hint}");
                return Err(Failure::new(Reason::DnsFailure, message));
            }
        }
        // What leads there, such as aliases and signatures, is not what was asked for.
        let records: Vec<_> = message.answers.iter().filter(|answer| answer.record_type() == record).collect();
        let Some(ttl) = records.iter().map(|record| record.ttl).min() else {
            return Err(Failure::new(Reason::UnexpectedAnswer, format!("{name} has no {record} record")));
        };
        let answers: Vec<String> = records.iter().map(|record| answer::text(&record.data)).collect();
        trace.facts.set(FactKind::Ttl, Duration::from_secs(ttl.into()));
        let judged = self.compare(record, &answers);
        trace.facts.set(FactKind::Answers, answers);
        judged?;
        if self.dnssec && !proven {
            let message = "the answer is not proven by DNSSEC: its name server did not set the AD flag, because the zone is \
                not signed or because it does not validate";
            return Err(Failure::new(Reason::DnssecMissing, message));
        }
        Ok(())
    }

    fn compare(&self, record: RecordType, answers: &[String]) -> Result<(), Failure> {
        let given: Vec<String> = answers.iter().map(|answer| answer::comparable(record, answer)).collect();
        let Some((missing, _)) = self.expected.iter().find(|(_, expected)| !given.contains(expected)) else {
            return Ok(());
        };
        let mut shown: Vec<String> = answers.iter().take(MAX_SHOWN).map(|answer| clean(answer, 80)).collect();
        if answers.len() > MAX_SHOWN {
            shown.push(format!("{} more", answers.len() - MAX_SHOWN));
        }
        let message = format!("expected “{}”, and the answer is {}", clean(missing, 80), shown.join(", "));
        Err(Failure::new(Reason::UnexpectedAnswer, message))
    }
}

/// What the program's own name servers answer to a question, whatever it is.
pub(crate) async fn ask(query: &Query, outbound: &Outbound, trace: &mut Trace) -> Result<Message, Failure> {
    trace.enter(Phase::Resolve);
    exchange::ask(&outbound.resolver().name_servers(), &question(query, false), trace).await
}

fn question(query: &Query, dnssec: bool) -> Message {
    let mut message = Message::query();
    message.metadata.recursion_desired = true;
    // Asks to be told whether the answer is proven: RFC 6840, section 5.7.
    message.metadata.authentic_data = true;
    message.add_query(query.clone());
    let mut edns = Edns::new();
    edns.set_max_payload(MAX_UDP_BYTES).set_dnssec_ok(dnssec);
    message.set_edns(edns);
    message
}

/// A name without the dot of the root.
pub(crate) fn bare(name: &Name) -> String {
    let text = name.to_string();
    text.strip_suffix('.').filter(|text| !text.is_empty()).map_or(text.clone(), str::to_owned)
}
