//! How the connections of a check are made, and the one that is kept where its owner wants so.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use monitor_core::checks::ClientIdentity;
use monitor_core::http::{Auth, HttpSpec, SpecError, Version};
use monitor_core::outcome::Reason;
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsConnector;
use tokio_util::either::Either;
use url::{Origin, Url};

use super::connection::{Connection, Form};
use super::exchange::Exchange;
use super::hop::Hop;
use super::proxy::Proxy;
use crate::connect::Stream;
use crate::failure::Failure;
use crate::outbound::Outbound;
use crate::tls::Alpn;
use crate::trace::{Phase, Trace};

/// Longest time that a connection is used. A moved name and a new certificate are seen after it at the latest.
const MAX_CONNECTION_AGE: Duration = Duration::from_secs(300);

/// Sends requests.
pub(super) struct Client {
    version: Version,
    /// Whom the identity is for, and to whom connections are kept.
    origin: Origin,
    identity: Option<ClientIdentity>,
    proxy: Option<Proxy>,
    keep_alive: bool,
    /// Whether a login takes several requests on one connection.
    dialogue: bool,
    /// Shows the identity, and resumes sessions where connections are kept: who measures phases wants the whole handshake.
    connector: OnceLock<TlsConnector>,
    /// A connection to the origin that waits for the next check.
    idle: Mutex<Option<Connection>>,
}

impl Client {
    pub(super) fn new(spec: &HttpSpec) -> Result<Self, SpecError> {
        // Its login belongs to a connection, of which HTTP/2 knows nothing.
        let ntlm = matches!(spec.auth, Some(Auth::Ntlm { .. }));
        Ok(Self {
            version: if ntlm { Version::Http1 } else { spec.version },
            origin: spec.url.origin(),
            identity: spec.identity.clone().map(usable).transpose()?,
            proxy: spec.proxy.as_ref().map(Proxy::new).transpose()?,
            keep_alive: spec.keep_alive,
            dialogue: ntlm || matches!(spec.auth, Some(Auth::Digest { .. })),
            connector: OnceLock::new(),
            idle: Mutex::new(None),
        })
    }

    /// Sends a request, on the connection that was kept if there is one.
    pub(super) async fn send(&self, hop: &Hop, outbound: &Outbound, trace: &mut Trace) -> Result<Exchange, Failure> {
        if let Some(connection) = self.take_idle(&hop.url, trace).await {
            connection.describe(trace);
            match connection.send(hop, outbound.user_agent(), trace).await {
                // The target may have closed it just now. What may be sent only once is not sent again.
                Err(failure) if failure.reason == Reason::ConnectionReset && hop.method.is_idempotent() => {}
                sent => return sent,
            }
        }
        self.connect(&hop.url, outbound, trace).await?.send(hop, outbound.user_agent(), trace).await
    }

    /// Makes a new connection.
    pub(super) async fn connect(
        &self,
        url: &Url,
        outbound: &Outbound,
        trace: &mut Trace,
    ) -> Result<Connection, Failure> {
        let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
            return Err(Failure::new(Reason::ProbeFailed, "the address has no host to connect to"));
        };
        let tls = url.scheme() == "https";
        let tcp = match &self.proxy {
            None => outbound.connect(&host, port, trace).await?,
            Some(proxy) => Box::pin(proxy.connect(tls.then_some((&host, port)), outbound, trace)).await?,
        };
        let (stream, form) = if tls {
            let connector = self.connector(url, outbound)?;
            // Boxed like all that a plain request needs no room for.
            let stream = Box::pin(outbound.tls().handshake(&connector, &host, tcp, trace)).await?;
            let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            if self.version == Version::Http2 && !http2 {
                return Err(Failure::new(Reason::ProtocolMismatch, "the target does not offer HTTP/2"));
            }
            (Stream::Right(stream), if http2 { Form::Http2 { offered: true } } else { Form::Origin })
        } else {
            let form = match &self.proxy {
                Some(proxy) => Form::Proxied(proxy.login()),
                None if self.version == Version::Http2 => Form::Http2 { offered: false },
                None => Form::Origin,
            };
            (Either::Left(tcp), form)
        };
        Connection::open(stream, form, self.keep_alive || self.dialogue, trace).await
    }

    fn connector(&self, url: &Url, outbound: &Outbound) -> Result<TlsConnector, Failure> {
        let alpn = match self.version {
            Version::Auto => Alpn::Both,
            Version::Http1 => Alpn::Http1,
            Version::Http2 => Alpn::Http2,
        };
        if (self.identity.is_none() && !self.keep_alive) || url.origin() != self.origin {
            return Ok(outbound.tls().plain(alpn).clone());
        }
        if let Some(connector) = self.connector.get() {
            return Ok(connector.clone());
        }
        let connector = match &self.identity {
            Some(identity) => outbound.tls().identified(alpn, identity)?,
            None => outbound.tls().plain(alpn).clone(),
        };
        let connector = if self.keep_alive { resuming(&connector) } else { connector };
        Ok(self.connector.get_or_init(|| connector).clone())
    }

    async fn take_idle(&self, url: &Url, trace: &mut Trace) -> Option<Connection> {
        // Who asks for the certificate wants to see it.
        if !self.keeps(url) || trace.wanted().tls {
            return None;
        }
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut connection = idle.filter(|connection| connection.opened.elapsed() < MAX_CONNECTION_AGE)?;
        trace.enter(Phase::Send);
        connection.is_usable().await.then_some(connection)
    }

    /// Keeps the connection of an answer that was read, where the owner wants so and the target agrees.
    pub(super) async fn release(&self, url: &Url, exchange: Exchange) {
        if !self.keeps(url) {
            return;
        }
        if let Some(connection) = exchange.into_connection().await {
            *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
        }
    }

    fn keeps(&self, url: &Url) -> bool {
        self.keep_alive && url.origin() == self.origin
    }
}

impl Client {
    /// The proxy's login as it stands in a header.
    pub(super) fn sent_credentials(&self) -> Option<String> {
        let login = self.proxy.as_ref()?.login()?;
        login.to_str().ok()?.split_once(' ').map(|(_, credentials)| credentials.to_owned())
    }
}

/// The identity, unless it is no certificate with its key.
fn usable(identity: ClientIdentity) -> Result<ClientIdentity, SpecError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(identity.certificate.as_bytes()).collect();
    let key = PrivateKeyDer::from_pem_slice(identity.key.expose().as_bytes());
    let fits = match (chain, key) {
        (Ok(chain), Ok(key)) => {
            !chain.is_empty() && CertifiedKey::from_der(chain, key, &rustls::crypto::ring::default_provider()).is_ok()
        }
        _ => false,
    };
    let what =
        "the client certificate cannot be used: give the certificate and the key that belongs to it, both as PEM";
    fits.then_some(identity).ok_or_else(|| SpecError::Option(what.to_owned()))
}

fn resuming(connector: &TlsConnector) -> TlsConnector {
    let mut config = connector.config().as_ref().clone();
    config.resumption = Resumption::in_memory_sessions(4);
    TlsConnector::from(std::sync::Arc::new(config))
}

/// Credentials for `Basic`, as they stand in a header.
pub(super) fn basic(user: &str, password: &str) -> String {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
}

/// A header's value that may not be shown.
pub(super) fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_bytes(text.as_bytes()).ok()?;
    value.set_sensitive(true);
    Some(value)
}
