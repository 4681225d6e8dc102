use std::net::SocketAddr;

use hickory_resolver::config::{ConnectionConfig, NameServerConfig};
use monitor_core::Timestamp;
use monitor_core::checks::DnsSpec;
use monitor_core::http::HttpSpec;
use monitor_core::monitor::{CheckSpec, MonitorName, Settings};
use monitor_core::outcome::Outcome;
use test_support::targets::dns::{Zone, name_server};
use test_support::targets::{Answer, answering};

use super::*;
use crate::{Check, OutboundConfig, is_lost};

/// A client that asks that name server.
pub(crate) fn asking(server: SocketAddr, allow_private: bool) -> Outbound {
    let mut udp = ConnectionConfig::udp();
    udp.port = server.port();
    let server = NameServerConfig::new(server.ip(), true, vec![udp]);
    let resolver = Resolver::new(ResolverConfig::from_parts(None, Vec::new(), vec![server]), ResolverOpts::default());
    let config = OutboundConfig { allow_private, ca_file: None, user_agent: "Watchword/test".into() };
    Outbound::with_resolver(&config, resolver.unwrap()).unwrap()
}

async fn get(url: &str, outbound: &Outbound, timeout_ms: u64) -> Outcome {
    let spec = CheckSpec::Http(HttpSpec::get(url).unwrap());
    let check = Check::compile(&Settings::new(MonitorName::new("target").unwrap(), spec)).unwrap();
    crate::run(&check, outbound, Timestamp::from_millis(0), Duration::from_millis(timeout_ms)).await
}

#[tokio::test]
async fn a_name_leads_to_its_address() {
    let server = name_server(Zone::Address(Ipv4Addr::LOCALHOST)).await;
    let target = answering(Answer::ok("")).await;
    let outcome = get(&target.url_as("shop.example"), &asking(server.addr(), true), 10_000).await;
    assert_eq!((outcome.reason, outcome.message.as_str()), (Reason::Ok, ""));
    assert!(outcome.timings.dns_lookup.is_some());
    assert_eq!(target.last_request().header("host"), Some(format!("shop.example:{}", target.addr().port()).as_str()));
}

#[tokio::test]
async fn a_name_with_a_private_address_is_refused() {
    let server = name_server(Zone::Address(Ipv4Addr::new(10, 0, 0, 5))).await;
    let outcome = get("http://shop.internal/", &asking(server.addr(), false), 10_000).await;
    assert_eq!(outcome.reason, Reason::AddressRefused);
    assert_eq!(
        outcome.message,
        "shop.internal resolves to 10.0.0.5, a private address; allow private targets in the configuration \
         (allow_private_targets = true) to watch it"
    );
}

#[tokio::test]
async fn a_redirect_to_a_name_with_a_refused_address_is_refused() {
    let server = name_server(Zone::Address(Ipv4Addr::new(169, 254, 169, 254))).await;
    let target = answering(Answer::redirect(302, "http://metadata.example/latest")).await;
    let outcome = get(&target.url(), &asking(server.addr(), true), 10_000).await;
    assert_eq!(outcome.reason, Reason::AddressRefused);
    assert_eq!(
        outcome.message,
        "metadata.example resolves to 169.254.169.254, a cloud metadata address; such addresses are never watched"
    );
}

#[tokio::test]
async fn failing_lookups_are_told_apart() {
    for (zone, reason, message) in [
        (Zone::NoSuchName, Reason::DnsNotFound, "the name shop.example does not exist"),
        (Zone::ServerFailure, Reason::DnsFailure, "the name server answered “Server Failure” for shop.example"),
        (Zone::Silent, Reason::DnsTimeout, "the name was not resolved within 300 ms"),
    ] {
        let server = name_server(zone).await;
        let timeout_ms = if zone == Zone::Silent { 300 } else { 10_000 };
        let outcome = get("http://shop.example/", &asking(server.addr(), true), timeout_ms).await;
        assert_eq!((outcome.reason, outcome.message.as_str()), (reason, message), "{zone:?}");
        assert!(outcome.timings.dns_lookup.is_some() && outcome.timings.tcp_connection.is_none());
    }
}

#[tokio::test]
async fn a_name_server_that_will_not_answer_is_there_unless_it_is_this_machine_s_own() {
    let own = asking(SocketAddr::from((Ipv4Addr::LOCALHOST, 53)), true);
    let other = asking(SocketAddr::from((Ipv4Addr::new(192, 0, 2, 53), 53)), true);
    let compile = |spec| Check::compile(&Settings::new(MonitorName::new("target").unwrap(), spec)).unwrap();
    let website = compile(CheckSpec::Http(HttpSpec::get("https://shop.example").unwrap()));
    let name = compile(CheckSpec::Dns(DnsSpec::new("shop.example")));
    let resolver = Some("192.0.2.54:53".parse().unwrap());
    let asked = compile(CheckSpec::Dns(DnsSpec { resolver, ..DnsSpec::new("shop.example") }));
    for (check, outbound, lost) in [
        (&website, &own, true),
        (&website, &other, false),
        (&name, &own, true),
        (&name, &other, false),
        (&asked, &own, false),
    ] {
        assert_eq!(is_lost(check, outbound, Reason::DnsFailure), lost, "{check:?}");
        assert!(is_lost(check, outbound, Reason::DnsTimeout));
    }
}

#[tokio::test]
async fn what_is_no_host_name_is_not_asked_for() {
    let server = name_server(Zone::Address(Ipv4Addr::LOCALHOST)).await;
    let long = format!("http://{}.example/", "x".repeat(64));
    let outcome = get(&long, &asking(server.addr(), true), 10_000).await;
    assert_eq!(outcome.reason, Reason::DnsNotFound, "{}", outcome.message);
}

#[tokio::test]
async fn a_name_server_that_cannot_be_asked_says_nothing_of_the_target() {
    // The system does not send to the broadcast address unless it is told to.
    let nobody = SocketAddr::from((Ipv4Addr::BROADCAST, 53));
    let outcome = get("http://shop.example/", &asking(nobody, true), 10_000).await;
    assert_eq!(outcome.reason, Reason::LocalNetwork);
    assert_eq!(outcome.message, "no name server could be reached to resolve shop.example");
}
