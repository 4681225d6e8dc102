use std::time::Duration;

use monitor_core::checks::{StartTls, TlsSpec};
use monitor_core::code::ErrorCode;
use monitor_core::http::shorten;
use monitor_core::monitor::{CheckSpec, Settings};

use super::{CheckKind, target};
use crate::command::Failure;
use crate::grammar::Given;
use crate::reply::Field;

/// The port of TLS unless something else is said: that of HTTPS.
const PORT: u16 = 443;

pub(super) const KIND: CheckKind = CheckKind {
    name: "tls",
    aliases: &["certificate", "cert", "ssl"],
    schemes: &["tls"],
    target: "HOST[:PORT] or tls://HOST[:PORT]",
    options: &["server-name", "starttls", "warn"],
    examples: &[
        "add-monitor tls shop.example warn 30,7",
        "add-monitor tls mail.example:587 starttls smtp assert \"tls.protocol == TLSv1.3 as degraded\"",
    ],
    interval: Duration::from_secs(3_600),
    start: |said| Ok(CheckSpec::Tls(TlsSpec::new(target::cut(&KIND, said)?.endpoint(Some(PORT))?))),
    moved: |old, new| {
        if let (CheckSpec::Tls(old), CheckSpec::Tls(new)) = (old, new) {
            old.endpoint = new.endpoint;
        }
    },
    apply,
    shown,
};

fn apply(given: &Given, settings: &mut Settings) -> Result<(), Failure> {
    let CheckSpec::Tls(spec) = &mut settings.spec else { return Ok(()) };
    if given.has("server-name") {
        spec.server_name = given.get("server-name").map(str::to_owned);
    }
    if given.has("starttls") {
        let word = given.get("starttls");
        let of_word = |(known, _): &&(&str, StartTls)| word.is_some_and(|word| word.eq_ignore_ascii_case(known));
        spec.starttls = StartTls::ALL.iter().find(of_word).map(|(_, protocol)| *protocol);
    }
    if let Some(text) = given.get("warn") {
        spec.warn_days = warn_days(text)?;
    }
    Ok(())
}

/// Reads `30,14,7,1`.
///
/// # Errors
/// For what is no list of numbers.
pub(super) fn warn_days(text: &str) -> Result<Vec<u16>, Failure> {
    let days = text.split([',', ' ']).filter(|part| !part.is_empty());
    let read: Result<Vec<u16>, _> = days.map(|part| part.trim_end_matches('d').parse()).collect();
    read.map_err(|_| {
        let text = format!("`warn`: `{}` are no numbers of days; write them like `30,14,7,1`.", shorten(text, 40));
        Failure::new(ErrorCode::InvalidOption, text)
    })
}

pub(super) fn shown_warnings(days: &[u16]) -> Field {
    let days: Vec<String> = days.iter().map(u16::to_string).collect();
    Field::new("warns", format!("{} days before the end", days.join(", ")))
}

fn shown(spec: &CheckSpec) -> Vec<Field> {
    let CheckSpec::Tls(spec) = spec else { return Vec::new() };
    let mut fields = Vec::new();
    fields.extend(spec.server_name.as_deref().map(|name| Field::new("name asked for", name)));
    let word = StartTls::ALL.iter().find(|(_, protocol)| Some(*protocol) == spec.starttls).map(|(word, _)| *word);
    fields.extend(word.map(|word| Field::new("upgraded from", word)));
    fields.push(shown_warnings(&spec.warn_days));
    fields
}
