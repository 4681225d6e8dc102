//! The HTTP(S) check.
//!
//! It speaks HTTP/1.1 and HTTP/2 with hyper's connections over streams of our own, and not with a ready-made client such
//! as reqwest: that can neither tell the phases of a request apart nor be told to connect to exactly the address that the
//! policy has seen.
//!
//! `Accept-Encoding: identity` is sent, so that sizes and assertions are about the bytes that the target means.

mod auth;
mod call;
mod client;
mod connection;
mod cookies;
mod exchange;
mod hop;
mod proxy;
mod redirect;
mod room;
mod visit;

use http::HeaderMap;
use monitor_core::assertion::FactKind;
use monitor_core::http::{HttpSpec, SpecError};
use url::Url;

use self::auth::Login;
pub(crate) use self::auth::Tokens;
pub use self::call::{Call, CallAnswer, CallError};
use self::client::Client;
pub(crate) use self::cookies::Jar;
use self::exchange::Exchange;
use self::hop::Hop;
pub(crate) use self::room::BodyRoom;
pub(crate) use self::visit::{Answered, Visit, Visited};
use crate::failure::Failure;
use crate::outbound::Outbound;
use crate::trace::Trace;

/// An HTTP(S) check ready to run.
pub(crate) struct HttpProbe {
    /// The request that starts it.
    first: Hop,
    max_redirects: u8,
    /// Whether cookies are sent back along redirects.
    cookies: bool,
    /// How a request is authenticated that needs more than a header that is always the same.
    login: Option<Login>,
    client: Client,
}

/// A whole answer, for kinds that read it themselves.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// The HTTP status.
    pub(crate) status: u16,
    /// Names in lower case, and values.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, of at most [`monitor_core::http::MAX_BODY_BYTES`].
    pub(crate) body: Vec<u8>,
}

impl HttpProbe {
    pub(crate) fn compile(spec: &HttpSpec) -> Result<Self, SpecError> {
        Ok(Self {
            first: Hop::first(spec)?,
            max_redirects: spec.max_redirects,
            cookies: spec.cookies,
            login: Login::new(spec)?,
            client: Client::new(spec)?,
        })
    }

    /// Sends the request, follows redirects, and reads the answer. The body of an answer with a wrong status is read as
    /// well, since its size is true and its bytes are traffic.
    pub(crate) async fn probe(&self, outbound: &Outbound, trace: &mut Trace) -> Result<(), Failure> {
        let (mut exchange, end) = self.begin(&mut Jar::default(), outbound, trace).await?;
        let wanted = trace.wanted();
        if wanted.headers {
            trace.facts.set_headers(pairs(exchange.headers()));
        }
        let body = exchange.read_body(wanted.body, outbound, trace).await?;
        if wanted.size {
            trace.facts.set(FactKind::Size, trace.response_bytes);
        }
        if wanted.body {
            trace.facts.set_body(body);
        }
        self.release(end, exchange).await;
        Ok(())
    }

    /// Does the same and hands over the answer, whatever the check wants of it. Sets no facts but status and protocol.
    pub(crate) async fn fetch(&self, outbound: &Outbound, trace: &mut Trace) -> Result<Fetched, Failure> {
        self.fetch_with(&mut Jar::default(), outbound, trace).await
    }

    /// The same with cookies of earlier requests. Those that the answer sets are kept for later ones.
    pub(crate) async fn fetch_with(
        &self,
        jar: &mut Jar,
        outbound: &Outbound,
        trace: &mut Trace,
    ) -> Result<Fetched, Failure> {
        let mut none = Jar::default();
        let jar = if self.cookies { jar } else { &mut none };
        let (mut exchange, end) = self.begin(jar, outbound, trace).await?;
        jar.store(end.as_ref().unwrap_or(&self.first.url), exchange.headers());
        let (status, headers) = (exchange.status().as_u16(), pairs(exchange.headers()));
        let body = exchange.read_body(true, outbound, trace).await?;
        self.release(end, exchange).await;
        Ok(Fetched { status, headers, body })
    }

    /// Goes as far as the headers of the answer that is judged.
    async fn begin(
        &self,
        jar: &mut Jar,
        outbound: &Outbound,
        trace: &mut Trace,
    ) -> Result<(Exchange, Option<Url>), Failure> {
        let (exchange, end) = self.follow(jar, outbound, trace).await?;
        trace.note_status(exchange.status().as_u16());
        trace.facts.set(FactKind::Protocol, exchange.protocol());
        Ok((exchange, end))
    }

    /// Sends one request, with the login where that is for its origin.
    async fn ask(&self, hop: &Hop, outbound: &Outbound, trace: &mut Trace) -> Result<Exchange, Failure> {
        trace.begin_hop();
        let exchange = match &self.login {
            Some(login) if hop.url.origin() == self.first.url.origin() => {
                // Boxed, so that a check without it takes no room for it.
                Box::pin(login.ask(&self.client, hop, outbound, trace)).await?
            }
            _ => self.client.send(hop, outbound, trace).await?,
        };
        trace.details.protocol = Some(exchange.protocol().to_owned());
        Ok(exchange)
    }

    async fn release(&self, end: Option<Url>, exchange: Exchange) {
        self.client.release(end.as_ref().unwrap_or(&self.first.url), exchange).await;
    }

    /// Credentials as they stand in a header.
    pub(crate) fn derived_secrets(&self) -> Vec<String> {
        let mut secrets = self.first.sent_credentials();
        secrets.extend(self.client.sent_credentials());
        secrets.extend(self.login.iter().flat_map(Login::derived_secrets));
        secrets
    }
}

/// Names and values, as text for the assertions.
fn pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}
