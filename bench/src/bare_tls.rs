//! The limit of checks over TLS: the same handshake as a check's, and then as little as can be said.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, ensure};
use reqwest::Url;
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::http1;
use crate::target::BODY_BYTES;

/// Asks one address, with a new connection and a full handshake each time.
pub(crate) struct Asker {
    connector: TlsConnector,
    name: ServerName<'static>,
    address: SocketAddr,
    request: String,
}

impl Asker {
    /// Asks an `https` address whose host is an IP address, and trusts only the authorities in a PEM file.
    pub(crate) fn new(url: &str, ca: &Path) -> anyhow::Result<Self> {
        let url = Url::parse(url).context("--url")?;
        let host = url.host_str().unwrap_or_default();
        let address = format!("{host}:{}", url.port().unwrap_or(443));
        let address: SocketAddr = address.parse().context("--url has no IP address")?;
        let request = format!("GET {} HTTP/1.1\r\nhost: {address}\r\n\r\n", url.path());
        let connector = TlsConnector::from(Arc::new(trusting(ca)?));
        Ok(Self { connector, name: ServerName::from(address.ip()), address, request })
    }

    /// Asks once; tells whether the answer is the target's.
    pub(crate) async fn ask(&self) -> io::Result<bool> {
        #[expect(clippy::disallowed_methods, reason = "talks to the benchmark's own target, on loopback")]
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let mut stream = self.connector.connect(self.name.clone(), stream).await?;
        stream.write_all(self.request.as_bytes()).await?;
        let mut answer = Vec::with_capacity(2 * BODY_BYTES);
        while answer.len() <= 4 * BODY_BYTES {
            if let Some((status, length)) = http1::whole(&answer) {
                return Ok(status == 200 && length > BODY_BYTES);
            }
            if stream.read_buf(&mut answer).await? == 0 {
                break;
            }
        }
        Ok(false)
    }
}

fn trusting(ca: &Path) -> anyhow::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca).context("--ca")? {
        roots.add(certificate.context("--ca")?)?;
    }
    ensure!(!roots.is_empty(), "--ca: {} holds no certificate", ca.display());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    // As a check does: each handshake is that of a new visitor.
    config.resumption = Resumption::disabled();
    Ok(config)
}
