//! HTTPS servers with good and with bad certificates, all for the name `localhost` and the address 127.0.0.1.

use std::io;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::AsyncWriteExt;
use tokio_rustls::TlsAcceptor;

use super::Target;
use super::answering::{Answer, Answering, Received, State};
use super::site::Site;
use super::upgrade::Upgrade;

/// What is wrong with a server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing: it is signed by the authority and valid until 2090-01-01.
    None,
    /// It signs itself.
    SelfSigned,
    /// It signs itself, as an authority: what `openssl req -x509` makes.
    SelfSignedAuthority,
    /// It ended on 2020-01-01.
    Expired,
    /// It begins on 2090-01-01.
    NotYetValid,
    /// It is for `wrong.example` and `other.example`.
    WrongName,
    /// Nothing, but the server wants a certificate of the client that the authority signed.
    WantsClientCertificate,
}

/// A certificate authority that only tests trust.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    /// A new authority with a new key.
    ///
    /// # Panics
    /// When no key can be made.
    #[must_use]
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Test authority");
        let key = KeyPair::generate().expect("a key");
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// The authority's certificate, to be trusted.
    #[must_use]
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Starts an HTTPS server with a certificate that has that flaw.
    pub async fn serve(&self, flaw: Flaw, answer: Answer) -> Answering {
        let acceptor = TlsAcceptor::from(self.server_config(flaw));
        let state = State::new(answer);
        let shared = Arc::clone(&state);
        let target = Target::serve("https", move |stream| {
            let (acceptor, state) = (acceptor.clone(), Arc::clone(&shared));
            async move {
                stream.set_nodelay(true)?;
                state.serve(acceptor.accept(stream).await?).await
            }
        });
        Answering::new(target.await, state)
    }

    /// Starts an HTTPS site with a certificate that has that flaw.
    pub async fn serve_site(&self, flaw: Flaw, answer: impl Fn(&Received) -> Answer + Send + Sync + 'static) -> Site {
        let acceptor = TlsAcceptor::from(self.server_config(flaw));
        Site::start("https", answer, move |stream| {
            let acceptor = acceptor.clone();
            async move { acceptor.accept(stream).await }
        })
        .await
    }

    /// Starts a server of another protocol with a certificate that has that flaw. Once there is TLS, it says nothing
    /// more.
    pub async fn serve_upgraded(&self, upgrade: Upgrade, flaw: Flaw) -> Target {
        let acceptor = TlsAcceptor::from(self.server_config(flaw));
        Target::serve("tcp", move |mut stream| {
            let acceptor = acceptor.clone();
            async move {
                upgrade.accept(&mut stream).await?;
                match acceptor.accept(stream).into_fallible().await {
                    Ok(mut stream) => tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.map(|_| ()),
                    // The alert is under way; to close now would overtake it.
                    Err((_, mut stream)) => {
                        stream.shutdown().await?;
                        drain(stream).await
                    }
                }
            }
        })
        .await
    }

    /// The configuration of a server with a certificate that has that flaw.
    ///
    /// # Panics
    /// When no certificate can be made.
    #[must_use]
    pub fn server_config(&self, flaw: Flaw) -> Arc<ServerConfig> {
        let names = match flaw {
            Flaw::WrongName => ["wrong.example", "other.example"],
            _ => ["localhost", "127.0.0.1"],
        };
        let mut params = CertificateParams::new(names.map(str::to_owned)).expect("valid names");
        (params.not_before, params.not_after) = match flaw {
            Flaw::Expired => (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1)),
            Flaw::NotYetValid => (date_time_ymd(2090, 1, 1), date_time_ymd(2091, 1, 1)),
            _ => (date_time_ymd(2020, 1, 1), date_time_ymd(2090, 1, 1)),
        };
        let key = KeyPair::generate().expect("a key");
        if flaw == Flaw::SelfSignedAuthority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        let certificate = match flaw {
            Flaw::SelfSigned | Flaw::SelfSignedAuthority => params.self_signed(&key),
            _ => params.signed_by(&key, &self.issuer),
        };
        let chain = vec![certificate.expect("a certificate").der().clone()];
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("protocol versions");
        let builder = match flaw {
            Flaw::WantsClientCertificate => builder.with_client_cert_verifier(self.client_verifier(provider)),
            _ => builder.with_no_client_auth(),
        };
        Arc::new(builder.with_single_cert(chain, key).expect("a server configuration"))
    }

    fn client_verifier(&self, provider: Arc<CryptoProvider>) -> Arc<dyn ClientCertVerifier> {
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_slice(self.pem.as_bytes()).expect("a certificate");
        roots.add(authority).expect("an authority");
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().expect("a verifier")
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

/// Speaks plain HTTP where TLS is expected.
pub async fn plain_http() -> Target {
    Target::serve("https", |mut stream| async move {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await?;
        stream.shutdown().await?;
        drain(stream).await
    })
    .await
}

/// Accepts, and says nothing during the handshake.
pub async fn silent() -> Target {
    Target::serve("https", drain).await
}

/// Closes as soon as the handshake begins.
pub async fn closes() -> Target {
    Target::serve("https", |mut stream| async move {
        stream.readable().await?;
        stream.shutdown().await?;
        drain(stream).await
    })
    .await
}

/// Reads until the client closes, so that closing first is no reset.
async fn drain(mut stream: tokio::net::TcpStream) -> io::Result<()> {
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.map(|_| ())
}
