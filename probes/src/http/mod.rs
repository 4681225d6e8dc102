//! The HTTP(S) check.
//!
//! It speaks HTTP/1.1 with hyper's connection over streams of our own, a new connection for every hop, and not with a
//! ready-made client such as reqwest: that can neither tell the phases of a request apart nor be told to connect to
//! exactly the address that the policy has seen.
//!
//! `Accept-Encoding: identity` is sent, so that sizes and assertions are about the bytes that the target means.

mod exchange;
mod hop;
mod judge;
mod redirect;

use std::fmt;
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::http::{HttpSpec, SpecError};
use monitor_core::outcome::Outcome;

use self::hop::Hop;
use self::judge::Expectations;
use crate::failure::Failure;
use crate::outbound::Outbound;
use crate::trace::{Phase, Trace};

/// An HTTP(S) check ready to run.
#[derive(Clone)]
pub struct HttpCheck {
    /// The request that starts it.
    first: Hop,
    max_redirects: u8,
    expectations: Expectations,
}

/// Says where the check goes and nothing of its headers and secrets.
impl fmt::Debug for HttpCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpCheck").field("target", &self.first.shown()).finish_non_exhaustive()
    }
}

impl HttpCheck {
    /// Prepares the check for many runs.
    ///
    /// # Errors
    /// The [`SpecError`] of the first option that does not work.
    pub(crate) fn compile(spec: &HttpSpec) -> Result<Self, SpecError> {
        let assertions = spec.compile()?;
        Ok(Self {
            first: Hop::first(spec)?,
            max_redirects: spec.max_redirects,
            expectations: Expectations::new(spec, assertions),
        })
    }

    pub(crate) async fn run(&self, outbound: &Outbound, at: Timestamp, timeout: Duration) -> Outcome {
        let mut trace = Trace::start(timeout);
        let result = match tokio::time::timeout(timeout, self.check(outbound, &mut trace)).await {
            Ok(result) => result,
            Err(_) => Err(trace.out_of_time()),
        };
        self.expectations.mask_secrets(trace.into_outcome(at, result))
    }

    async fn check(&self, outbound: &Outbound, trace: &mut Trace) -> Result<(), Failure> {
        let exchange = redirect::follow(&self.first, self.max_redirects, outbound, trace).await?;
        // The body of an answer with a wrong status is read as well, since its size is true and its bytes are traffic.
        trace.decided = self.expectations.expect_status(exchange.status()).err();
        let needed = trace.decided.is_none() && self.expectations.need_body();
        let body = exchange.read_body(needed, trace).await;
        trace.enter(Phase::Judge);
        match trace.decided.take() {
            Some(decided) => Err(decided),
            None => self.expectations.judge(body?, trace).await,
        }
    }
}
