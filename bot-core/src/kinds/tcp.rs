use std::time::Duration;

use monitor_core::checks::TcpSpec;
use monitor_core::http::shorten;
use monitor_core::monitor::{CheckSpec, Settings};

use super::{CheckKind, once, target};
use crate::command::Failure;
use crate::grammar::Given;
use crate::reply::Field;

pub(super) const KIND: CheckKind = CheckKind {
    name: "tcp",
    aliases: &["port"],
    schemes: &["tcp"],
    target: "HOST:PORT or tcp://HOST:PORT",
    options: &["send", "expect", "tls"],
    examples: &[
        "add-monitor tcp://db.example:5432",
        "add-monitor tcp cache.example:6379 send \"PING\\r\\n\" expect PONG",
    ],
    interval: Duration::from_secs(60),
    start: |said| Ok(CheckSpec::Tcp(TcpSpec::new(target::cut(&KIND, said)?.endpoint(None)?))),
    moved: |old, new| {
        if let (CheckSpec::Tcp(old), CheckSpec::Tcp(new)) = (old, new) {
            old.endpoint = new.endpoint;
        }
    },
    apply,
    shown,
};

fn apply(given: &Given, settings: &mut Settings) -> Result<(), Failure> {
    let CheckSpec::Tcp(spec) = &mut settings.spec else { return Ok(()) };
    if given.has("send") {
        spec.send = given.get("send").map(str::to_owned);
    }
    if given.has("expect") {
        spec.expect = once(given, "expect")?.map(str::to_owned);
    }
    spec.tls = given.switch("tls").unwrap_or(spec.tls);
    Ok(())
}

fn shown(spec: &CheckSpec) -> Vec<Field> {
    let CheckSpec::Tcp(spec) = spec else { return Vec::new() };
    let mut fields: Vec<Field> = spec.tls.then(|| Field::new("speaks", "TLS")).into_iter().collect();
    fields.extend(spec.send.as_ref().map(|text| Field::new("sends", shorten(text, 80))));
    fields.extend(spec.expect.as_ref().map(|text| Field::new("answers", format!("with “{}”", shorten(text, 80)))));
    fields
}
