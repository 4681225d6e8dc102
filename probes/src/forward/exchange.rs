//! What is asked of the proxy on one connection.

use std::io;
use std::sync::Arc;

use http::header::{CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{Either, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use monitor_core::outcome::Reason;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinSet;
use url::Host;

use super::metered::Metered;
use super::{MAX_HEADER_BYTES, Shared};
use crate::connect::borrowed;
use crate::failure::Failure;

/// How much of a tunnel is held in memory for each direction.
const TUNNEL_BUFFER_BYTES: usize = 32 * 1024;

/// What belongs to a connection and not to the message: RFC 9110, section 7.6.1, and what browsers say to proxies.
const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

type Answer = Response<Either<Incoming, Empty<Bytes>>>;

/// One connection to the proxy.
pub(super) struct Line {
    shared: Arc<Shared>,
    /// The connection to the host that was asked for last, which the next request to it uses again.
    upstream: Mutex<Option<Upstream>>,
    tunnel: mpsc::Sender<Tunnel>,
}

struct Upstream {
    authority: Authority,
    sender: http1::SendRequest<Incoming>,
    /// Ends with this.
    _driver: JoinSet<()>,
}

/// What becomes of a connection after `CONNECT`.
pub(super) struct Tunnel {
    upgrade: OnUpgrade,
    upstream: Metered,
}

impl Tunnel {
    /// Carries bytes both ways until either end is done.
    pub(super) async fn carry(mut self) {
        if let Ok(upgraded) = self.upgrade.await {
            let (mut near, size) = (TokioIo::new(upgraded), TUNNEL_BUFFER_BYTES);
            // However it ended, both ends see it.
            let _ = tokio::io::copy_bidirectional_with_sizes(&mut near, &mut self.upstream, size, size).await;
        }
    }
}

impl Line {
    /// The line, and what it becomes when it has answered `CONNECT`.
    pub(super) fn new(shared: &Arc<Shared>) -> (Self, mpsc::Receiver<Tunnel>) {
        let (tunnel, opened) = mpsc::channel(1);
        (Self { shared: Arc::clone(shared), upstream: Mutex::new(None), tunnel }, opened)
    }

    /// Answers a request. An error closes the connection without an answer, which a browser tells as a failure of the
    /// network and not as an answer of the page.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> io::Result<Answer> {
        if *request.method() == Method::CONNECT {
            return Ok(self.connect(request).await);
        }
        let scheme = request.uri().scheme().cloned();
        match (scheme, request.uri().authority().cloned()) {
            (Some(scheme), Some(authority)) if scheme == Scheme::HTTP => self.forward(request, authority).await,
            _ => Ok(empty(StatusCode::BAD_REQUEST)),
        }
    }

    async fn connect(&self, mut request: Request<Incoming>) -> Answer {
        let Some(authority) = request.uri().authority().cloned().filter(|authority| authority.port_u16().is_some())
        else {
            return empty(StatusCode::BAD_REQUEST);
        };
        match self.reach(&authority).await {
            Ok(upstream) => {
                let upgrade = hyper::upgrade::on(&mut request);
                // There is room for one, and a connection is upgraded once.
                let _ = self.tunnel.try_send(Tunnel { upgrade, upstream });
                empty(StatusCode::OK)
            }
            Err(Reason::AddressRefused) => empty(StatusCode::FORBIDDEN),
            Err(_) => empty(StatusCode::BAD_GATEWAY),
        }
    }

    async fn forward(&self, request: Request<Incoming>, authority: Authority) -> io::Result<Answer> {
        let mut place = self.upstream.lock().await;
        let mut kept = place.take().filter(|upstream| upstream.authority == authority);
        let usable = match &mut kept {
            Some(upstream) => upstream.sender.ready().await.is_ok(),
            None => false,
        };
        let mut upstream = match kept.filter(|_| usable) {
            Some(upstream) => upstream,
            None => self.open(authority.clone()).await?,
        };
        let request = to_origin(request, &authority)?;
        let response = upstream.sender.send_request(request).await.map_err(|error| {
            let port = authority.port_u16().unwrap_or(80);
            self.shared.note(authority.host(), port, Failure::http(&error, "waiting for the answer"));
            io::Error::other(error)
        })?;
        *place = Some(upstream);
        let (mut parts, body) = response.into_parts();
        strip(&mut parts.headers);
        Ok(Response::from_parts(parts, Either::Left(body)))
    }

    async fn open(&self, authority: Authority) -> io::Result<Upstream> {
        let stream = self.reach(&authority).await.map_err(|reason| io::Error::other(reason.code()))?;
        let mut http = http1::Builder::new();
        http.max_buf_size(MAX_HEADER_BYTES).preserve_header_case(true);
        let (sender, connection) = http.handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // Told by the request that waits for it.
            let _ = connection.await;
        });
        Ok(Upstream { authority, sender, _driver: driver })
    }

    /// Connects to what an authority names. What keeps it from that is remembered.
    async fn reach(&self, authority: &Authority) -> Result<Metered, Reason> {
        let port = authority.port_u16().unwrap_or(80);
        let host = authority.host();
        let dialled = match Host::parse(host) {
            Ok(parsed) => self.shared.dial(&borrowed(&parsed), port).await,
            Err(_) => return Err(Reason::DnsNotFound),
        };
        let stream = dialled.map_err(|failure| {
            let reason = failure.reason;
            self.shared.note(host, port, failure);
            reason
        })?;
        Ok(Metered { stream, shared: Arc::clone(&self.shared), host: host.to_owned(), port })
    }
}

/// The request as its target wants it: path and query, `Host`, and nothing that was meant for the proxy.
fn to_origin(request: Request<Incoming>, authority: &Authority) -> io::Result<Request<Incoming>> {
    let (mut parts, body) = request.into_parts();
    strip(&mut parts.headers);
    // Without user and password, should there be any.
    let host = authority.as_str().rsplit('@').next().unwrap_or_default();
    parts.headers.insert(HOST, HeaderValue::from_str(host).map_err(io::Error::other)?);
    let path = parts.uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    parts.uri = Uri::from(path);
    Ok(Request::from_parts(parts, body))
}

/// Takes away what belongs to the connection.
fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Either::Right(Empty::new()));
    *answer.status_mut() = status;
    answer
}
