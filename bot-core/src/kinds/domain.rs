use std::time::Duration;

use monitor_core::checks::DomainSpec;
use monitor_core::http::HttpSpec;
use monitor_core::monitor::{CheckSpec, Settings};

use super::tls::{shown_warnings, warn_days};
use super::{CheckKind, target};
use crate::command::Failure;
use crate::grammar::Given;
use crate::reply::Field;

/// Its addresses have no slashes: `domain:shop.example`.
const PREFIX: &str = "domain:";

pub(super) const KIND: CheckKind = CheckKind {
    name: "domain",
    aliases: &["rdap", "whois"],
    schemes: &["domain"],
    target: "DOMAIN or domain:DOMAIN",
    options: &["warn", "rdap"],
    examples: &[
        "add-monitor domain shop.example",
        "add-monitor domain:shop.example warn 60,30 rdap https://rdap.example/",
    ],
    interval: Duration::from_secs(12 * 3_600),
    start: |said| {
        let said = target::bare(said);
        let name = if is_meant(said) { &said[PREFIX.len()..] } else { said };
        Ok(CheckSpec::Domain(DomainSpec::new(target::cut(&KIND, name)?.place)?))
    },
    moved: |old, new| {
        if let (CheckSpec::Domain(old), CheckSpec::Domain(new)) = (old, new) {
            old.name = new.name;
        }
    },
    apply,
    shown: |spec| {
        let CheckSpec::Domain(spec) = spec else { return Vec::new() };
        let server = spec.server.as_ref().map(|server| Field::new("asks", server.to_string()));
        std::iter::once(shown_warnings(&spec.warn_days)).chain(server).collect()
    },
};

/// Whether a target is one of this kind by its beginning.
pub(super) fn is_meant(target: &str) -> bool {
    target.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX)) && !target.contains("://")
}

fn apply(given: &Given, settings: &mut Settings) -> Result<(), Failure> {
    let CheckSpec::Domain(spec) = &mut settings.spec else { return Ok(()) };
    if let Some(text) = given.get("warn") {
        spec.warn_days = warn_days(text)?;
    }
    if given.has("rdap") {
        spec.server = given.get("rdap").map(HttpSpec::get).transpose()?.map(|http| http.url);
    }
    Ok(())
}
