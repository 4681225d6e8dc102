//! Where jobs report in: `/ping/…`, with the addresses and answers of Healthchecks, so that scripts written for it work
//! here once their host is changed. Source: <https://healthchecks.io/docs/http_api/>.
//!
//! | request | what it says |
//! |---|---|
//! | `/ping/UUID` | success |
//! | `/ping/UUID/start`, `/fail`, `/log` | a run begins; it failed; something to remember |
//! | `/ping/UUID/0` to `/255` | the exit code of a run |
//! | `/ping/KEY/NAME…` | the same by the organisation's ping key and the heartbeat's name; `?create=1` makes it if need be |
//!
//! `rid=UUID` says which run is meant. GET, HEAD and POST do the same; a body is kept.

mod listener;

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{ConnectInfo, Path, Query, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use http_body_util::BodyExt;
use monitor_core::heartbeat::{PING_BODY_LIMIT, PingMethod, Signal, Uuid};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use scheduler::Metrics;
use serde::Deserialize;
use services::{PingAddress, PingAnswer, PingError, PingReport, Services};

pub(crate) use listener::serve;

/// How much of a body is read. A sender of more is answered without the rest.
const MOST_READ: u64 = 1_000_000;

/// How long a sender may take for its body.
const BODY_TIMEOUT: Duration = Duration::from_secs(20);

/// How much is kept of what a sender calls itself, in characters.
const MAX_AGENT: usize = 200;

/// What the routes need.
#[derive(Clone)]
pub(crate) struct Pings {
    pub(crate) services: Services,
    /// What is counted of them.
    pub(crate) metrics: PingMetrics,
    /// Whether a ping may make its heartbeat.
    pub(crate) create: bool,
}

/// Counts of pings. Clones share their values.
#[derive(Clone)]
pub(crate) struct PingMetrics {
    answers: Family<ByStatus, Counter>,
    duration: Histogram,
    scheduler: Metrics,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByStatus {
    status: u16,
}

impl PingMetrics {
    /// Registers the metrics; changes of status are counted with those of checks.
    pub(crate) fn register(registry: &mut Registry, scheduler: Metrics) -> Self {
        let answers = Family::default();
        let bounds = [0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.025, 0.1, 1.0, 10.0];
        let duration = Histogram::new(bounds);
        registry.register("pings", "Pings of heartbeats, by the status they were answered with", answers.clone());
        registry.register_with_unit("ping_duration", "Answering pings", Unit::Seconds, duration.clone());
        Self { answers, duration, scheduler }
    }
}

/// The routes.
pub(crate) fn router(pings: Pings) -> Router {
    Router::new().route("/ping/{*rest}", any(ping)).with_state(pings)
}

#[derive(Deserialize)]
struct Options {
    rid: Option<String>,
    create: Option<String>,
}

async fn ping(
    State(pings): State<Pings>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Path(rest): Path<String>,
    options: Result<Query<Options>, axum::extract::rejection::QueryRejection>,
    request: Request,
) -> Response {
    let started = Instant::now();
    let answer = match options {
        Ok(Query(options)) => receive(&pings, peer, &rest, &options, request).await,
        Err(_) => Err(Refused::BadUrl),
    };
    let (status, text) = match answer {
        Ok(PingAnswer::Received) => (StatusCode::OK, "OK"),
        Ok(PingAnswer::Created) => (StatusCode::CREATED, "Created"),
        Ok(PingAnswer::NotFound) => Refused::NotFound.answer(),
        Ok(PingAnswer::BadName) => Refused::BadUrl.answer(),
        Err(refused) => refused.answer(),
    };
    pings.metrics.answers.get_or_create(&ByStatus { status: status.as_u16() }).inc();
    pings.metrics.duration.observe(started.elapsed().as_secs_f64());
    let headers = [
        (header::CONTENT_TYPE.as_str(), "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL.as_str(), "no-store"),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN.as_str(), "*"),
        ("ping-body-limit", "100000"),
    ];
    let mut response = (status, headers, text).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
    }
    response
}

/// Why a ping was not taken.
enum Refused {
    BadUrl,
    BadRun,
    NotFound,
    Method,
    TooSlow,
    Later(PingError),
}

impl Refused {
    fn answer(&self) -> (StatusCode, &'static str) {
        match self {
            Self::BadUrl => (StatusCode::BAD_REQUEST, "invalid url format"),
            Self::BadRun => (StatusCode::BAD_REQUEST, "invalid uuid format"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not found"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "use GET, HEAD or POST"),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "the body did not come in time"),
            Self::Later(PingError::Busy) => (StatusCode::SERVICE_UNAVAILABLE, "too many pings; send it again"),
            Self::Later(PingError::Unavailable) => {
                (StatusCode::SERVICE_UNAVAILABLE, "the database is away; send it again")
            }
        }
    }
}

async fn receive(
    pings: &Pings,
    peer: SocketAddr,
    rest: &str,
    options: &Options,
    request: Request,
) -> Result<PingAnswer, Refused> {
    let method = match *request.method() {
        Method::GET => PingMethod::Get,
        Method::HEAD => PingMethod::Head,
        Method::POST => PingMethod::Post,
        _ => return Err(Refused::Method),
    };
    let (to, signal) = read_path(rest)?;
    let run = options.rid.as_deref().map(|rid| canonical(rid).ok_or(Refused::BadRun)).transpose()?;
    let remote = remote(peer.ip(), request.headers()).to_string();
    let user_agent = user_agent(request.headers());
    let (body, body_bytes) = read_body(request.into_body()).await?;
    let create = pings.create && options.create.as_deref() == Some("1");
    let report = PingReport { to, signal, run, method, remote, user_agent, body, body_bytes, create };
    let (answer, recorded) = pings.services.receive_ping(report).await.map_err(Refused::Later)?;
    pings.metrics.scheduler.recorded(&recorded);
    Ok(answer)
}

/// What the path behind `/ping/` means.
fn read_path(rest: &str) -> Result<(PingAddress, Signal), Refused> {
    let parts: Vec<&str> = rest.strip_suffix('/').unwrap_or(rest).split('/').collect();
    let by_name = |key: &str, slug: &str| PingAddress::Name { key: key.to_owned(), slug: slug.to_owned() };
    let (to, word) = match (canonical(parts[0]), &parts[1..]) {
        (Some(uuid), []) => (PingAddress::Uuid(uuid), ""),
        (Some(uuid), [word]) => (PingAddress::Uuid(uuid), *word),
        (None, [slug]) => (by_name(parts[0], slug), ""),
        (None, [slug, word]) => (by_name(parts[0], slug), *word),
        _ => return Err(Refused::NotFound),
    };
    let too_large = !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    let signal = Signal::from_word(word).ok_or(if too_large { Refused::BadUrl } else { Refused::NotFound })?;
    Ok((to, signal))
}

/// A UUID in the form with four dashes, the only one that addresses and run ids have.
fn canonical(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| text.parse().ok()).flatten()
}

/// Where a ping came from. A proxy on this machine is believed when it says so.
fn remote(peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let forwarded = headers.get("x-forwarded-for").filter(|_| peer.is_loopback());
    let first = forwarded.and_then(|value| value.to_str().ok()?.split(',').next()?.trim().parse().ok());
    first.unwrap_or(peer).to_canonical()
}

fn user_agent(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    agent.map(|agent| agent.chars().take(MAX_AGENT).collect()).unwrap_or_default()
}

/// As much of the body as is kept, and how long it is as far as it is read.
async fn read_body(body: Body) -> Result<(Vec<u8>, u64), Refused> {
    if body.is_end_stream() {
        return Ok((Vec::new(), 0));
    }
    let mut kept = Vec::new();
    let mut read = 0;
    let reading = async {
        let mut body = body;
        while read < MOST_READ {
            // A sender that breaks off has said what it had to say in the address.
            let Some(Ok(frame)) = body.frame().await else { return };
            if let Ok(data) = frame.into_data() {
                let room = PING_BODY_LIMIT - kept.len();
                kept.extend_from_slice(&data[..data.len().min(room)]);
                read += data.len() as u64;
            }
        }
    };
    match tokio::time::timeout(BODY_TIMEOUT, reading).await {
        Ok(()) => Ok((kept, read)),
        Err(_) => Err(Refused::TooSlow),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278";

    fn read(rest: &str) -> Result<(PingAddress, Signal), StatusCode> {
        read_path(rest).map_err(|refused| refused.answer().0)
    }

    #[test]
    fn the_addresses_of_healthchecks_mean_the_same_here() {
        let uuid = || PingAddress::Uuid(UUID.parse().unwrap());
        let name = || PingAddress::Name { key: "key".into(), slug: "db-backup".into() };
        for (path, expected) in [
            (UUID.to_owned(), (uuid(), Signal::Success)),
            (format!("{UUID}/"), (uuid(), Signal::Success)),
            (UUID.to_uppercase(), (uuid(), Signal::Success)),
            (format!("{UUID}/start"), (uuid(), Signal::Start)),
            (format!("{UUID}/fail"), (uuid(), Signal::Fail)),
            (format!("{UUID}/log"), (uuid(), Signal::Log)),
            (format!("{UUID}/0"), (uuid(), Signal::Exit(0))),
            (format!("{UUID}/255/"), (uuid(), Signal::Exit(255))),
            ("key/db-backup".to_owned(), (name(), Signal::Success)),
            ("key/db-backup/start".to_owned(), (name(), Signal::Start)),
            ("key/db-backup/7".to_owned(), (name(), Signal::Exit(7))),
        ] {
            assert_eq!(read(&path), Ok(expected), "{path}");
        }
    }

    #[test]
    fn other_addresses_are_refused_as_healthchecks_does() {
        for (path, status) in [
            (format!("{UUID}/256"), StatusCode::BAD_REQUEST),
            (format!("{UUID}/99999999999999999999"), StatusCode::BAD_REQUEST),
            (format!("{UUID}/stop"), StatusCode::NOT_FOUND),
            (format!("{UUID}/start/now"), StatusCode::NOT_FOUND),
            ("key".to_owned(), StatusCode::NOT_FOUND),
            (String::new(), StatusCode::NOT_FOUND),
            ("key/name/start/now".to_owned(), StatusCode::NOT_FOUND),
        ] {
            assert_eq!(read(&path), Err(status), "{path}");
        }
        assert_eq!(canonical(&UUID.replace('-', "")), None);
    }

    #[test]
    fn only_a_proxy_on_this_machine_is_believed() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "192.0.2.7, 10.0.0.1".parse().unwrap());
        let local: IpAddr = "127.0.0.1".parse().unwrap();
        let other: IpAddr = "198.51.100.1".parse().unwrap();
        assert_eq!(remote(local, &headers).to_string(), "192.0.2.7");
        assert_eq!(remote(other, &headers), other);
        assert_eq!(remote(local, &HeaderMap::new()), local);
    }
}
