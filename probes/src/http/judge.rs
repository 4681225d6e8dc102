//! Holds an answer against what is expected of it: first its status, then its body, then its speed.

use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use monitor_core::duration::humanize;
use monitor_core::http::{AssertionResult, Auth, CompiledAssertion, HeaderValue, HttpSpec, StatusSet};
use monitor_core::outcome::{Outcome, Reason};

use super::hop::authorization;
use crate::failure::{Failure, clean};
use crate::trace::Trace;

/// From this size on a body is judged on a thread of its own, because that may take milliseconds.
const LARGE_BODY_BYTES: usize = 256 * 1024;

/// The same for JSON, which is parsed and may be walked through once for every level that it is deep.
const LARGE_JSON_BYTES: usize = 16 * 1024;

/// What is expected of an answer.
#[derive(Clone)]
pub(super) struct Expectations {
    status: StatusSet,
    slow_after: Option<Duration>,
    assertions: Arc<Assertions>,
}

struct Assertions {
    compiled: Vec<CompiledAssertion>,
    /// What may not be shown although a target sends it back.
    secrets: Vec<String>,
}

impl Expectations {
    pub(super) fn new(spec: &HttpSpec, compiled: Vec<CompiledAssertion>) -> Self {
        let assertions = Arc::new(Assertions { compiled, secrets: secrets(spec) });
        Self { status: spec.expect.clone(), slow_after: spec.slow_after, assertions }
    }

    /// Whether the body has to be kept.
    pub(super) fn need_body(&self) -> bool {
        !self.assertions.compiled.is_empty()
    }

    pub(super) fn expect_status(&self, status: StatusCode) -> Result<(), Failure> {
        if self.status.contains(status.as_u16()) {
            return Ok(());
        }
        let name = status.canonical_reason().map(|name| format!(" {name}")).unwrap_or_default();
        let message = format!("answered {}{name}, expected {}", status.as_u16(), clean(&self.status.to_string(), 80));
        Err(Failure::new(Reason::UnexpectedStatus, message))
    }

    /// Judges a body and how long it took until it was there.
    pub(super) async fn judge(&self, body: Vec<u8>, trace: &mut Trace) -> Result<(), Failure> {
        if self.need_body() {
            trace.details.assertions = self.evaluate(body).await?;
        }
        let failed = trace.details.assertions.iter().zip(&self.assertions.compiled).find(|(result, _)| !result.passed);
        if let Some((result, assertion)) = failed {
            let reason = if assertion.is_json() { Reason::JsonMismatch } else { Reason::BodyMismatch };
            let (expected, seen) =
                (clean(&result.assertion, 120), clean(result.seen.as_deref().unwrap_or("something else"), 200));
            return Err(Failure::new(reason, format!("expected {expected}, saw {seen}")));
        }
        match self.slow_after {
            Some(limit) if trace.duration() > limit => {
                let message = format!("took {}, slower than {}", humanize(trace.duration()), humanize(limit));
                Err(Failure::new(Reason::Slow, message))
            }
            _ => Ok(()),
        }
    }

    async fn evaluate(&self, body: Vec<u8>) -> Result<Vec<AssertionResult>, Failure> {
        let json = self.assertions.compiled.iter().any(CompiledAssertion::is_json);
        if body.len() < if json { LARGE_JSON_BYTES } else { LARGE_BODY_BYTES } {
            return Ok(self.assertions.evaluate(&body));
        }
        let assertions = Arc::clone(&self.assertions);
        let evaluated = tokio::task::spawn_blocking(move || assertions.evaluate(&body)).await;
        evaluated.map_err(|_| Failure::new(Reason::ProbeFailed, "the assertions could not be evaluated"))
    }

    /// Takes out of an outcome whatever secret its target has sent back.
    pub(super) fn mask_secrets(&self, mut outcome: Outcome) -> Outcome {
        if !self.assertions.secrets.is_empty() {
            outcome.message = self.assertions.mask(outcome.message);
            outcome.details.final_url = outcome.details.final_url.map(|url| self.assertions.mask(url));
        }
        outcome
    }
}

impl Assertions {
    fn evaluate(&self, body: &[u8]) -> Vec<AssertionResult> {
        let results = self.compiled.iter().map(|assertion| self.hide_seen(assertion, assertion.evaluate(body), body));
        results.collect()
    }

    /// What was seen instead of what was expected may be an echo of the request. It is then looked for again in a body
    /// without the secrets, because masking an excerpt would miss a secret at whose middle it ends.
    fn hide_seen(&self, assertion: &CompiledAssertion, mut result: AssertionResult, body: &[u8]) -> AssertionResult {
        if result.passed || self.secrets.is_empty() {
            return result;
        }
        let text = String::from_utf8_lossy(body).into_owned();
        let masked = self.mask(text.clone());
        if masked != text {
            result.seen = assertion.evaluate(masked.as_bytes()).seen.or_else(|| Some("an echo of a secret".to_owned()));
        }
        result
    }

    fn mask(&self, text: String) -> String {
        self.secrets.iter().fold(text, |text, secret| {
            if text.contains(secret.as_str()) { text.replace(secret.as_str(), "***") } else { text }
        })
    }
}

/// Every secret of a spec in the forms in which it is sent.
fn secrets(spec: &HttpSpec) -> Vec<String> {
    let mut secrets: Vec<String> = Vec::new();
    match &spec.auth {
        Some(auth @ Auth::Basic { password, .. }) => {
            secrets.push(authorization(auth).trim_start_matches("Basic ").to_owned());
            secrets.push(password.expose().to_owned());
        }
        Some(Auth::Bearer(token)) => secrets.push(token.expose().to_owned()),
        None => {}
    }
    secrets.extend(spec.headers.iter().filter_map(|header| match &header.value {
        HeaderValue::Secret(secret) => Some(secret.expose().to_owned()),
        HeaderValue::Plain(_) => None,
    }));
    secrets.retain(|secret| !secret.is_empty());
    secrets
}
