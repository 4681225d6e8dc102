//! One request of the program's own, such as a notification, to an address that a person chose: by the same address
//! policy, name resolution and trust as the checks.

use std::time::Duration;

use http::{HeaderMap, Method};
use hyper::body::Bytes;
use monitor_core::Timestamp;
use monitor_core::http::{HttpSpec, Version};
use monitor_core::outcome::Reason;
use url::Url;

use super::client::Client;
use super::hop::{self, Hop};
use crate::failure::{Failure, clean};
use crate::outbound::Outbound;
use crate::trace::{Trace, Wanted};

/// Most bytes of an answer that are read. The rest is not waited for.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// A request. It is sent once by HTTP/1.1 on a connection of its own; redirects are not followed.
#[derive(Debug, Clone)]
pub struct Call {
    /// What is to be done.
    pub method: Method,
    /// Where, by HTTP or HTTPS. User and password in it are not sent.
    pub url: Url,
    /// Headers beside those that every request of ours has.
    pub headers: HeaderMap,
    /// May be empty.
    pub body: Bytes,
}

/// The answer to a [`Call`], whatever its status.
#[derive(Debug, Clone)]
pub struct CallAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, of which no more than 64 KiB are read.
    pub body: Vec<u8>,
}

/// Why there is no answer, or no connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CallError {
    /// Its class.
    pub reason: Reason,
    /// One sentence for a person. It may name the host, its address and its port, and never a path or a header.
    pub message: String,
}

impl From<Failure> for CallError {
    fn from(failure: Failure) -> Self {
        Self { reason: failure.reason, message: failure.message }
    }
}

impl Outbound {
    /// Sends a request and reads the answer, both within that time.
    ///
    /// # Errors
    /// What kept the request from being sent or the answer from being read: [`Reason::AddressRefused`] when the policy
    /// does not let it out, [`Reason::ProbeFailed`] when it cannot be sent to anybody.
    pub async fn call(&self, call: Call, at: Timestamp, within: Duration) -> Result<CallAnswer, CallError> {
        self.call_up_to(call, MAX_ANSWER_BYTES, at, within).await
    }

    /// The same for an answer of more bytes.
    pub(crate) async fn call_up_to(
        &self,
        call: Call,
        bytes: usize,
        at: Timestamp,
        within: Duration,
    ) -> Result<CallAnswer, CallError> {
        let mut trace = Trace::start(at, within, Wanted::default());
        // Boxed: a request takes a lot of room, and whoever sends one has futures of their own.
        let answer = tokio::time::timeout(within, Box::pin(exchange(call, bytes, self, &mut trace))).await;
        Ok(answer.unwrap_or_else(|_| Err(trace.out_of_time()))?)
    }
}

async fn exchange(call: Call, bytes: usize, outbound: &Outbound, trace: &mut Trace) -> Result<CallAnswer, Failure> {
    let unusable = |what: &str| Failure::new(Reason::ProbeFailed, clean(what, 200));
    let mut spec = HttpSpec::get(call.url.as_str()).map_err(|_| unusable("the address cannot be asked for"))?;
    spec.version = Version::Http1;
    let client = Client::new(&spec).map_err(|error| unusable(&error.to_string()))?;
    let uri = hop::target(&spec.url).ok_or_else(|| unusable("the address cannot be asked for"))?;
    let hop = Hop { url: spec.url, method: call.method, uri, headers: call.headers, body: call.body };
    let mut exchange = client.send(&hop, outbound, trace).await?;
    let (status, headers) = (exchange.status().as_u16(), exchange.headers().clone());
    let body = exchange.read_start(bytes, trace).await?;
    Ok(CallAnswer { status, headers, body })
}
