use monitor_core::Timestamp;
use monitor_core::checks::{Endpoint, StartTls, TlsSpec};
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::Reason;
use test_support::services;
use test_support::targets::tls::{Authority, Flaw};
use test_support::targets::upgrade::Upgrade;
use test_support::targets::{Misbehaviour, misbehaving};

use crate::tls::trusting;
use crate::{AMPLE, SHORT, outbound, run_at, run_settings, services_outbound, settings, told};

fn spec(address: &str) -> TlsSpec {
    TlsSpec::new(Endpoint::parse(address, None).unwrap())
}

#[tokio::test]
async fn a_certificate_is_looked_at() {
    let authority = Authority::new();
    let target = authority.serve_upgraded(Upgrade::Immediate, Flaw::None).await;
    let monitor = settings(
        CheckSpec::Tls(spec(&target.addr().to_string())),
        &[
            "certificate.days > 14",
            "certificate.issuer contains \"Test authority\"",
            "certificate.names contains localhost",
            "certificate.names contains 127.0.0.1",
            "tls.cipher starts with TLS_",
        ],
    );
    let outcome = run_settings(&monitor, &trusting(&authority), AMPLE).await;
    assert_eq!(told(&outcome), "ok");
    assert_eq!(outcome.details.protocol.as_deref(), Some("TLSv1.3"));
    let found: Vec<&str> = outcome.details.found.iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(found, ["tls.protocol", "tls.cipher", "certificate.issuer", "certificate.names"]);
    assert_eq!(outcome.details.certificate_not_after.unwrap().to_day(), "2090-01-01");
}

/// What people copy has to hold where it is true.
#[tokio::test]
async fn the_documented_spelling_of_a_version_is_that_of_the_fact() {
    const DOCS: &str = include_str!("../../../docs/checks.md");
    let written = DOCS.split("tls.protocol == ").skip(1).filter_map(|rest| rest.split([' ', '"', '`', '\n']).next());
    let assertions: Vec<String> = written.map(|version| format!("tls.protocol == {version}")).collect();
    assert!(!assertions.is_empty());
    let assertions: Vec<&str> = assertions.iter().map(String::as_str).collect();
    let authority = Authority::new();
    let target = authority.serve_upgraded(Upgrade::Immediate, Flaw::None).await;
    let monitor = settings(CheckSpec::Tls(spec(&target.addr().to_string())), &assertions);
    assert_eq!(told(&run_settings(&monitor, &trusting(&authority), AMPLE).await), "ok");
}

#[tokio::test]
async fn an_end_that_nears_is_told_once_per_threshold() {
    let authority = Authority::new();
    let target = authority.serve_upgraded(Upgrade::Immediate, Flaw::None).await;
    let outbound = trusting(&authority);
    let mut spec = spec(&format!("127.0.0.1:{}", target.addr().port()));
    spec.server_name = Some("localhost".into());
    let monitor = settings(CheckSpec::Tls(spec), &[]);
    let end = 3_786_912_000_000; // 2090-01-01
    let day = 86_400_000;
    for (left, message, news) in [
        (30 * day + 1, "ok", None),
        (
            30 * day,
            "certificate_ending: localhost's certificate ends in 30 d, on 2090-01-01",
            Some("localhost's certificate ends in 30 days or less, on 2090-01-01"),
        ),
        (
            20 * day,
            "certificate_ending: localhost's certificate ends in 20 d, on 2090-01-01",
            Some("localhost's certificate ends in 30 days or less, on 2090-01-01"),
        ),
        (
            14 * day - 1,
            "certificate_ending: localhost's certificate ends in 13 d 23 h, on 2090-01-01",
            Some("localhost's certificate ends in 14 days or less, on 2090-01-01"),
        ),
        (
            day / 2,
            "certificate_ending: localhost's certificate ends in 12 h, on 2090-01-01",
            Some("localhost's certificate ends in 1 day or less, on 2090-01-01"),
        ),
    ] {
        let outcome = run_at(&monitor, &outbound, Timestamp::from_millis(end - left), AMPLE).await;
        assert_eq!(told(&outcome), message);
        assert_eq!(outcome.details.warning.as_deref(), news);
    }
}

#[tokio::test]
async fn bad_certificates_are_told_apart() {
    let authority = Authority::new();
    let outbound = trusting(&authority);
    for (flaw, reason) in [
        (Flaw::Expired, Reason::TlsCertificateExpired),
        (Flaw::NotYetValid, Reason::TlsCertificateNotYetValid),
        (Flaw::WrongName, Reason::TlsNameMismatch),
        (Flaw::SelfSigned, Reason::TlsUntrusted),
        // With TLS 1.3 the target shows its own before it asks for ours, and its own is what is watched.
        (Flaw::WantsClientCertificate, Reason::Ok),
    ] {
        let target = authority.serve_upgraded(Upgrade::Immediate, flaw).await;
        let monitor = settings(CheckSpec::Tls(spec(&target.addr().to_string())), &[]);
        let outcome = run_settings(&monitor, &outbound, AMPLE).await;
        assert_eq!(outcome.reason, reason, "{flaw:?}: {}", outcome.message);
    }
}

#[tokio::test]
async fn protocols_are_upgraded() {
    let authority = Authority::new();
    let outbound = trusting(&authority);
    for (upgrade, starttls) in
        [(Upgrade::Smtp, StartTls::Smtp), (Upgrade::Imap, StartTls::Imap), (Upgrade::Postgres, StartTls::Postgres)]
    {
        let target = authority.serve_upgraded(upgrade, Flaw::None).await;
        let spec = TlsSpec { starttls: Some(starttls), ..spec(&target.addr().to_string()) };
        let outcome = run_settings(&settings(CheckSpec::Tls(spec), &[]), &outbound, AMPLE).await;
        assert_eq!(told(&outcome), "ok", "{starttls:?}");
    }
}

#[tokio::test]
async fn targets_that_do_not_upgrade_are_told_apart() {
    let outbound = outbound();
    let (smtp, imap, pop3, postgres) = (StartTls::Smtp, StartTls::Imap, StartTls::Pop3, StartTls::Postgres);
    for (starttls, misbehaviour, said) in [
        (
            smtp,
            Misbehaviour::Hangs(b"220 x\r\n250-x\r\n250 HELP\r\n"),
            "starttls_missing: the mail server does not offer STARTTLS",
        ),
        (
            smtp,
            Misbehaviour::Hangs(b"220-x\r\n220 x\r\n250 STARTTLS\r\n454 later\r\n"),
            "starttls_missing: the target does not go on with TLS: “454 later”",
        ),
        (
            imap,
            Misbehaviour::Hangs(b"* OK x\r\n* CAPABILITY x\r\na BAD no\r\n"),
            "starttls_missing: the target does not go on with TLS: “a BAD no”",
        ),
        (
            pop3,
            Misbehaviour::Hangs(b"+OK x\r\n-ERR no\r\n"),
            "starttls_missing: the target does not go on with TLS: “-ERR no”",
        ),
        (postgres, Misbehaviour::Hangs(b"N"), "starttls_missing: the database does not offer TLS"),
        (smtp, Misbehaviour::SPEAKS_SSH, "protocol_mismatch: what came back is not the SMTP expected: “SSH-2.0-"),
        (imap, Misbehaviour::SPEAKS_HTTP, "protocol_mismatch: what came back is not the IMAP expected: “HTTP/1.1 400"),
        (pop3, Misbehaviour::Floods(b"x"), "protocol_mismatch: what came back has no line ends"),
        (smtp, Misbehaviour::Floods(b"220-x\r\n"), "protocol_mismatch: the mail server's answer has no end"),
        (postgres, Misbehaviour::GARBAGE, "protocol_mismatch: what came back is not PostgreSQL"),
        (
            postgres,
            Misbehaviour::Closes,
            "connection_reset: the target closed the connection while waiting to go on with TLS",
        ),
        (imap, Misbehaviour::Silent, "response_timeout: the answer did not come within 300 ms"),
        (pop3, Misbehaviour::Refuses, "connection_refused: "),
        // What it says in the clear after it agreed to TLS is not taken for something said within.
        (pop3, Misbehaviour::Hangs(b"+OK x\r\n+OK go\r\n+OK injected\r\n"), "tls_handshake: what came back is not TLS"),
    ] {
        let target = misbehaving(misbehaviour).await;
        let spec = TlsSpec { starttls: Some(starttls), ..spec(&target.addr().to_string()) };
        let outcome = run_settings(&settings(CheckSpec::Tls(spec), &[]), &outbound, SHORT).await;
        assert!(told(&outcome).starts_with(said), "{starttls:?} {misbehaviour:?}: {}", told(&outcome));
    }
}

#[tokio::test]
async fn real_servers_show_their_certificates() {
    let outbound = services_outbound();
    for (url, starttls) in [
        (services::nginx(), None),
        (services::smtp(), Some(StartTls::Smtp)),
        (services::imap(), Some(StartTls::Imap)),
        (services::postgres_tls(), Some(StartTls::Postgres)),
    ] {
        let address = url.rsplit(['/', '@']).find(|part| part.contains("127.0.0.1:")).unwrap().to_owned();
        let spec = TlsSpec { starttls, ..spec(&address) };
        let monitor = settings(CheckSpec::Tls(spec), &["certificate.names contains localhost"]);
        let outcome = run_settings(&monitor, &outbound, AMPLE).await;
        assert_eq!(
            outcome.details.certificate_not_after.is_some(),
            outcome.reason == Reason::Ok,
            "{url}: {}",
            told(&outcome)
        );
        assert_eq!(told(&outcome), "ok", "{url}");
    }
}
