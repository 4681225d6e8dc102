//! One request and its answer on a connection of its own.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use http::{HeaderMap, Response, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use monitor_core::http::MAX_BODY_BYTES;
use monitor_core::outcome::Reason;

use super::hop::Hop;
use crate::connect::Stream;
use crate::failure::Failure;
use crate::outbound::Outbound;
use crate::trace::{Phase, Trace};

/// Most bytes of an answer's headers. Browsers and servers end between 8 and 256 KiB. Their number ends at 100, which
/// is hyper's default and the number that it reads without allocating.
const MAX_HEADER_BYTES: usize = 64 * 1024;

/// An answer whose headers are there.
pub(super) struct Exchange {
    response: Response<Incoming>,
    driver: Driver,
}

impl Exchange {
    /// Connects, sends the request and waits for the headers of the answer.
    pub(super) async fn begin(hop: &Hop, outbound: &Outbound, trace: &mut Trace) -> Result<Self, Failure> {
        trace.begin_hop();
        let request = hop.request(outbound.user_agent())?;
        let stream = outbound.connect(&hop.url, trace).await?;
        trace.enter(Phase::Send);
        let failed = |error: hyper::Error| Failure::http(&error, "waiting for its answer");
        let mut builder = http1::Builder::new();
        builder.max_buf_size(MAX_HEADER_BYTES);
        let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(failed)?;
        let mut driver = Driver { connection, done: false };
        let mut response = pin!(sender.send_request(request));
        driver.turn().await;
        trace.enter(Phase::FirstByte);
        let response = driver.beside(response.as_mut()).await.map_err(failed)?;
        trace.http_status = Some(response.status().as_u16());
        trace.details.protocol = Some(protocol(response.version()).to_owned());
        Ok(Self { response, driver })
    }

    pub(super) fn status(&self) -> StatusCode {
        self.response.status()
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// Reads the body to its end and counts it. It is kept only if it is needed, and empty otherwise.
    pub(super) async fn read_body(mut self, needed: bool, trace: &mut Trace) -> Result<Vec<u8>, Failure> {
        trace.enter(Phase::Body);
        let body = self.response.body_mut();
        let declared = body.size_hint().exact();
        if let Some(bytes) = declared.filter(|&bytes| bytes > MAX_BODY_BYTES) {
            return Err(too_large(&format!("the answer announces {bytes} bytes")));
        }
        let mut kept = Vec::with_capacity(if needed { capacity(declared) } else { 0 });
        while let Some(frame) = self.driver.beside(pin!(body.frame())).await {
            let frame = frame.map_err(|error| Failure::http(&error, "sending its answer"))?;
            let Some(data) = frame.data_ref() else { continue };
            trace.response_bytes += data.len() as u64;
            if trace.response_bytes > MAX_BODY_BYTES {
                return Err(too_large("the answer goes on"));
            }
            if needed {
                kept.extend_from_slice(data);
            }
        }
        Ok(kept)
    }
}

/// What is set aside for a body at once: no more than 64 KiB on the mere word of a target.
fn capacity(declared: Option<u64>) -> usize {
    declared.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0).min(64 * 1024)
}

fn too_large(what: &str) -> Failure {
    Failure::new(Reason::BodyTooLarge, format!("{what}; {} MiB are read at most", MAX_BODY_BYTES / (1024 * 1024)))
}

fn protocol(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        _ => "HTTP/1.1",
    }
}

/// Moves the bytes of a connection. Polled by whoever waits for something from it, so that no task is spawned.
struct Driver {
    connection: http1::Connection<TokioIo<Stream>, Full<Bytes>>,
    done: bool,
}

impl Driver {
    fn poll(&mut self, cx: &mut Context<'_>) {
        // Its errors reach whoever waits for the answer or the body.
        if !self.done && Pin::new(&mut self.connection).poll(cx).is_ready() {
            self.done = true;
        }
    }

    /// Lets the connection do what it can do now: it writes the request.
    async fn turn(&mut self) {
        poll_fn(|cx| {
            self.poll(cx);
            Poll::Ready(())
        })
        .await;
    }

    /// Waits for something that comes by this connection.
    async fn beside<F: Future>(&mut self, mut wanted: Pin<&mut F>) -> F::Output {
        poll_fn(|cx| {
            self.poll(cx);
            wanted.as_mut().poll(cx)
        })
        .await
    }
}
