//! Where a check goes: what its secrets are sent to, and what a monitor may be called for it.

use std::collections::BTreeSet;

use monitor_core::code::ErrorCode;
use monitor_core::http::HttpSpec;
use monitor_core::monitor::{CheckSpec, MonitorName, Settings};
use url::Url;

use super::{CheckKind, request_of};
use crate::command::Failure;
use crate::grammar::{Kind, is_reserved};

/// The name that a target suggests, so that commands can reach the monitor by it.
///
/// # Errors
/// For a target that is a name, but none that commands could take.
pub(crate) fn proposed_name(kind: &CheckKind, spec: &CheckSpec, said: &str) -> Result<MonitorName, Failure> {
    if kind.is_named_by_target() {
        Kind::Name.check(said)?;
        return Ok(MonitorName::new(said)?);
    }
    let named_by = |address: String| Url::parse(&address).ok();
    let url = match spec {
        CheckSpec::Http(spec) => Some(spec.url.clone()),
        CheckSpec::GraphQl(spec) => Some(spec.http.url.clone()),
        CheckSpec::WebSocket(spec) => Some(spec.url.clone()),
        CheckSpec::Tcp(spec) => named_by(format!("tcp://{}", spec.endpoint)),
        other => named_by(format!("https://{}/{}", host(other), kind.name)),
    };
    let name = match url {
        Some(url) => MonitorName::propose(&url),
        None => MonitorName::new(kind.name)?,
    };
    if is_reserved(name.as_str()) { Ok(MonitorName::new(&format!("site-{name}"))?) } else { Ok(name) }
}

/// The host or name that is watched.
fn host(spec: &CheckSpec) -> String {
    match spec {
        CheckSpec::Http(spec) => spec.url.host_str().unwrap_or_default().to_owned(),
        CheckSpec::GraphQl(spec) => spec.http.url.host_str().unwrap_or_default().to_owned(),
        CheckSpec::WebSocket(spec) => spec.url.host_str().unwrap_or_default().to_owned(),
        CheckSpec::Tcp(spec) => spec.endpoint.host.to_string(),
        CheckSpec::Icmp(spec) => spec.host.clone(),
        CheckSpec::Dns(spec) => spec.name.clone(),
        CheckSpec::Tls(spec) => spec.endpoint.host.to_string(),
        CheckSpec::Domain(spec) => spec.name.clone(),
        CheckSpec::Grpc(spec) => spec.endpoint.host.to_string(),
        CheckSpec::Smtp(spec) | CheckSpec::Imap(spec) => spec.endpoint.host.to_string(),
        CheckSpec::Postgres(spec) | CheckSpec::Mysql(spec) => spec.endpoint.host.to_string(),
        CheckSpec::Redis(spec) => spec.endpoint.host.to_string(),
        CheckSpec::Mqtt(spec) => spec.endpoint.host.to_string(),
        CheckSpec::Flow(spec) => spec.steps.first().map(|step| step.address.clone()).unwrap_or_default(),
        CheckSpec::Heartbeat(_) => String::new(),
    }
}

/// Whom the check's secrets reach: the origins of its target and of a proxy that reads along.
fn origins(spec: &CheckSpec) -> BTreeSet<String> {
    let of_request = |request: &HttpSpec| {
        let proxy = request.proxy.as_ref().map(|proxy| proxy.url.origin().ascii_serialization());
        std::iter::once(request.url.origin().ascii_serialization()).chain(proxy).collect::<Vec<_>>()
    };
    match spec {
        CheckSpec::Http(_) | CheckSpec::GraphQl(_) => request_of(spec).into_iter().flat_map(of_request).collect(),
        CheckSpec::Flow(spec) => spec.steps.iter().flat_map(|step| of_request(&step.request)).collect(),
        CheckSpec::WebSocket(spec) => BTreeSet::from([spec.url.origin().ascii_serialization()]),
        CheckSpec::Tcp(spec) => BTreeSet::from([spec.endpoint.to_string()]),
        CheckSpec::Tls(spec) => BTreeSet::from([spec.endpoint.to_string()]),
        CheckSpec::Grpc(spec) => BTreeSet::from([spec.endpoint.to_string()]),
        CheckSpec::Smtp(spec) | CheckSpec::Imap(spec) => BTreeSet::from([spec.endpoint.to_string()]),
        CheckSpec::Postgres(spec) | CheckSpec::Mysql(spec) => BTreeSet::from([spec.endpoint.to_string()]),
        CheckSpec::Redis(spec) => BTreeSet::from([spec.endpoint.to_string()]),
        CheckSpec::Mqtt(spec) => BTreeSet::from([spec.endpoint.to_string()]),
        CheckSpec::Icmp(_) | CheckSpec::Dns(_) | CheckSpec::Domain(_) | CheckSpec::Heartbeat(_) => {
            BTreeSet::from([host(spec)])
        }
    }
}

/// What was sent along as a secret stays with whom it was given for, so that nobody can have it sent to a host of their choice.
///
/// # Errors
/// When a secret of before would be sent somewhere new.
pub(crate) fn secrets_stay(before: &Settings, after: &Settings) -> Result<(), Failure> {
    if origins(&after.spec).is_subset(&origins(&before.spec)) {
        return Ok(());
    }
    let secrets = |spec: &CheckSpec| -> BTreeSet<String> {
        let mut spec = spec.clone();
        let exposed = spec.secrets_mut().into_iter().map(|secret| secret.expose().to_owned());
        exposed.filter(|secret| !secret.is_empty()).collect()
    };
    if secrets(&before.spec).is_disjoint(&secrets(&after.spec)) {
        return Ok(());
    }
    let text = format!(
        "`{}` sends secrets to {}, which I do not send elsewhere. Take them away or give them anew in the same message (like `bearer none` or `credentials none`), or add a new monitor.",
        before.name,
        host(&before.spec),
    );
    Err(Failure::new(ErrorCode::SecretsStay, text))
}
