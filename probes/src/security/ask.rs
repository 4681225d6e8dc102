//! Sends the requests of a look, one at a time and no faster than is polite.

use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderValue, Method};
use monitor_core::Timestamp;
use monitor_core::duration::humanize;
use monitor_core::outcome::Reason;
use url::Url;

use super::coding;
use crate::failure::Failure;
use crate::http::{Visit, Visited};
use crate::outbound::Outbound;
use crate::trace::{Trace, Wanted};

/// Longest time for one request with its redirects, but for the page.
const PART: Duration = Duration::from_secs(8);

/// Who asks, until when.
pub(super) struct Asker<'a> {
    pub(super) outbound: &'a Outbound,
    pub(super) now: Timestamp,
    end: Instant,
    limit: Duration,
}

impl<'a> Asker<'a> {
    pub(super) fn new(outbound: &'a Outbound, now: Timestamp, limit: Duration) -> Self {
        Self { outbound, now, end: Instant::now() + limit, limit }
    }

    /// The record of a part that may take so long, if there is any time left for it.
    pub(super) fn part(&self, within: Duration) -> Result<(Trace, Duration), Failure> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let message = format!("there was no time left of the {} for everything", humanize(self.limit));
            return Err(Failure::new(Reason::ResponseTimeout, message));
        }
        // It is told to people how long was waited, so it is a round number.
        let within =
            within.min(Duration::from_millis(100) * left.as_millis().div_ceil(100).try_into().unwrap_or(u32::MAX));
        Ok((Trace::start(self.now, within, Wanted::default()), within))
    }

    /// Gets an address, as it is or with redirects.
    pub(super) async fn get(&self, url: &Url, redirects: usize, body_bytes: usize) -> (Visited, Result<(), Failure>) {
        let visit = Visit { method: Method::GET, url: url.clone(), headers: HeaderMap::new(), redirects, body_bytes };
        self.send(visit, PART).await
    }

    /// Asks for an address as a page of that origin would, and reads no more than headers.
    pub(super) async fn get_from(&self, origin: &str, url: &Url) -> (Visited, Result<(), Failure>) {
        let headers = match HeaderValue::from_str(origin) {
            Ok(origin) => HeaderMap::from_iter([(http::header::ORIGIN, origin)]),
            Err(_) => return (Visited::default(), Err(Failure::new(Reason::ProbeFailed, "that is no origin"))),
        };
        self.send(Visit { method: Method::GET, url: url.clone(), headers, redirects: 0, body_bytes: 0 }, PART).await
    }

    /// Sends a request, and tells what came of it in that time beside what went wrong.
    pub(super) async fn send(&self, visit: Visit, within: Duration) -> (Visited, Result<(), Failure>) {
        let mut visited = Visited::default();
        let (mut trace, within) = match self.part(within) {
            Ok(part) => part,
            Err(failure) => return (visited, Err(failure)),
        };
        // Boxed: a request takes a lot of room.
        let limit = visit.body_bytes;
        let sending = Box::pin(visit.send(&mut visited, self.outbound, &mut trace));
        let sent = tokio::time::timeout(within, sending).await;
        let sent = sent.unwrap_or_else(|_| Err(trace.out_of_time()));
        let sent = sent.and(coding::unpack(&mut visited, limit));
        visited.cut |= sent.is_err();
        (visited, sent)
    }
}
