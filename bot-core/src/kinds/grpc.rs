use std::time::Duration;

use monitor_core::checks::GrpcSpec;
use monitor_core::monitor::{CheckSpec, Settings};

use super::{CheckKind, request, target};
use crate::command::Failure;
use crate::grammar::Given;
use crate::reply::Field;

/// The port with TLS unless something else is said.
const TLS_PORT: u16 = 443;

pub(super) const KIND: CheckKind = CheckKind {
    name: "grpc",
    aliases: &[],
    schemes: &["grpc", "grpcs"],
    target: "HOST:PORT or grpcs://HOST:PORT/SERVICE",
    options: &["service", "tls", "header", "secret-header"],
    examples: &[
        "add-monitor grpcs://api.example/shop.v1.Orders",
        "add-monitor grpc api.example:50051 service shop.v1.Orders secret-header \"x-api-key: abc\"",
    ],
    interval: Duration::from_secs(60),
    start: |said| {
        let said = target::cut(&KIND, said)?;
        let tls = ["grpcs", "https"].contains(&said.scheme.as_str());
        let mut spec = GrpcSpec::new(said.endpoint(tls.then_some(TLS_PORT))?, tls);
        said.path.trim_end_matches('/').clone_into(&mut spec.service);
        Ok(CheckSpec::Grpc(spec))
    },
    moved: |old, new| {
        if let (CheckSpec::Grpc(old), CheckSpec::Grpc(new)) = (old, new) {
            (old.endpoint, old.tls) = (new.endpoint, new.tls);
            if !new.service.is_empty() {
                old.service = new.service;
            }
        }
    },
    apply,
    shown,
};

fn apply(given: &Given, settings: &mut Settings) -> Result<(), Failure> {
    let CheckSpec::Grpc(spec) = &mut settings.spec else { return Ok(()) };
    if given.has("service") {
        spec.service = given.get("service").unwrap_or_default().to_owned();
    }
    spec.tls = given.switch("tls").unwrap_or(spec.tls);
    request::headers(given, &mut spec.metadata);
    Ok(())
}

fn shown(spec: &CheckSpec) -> Vec<Field> {
    let CheckSpec::Grpc(spec) = spec else { return Vec::new() };
    let whole = if spec.service.is_empty() { "the server as a whole" } else { spec.service.as_str() };
    std::iter::once(Field::new("service", whole)).chain(request::shown_headers(&spec.metadata)).collect()
}
