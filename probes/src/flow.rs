//! A flow: several HTTP requests, each of which may use what earlier ones were answered.

use std::sync::Arc;
use std::time::Duration;

use monitor_core::assertion::{CompiledAssertions, FactKind, Facts, Judgement};
use monitor_core::checks::flow::{Captured, CompiledCapture, as_text, percent_encoded};
use monitor_core::checks::{FlowSpec, Step};
use monitor_core::http::SpecError;
use monitor_core::outcome::{Reason, Verdict};
use serde_json::Value;

use crate::check::LARGE_BODY_BYTES;
use crate::failure::{Failure, clean};
use crate::http::{Fetched, HttpProbe, Jar};
use crate::outbound::Outbound;
use crate::trace::Trace;

/// Captured values of at least that many characters are shown to nobody, since they are tokens as often as not.
const MIN_CONCEALED: usize = 8;

/// A flow ready to run.
pub(crate) struct FlowProbe {
    steps: Vec<Arc<CompiledStep>>,
}

struct CompiledStep {
    /// `step 2 (login)`.
    label: String,
    step: Step,
    /// The request, when it is the same each time.
    request: Option<Request>,
    assertions: CompiledAssertions,
    captures: Vec<CompiledCapture>,
}

/// The request of a step with all values in it.
struct Request {
    probe: HttpProbe,
    /// Its secrets, also as they stand in a header.
    secrets: Vec<String>,
}

/// What is known on the way through the steps.
#[derive(Default)]
struct Way {
    jar: Jar,
    values: Captured,
    /// The first step that worked, but not as well as it should.
    degraded: Option<Failure>,
}

impl FlowProbe {
    pub(crate) fn compile(spec: &FlowSpec) -> Result<Self, SpecError> {
        let steps = spec.steps.iter().enumerate().map(|(index, step)| {
            let number = format!("step {}", index + 1);
            let named = step.name.is_empty() || step.name == number;
            let label = if named { number } else { format!("{number} ({})", clean(&step.name, 40)) };
            CompiledStep::new(label, step).map(Arc::new)
        });
        Ok(Self { steps: steps.collect::<Result<_, _>>()? })
    }

    /// Does the steps in their order, up to the first that fails.
    pub(crate) async fn probe(&self, outbound: &Outbound, trace: &mut Trace) -> Result<(), Failure> {
        self.derived_secrets().into_iter().for_each(|secret| trace.conceal(secret));
        let mut way = Way::default();
        for (done, step) in (1u8..).zip(&self.steps) {
            let before = trace.duration();
            let result = step.run_in_time(&mut way, outbound, trace).await;
            let took = trace.duration().saturating_sub(before);
            trace.details.steps.push((step.step.name.clone(), took));
            if let Err(failure) = result {
                // The status of this step is not what the flow as a whole is judged by.
                trace.http_status = None;
                return Err(step.labelled(failure));
            }
            trace.facts.set(FactKind::Steps, done);
        }
        if let Some(failure) = way.degraded {
            trace.degrade(failure);
        }
        Ok(())
    }

    /// Secrets of the requests that are the same each time, also as they stand in a header.
    pub(crate) fn derived_secrets(&self) -> Vec<String> {
        let fixed = self.steps.iter().filter_map(|step| step.request.as_ref());
        fixed.flat_map(|request| request.secrets.clone()).collect()
    }
}

impl CompiledStep {
    fn new(label: String, step: &Step) -> Result<Self, SpecError> {
        let fixed = step.uses()?.is_empty();
        let request = if fixed { Some(Request::new(step, &Captured::new())?) } else { None };
        let captures = step.captures.iter().map(|capture| capture.compile()).collect::<Result<_, _>>()?;
        Ok(Self { label, step: step.clone(), request, assertions: step.compile_assertions()?, captures })
    }

    fn labelled(&self, failure: Failure) -> Failure {
        Failure::new(failure.reason, format!("{}: {}", self.label, failure.message))
    }

    /// Ends a moment before the check's time does, so that it can still be told which step took it.
    async fn run_in_time(
        self: &Arc<Self>,
        way: &mut Way,
        outbound: &Outbound,
        trace: &mut Trace,
    ) -> Result<(), Failure> {
        let left = trace.remaining().saturating_sub(Duration::from_millis(3));
        match tokio::time::timeout(left, self.run(way, outbound, trace)).await {
            Ok(result) => result,
            Err(_) => Err(trace.out_of_time()),
        }
    }

    async fn run(self: &Arc<Self>, way: &mut Way, outbound: &Outbound, trace: &mut Trace) -> Result<(), Failure> {
        let before = trace.duration();
        let filled;
        let request = match &self.request {
            Some(request) => request,
            None => {
                filled = self.filled(&way.values)?;
                filled.secrets.iter().for_each(|secret| trace.conceal(secret.as_str()));
                &filled
            }
        };
        let fetched = request.probe.fetch_with(&mut way.jar, outbound, trace).await?;
        let answer = answer(fetched, trace.duration().saturating_sub(before));
        let (answer, judgement, taken) = self.judge(answer, trace.secrets()).await?;
        match judgement.failure {
            Some((reason, message)) if reason.verdict() == Verdict::Slow => {
                way.degraded.get_or_insert_with(|| self.labelled(Failure::new(reason, clean(&message, 400))));
            }
            Some((reason, message)) => return Err(Failure::new(reason, clean(&message, 400))),
            None => {}
        }
        for (name, value) in taken.map_err(|missing| Failure::new(Reason::UnexpectedAnswer, missing))? {
            conceal(&value, trace);
            way.values.insert(name, value);
        }
        // The answer of the last step is that of the flow.
        trace.facts = answer;
        Ok(())
    }

    fn filled(&self, values: &Captured) -> Result<Request, Failure> {
        Request::new(&self.step, values).map_err(|error| {
            let message = format!("what was captured makes no request: {error}");
            Failure::new(Reason::UnexpectedAnswer, clean(&message, 400))
        })
    }

    /// Holds an answer against the assertions and takes from it what later steps need. On a thread of its own when the
    /// answer is large.
    async fn judge(self: &Arc<Self>, answer: Facts, secrets: &[String]) -> Result<Judged, Failure> {
        let (this, secrets) = (Arc::clone(self), secrets.to_vec());
        let large = answer.body().is_some_and(|body| body.len() >= LARGE_BODY_BYTES);
        let judge = move || {
            let judgement = this.assertions.evaluate(&answer, &secrets);
            let taken = this.captures.iter().map(|capture| Ok((capture.name().to_owned(), capture.take(&answer)?)));
            let taken = taken.collect();
            (answer, judgement, taken)
        };
        if !large {
            return Ok(judge());
        }
        let judged = tokio::task::spawn_blocking(judge).await;
        judged.map_err(|_| Failure::new(Reason::ProbeFailed, "the assertions could not be evaluated"))
    }
}

/// An answer, what became of the assertions about it, and the values taken from it or what was missing.
type Judged = (Facts, Judgement, Result<Vec<(String, Value)>, String>);

/// An answer as facts.
fn answer(fetched: Fetched, took: Duration) -> Facts {
    let mut answer = Facts::new();
    answer.set(FactKind::Status, fetched.status);
    answer.set(FactKind::Size, fetched.body.len() as u64);
    answer.set(FactKind::Latency, took);
    answer.set_headers(fetched.headers);
    answer.set_body(fetched.body);
    answer
}

impl Request {
    fn new(step: &Step, values: &Captured) -> Result<Self, SpecError> {
        let mut spec = step.fill(values)?;
        let probe = HttpProbe::compile(&spec)?;
        let mut secrets = probe.derived_secrets();
        secrets.extend(spec.secrets_mut().into_iter().map(|secret| secret.expose().to_owned()));
        Ok(Self { probe, secrets })
    }
}

/// Keeps a captured value out of messages, also in the form that it has in an address.
fn conceal(value: &Value, trace: &mut Trace) {
    let text = as_text(value);
    if text.chars().count() < MIN_CONCEALED {
        return;
    }
    let encoded = Some(percent_encoded(&text)).filter(|encoded| *encoded != text);
    encoded.into_iter().chain([text]).for_each(|form| trace.conceal(form));
}
