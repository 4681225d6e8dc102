//! A request that was sent, and its answer.

use std::pin::pin;

use http::{HeaderMap, Response, StatusCode, Version};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use monitor_core::http::MAX_BODY_BYTES;
use monitor_core::outcome::Reason;

use super::connection::Connection;
use super::room::FREE_BYTES;
use crate::failure::Failure;
use crate::outbound::Outbound;
use crate::trace::{Phase, Trace};

/// Most bytes of a body that nobody wants, which are read so that its connection can be used again.
const MAX_DRAINED_BYTES: usize = 64 * 1024;

/// An answer whose headers are there.
pub(super) struct Exchange {
    response: Response<Incoming>,
    connection: Connection,
}

impl Exchange {
    pub(super) fn new(response: Response<Incoming>, connection: Connection) -> Self {
        Self { response, connection }
    }

    pub(super) fn status(&self) -> StatusCode {
        self.response.status()
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    pub(super) fn protocol(&self) -> &'static str {
        match self.response.version() {
            Version::HTTP_10 => "HTTP/1.0",
            Version::HTTP_2 => "HTTP/2",
            _ => "HTTP/1.1",
        }
    }

    /// Reads the body to its end and counts it. It is kept only if it is needed, and empty otherwise. The trace holds the
    /// room that it takes.
    pub(super) async fn read_body(
        &mut self,
        needed: bool,
        outbound: &Outbound,
        trace: &mut Trace,
    ) -> Result<Vec<u8>, Failure> {
        trace.enter(Phase::Body);
        let body = self.response.body_mut();
        let declared = body.size_hint().exact();
        if let Some(bytes) = declared.filter(|&bytes| bytes > MAX_BODY_BYTES) {
            return Err(too_large(&format!("the answer announces {bytes} bytes")));
        }
        let mut kept = Vec::with_capacity(if needed { capacity(declared) } else { 0 });
        let (mut read, mut held) = (0, None);
        while let Some(frame) = self.connection.driver.beside(pin!(body.frame())).await {
            let frame = frame.map_err(|error| Failure::http(&error, "sending its answer"))?;
            let Some(data) = frame.data_ref() else { continue };
            let bytes = data.len() as u64;
            trace.response_bytes += bytes;
            read += bytes;
            if read > MAX_BODY_BYTES {
                return Err(too_large("the answer goes on"));
            }
            if needed {
                outbound.body_room().grow(&mut kept, data.len(), &mut held, trace).await?;
                kept.extend_from_slice(data);
            }
        }
        trace.hold(held);
        Ok(kept)
    }

    /// Reads the body to its end or to that many bytes, whichever comes first.
    pub(super) async fn read_start(&mut self, limit: usize, trace: &mut Trace) -> Result<Vec<u8>, Failure> {
        let mut kept = Vec::new();
        self.read_into(&mut kept, limit, trace).await?;
        Ok(kept)
    }

    /// The same for who wants what came even if the rest does not.
    pub(super) async fn read_into(
        &mut self,
        kept: &mut Vec<u8>,
        limit: usize,
        trace: &mut Trace,
    ) -> Result<(), Failure> {
        trace.enter(Phase::Body);
        let body = self.response.body_mut();
        while kept.len() < limit
            && let Some(frame) = self.connection.driver.beside(pin!(body.frame())).await
        {
            let frame = frame.map_err(|error| Failure::http(&error, "sending its answer"))?;
            if let Some(data) = frame.data_ref() {
                kept.extend_from_slice(&data[..data.len().min(limit - kept.len())]);
            }
        }
        Ok(())
    }

    /// The connection, when another request can be sent on it. A short rest of the body is read for that.
    pub(super) async fn into_connection(mut self) -> Option<Connection> {
        let body = self.response.body_mut();
        let mut drained = 0;
        while let Some(frame) = self.connection.driver.beside(pin!(body.frame())).await {
            drained += frame.ok()?.data_ref().map_or(0, |data| data.len());
            if drained > MAX_DRAINED_BYTES {
                return None;
            }
        }
        self.connection.is_usable().await.then_some(self.connection)
    }
}

/// What is set aside for a body at once: no more than 64 KiB on the mere word of a target.
fn capacity(declared: Option<u64>) -> usize {
    declared.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(0).min(FREE_BYTES)
}

fn too_large(what: &str) -> Failure {
    Failure::new(Reason::BodyTooLarge, format!("{what}; {} MiB are read at most", MAX_BODY_BYTES / (1024 * 1024)))
}
