//! TLS: whom we trust, and what a failed handshake means.
//!
//! Sessions are not resumed: every check does the whole handshake, so that its time is the time of a new visitor and a
//! certificate is looked at each time.

use std::path::Path;
use std::sync::Arc;

use monitor_core::Timestamp;
use monitor_core::duration::humanize;
use monitor_core::outcome::Reason;
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::Host;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::failure::{Failure, clean};
use crate::outbound::OutboundError;
use crate::trace::Trace;

/// Most names of a certificate that a message lists.
const MAX_NAMES: usize = 3;

/// The TLS side of the outbound client.
pub(crate) struct Tls(TlsConnector);

impl Tls {
    /// Trusts the system's authorities, Mozilla's where the system has none, and those of `ca_file`.
    pub(crate) fn new(ca_file: Option<&Path>) -> Result<Self, OutboundError> {
        let mut roots = RootCertStore::empty();
        // Single certificates that cannot be read are common in system stores and no reason not to start.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        if let Some(path) = ca_file {
            let wrong = |why: String| OutboundError::CaFile { path: path.to_owned(), why };
            let certificates: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
            let certificates = certificates.map_err(|error| wrong(error.to_string()))?;
            if certificates.is_empty() {
                return Err(wrong("it holds no certificate".to_owned()));
            }
            for certificate in certificates {
                roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
            }
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| OutboundError::Tls(error.to_string()))?;
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config.resumption = Resumption::disabled();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    /// Does the handshake with the server of that name, and notes when its certificate ends.
    pub(crate) async fn handshake(
        &self,
        host: &Host<&str>,
        stream: TcpStream,
        trace: &mut Trace,
    ) -> Result<TlsStream<TcpStream>, Failure> {
        let name = match host {
            Host::Domain(name) => ServerName::try_from((*name).to_owned()),
            Host::Ipv4(ip) => Ok(ServerName::from(std::net::IpAddr::V4(*ip))),
            Host::Ipv6(ip) => Ok(ServerName::from(std::net::IpAddr::V6(*ip))),
        };
        let not_a_name = |_| Failure::new(Reason::TlsHandshake, format!("no certificate can be for the name {host}"));
        match self.0.connect(name.map_err(not_a_name)?, stream).await {
            Ok(stream) => {
                let leaf = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
                trace.details.certificate_not_after = leaf.and_then(not_after);
                Ok(stream)
            }
            Err(error) => match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                Some(error) => Err(failed(error, host, trace)),
                None => Err(Failure::io(&error, "agreeing on TLS")),
            },
        }
    }
}

fn not_after(certificate: &CertificateDer<'_>) -> Option<Timestamp> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    Some(from_seconds(certificate.validity().not_after.timestamp()))
}

fn from_seconds(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds.saturating_mul(1_000))
}

fn from_unix(time: UnixTime) -> Timestamp {
    from_seconds(i64::try_from(time.as_secs()).unwrap_or(i64::MAX))
}

fn failed(error: &rustls::Error, host: &Host<&str>, trace: &mut Trace) -> Failure {
    use rustls::Error as Tls;
    let handshake = |what: &str| Failure::new(Reason::TlsHandshake, what);
    match error {
        Tls::InvalidCertificate(error) => certificate_failed(error, host, trace),
        Tls::InvalidMessage(_) => handshake("what came back is not TLS; does the port speak plain HTTP?"),
        Tls::AlertReceived(alert) => handshake(&format!("the target ended the TLS handshake with the alert {alert:?}")),
        Tls::PeerIncompatible(why) => handshake(&format!("the target speaks no TLS that is safe ({why:?})")),
        Tls::NoApplicationProtocol => handshake("the target does not speak HTTP/1.1 over TLS"),
        other => handshake(&format!("the TLS handshake failed ({})", clean(&other.to_string(), 80))),
    }
}

fn certificate_failed(error: &CertificateError, host: &Host<&str>, trace: &mut Trace) -> Failure {
    let untrusted = |what: &str| Failure::new(Reason::TlsUntrusted, what);
    match error {
        CertificateError::ExpiredContext { time, not_after } => {
            let (now, end) = (from_unix(*time), from_unix(*not_after));
            trace.details.certificate_not_after = Some(end);
            let message = format!("the certificate expired on {}, {} ago", end.to_day(), humanize(now.since(end)));
            Failure::new(Reason::TlsCertificateExpired, message)
        }
        CertificateError::Expired => Failure::new(Reason::TlsCertificateExpired, "the certificate has expired"),
        CertificateError::NotValidYetContext { time, not_before } => {
            let (now, start) = (from_unix(*time), from_unix(*not_before));
            let message = format!(
                "the certificate is not valid before {}, {} from now",
                start.to_day(),
                humanize(start.since(now))
            );
            Failure::new(Reason::TlsCertificateNotYetValid, message)
        }
        CertificateError::NotValidYet => {
            Failure::new(Reason::TlsCertificateNotYetValid, "the certificate is not valid yet")
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            let message = format!("the certificate is for {}, not for {host}", names(presented));
            Failure::new(Reason::TlsNameMismatch, message)
        }
        CertificateError::NotValidForName => {
            Failure::new(Reason::TlsNameMismatch, format!("the certificate is not for {host}"))
        }
        CertificateError::UnknownIssuer => untrusted(
            "the certificate is signed by nobody who is trusted here; trust its authority in the configuration if it is yours",
        ),
        CertificateError::Revoked => untrusted("the certificate has been revoked"),
        other => untrusted(&format!("the certificate cannot be trusted ({})", clean(&other.to_string(), 80))),
    }
}

/// The names of a certificate, which come as `DnsName("shop.example")`.
fn names(presented: &[String]) -> String {
    let bare = |name: &String| clean(name.split('"').nth(1).unwrap_or(name), 80);
    let shown: Vec<String> = presented.iter().take(MAX_NAMES).map(bare).collect();
    match presented.len() {
        0 => "no name".to_owned(),
        count if count > MAX_NAMES => format!("{} and {} more", shown.join(", "), count - MAX_NAMES),
        _ => shown.join(", "),
    }
}
