//! One request of a security check, followed like a browser follows it, which looks at the TLS below it as well.

use http::header::LOCATION;
use http::{HeaderMap, Method};
use hyper::body::Bytes;
use monitor_core::outcome::Reason;
use monitor_core::security::observed::Tls;
use tokio_util::either::Either;
use url::Url;

use super::connection::{Connection, Form};
use super::cookies::Jar;
use super::hop::{self, Hop};
use super::pairs;
use super::redirect::is_redirect;
use crate::certificate;
use crate::failure::Failure;
use crate::outbound::Outbound;
use crate::trace::Trace;

/// A request. It is sent with connections of its own, to whoever answers: see [`crate::tls::Tls::inspect`]. So it may hold
/// nothing that is secret.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub(crate) method: Method,
    pub(crate) url: Url,
    /// Headers beside those that every request of ours has.
    pub(crate) headers: HeaderMap,
    /// How many redirects are followed at most; 0: the first answer is taken as it is.
    pub(crate) redirects: usize,
    /// How much of the last answer's body is read. The rest is not waited for.
    pub(crate) body_bytes: usize,
}

/// What has come so far. It lives outside of the exchange, so that what came in time is there when the rest did not.
#[derive(Debug, Default)]
pub(crate) struct Visited {
    /// The answers in their order.
    pub(crate) answers: Vec<Answered>,
    /// Whether the last of them is the one that was wanted, and not a redirect to it.
    pub(crate) arrived: bool,
    /// Its body, as far as it came.
    pub(crate) body: Vec<u8>,
    /// Whether there may be more of it than is read.
    pub(crate) cut: bool,
}

/// An answer on the way.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) url: Url,
    pub(crate) status: u16,
    /// Names in lower case, and values.
    pub(crate) headers: Vec<(String, String)>,
    /// The handshake below it.
    pub(crate) tls: Option<Tls>,
}

impl Visit {
    /// Sends the request and those that redirects ask for, each by a new connection under the address policy.
    pub(crate) async fn send(
        &self,
        visited: &mut Visited,
        outbound: &Outbound,
        trace: &mut Trace,
    ) -> Result<(), Failure> {
        let mut jar = Jar::default();
        let mut hop = self.first()?;
        loop {
            trace.begin_hop();
            let (connection, tls) = connect(&hop.url, outbound, trace).await?;
            let mut exchange = connection.send(&jar.dress(&hop), outbound.user_agent(), trace).await?;
            let status = exchange.status();
            let headers = pairs(exchange.headers());
            visited.answers.push(Answered { url: hop.url.clone(), status: status.as_u16(), headers, tls });
            if self.redirects == 0 || !is_redirect(status) {
                visited.arrived = true;
                return exchange.read_into(&mut visited.body, self.body_bytes, trace).await;
            }
            jar.store(&hop.url, exchange.headers());
            let next = hop.redirected(status, exchange.headers().get(LOCATION))?;
            if visited.answers.len() > self.redirects {
                let message = format!("there are more than {} redirects, the last to {}", self.redirects, next.shown());
                return Err(Failure::new(Reason::TooManyRedirects, message));
            }
            hop = next;
        }
    }

    fn first(&self) -> Result<Hop, Failure> {
        let mut url = self.url.clone();
        url.set_fragment(None);
        // Neither call can fail for a URL with a host.
        let _ = (url.set_username(""), url.set_password(None));
        let uri =
            hop::target(&url).ok_or_else(|| Failure::new(Reason::ProbeFailed, "the address cannot be asked for"))?;
        Ok(Hop { url, method: self.method.clone(), uri, headers: self.headers.clone(), body: Bytes::new() })
    }
}

async fn connect(url: &Url, outbound: &Outbound, trace: &mut Trace) -> Result<(Connection, Option<Tls>), Failure> {
    let (Some(host), Some(port)) = (url.host(), url.port_or_known_default()) else {
        return Err(Failure::new(Reason::ProbeFailed, "the address has no host to connect to"));
    };
    let tcp = outbound.connect(&host, port, trace).await?;
    if url.scheme() != "https" {
        return Ok((Connection::open(Either::Left(tcp), Form::Origin, false, trace).await?, None));
    }
    let (stream, untrusted) = Box::pin(outbound.tls().inspect(&host, tcp, trace)).await?;
    let connection = stream.get_ref().1;
    let tls = certificate::shown(connection, untrusted);
    let http2 = connection.alpn_protocol() == Some(b"h2");
    let form = if http2 { Form::Http2 { offered: true } } else { Form::Origin };
    Ok((Connection::open(Either::Right(stream), form, false, trace).await?, Some(tls)))
}

impl Answered {
    /// The first header of that name, which is in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
