use monitor_core::Timestamp;
use monitor_core::outcome::{Outcome, Reason};
use probes::Outbound;
use test_support::targets::tls::{self, Authority, Flaw};
use test_support::targets::{Answer, answering};

use crate::{AMPLE, SHORT, config, run_with, spec};

/// A client that trusts that authority.
pub(crate) fn trusting(authority: &Authority) -> Outbound {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, authority.pem()).unwrap();
    let mut config = config(true);
    config.ca_file = Some(file.path().to_owned());
    Outbound::new(&config).unwrap()
}

async fn get(outbound: &Outbound, url: &str) -> Outcome {
    run_with(spec(url), outbound, AMPLE).await
}

#[tokio::test]
async fn a_good_certificate_is_accepted_and_its_end_noted() {
    let authority = Authority::new();
    let target = authority.serve(Flaw::None, Answer::ok("hello")).await;
    let outbound = trusting(&authority);
    for url in [target.url(), target.url_as("localhost")] {
        let outcome = get(&outbound, &url).await;
        assert_eq!((outcome.reason, outcome.message.as_str(), outcome.response_bytes), (Reason::Ok, "", 5));
        assert!(outcome.timings.tls_handshake.is_some());
        let end = outcome.details.certificate_not_after.unwrap();
        assert_eq!(end.to_string(), "2090-01-01T00:00:00.000Z");
    }
}

#[tokio::test]
async fn bad_certificates_are_told_apart() {
    let authority = Authority::new();
    let outbound = trusting(&authority);
    for (flaw, reason, message) in [
        (Flaw::Expired, Reason::TlsCertificateExpired, "the certificate expired on 2020-01-01, "),
        (Flaw::NotYetValid, Reason::TlsCertificateNotYetValid, "the certificate is not valid before 2090-01-01, "),
        (
            Flaw::WrongName,
            Reason::TlsNameMismatch,
            "the certificate is for wrong.example, other.example, not for localhost",
        ),
        (Flaw::SelfSigned, Reason::TlsUntrusted, "the certificate is signed by nobody who is trusted here; "),
        (
            Flaw::SelfSignedAuthority,
            Reason::TlsUntrusted,
            "the certificate is that of an authority (CA:TRUE) and not a server's; ",
        ),
    ] {
        let target = authority.serve(flaw, Answer::ok("")).await;
        let outcome = get(&outbound, &target.url_as("localhost")).await;
        assert_eq!(outcome.reason, reason, "{flaw:?}: {}", outcome.message);
        assert!(outcome.message.starts_with(message), "{flaw:?}: {}", outcome.message);
        assert_eq!(target.requests(), 0);
        let end = outcome.details.certificate_not_after.map(Timestamp::to_day);
        assert_eq!(end.as_deref(), (flaw == Flaw::Expired).then_some("2020-01-01"));
    }
}

#[tokio::test]
async fn an_authority_that_is_not_ours_is_not_trusted() {
    let target = Authority::new().serve(Flaw::None, Answer::ok("")).await;
    let outcome = get(&trusting(&Authority::new()), &target.url()).await;
    assert_eq!(outcome.reason, Reason::TlsUntrusted);
}

#[tokio::test]
async fn what_is_not_tls_is_a_failed_handshake() {
    let outbound = trusting(&Authority::new());
    let target = tls::plain_http().await;
    let outcome = get(&outbound, &target.url()).await;
    assert_eq!(outcome.reason, Reason::TlsHandshake);
    assert_eq!(outcome.message, "what came back is not TLS; does the port speak plain HTTP?");
    let target = tls::closes().await;
    let outcome = get(&outbound, &target.url()).await;
    assert_eq!(outcome.reason, Reason::ConnectionReset);
    assert_eq!(outcome.message, "the target closed the connection while agreeing on TLS");
    let target = tls::silent().await;
    let outcome = run_with(spec(&target.url()), &outbound, SHORT).await;
    assert_eq!(outcome.reason, Reason::TlsTimeout);
    assert_eq!(outcome.message, "the TLS handshake did not end within 300 ms");
}

#[tokio::test]
async fn a_secret_does_not_follow_from_https_to_http() {
    let authority = Authority::new();
    let end = answering(Answer::ok("")).await;
    let start = authority.serve(Flaw::None, Answer::redirect(302, &end.url())).await;
    let mut spec = spec(&start.url());
    spec.headers = vec![crate::secret("X-Key", "hunter2")];
    let outcome = run_with(spec, &trusting(&authority), AMPLE).await;
    assert_eq!(outcome.reason, Reason::Ok);
    assert_eq!(start.last_request().header("X-Key"), Some("hunter2"));
    assert_eq!(end.last_request().header("X-Key"), None);
    // The end has no certificate, whatever the start had.
    assert_eq!(outcome.details.certificate_not_after, None);
    assert!(outcome.timings.tls_handshake.is_some());
}
