//! A check ready to run, and running it: probe within the timeout, judge what was found, hide secrets.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::assertion::{Assertion, Assertions, CompiledAssertions, FactKind};
use monitor_core::monitor::{MonitorError, Settings};
use monitor_core::outcome::{Outcome, Reason};

use crate::failure::{Failure, clean};
use crate::outbound::Outbound;
use crate::probe::Probe;
use crate::trace::{Trace, Wanted};

/// From this size on a body is judged on a thread of its own, because that may take milliseconds.
pub(crate) const LARGE_BODY_BYTES: usize = 16 * 1024;

/// A check ready to run: settings compiled once for many runs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Check(Arc<Compiled>);

#[derive(Debug)]
struct Compiled {
    probe: Probe,
    assertions: CompiledAssertions,
    /// Those about the status alone, which decide even when the rest of the answer never comes.
    early: CompiledAssertions,
    wanted: Wanted,
    secrets: Arc<Secrets>,
    host_key: u64,
}

/// What may not be shown although a target sends it back, in every form in which it is sent.
struct Secrets(Vec<String>);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} secrets", self.0.len())
    }
}

impl Check {
    /// Prepares a check for many runs.
    ///
    /// # Errors
    /// The [`MonitorError`] of the first setting that does not work.
    pub fn compile(settings: &Settings) -> Result<Self, MonitorError> {
        let (facts, defaults) = (settings.spec.facts(), settings.spec.default_assertions());
        let assertions = settings.assertions.compile(facts, defaults)?;
        let about_status =
            |assertion: &&Assertion| facts.iter().all(|fact| *fact == FactKind::Status || !assertion.mentions(*fact));
        let early = Assertions::new(settings.assertions.iter().filter(about_status).cloned().collect())?;
        let mentioned = settings.assertions.iter().any(|assertion| assertion.mentions(FactKind::Status));
        let early = early.compile(facts, if mentioned { &[] } else { defaults })?;
        let needs = |facts: &[FactKind]| facts.iter().any(|fact| assertions.needs(*fact));
        let wanted = Wanted {
            family: settings.family,
            body: needs(&[FactKind::Body, FactKind::Json]),
            size: needs(&[FactKind::Size]),
            headers: needs(&[FactKind::Header]),
            tls: needs(&[
                FactKind::CertificateDays,
                FactKind::CertificateIssuer,
                FactKind::CertificateSubject,
                FactKind::CertificateNames,
                FactKind::TlsProtocol,
                FactKind::TlsCipher,
            ]),
        };
        let mut spec = settings.spec.clone();
        let mut secrets: Vec<String> = spec.secrets_mut().iter().map(|secret| secret.expose().to_owned()).collect();
        secrets.retain(|secret| !secret.is_empty());
        let probe = Probe::compile(&spec)?;
        secrets.extend(probe.derived_secrets());
        let host_key = host_key(&spec.target());
        Ok(Self(Arc::new(Compiled { probe, assertions, early, wanted, secrets: Arc::new(Secrets(secrets)), host_key })))
    }

    /// The same for checks of the same host, so that several of them count as one where hosts are counted.
    #[must_use]
    pub fn host_key(&self) -> u64 {
        self.0.host_key
    }
}

/// What stands for the host in what a check watches: its scheme, port, path and query do not.
fn host_key(target: &str) -> u64 {
    let rest = target.split_once("://").map_or(target, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    let mut hasher = std::hash::DefaultHasher::new();
    host.to_ascii_lowercase().hash(&mut hasher);
    hasher.finish()
}

/// Runs one check, which started at `at`. Returns within `timeout`, whatever the target does.
pub async fn run(check: &Check, outbound: &Outbound, at: Timestamp, timeout: Duration) -> Outcome {
    let compiled = &check.0;
    let mut trace = Trace::start(at, timeout, compiled.wanted);
    let probed = match tokio::time::timeout(timeout, compiled.probe.run(outbound, &mut trace)).await {
        Ok(probed) => probed,
        Err(_) => Err(trace.out_of_time()),
    };
    trace.end();
    let secrets = Secrets::with(&compiled.secrets, trace.take_secrets());
    let result = match probed {
        Ok(()) => judge(compiled, &secrets, &mut trace).await,
        Err(failure) => Err(decided_early(compiled, &secrets, &trace).unwrap_or(failure)),
    };
    secrets.hide(trace.into_outcome(at, result))
}

/// Holds what was found against the assertions.
async fn judge(compiled: &Arc<Compiled>, secrets: &Arc<Secrets>, trace: &mut Trace) -> Result<(), Failure> {
    if compiled.assertions.is_empty() {
        return trace.warning();
    }
    let large = trace.facts.body().is_some_and(|body| body.len() >= LARGE_BODY_BYTES);
    let judgement = if large {
        let (compiled, secrets) = (Arc::clone(compiled), Arc::clone(secrets));
        let facts = std::mem::take(&mut trace.facts);
        let judging = move || compiled.assertions.evaluate(&facts, &secrets.0);
        let judged = tokio::task::spawn_blocking(judging).await;
        judged.map_err(|_| Failure::new(Reason::ProbeFailed, "the assertions could not be evaluated"))?
    } else {
        compiled.assertions.evaluate(&trace.facts, &secrets.0)
    };
    trace.details.assertions = judgement.results;
    match judgement.failure {
        Some((reason, message)) => Err(Failure::new(reason, clean(&message, 400))),
        None => trace.warning(),
    }
}

/// What is wrong with the answer whatever else would have come of it: its status.
fn decided_early(compiled: &Compiled, secrets: &Secrets, trace: &Trace) -> Option<Failure> {
    trace.http_status?;
    let judged = compiled.early.evaluate(&trace.facts, &secrets.0);
    judged.failure.map(|(reason, message)| Failure::new(reason, message))
}

impl Secrets {
    /// Those of the spec, and those that came up while it was probed.
    fn with(known: &Arc<Self>, new: Vec<String>) -> Arc<Self> {
        if new.is_empty() {
            Arc::clone(known)
        } else {
            Arc::new(Self(new.into_iter().chain(known.0.clone()).collect()))
        }
    }

    /// Takes out of an outcome whatever secret its target has sent back.
    fn hide(&self, mut outcome: Outcome) -> Outcome {
        if !self.0.is_empty() {
            outcome.message = self.mask(outcome.message);
            outcome.details.final_url = outcome.details.final_url.map(|url| self.mask(url));
            outcome.details.warning = outcome.details.warning.map(|warning| self.mask(warning));
        }
        outcome
    }

    fn mask(&self, text: String) -> String {
        self.0.iter().fold(text, |text, secret| {
            if text.contains(secret.as_str()) { text.replace(secret.as_str(), "***") } else { text }
        })
    }
}
