//! The domain check: when a registration ends, as its registry tells by RDAP.
//!
//! What is watched is the registration and not the registry: a registry that cannot be asked, or that does not tell, says
//! nothing of the domain, so that such a check is inconclusive.

mod bootstrap;
mod registration;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::assertion::FactKind;
use monitor_core::checks::DomainSpec;
use monitor_core::http::{Header, HeaderValue, HttpSpec, SpecError};
use monitor_core::outcome::{Reason, Verdict};
use url::Url;

pub(crate) use self::bootstrap::Bootstrap;
use self::registration::Registration;
use crate::certificate::days_until;
use crate::ending::Ending;
use crate::failure::{Failure, clean};
use crate::http::HttpProbe;
use crate::outbound::Outbound;
use crate::trace::{Phase, Trace, Wanted};

/// How long an answer of a registry is used: registries shut out who asks often, and ends of years do not move by the hour.
const MAX_AGE: Duration = Duration::from_secs(3_600);

/// Most bytes of an answer of a registry.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// Most names that are asked for: the one given and those above it. No registry hands out names of more labels.
const MAX_LABELS: usize = 5;

/// A domain check ready to run.
pub(crate) struct DomainProbe {
    spec: DomainSpec,
    /// What the registry said last, and when it was asked.
    known: Mutex<Option<(Timestamp, Registration)>>,
}

impl DomainProbe {
    pub(crate) fn compile(spec: &DomainSpec) -> Result<Self, SpecError> {
        Ok(Self { spec: spec.clone(), known: Mutex::new(None) })
    }

    pub(crate) async fn probe(&self, outbound: &Outbound, trace: &mut Trace) -> Result<(), Failure> {
        let registration = match self.known(trace.at) {
            Some(registration) => registration,
            None => {
                trace.enter(Phase::FirstByte);
                // A tenth is kept, so that running out of time is not taken for the domain's fault.
                let share = trace.remaining() * 9 / 10;
                let asked = tokio::time::timeout(share, Box::pin(self.ask(outbound, trace))).await;
                let registration = asked.map_err(|_| unavailable("it did not answer in time"))??;
                *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((trace.at, registration.clone()));
                registration
            }
        };
        self.judge(&registration, trace)
    }

    fn known(&self, now: Timestamp) -> Option<Registration> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|(asked, _)| now.since(*asked) < MAX_AGE).map(|(_, registration)| registration.clone())
    }

    /// Asks for the name as given, and for those above it as long as the registry does not know it.
    async fn ask(&self, outbound: &Outbound, trace: &mut Trace) -> Result<Registration, Failure> {
        let server = match &self.spec.server {
            Some(server) => server.to_string(),
            None => outbound.bootstrap().server_of(&self.spec.name, outbound, trace).await?,
        };
        for name in names(&self.spec.name) {
            let address = format!("{}/domain/{name}", server.trim_end_matches('/'));
            let fetched = fetch(&address, outbound, trace).await;
            let (status, body) = fetched.map_err(|failure| prefixed("the registry could not be asked", failure))?;
            match status {
                404 => {}
                200..=299 => return Registration::read(name, &body),
                429 => return Err(unavailable("it has been asked too often (status 429)")),
                other => return Err(unavailable(&format!("it answered with status {other}"))),
            }
        }
        let message = format!("{} is not registered: its registry does not know it", clean(&self.spec.name, 80));
        Err(Failure::new(Reason::DomainExpired, message))
    }

    fn judge(&self, registration: &Registration, trace: &mut Trace) -> Result<(), Failure> {
        if let Some(registrar) = &registration.registrar {
            trace.facts.set(FactKind::DomainRegistrar, registrar.as_str());
        }
        let name = &registration.name;
        let Some(end) = registration.end else {
            let message = format!("the registry does not tell when the registration of {name} ends");
            return Err(Failure::new(Reason::RegistryUnavailable, message));
        };
        trace.facts.set(FactKind::DomainDays, days_until(trace.at, end));
        if end <= trace.at {
            let message = format!("the registration of {name} ended on {}", end.to_day());
            return Err(Failure::new(Reason::DomainExpired, message));
        }
        let what = format!("the registration of {name}");
        Ending { what: &what, end, warn_days: &self.spec.warn_days, reason: Reason::DomainEnding }.warn(trace);
        Ok(())
    }
}

/// The name and those above it, each a label shorter.
fn and_above(name: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(name), |name| name.split_once('.').map(|(_, above)| above))
}

/// The names that are asked for: down to two labels.
fn names(name: &str) -> impl Iterator<Item = &str> {
    let labels = name.split('.').count();
    and_above(name).skip(labels.saturating_sub(MAX_LABELS)).take_while(|name| name.contains('.'))
}

/// Asks by HTTP, under the address policy like every check. What it leaves is not the target's, so that it has a trace of
/// its own.
async fn fetch(address: &str, outbound: &Outbound, trace: &mut Trace) -> Result<(u16, Vec<u8>), Failure> {
    let unavailable = |why: String| Failure::new(Reason::RegistryUnavailable, why);
    let wrong = |error: SpecError| unavailable(format!("its address does not work ({error})"));
    let accept = "application/rdap+json, application/json";
    let url: Url = address.parse().map_err(|_| unavailable("its address is no URL".to_owned()))?;
    let mut spec = HttpSpec::get(url.as_str()).map_err(wrong)?;
    spec.headers = vec![Header { name: "Accept".into(), value: HeaderValue::Plain(accept.into()) }];
    let probe = HttpProbe::compile(&spec).map_err(wrong)?;
    let wanted = Wanted { family: trace.wanted().family, body: true, ..Wanted::default() };
    let mut own = Trace::start(trace.at, trace.remaining(), wanted);
    let fetched = Box::pin(probe.probe(outbound, &mut own)).await;
    trace.details.peer = own.details.peer;
    trace.response_bytes += own.response_bytes;
    fetched.map_err(|failure| match failure.reason.verdict() {
        // Of the same meaning already, and more exact.
        Verdict::Inconclusive => failure,
        _ => unavailable(failure.message),
    })?;
    let body = own.facts.body().unwrap_or_default();
    if body.len() > MAX_ANSWER_BYTES {
        return Err(unavailable("its answer is too large".to_owned()));
    }
    Ok((own.http_status.unwrap_or_default(), body.to_vec()))
}

/// Says before a failure of [`fetch`] what failed, unless it is clear without, as with a refused address.
fn prefixed(what: &str, failure: Failure) -> Failure {
    match failure.reason {
        Reason::RegistryUnavailable => Failure::new(failure.reason, format!("{what}: {}", failure.message)),
        _ => failure,
    }
}

fn unavailable(why: &str) -> Failure {
    Failure::new(Reason::RegistryUnavailable, format!("the registry could not be asked: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_up_to_two_labels() {
        let all = |name| names(name).collect::<Vec<_>>();
        assert_eq!(all("www.shop.co.example"), ["www.shop.co.example", "shop.co.example", "co.example"]);
        assert_eq!(all("shop.example"), ["shop.example"]);
        assert_eq!(all("a.b.c.d.e.f.g.example").first(), Some(&"d.e.f.g.example"));
    }
}
