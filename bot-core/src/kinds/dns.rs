use std::time::Duration;

use monitor_core::checks::{DnsSpec, Endpoint};
use monitor_core::monitor::{CheckSpec, Settings};

use super::{CheckKind, once, target};
use crate::command::Failure;
use crate::grammar::Given;
use crate::reply::Field;

/// The port of name servers.
const PORT: u16 = 53;

pub(super) const KIND: CheckKind = CheckKind {
    name: "dns",
    aliases: &[],
    schemes: &["dns"],
    target: "NAME or dns://NAME",
    options: &["type", "expect", "resolver", "dnssec"],
    examples: &[
        "add-monitor dns example.org type MX expect \"10 mail.example.org\"",
        "add-monitor dns://shop.example resolver 192.0.2.53 dnssec assert \"ttl >= 60s\"",
    ],
    interval: Duration::from_secs(60),
    start: |said| {
        let said = target::cut(&KIND, said)?;
        let mut spec = DnsSpec::new(said.place.trim_start_matches('[').trim_end_matches(']'));
        if let Some(record) = said.parameter("type") {
            spec.record = record.parse()?;
        }
        Ok(CheckSpec::Dns(spec))
    },
    moved: |old, new| {
        if let (CheckSpec::Dns(old), CheckSpec::Dns(new)) = (old, new) {
            old.name = new.name;
        }
    },
    apply,
    shown,
};

fn apply(given: &Given, settings: &mut Settings) -> Result<(), Failure> {
    let CheckSpec::Dns(spec) = &mut settings.spec else { return Ok(()) };
    if let Some(record) = once(given, "type")? {
        spec.record = record.parse()?;
    }
    if given.has("expect") {
        spec.expect = given.all("expect").flatten().map(str::to_owned).collect();
    }
    if given.has("resolver") {
        let endpoint = |text| Endpoint::parse(text, Some(PORT));
        spec.resolver = given.get("resolver").map(endpoint).transpose()?;
    }
    spec.dnssec = given.switch("dnssec").unwrap_or(spec.dnssec);
    Ok(())
}

fn shown(spec: &CheckSpec) -> Vec<Field> {
    let CheckSpec::Dns(spec) = spec else { return Vec::new() };
    let mut fields: Vec<Field> =
        spec.expect.iter().map(|answer| Field::new("answers", monitor_core::http::shorten(answer, 80))).collect();
    fields.extend(spec.resolver.as_ref().map(|resolver| Field::new("asks", resolver.to_string())));
    fields.extend(spec.dnssec.then(|| Field::new("DNSSEC", "has to prove the answer")));
    fields
}
