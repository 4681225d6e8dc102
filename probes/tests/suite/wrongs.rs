//! What does wrong in the same way whatever is checked: the tables of the kinds go through these.

use monitor_core::checks::Endpoint;
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::Reason;
use test_support::targets::tls::{Authority, Flaw};
use test_support::targets::upgrade::Upgrade;
use test_support::targets::{Misbehaviour, misbehaving};

use crate::tls::trusting;
use crate::{AMPLE, SHORT, outbound, run_settings, settings};

/// What does wrong whatever is asked of it, and how that is told.
const WRONGS: [(Misbehaviour, Reason); 7] = [
    (Misbehaviour::Refuses, Reason::ConnectionRefused),
    (Misbehaviour::Silent, Reason::ResponseTimeout),
    (Misbehaviour::Closes, Reason::ConnectionReset),
    (Misbehaviour::Resets, Reason::ConnectionReset),
    (Misbehaviour::GARBAGE, Reason::ProtocolMismatch),
    (Misbehaviour::SPEAKS_HTTP, Reason::ProtocolMismatch),
    (Misbehaviour::SPEAKS_SSH, Reason::ProtocolMismatch),
];

/// What is wrong with a server's certificate, or with that of the client, and how that is told.
pub(crate) const FLAWS: [(Flaw, Reason); 5] = [
    (Flaw::Expired, Reason::TlsCertificateExpired),
    (Flaw::NotYetValid, Reason::TlsCertificateNotYetValid),
    (Flaw::SelfSigned, Reason::TlsUntrusted),
    (Flaw::WrongName, Reason::TlsNameMismatch),
    (Flaw::WantsClientCertificate, Reason::TlsClientCertificate),
];

/// Checks servers that do wrong, one for each row, and expects the row's reason. The rows are those of the kind and
/// those of [`WRONGS`] that the kind does not tell in another way.
pub(crate) async fn targets_that_misbehave(spec: impl Fn(Endpoint) -> CheckSpec, table: &[(Misbehaviour, Reason)]) {
    let outbound = outbound();
    let told_alike = WRONGS.iter().filter(|(wrong, _)| table.iter().all(|(own, _)| own != wrong));
    for (misbehaviour, reason) in told_alike.chain(table) {
        let target = misbehaving(*misbehaviour).await;
        let ends = !matches!(reason, Reason::ResponseTimeout | Reason::BodyTimeout | Reason::TlsTimeout);
        let endpoint = Endpoint::parse(&target.addr().to_string(), None).unwrap();
        let outcome = run_settings(&settings(spec(endpoint), &[]), &outbound, if ends { AMPLE } else { SHORT }).await;
        assert_eq!(outcome.reason, *reason, "{misbehaviour:?}: {}", outcome.message);
        assert!(!outcome.message.is_empty() && !outcome.message.contains(['\r', '\n', '\0']), "{:?}", outcome.message);
    }
}

/// Checks a name that does not exist.
pub(crate) async fn a_name_that_does_not_exist(spec: impl Fn(Endpoint) -> CheckSpec) {
    let endpoint = Endpoint::parse("nothing.invalid:4000", None).unwrap();
    let outcome = run_settings(&settings(spec(endpoint), &[]), &outbound(), AMPLE).await;
    assert!(outcome.reason.code().starts_with("dns_"), "{outcome:?}");
}

/// Checks servers whose certificate cannot be trusted, and one that wants a certificate of the client.
pub(crate) async fn bad_certificates(spec: impl Fn(Endpoint) -> CheckSpec, upgrade: Upgrade) {
    let authority = Authority::new();
    let outbound = trusting(&authority);
    for (flaw, reason) in FLAWS {
        let target = authority.serve_upgraded(upgrade, flaw).await;
        let endpoint = Endpoint::parse(&format!("localhost:{}", target.addr().port()), None).unwrap();
        let outcome = run_settings(&settings(spec(endpoint), &[]), &outbound, AMPLE).await;
        assert_eq!(outcome.reason, reason, "{flaw:?}: {}", outcome.message);
    }
}
