use std::net::{Ipv4Addr, SocketAddr};

use monitor_core::checks::{DnsSpec, Endpoint, RecordType};
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::Reason;
use probes::Outbound;
use test_support::services;
use test_support::targets::dns::{Zone, name_server};
use test_support::targets::{Misbehaviour, misbehaving};
use tokio::net::UdpSocket;

use crate::{AMPLE, SHORT, config, outbound, run_settings, settings, told};

fn asking(server: SocketAddr, name: &str, record: RecordType) -> DnsSpec {
    let resolver = Some(Endpoint::parse(&server.to_string(), None).unwrap());
    DnsSpec { resolver, record, ..DnsSpec::new(name) }
}

fn expecting(server: SocketAddr, name: &str, record: RecordType, expect: &[&str]) -> CheckSpec {
    let expect = expect.iter().map(ToString::to_string).collect();
    CheckSpec::Dns(DnsSpec { expect, ..asking(server, name, record) })
}

#[tokio::test]
async fn a_real_name_server_gives_what_is_expected() {
    use RecordType::{A, Aaaa, Caa, Cname, Mx, Ns, Soa, Srv, Txt};
    let (server, outbound) = (services::dns(), outbound());
    for (name, record, expect) in [
        ("watchword.test", A, &["192.0.2.1"][..]),
        ("www.watchword.test", A, &["192.0.2.11"]),
        ("www.watchword.test.", A, &["192.0.2.11", "192.0.2.10"]),
        ("WWW.watchword.test", Aaaa, &["2001:DB8:0:0::10"]),
        // Behind an alias.
        ("alias.watchword.test", A, &["192.0.2.10"]),
        ("alias.watchword.test", Cname, &["www.watchword.test."]),
        ("watchword.test", Mx, &["20 backup.mail.watchword.test", "10 MAIL.watchword.test."]),
        ("watchword.test", Txt, &["\"v=spf1 mx -all\""]),
        ("watchword.test", Caa, &["0 issue ca.example"]),
        ("watchword.test", Ns, &["ns.watchword.test"]),
        ("_sip._tcp.watchword.test", Srv, &["10 60 5060 www.watchword.test"]),
        ("watchword.test", Soa, &[]),
    ] {
        let outcome = run_settings(&settings(expecting(server, name, record, expect), &[]), &outbound, AMPLE).await;
        assert_eq!(told(&outcome), "ok", "{name} {record}");
        assert!(outcome.timings.dns_lookup.is_some());
    }
}

#[tokio::test]
async fn a_real_name_server_s_other_answers_are_told_apart() {
    use RecordType::{A, Aaaa, Dnskey, Mx};
    let (server, outbound) = (services::dns(), outbound());
    let secure = |name| CheckSpec::Dns(DnsSpec { dnssec: true, ..asking(server, name, A) });
    for (spec, said) in [
        (
            expecting(server, "nothing.watchword.test", A, &[]),
            "dns_not_found: the name nothing.watchword.test does not exist",
        ),
        (expecting(server, "six.watchword.test", A, &[]), "unexpected_answer: six.watchword.test has no A record"),
        (
            expecting(server, "mail.watchword.test", Aaaa, &["::1"]),
            "unexpected_answer: mail.watchword.test has no AAAA record",
        ),
        (
            expecting(server, "mail.watchword.test", A, &["192.0.2.25", "192.0.2.99"]),
            "unexpected_answer: expected “192.0.2.99”, and the answer is 192.0.2.25",
        ),
        (
            expecting(server, "backup.mail.watchword.test", Mx, &["10 x."]),
            "unexpected_answer: backup.mail.watchword.test has no MX record",
        ),
        (secure("www.signed.test"), "ok"),
        (expecting(server, "signed.test", Dnskey, &[]), "ok"),
        (secure("www.watchword.test"), "dnssec_missing: the answer is not proven by DNSSEC"),
        (
            secure("www.bogus.test"),
            "dns_failure: the name server answered “Server Failure” for www.bogus.test; its DNSSEC may be broken",
        ),
    ] {
        let outcome = run_settings(&settings(spec, &[]), &outbound, AMPLE).await;
        assert!(told(&outcome).starts_with(said), "{said}: {}", told(&outcome));
    }
    let monitor = settings(
        CheckSpec::Dns(asking(server, "signed.test", Mx)),
        &["dnssec == true", "ttl <= 5m", "answers length == 2", "answers contains \"10 mail.signed.test\""],
    );
    assert_eq!(told(&run_settings(&monitor, &outbound, AMPLE).await), "ok");
}

/// Answers over UDP that the answer does not fit, and gives it over TCP on the same port.
#[tokio::test]
async fn what_does_not_fit_is_asked_for_over_tcp() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap();
    let socket = UdpSocket::bind(server).await.unwrap();
    let serving = tokio::spawn(async move {
        let mut packet = [0; 512];
        let (length, from) = socket.recv_from(&mut packet).await.unwrap();
        packet[2] = 0x83; // an answer, recursion desired, truncated
        socket.send_to(&packet[..length], from).await.unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        let length = stream.read_u16().await.unwrap();
        let mut query = vec![0; length.into()];
        stream.read_exact(&mut query).await.unwrap();
        // The question goes back without its additional record and with an answer: a pointer to the name, A, IN, 7 s.
        let end = 12 + query[12..].iter().position(|&byte| byte == 0).unwrap() + 5;
        let mut answer = [&query[..2], &[0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0], &query[12..end]].concat();
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 7, 0, 4, 192, 0, 2, 7]);
        stream.write_all(&[&u16::try_from(answer.len()).unwrap().to_be_bytes(), &answer[..]].concat()).await.unwrap();
    });
    let monitor = settings(expecting(server, "shop.example", RecordType::A, &["192.0.2.7"]), &["ttl == 7s"]);
    assert_eq!(told(&run_settings(&monitor, &outbound(), AMPLE).await), "ok");
    serving.await.unwrap();
}

#[tokio::test]
async fn misbehaving_name_servers_are_told_apart() {
    let outbound = outbound();
    for (zone, said) in [
        (Zone::Address(Ipv4Addr::new(192, 0, 2, 1)), "ok"),
        (Zone::NoSuchName, "dns_not_found: the name shop.example does not exist"),
        (Zone::ServerFailure, "dns_failure: the name server answered “Server Failure” for shop.example"),
        (Zone::Silent, "dns_timeout: the name was not resolved within 300 ms"),
    ] {
        let server = name_server(zone).await;
        let monitor = settings(expecting(server.addr(), "shop.example", RecordType::A, &[]), &[]);
        let outcome = run_settings(&monitor, &outbound, if zone == Zone::Silent { SHORT } else { AMPLE }).await;
        assert_eq!(told(&outcome), said);
    }
    // Whoever listens on the port of TCP alone refuses on that of UDP.
    let target = misbehaving(Misbehaviour::Silent).await;
    let monitor = settings(expecting(target.addr(), "shop.example", RecordType::A, &[]), &[]);
    let outcome = run_settings(&monitor, &outbound, AMPLE).await;
    assert_eq!(outcome.reason, Reason::ConnectionRefused, "{}", told(&outcome));

    for answer in [&b""[..], b"garbage", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0\0\x81\x80\0\x01\0\0\0\0\0\0"] {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let server = socket.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            let mut query = [0; 512];
            while let Ok((_, from)) = socket.recv_from(&mut query).await {
                socket.send_to(answer, from).await.unwrap();
            }
        });
        let monitor = settings(expecting(server, "shop.example", RecordType::A, &[]), &[]);
        let outcome = run_settings(&monitor, &outbound, SHORT).await;
        assert_eq!(told(&outcome), "protocol_mismatch: what 127.0.0.1 sent back is not an answer of a name server");
        serving.abort();
    }
}

#[tokio::test]
async fn a_name_server_that_somebody_chose_is_under_the_address_policy() {
    let server = name_server(Zone::Address(Ipv4Addr::new(192, 0, 2, 1))).await;
    let strict = Outbound::new(&config(false)).unwrap();
    let monitor = settings(expecting(server.addr(), "shop.example", RecordType::A, &[]), &[]);
    assert_eq!(run_settings(&monitor, &strict, AMPLE).await.reason, Reason::AddressRefused);
}
