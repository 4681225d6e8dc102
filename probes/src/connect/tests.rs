//! The address policy, for every kind that reaches out.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::proto::op::Message;
use hickory_resolver::proto::rr::{RData, Record, RecordType};
use monitor_core::Timestamp;
use monitor_core::checks::DnsSpec;
use monitor_core::http::HttpSpec;
use monitor_core::monitor::{CheckSpec, MonitorName, Settings};
use monitor_core::outcome::Outcome;
use serde_json::json;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::*;
use crate::resolve::Resolver;
use crate::{Check, OutboundConfig};

/// A check of that kind and host, or `None` for the one that reaches for nothing.
fn spec(kind: &str, host: &str, port: u16) -> Option<CheckSpec> {
    let (endpoint, web) = (format!("{host}:{port}"), format!("http://{host}:{port}/"));
    let http = json!(HttpSpec::get(&web).unwrap());
    let mut spec = match kind {
        "http" => http,
        "tcp" | "tls" | "grpc" | "redis" | "mqtt" | "smtp" | "imap" | "postgres" | "mysql" => {
            json!({ "endpoint": endpoint })
        }
        "icmp" => json!({ "host": host }),
        "dns" => json!({ "name": "shop.example", "resolver": endpoint }),
        "domain" => json!({ "name": "shop.example", "server": web }),
        "graphql" => json!({ "http": http, "query": "{ shop }" }),
        "websocket" => json!({ "url": format!("ws://{host}:{port}/") }),
        "flow" => json!({ "steps": [{ "name": "one", "address": web, "request": http }] }),
        "heartbeat" => return None,
        other => panic!("{other} is a new kind: say here how it reaches a host"),
    };
    spec["kind"] = kind.into();
    Some(serde_json::from_value(spec).unwrap_or_else(|error| panic!("{kind}: {error}")))
}

/// Every kind that reaches out, with its check of that host.
fn kinds(host: &str, port: u16) -> impl Iterator<Item = (&'static str, CheckSpec)> {
    CheckSpec::KINDS.iter().filter_map(move |(kind, _)| Some((*kind, spec(kind, host, port)?)))
}

async fn run(spec: CheckSpec, outbound: &Outbound, timeout_ms: u64) -> Outcome {
    let check = Check::compile(&Settings::new(MonitorName::new("shop").unwrap(), spec)).unwrap();
    crate::run(&check, outbound, Timestamp::from_millis(0), Duration::from_millis(timeout_ms)).await
}

pub(crate) fn config(allow_private: bool) -> OutboundConfig {
    OutboundConfig { allow_private, ca_file: None, user_agent: "Watchword/test".into() }
}

/// Counts the connections to an address, which are kept open in silence.
pub(crate) struct Counting {
    pub(crate) address: SocketAddr,
    connections: watch::Receiver<usize>,
    _task: JoinSet<()>,
}

impl Counting {
    pub(crate) async fn start(ip: Ipv4Addr, port: u16) -> Self {
        let listener = TcpListener::bind((ip, port)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (count, connections) = watch::channel(0);
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut open = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                open.push(stream);
                count.send_modify(|count| *count += 1);
            }
        });
        Self { address, connections, _task: task }
    }

    pub(crate) async fn reached(&mut self, connections: usize) {
        self.connections.wait_for(|count| *count == connections).await.unwrap();
    }

    /// That nobody has connected: a connection of our own is the first one.
    pub(crate) async fn assert_not_reached(&mut self) {
        let own = connect(self.address).await.unwrap();
        let count = *self.connections.wait_for(|count| *count > 0).await.unwrap();
        assert_eq!(count, 1);
        drop(own);
    }
}

#[tokio::test]
async fn no_kind_reaches_a_private_address() {
    let mut target = Counting::start(Ipv4Addr::LOCALHOST, 0).await;
    let strict = Outbound::new(&config(false)).unwrap();
    for host in ["127.0.0.1", "localhost", "shop.localhost", "[::1]", "[::ffff:10.0.0.1]"] {
        for (kind, spec) in kinds(host, target.address.port()) {
            let outcome = run(spec, &strict, 10_000).await;
            assert_eq!(outcome.reason, Reason::AddressRefused, "{kind} {host}: {}", outcome.message);
            assert_eq!(outcome.details.peer, None, "{kind}");
        }
    }
    target.assert_not_reached().await;
}

#[tokio::test]
async fn no_kind_reaches_the_metadata_of_a_cloud() {
    let lenient = Outbound::new(&config(true)).unwrap();
    for (kind, spec) in kinds("169.254.169.254", 80) {
        let outcome = run(spec, &lenient, 10_000).await;
        assert_eq!(outcome.reason, Reason::AddressRefused, "{kind}: {}", outcome.message);
    }
}

/// A name server that gives another address each time, none to be kept, as those do that try to get behind a policy.
pub(crate) struct Rebinding {
    address: SocketAddr,
    pub(crate) questions: Arc<AtomicUsize>,
    _task: JoinSet<()>,
}

impl Rebinding {
    /// Answers with `first`, and from then on with `then`.
    pub(crate) async fn start(first: Ipv4Addr, then: Ipv4Addr) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let questions = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&questions);
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut packet = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut packet).await {
                let query = Message::from_vec(&packet[..length]).unwrap();
                let mut answer = query.clone().into_response();
                if query.queries[0].query_type() == RecordType::A {
                    let ip = if counter.fetch_add(1, Ordering::SeqCst) == 0 { first } else { then };
                    answer.add_answer(Record::from_rdata(query.queries[0].name().clone(), 0, RData::A(ip.into())));
                }
                socket.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
            }
        });
        Self { address, questions, _task: task }
    }

    pub(crate) fn outbound(&self, allow_private: bool) -> Outbound {
        let mut udp = ConnectionConfig::udp();
        udp.port = self.address.port();
        let server = NameServerConfig::new(self.address.ip(), true, vec![udp]);
        let servers = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
        let resolver = Resolver::new(servers, ResolverOpts::default()).unwrap();
        Outbound::with_resolver(&config(allow_private), resolver).unwrap()
    }
}

#[tokio::test]
async fn every_kind_connects_to_exactly_what_was_judged() {
    let (one, two) = (Ipv4Addr::new(127, 0, 0, 1), Ipv4Addr::new(127, 0, 0, 2));
    let mut judged = Counting::start(one, 0).await;
    let mut other = Counting::start(two, judged.address.port()).await;
    let mut connections = 0;
    for (kind, spec) in kinds("rebinding.example", judged.address.port()) {
        let name_server = Rebinding::start(one, two).await;
        // The target is silent, so that most kinds end when their time is up.
        let outcome = run(spec, &name_server.outbound(true), 200).await;
        assert!(matches!(outcome.details.peer, None | Some(IpAddr::V4(Ipv4Addr::LOCALHOST))), "{kind}: {outcome:?}");
        assert_eq!(name_server.questions.load(Ordering::SeqCst), 1, "{kind}: {}", outcome.message);
        // Neither of these two speaks TCP.
        connections += usize::from(!matches!(kind, "icmp" | "dns"));
        judged.reached(connections).await;
    }
    other.assert_not_reached().await;
}

#[tokio::test]
async fn a_name_that_turns_private_is_refused() {
    let (public, private) = (Ipv4Addr::new(192, 31, 196, 1), Ipv4Addr::LOCALHOST);
    let mut target = Counting::start(private, 0).await;
    for (kind, spec) in kinds("rebinding.example", target.address.port()) {
        let name_server = Rebinding::start(public, private).await;
        let outbound = name_server.outbound(false);
        // Judged public, which nothing but a look at the name has to do with.
        let mut trace = Trace::start(Timestamp::from_millis(0), Duration::from_secs(10), Default::default());
        let judged = outbound.resolve(&Host::Domain("rebinding.example"), &mut trace).await;
        assert_eq!(judged, Ok(vec![IpAddr::V4(public)]));
        let outcome = run(spec, &outbound, 10_000).await;
        assert_eq!(outcome.reason, Reason::AddressRefused, "{kind}: {}", outcome.message);
    }
    target.assert_not_reached().await;
}

#[tokio::test]
async fn the_system_s_own_name_servers_are_not_judged() {
    let name_server = Rebinding::start(Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2)).await;
    let mut spec = DnsSpec::new("shop.example");
    spec.expect = vec!["192.0.2.1".into()];
    let outcome = run(CheckSpec::Dns(spec), &name_server.outbound(false), 10_000).await;
    assert_eq!((outcome.reason, outcome.message.as_str()), (Reason::Ok, ""));
    assert_eq!(outcome.details.peer, Some(name_server.address.ip()));
}
