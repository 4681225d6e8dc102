//! The way through an HTTP proxy. The proxy's address is held against the policy; the target's name is resolved by the
//! proxy, so that nothing can be said of its address here.

use http::HeaderValue;
use monitor_core::http::{Proxy as ProxySpec, SpecError};
use monitor_core::outcome::{Reason, Verdict};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::{Host, Url};

use super::client::{basic, sensitive};
use crate::failure::{Failure, clean};
use crate::outbound::Outbound;
use crate::trace::Trace;

/// Most bytes of what a proxy answers to CONNECT.
const MAX_ANSWER_BYTES: usize = 16 * 1024;

/// A proxy as configured.
pub(super) struct Proxy {
    url: Url,
    login: Option<HeaderValue>,
}

impl Proxy {
    pub(super) fn new(spec: &ProxySpec) -> Result<Self, SpecError> {
        let wrong = || SpecError::Header("Proxy-Authorization".to_owned());
        let login = spec.login.as_ref().map(|login| basic(&login.user, login.password.expose()));
        let login = login.map(|login| sensitive(&login).ok_or_else(wrong)).transpose()?;
        Ok(Self { url: spec.url.clone(), login })
    }

    /// Who logs in there.
    pub(super) fn login(&self) -> Option<HeaderValue> {
        self.login.clone()
    }

    /// Connects to the proxy, and asks it for a tunnel where one is needed.
    pub(super) async fn connect(
        &self,
        tunnel: Option<(&Host<&str>, u16)>,
        outbound: &Outbound,
        trace: &mut Trace,
    ) -> Result<TcpStream, Failure> {
        let (Some(host), Some(port)) = (self.url.host(), self.url.port_or_known_default()) else {
            return Err(failed("its address has no host"));
        };
        let mut stream = outbound.connect(&host, port, trace).await.map_err(of_proxy)?;
        if let Some((host, port)) = tunnel {
            self.ask_for_tunnel(&mut stream, &format!("{host}:{port}")).await?;
        }
        Ok(stream)
    }

    async fn ask_for_tunnel(&self, stream: &mut TcpStream, target: &str) -> Result<(), Failure> {
        let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
        if let Some(login) = &self.login {
            request.extend_from_slice(b"Proxy-Authorization: ");
            request.extend_from_slice(login.as_bytes());
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"\r\n");
        let io = |error: std::io::Error| of_proxy(Failure::io(&error, "asking it for a tunnel"));
        stream.write_all(&request).await.map_err(io)?;
        let mut answer = Vec::with_capacity(512);
        let end = loop {
            if let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            if answer.len() > MAX_ANSWER_BYTES {
                return Err(failed("its answer to CONNECT does not end"));
            }
            if stream.read_buf(&mut answer).await.map_err(io)? == 0 {
                return Err(failed("it closed the connection when it was asked for a tunnel"));
            }
        };
        match status(&answer) {
            // A target with TLS speaks only after the client has.
            Some(200..=299) if answer.len() > end => Err(failed("it sent something through the tunnel by itself")),
            Some(200..=299) => Ok(()),
            Some(407) => Err(failed("it does not accept the login")),
            Some(status) => Err(failed(&format!("it answered {status} when it was asked for a tunnel to {target}"))),
            None => {
                let seen = clean(&String::from_utf8_lossy(&answer), 40);
                Err(failed(&format!("it answered “{seen}” to CONNECT; is it an HTTP proxy?")))
            }
        }
    }
}

fn status(answer: &[u8]) -> Option<u16> {
    let rest = answer.strip_prefix(b"HTTP/1.")?;
    std::str::from_utf8(rest.get(2..5)?).ok()?.parse().ok()
}

fn failed(what: &str) -> Failure {
    Failure::new(Reason::ProxyFailed, format!("the proxy cannot be used: {what}"))
}

/// What is wrong with the proxy says nothing of the target.
fn of_proxy(failure: Failure) -> Failure {
    match failure.reason.verdict() {
        Verdict::Inconclusive => failure,
        _ => failed(&failure.message.replacen("the target", "it", 1)),
    }
}
