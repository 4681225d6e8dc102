use monitor_core::checks::{Endpoint, TcpSpec};
use monitor_core::monitor::CheckSpec;
use test_support::targets::misbehaving::never_connects;
use test_support::targets::tls::{Authority, Flaw};
use test_support::targets::upgrade::Upgrade;
use test_support::targets::{Answer, Misbehaviour, answering, misbehaving};

use crate::tls::trusting;
use crate::wrongs::{a_name_that_does_not_exist, bad_certificates};
use crate::{AMPLE, SHORT, outbound, run_settings, settings, told};

fn spec(address: &str) -> TcpSpec {
    TcpSpec::new(Endpoint::parse(address, None).unwrap())
}

fn expecting(address: &str, expect: &str) -> TcpSpec {
    TcpSpec { expect: Some(expect.into()), ..spec(address) }
}

#[tokio::test]
async fn a_port_that_accepts_is_up_whatever_it_says() {
    let outbound = outbound();
    for misbehaviour in [Misbehaviour::Silent, Misbehaviour::Closes, Misbehaviour::GARBAGE] {
        let target = misbehaving(misbehaviour).await;
        let monitor = settings(CheckSpec::Tcp(spec(&target.addr().to_string())), &[]);
        let outcome = run_settings(&monitor, &outbound, AMPLE).await;
        assert_eq!(told(&outcome), "ok", "{misbehaviour:?}");
        assert!(outcome.timings.tcp_connection.is_some() && outcome.timings.time_to_first_byte.is_none());
    }
}

#[tokio::test]
async fn what_is_sent_is_answered_as_expected() {
    let target = answering(Answer::ok("pong\0")).await;
    let mut spec = expecting(&target.addr().to_string(), r"\r\n\r\npong\x00");
    spec.send = Some(r"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n".into());
    let monitor = settings(CheckSpec::Tcp(spec), &["body contains \"HTTP/1.1 200\"", "size > 10"]);
    let outcome = run_settings(&monitor, &outbound(), AMPLE).await;
    assert_eq!(told(&outcome), "ok");
    assert!(outcome.response_bytes > 10);
}

#[tokio::test]
async fn an_answer_without_end_is_what_comes_until_silence() {
    let target = misbehaving(Misbehaviour::Hangs(b"+OK ready\r\n")).await;
    let monitor =
        settings(CheckSpec::Tcp(spec(&target.addr().to_string())), &["body starts with \"+OK\"", "size == 11"]);
    let outcome = run_settings(&monitor, &outbound(), AMPLE).await;
    assert_eq!(told(&outcome), "ok");
    // The silence is ours, not the target's.
    assert!(outcome.duration.as_millis() < 500, "{:?}", outcome.duration);
}

#[tokio::test]
async fn misbehaving_targets_are_told_apart() {
    let outbound = outbound();
    for (misbehaviour, said) in [
        (Misbehaviour::Refuses, "connection_refused: the connection was refused while connecting to "),
        (Misbehaviour::Closes, "connection_reset: the target closed the connection without an answer"),
        (Misbehaviour::Resets, "connection_reset: the target closed the connection while "),
        (
            Misbehaviour::SPEAKS_HTTP,
            "unexpected_answer: expected “+OK”, and “HTTP/1.1 400 Bad Request\\r\\nContent-Type",
        ),
        (
            Misbehaviour::SPEAKS_SSH,
            "unexpected_answer: expected “+OK”, and “SSH-2.0-OpenSSH_9.2p1 Debian-2\\r\\n” came",
        ),
        (Misbehaviour::Sends(b"+O"), "unexpected_answer: expected “+OK”, and “+O” came"),
        (Misbehaviour::Hangs(b"+O"), "unexpected_answer: expected “+OK”, and “+O” came"),
        (Misbehaviour::Floods(b"OK+ "), "unexpected_answer: expected “+OK”, and “OK+ OK+ OK+ "),
        (Misbehaviour::Drips(b"OK+ "), "unexpected_answer: expected “+OK”, and “OK+ "),
        (Misbehaviour::Silent, "response_timeout: the answer did not come within 300 ms"),
    ] {
        let target = misbehaving(misbehaviour).await;
        let monitor = settings(CheckSpec::Tcp(expecting(&target.addr().to_string(), "+OK")), &[]);
        let outcome = run_settings(&monitor, &outbound, SHORT).await;
        assert!(told(&outcome).starts_with(said), "{misbehaviour:?}: {}", told(&outcome));
        assert!(outcome.response_bytes <= 64 * 1024);
    }
    let full = never_connects().await;
    let monitor = settings(CheckSpec::Tcp(spec(&full.addr().to_string())), &[]);
    let outcome = run_settings(&monitor, &outbound, SHORT).await;
    assert_eq!(told(&outcome), "connect_timeout: the connection was not made within 300 ms");
    a_name_that_does_not_exist(|endpoint| CheckSpec::Tcp(TcpSpec::new(endpoint))).await;
}

#[tokio::test]
async fn with_tls_the_certificate_counts() {
    let greeted = |endpoint| TcpSpec { tls: true, expect: Some("+OK".into()), ..TcpSpec::new(endpoint) };
    bad_certificates(|endpoint| CheckSpec::Tcp(greeted(endpoint)), Upgrade::Immediate).await;

    let authority = Authority::new();
    let target = authority.serve_upgraded(Upgrade::Immediate, Flaw::None).await;
    let encrypted = TcpSpec { tls: true, ..spec(&target.addr().to_string()) };
    let monitor = settings(CheckSpec::Tcp(encrypted), &["certificate.days > 14", "tls.protocol == TLSv1.3"]);
    assert_eq!(told(&run_settings(&monitor, &trusting(&authority), AMPLE).await), "ok");

    // It is missed only once something is read: with TLS 1.3 the handshake ends before.
    let target = authority.serve_upgraded(Upgrade::Immediate, Flaw::WantsClientCertificate).await;
    let endpoint = Endpoint::parse(&target.addr().to_string(), None).unwrap();
    let outcome = run_settings(&settings(CheckSpec::Tcp(greeted(endpoint)), &[]), &trusting(&authority), AMPLE).await;
    assert_eq!(told(&outcome), "tls_client_certificate: the target wants a client certificate, and none was shown");

    let target = misbehaving(Misbehaviour::SPEAKS_HTTP).await;
    let encrypted = TcpSpec { tls: true, ..spec(&target.addr().to_string()) };
    let outcome = run_settings(&settings(CheckSpec::Tcp(encrypted), &[]), &outbound(), AMPLE).await;
    assert_eq!(told(&outcome), "tls_handshake: what came back is not TLS; does the port speak plain HTTP?");
}
