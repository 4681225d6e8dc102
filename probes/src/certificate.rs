//! What a certificate and the TLS around it say, as facts for assertions.

mod chain;

pub(crate) use self::chain::shown;

use monitor_core::Timestamp;
use monitor_core::assertion::FactKind;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConnection, ProtocolVersion, SupportedCipherSuite};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::failure::clean;
use crate::trace::Trace;

/// Most names of a certificate that are kept, and most characters of each.
const MAX_NAMES: usize = 200;
const MAX_NAME_CHARS: usize = 253;

const DAY_MS: i64 = 86_400_000;

/// Notes when the certificate ends, and, if somebody looks for it, what else it and its TLS say.
pub(crate) fn note(connection: &ClientConnection, trace: &mut Trace) {
    let leaf = connection.peer_certificates().and_then(<[CertificateDer<'_>]>::first);
    let leaf = leaf.and_then(|certificate| X509Certificate::from_der(certificate).ok());
    let not_after = leaf.as_ref().map(|(_, leaf)| from_seconds(leaf.validity().not_after.timestamp()));
    trace.details.certificate_not_after = not_after;
    if !trace.wanted().tls {
        return;
    }
    let facts = &mut trace.facts;
    if let Some(version) = connection.protocol_version() {
        facts.set(FactKind::TlsProtocol, protocol_name(version));
    }
    if let Some(suite) = connection.negotiated_cipher_suite() {
        facts.set(FactKind::TlsCipher, suite_name(suite));
    }
    if let Some(end) = not_after {
        facts.set(FactKind::CertificateDays, days_until(trace.at, end));
    }
    if let Some((_, leaf)) = leaf {
        facts.set(FactKind::CertificateIssuer, clean(&leaf.issuer().to_string(), MAX_NAME_CHARS));
        facts.set(FactKind::CertificateSubject, clean(&leaf.subject().to_string(), MAX_NAME_CHARS));
        facts.set(FactKind::CertificateNames, names(&leaf));
    }
}

/// Whole days from one point to another, negative when that has passed.
pub(crate) fn days_until(now: Timestamp, end: Timestamp) -> f64 {
    let days = end.as_millis().saturating_sub(now.as_millis()).div_euclid(DAY_MS);
    #[expect(clippy::cast_precision_loss, reason = "days are few")]
    let days = days as f64;
    days
}

/// The time of an X.509 field.
pub(crate) fn from_seconds(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds.saturating_mul(1_000))
}

/// `TLSv1.3`, as OpenSSL writes it, and for versions that have no such name what rustls calls them.
pub(crate) fn protocol_name(version: ProtocolVersion) -> String {
    format!("{version:?}").replace("TLSv1_", "TLSv1.")
}

/// The name in IANA's registry: rustls puts the version of TLS into those of TLS 1.3.
fn suite_name(suite: SupportedCipherSuite) -> String {
    format!("{:?}", suite.suite()).replace("TLS13_", "TLS_")
}

/// The names and addresses that a certificate is for.
fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(alternatives)) = certificate.subject_alternative_name() else { return Vec::new() };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some(clean(name, MAX_NAME_CHARS)),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|octets| std::net::Ipv4Addr::from(octets).to_string()),
            _ => <[u8; 16]>::try_from(*bytes).ok().map(|octets| std::net::Ipv6Addr::from(octets).to_string()),
        },
        _ => None,
    };
    alternatives.value.general_names.iter().filter_map(name).take(MAX_NAMES).collect()
}
