//! TLS: whom we trust, and what a failed handshake means.
//!
//! Sessions are not resumed: every check does the whole handshake, so that its time is the time of a new visitor and a
//! certificate is looked at each time. Only where connections are kept, which measures no handshake anyway, they are.

mod doubt;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use monitor_core::Timestamp;
use monitor_core::checks::ClientIdentity;
use monitor_core::duration::humanize;
use monitor_core::outcome::Reason;
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::Host;

use crate::certificate::{self, from_seconds};
use crate::failure::{Failure, clean};
use crate::outbound::OutboundError;
use crate::trace::{Phase, Trace};

/// Most names of a certificate that a message lists.
const MAX_NAMES: usize = 3;

/// Which protocols are offered within TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alpn {
    /// None: the port says which it is.
    None,
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
    /// HTTP/2 rather than HTTP/1.1.
    Both,
}

impl Alpn {
    const ALL: [Self; 4] = [Self::None, Self::Http1, Self::Http2, Self::Both];

    fn protocols(self) -> Vec<Vec<u8>> {
        let (http2, http1) = (b"h2".to_vec(), b"http/1.1".to_vec());
        match self {
            Self::None => Vec::new(),
            Self::Http1 => vec![http1],
            Self::Http2 => vec![http2],
            Self::Both => vec![http2, http1],
        }
    }
}

/// The TLS side of the outbound client.
pub(crate) struct Tls {
    roots: Arc<RootCertStore>,
    /// One for each of [`Alpn::ALL`], for checks that show no certificate of their own.
    plain: [TlsConnector; 4],
    /// Holds certificates against the authorities, for who wants to look at untrusted ones as well.
    verifier: Arc<WebPkiServerVerifier>,
}

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
        let roots = Arc::new(roots);
        let plain = |alpn: Alpn| connector(&roots, alpn, None).map_err(|error| OutboundError::Tls(error.message));
        let [none, http1, http2, both] = Alpn::ALL.map(plain);
        let plain = [none?, http1?, http2?, both?];
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::clone(&roots), provider()).build();
        let verifier = verifier.map_err(|error| OutboundError::Tls(error.to_string()))?;
        Ok(Self { roots, plain, verifier })
    }

    /// The connector that offers these protocols and shows no certificate.
    pub(crate) fn plain(&self, alpn: Alpn) -> &TlsConnector {
        let index = Alpn::ALL.iter().position(|other| *other == alpn).unwrap_or_default();
        &self.plain[index]
    }

    /// A connector that shows a certificate, to be kept for many checks.
    pub(crate) fn identified(&self, alpn: Alpn, identity: &ClientIdentity) -> Result<TlsConnector, Failure> {
        connector(&self.roots, alpn, Some(identity))
    }

    /// Does the handshake with the server of that name, whether or not its certificate is trusted, and says what speaks
    /// against it. For who sends nothing that others may not see, and tells that what came may be forged.
    pub(crate) async fn inspect<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        host: &Host<&str>,
        stream: S,
        trace: &mut Trace,
    ) -> Result<(TlsStream<S>, Option<String>), Failure> {
        let doubting = Arc::new(doubt::Doubting::new(Arc::clone(&self.verifier)));
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(&error, host, trace))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&doubting) as Arc<_>)
            .with_no_client_auth();
        config.alpn_protocols = Alpn::Both.protocols();
        config.resumption = Resumption::disabled();
        let stream = self.handshake(&TlsConnector::from(Arc::new(config)), host, stream, trace).await?;
        let doubt = doubting.doubt().map(|error| failed(&error, host, trace).message);
        Ok((stream, doubt))
    }

    /// Does the handshake with the server of that name, and notes what its certificate says.
    pub(crate) async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        connector: &TlsConnector,
        host: &Host<&str>,
        stream: S,
        trace: &mut Trace,
    ) -> Result<TlsStream<S>, Failure> {
        trace.enter(Phase::Tls);
        let name = match host {
            Host::Domain(name) => ServerName::try_from((*name).to_owned()),
            Host::Ipv4(ip) => Ok(ServerName::from(std::net::IpAddr::V4(*ip))),
            Host::Ipv6(ip) => Ok(ServerName::from(std::net::IpAddr::V6(*ip))),
        };
        let not_a_name = |_| Failure::new(Reason::TlsHandshake, format!("no certificate can be for the name {host}"));
        match connector.connect(name.map_err(not_a_name)?, stream).await {
            Ok(stream) => {
                certificate::note(stream.get_ref().1, trace);
                Ok(stream)
            }
            Err(error) => match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
                Some(error) => Err(failed(error, host, trace)),
                None => Err(Failure::io(&error, "agreeing on TLS")),
            },
        }
    }
}

fn connector(
    roots: &Arc<RootCertStore>,
    alpn: Alpn,
    identity: Option<&ClientIdentity>,
) -> Result<TlsConnector, Failure> {
    let broken = |what: &str, why: &dyn fmt::Display| {
        Failure::new(Reason::ProbeFailed, format!("{what} cannot be used ({})", clean(&why.to_string(), 80)))
    };
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| broken("TLS", &error))?
        .with_root_certificates(Arc::clone(roots));
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(identity.certificate.as_bytes()).collect();
            let chain = chain.map_err(|error| broken("the client certificate", &error))?;
            let key = PrivateKeyDer::from_pem_slice(identity.key.expose().as_bytes());
            let key = key.map_err(|error| broken("the client certificate's key", &error))?;
            builder.with_client_auth_cert(chain, key).map_err(|error| broken("the client certificate", &error))?
        }
    };
    config.alpn_protocols = alpn.protocols();
    config.resumption = Resumption::disabled();
    Ok(TlsConnector::from(Arc::new(config)))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
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
        Tls::AlertReceived(alert) => Failure::alert(*alert),
        Tls::PeerIncompatible(why) => handshake(&format!("the target speaks no TLS that is safe ({why:?})")),
        Tls::NoApplicationProtocol => handshake("the target speaks none of the protocols that are offered within TLS"),
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
        // webpki has no name of its own for it.
        other if format!("{other:?}").contains("CaUsedAsEndEntity") => untrusted(
            "the certificate is that of an authority (CA:TRUE) and not a server's; make one with `-addext basicConstraints=CA:FALSE`, or one that your authority signs",
        ),
        other => untrusted(&format!("the certificate cannot be trusted ({})", clean(&other.to_string(), 80))),
    }
}

/// The names of a certificate, which come as `DnsName("shop.example")` and `IpAddress(192.0.2.1)`.
fn names(presented: &[String]) -> String {
    let bare = |name: &String| {
        let within = name.split_once('(').map_or(name.as_str(), |(_, within)| within.trim_end_matches(')'));
        clean(within.trim_matches('"'), 80)
    };
    let shown: Vec<String> = presented.iter().take(MAX_NAMES).map(bare).collect();
    match presented.len() {
        0 => "no name".to_owned(),
        count if count > MAX_NAMES => format!("{} and {} more", shown.join(", "), count - MAX_NAMES),
        _ => shown.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_certificate_are_shown_bare() {
        let presented = ["DnsName(\"shop.example\")", "IpAddress(127.0.0.1)", "IpAddress(2001:db8::1)", "other"];
        let presented: Vec<String> = presented.map(str::to_owned).into();
        assert_eq!(names(&presented[..2]), "shop.example, 127.0.0.1");
        assert_eq!(names(&presented), "shop.example, 127.0.0.1, 2001:db8::1 and 1 more");
        assert_eq!(names(&presented[3..]), "other");
        assert_eq!(names(&[]), "no name");
    }
}
