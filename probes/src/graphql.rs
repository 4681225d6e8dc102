//! The GraphQL check: a query that is answered without errors.
//!
//! Source: <https://graphql.github.io/graphql-over-http/draft/>.

use monitor_core::assertion::{FactKind, Value};
use monitor_core::checks::GraphQlSpec;
use monitor_core::http::SpecError;
use monitor_core::outcome::Reason;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::check::LARGE_BODY_BYTES;
use crate::failure::{Failure, clean};
use crate::http::{Fetched, HttpProbe};
use crate::outbound::Outbound;
use crate::trace::Trace;

/// Longest message of an error that is shown, in characters.
const MAX_SHOWN: usize = 200;

/// A GraphQL check ready to run.
pub(crate) struct GraphQlProbe {
    http: HttpProbe,
}

/// The part of an answer that is judged.
#[derive(Deserialize)]
struct Answer {
    data: Option<IgnoredAny>,
    #[serde(default)]
    errors: Option<Vec<QueryError>>,
}

#[derive(Deserialize)]
struct QueryError {
    message: String,
}

impl GraphQlProbe {
    pub(crate) fn compile(spec: &GraphQlSpec) -> Result<Self, SpecError> {
        Ok(Self { http: HttpProbe::compile(&spec.request())? })
    }

    pub(crate) async fn probe(&self, outbound: &Outbound, trace: &mut Trace) -> Result<(), Failure> {
        let fetched = Box::pin(self.http.fetch(outbound, trace)).await?;
        let (judged, fetched) = if fetched.body.len() < LARGE_BODY_BYTES {
            (judge(&fetched), fetched)
        } else {
            let judging = tokio::task::spawn_blocking(move || (judge(&fetched), fetched)).await;
            judging.map_err(|_| Failure::new(Reason::ProbeFailed, "the answer could not be read"))?
        };
        let wanted = trace.wanted();
        trace.facts.set(FactKind::Size, Value::Size(trace.response_bytes));
        if wanted.headers {
            trace.facts.set_headers(fetched.headers);
        }
        if wanted.body {
            trace.facts.set_body(fetched.body);
        }
        judged
    }

    /// Credentials as they stand in a header.
    pub(crate) fn derived_secrets(&self) -> Vec<String> {
        self.http.derived_secrets()
    }
}

fn judge(fetched: &Fetched) -> Result<(), Failure> {
    let successful = (200..300).contains(&fetched.status);
    let answer = match serde_json::from_slice::<Answer>(&fetched.body) {
        Ok(answer) if answer.data.is_some() || answer.errors.is_some() => answer,
        _ if !successful => return Err(unexpected_status(fetched.status)),
        Ok(_) => return Err(mismatch("the answer has neither data nor errors")),
        Err(error) if error.is_data() => return Err(mismatch("the answer is JSON, but none of GraphQL")),
        Err(_) => return Err(mismatch("the answer is not JSON; is this the address of the GraphQL endpoint?")),
    };
    if let Some((first, more)) = answer.errors.as_deref().and_then(<[_]>::split_first) {
        let more = if more.is_empty() { String::new() } else { format!(" (and {} more)", more.len()) };
        let message = format!("the query failed: {}{more}", clean(&first.message, MAX_SHOWN));
        return Err(Failure::new(Reason::QueryFailed, message));
    }
    if !successful {
        return Err(unexpected_status(fetched.status));
    }
    if answer.data.is_none() {
        return Err(mismatch("the answer has neither data nor errors"));
    }
    Ok(())
}

fn unexpected_status(status: u16) -> Failure {
    Failure::new(Reason::UnexpectedStatus, format!("answered {status} to the query"))
}

fn mismatch(what: &str) -> Failure {
    Failure::new(Reason::ProtocolMismatch, what)
}
