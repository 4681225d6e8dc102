//! A check ready to run, and running it: probe within the timeout, judge what was found, hide secrets.

use std::sync::Arc;
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::assertion::{Assertion, Assertions, CompiledAssertions, FactKind};
use monitor_core::checks::{Endpoint, Family};
use monitor_core::monitor::{CheckSpec, MonitorError, Settings};
use monitor_core::outcome::{Outcome, Reason};

use crate::failure::{Failure, clean};
use crate::outbound::Outbound;
use crate::probe::Probe;
use crate::reach::{endpoint, host_key};
use crate::secrets::Secrets;
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
    /// Where it connects to by TCP, if it does.
    endpoint: Option<Endpoint>,
    host_key: u64,
    /// Of a check of DNS, whether it says whom to ask.
    names_server: Option<bool>,
    /// Whether an answer shows that the network is there: that of a registry may come out of a cache.
    vouches: bool,
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
            tls: matches!(settings.spec, CheckSpec::Tls(_))
                || needs(&[
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
        let probe = Probe::compile(&spec)?;
        secrets.extend(probe.derived_secrets());
        let endpoint = endpoint(&spec);
        let host_key = host_key(&spec, endpoint.as_ref());
        let names_server = match &spec {
            CheckSpec::Dns(spec) => Some(spec.resolver.is_some()),
            _ => None,
        };
        let vouches = !matches!(spec, CheckSpec::Domain(_) | CheckSpec::Heartbeat(_));
        Ok(Self(Arc::new(Compiled {
            probe,
            assertions,
            early,
            wanted,
            secrets: Arc::new(Secrets::new(secrets)),
            endpoint,
            host_key,
            names_server,
            vouches,
        })))
    }

    /// Where it connects to by TCP, if it does.
    pub(crate) fn endpoint(&self) -> Option<&Endpoint> {
        self.0.endpoint.as_ref()
    }

    pub(crate) fn family(&self) -> Family {
        self.0.wanted.family
    }

    /// Whether it watches names by asking the name server that its owner chose: `None` when it does not watch names.
    pub(crate) fn names_server(&self) -> Option<bool> {
        self.0.names_server
    }

    /// Whether an answer to it shows that the network is there.
    #[must_use]
    pub fn vouches(&self) -> bool {
        self.0.vouches
    }

    /// The same for checks of the same host, so that several of them count as one where hosts are counted.
    #[must_use]
    pub fn host_key(&self) -> u64 {
        self.0.host_key
    }
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
    trace.details.found = crate::found::found(&trace.facts);
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
        let judging = move || compiled.assertions.evaluate(&facts, secrets.as_slice());
        let judged = tokio::task::spawn_blocking(judging).await;
        judged.map_err(|_| Failure::new(Reason::ProbeFailed, "the assertions could not be evaluated"))?
    } else {
        compiled.assertions.evaluate(&trace.facts, secrets.as_slice())
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
    let judged = compiled.early.evaluate(&trace.facts, secrets.as_slice());
    judged.failure.map(|(reason, message)| Failure::new(reason, message))
}
