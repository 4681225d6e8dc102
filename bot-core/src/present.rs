//! How things of the domain are shown, for all commands alike.

pub(crate) mod audit;
mod check;
mod incident;
pub(crate) mod maintenance;
mod overview;
pub(crate) mod report;
pub(crate) mod security;

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::assertion::Assertion;
use monitor_core::checks::Family;
use monitor_core::monitor::{CheckSpec, Settings};
use monitor_core::{duration, http::shorten};
use services::view::Withheld;

use crate::kinds;
use crate::reply::Field;
pub(crate) use check::{certificate, findings, verdict};
pub(crate) use incident::{incident_name, incidents, outages, silenced};
pub(crate) use overview::{counts, rows};

/// A time as it is measured: `182 ms`, `1.24 s`.
pub(crate) fn latency(time: Duration) -> String {
    charts::format::milliseconds(time.as_secs_f64() * 1e3)
}

/// A size: `15.4 kB`.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub(crate) fn bytes(bytes: u64) -> String {
    charts::format::bytes(bytes as f64)
}

/// A number of things: `1,234`.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
pub(crate) fn count(count: u64) -> String {
    charts::format::count(count as f64)
}

/// A share from 0 to 1 in percent; `–` when there is none.
pub(crate) fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| charts::format::percent(share * 100.0))
}

/// How long ago something was: `3 min 20 s ago`.
pub(crate) fn ago(at: Timestamp, now: Timestamp) -> String {
    match now.since(at) {
        time if time < Duration::from_secs(1) => "just now".to_owned(),
        time => format!("{} ago", duration::humanize(time)),
    }
}

/// A time to the second, in UTC: `2026-03-01 14:05:09`.
pub(crate) fn moment(at: Timestamp) -> String {
    at.to_string().chars().take(19).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

/// For how long something has been: `for 3 min 20 s`.
pub(crate) fn lasting(since: Timestamp, now: Timestamp) -> String {
    match now.since(since) {
        time if time < Duration::from_secs(1) => "since just now".to_owned(),
        time => format!("for {}", duration::humanize(time)),
    }
}

/// Why nobody was told of an incident.
pub(crate) fn withheld(withheld: &Withheld) -> String {
    let state = match withheld {
        Withheld { down: true, .. } => "is down",
        Withheld { maintenance: true, .. } => "is in maintenance",
        _ => "fails",
    };
    format!("not told: depends on {}, which {state}", withheld.parent)
}

/// `a viewer`, `an editor`.
pub(crate) fn with_article(noun: &str) -> String {
    format!("{} {noun}", if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" })
}

/// `1 monitor`, `12 monitors`.
pub(crate) fn plural(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// What an owner chose, secrets hidden; what is as by default is left out where it says little. `parents` are the names of
/// those that it depends on.
pub(crate) fn settings(settings: &Settings, parents: &[String]) -> Vec<Field> {
    let kind = kinds::of(&settings.spec);
    let mut fields = Vec::new();
    if !matches!(settings.spec, CheckSpec::Http(_)) {
        fields.push(Field::new("kind", kind.name));
    }
    if !kind.is_named_by_target() {
        let method = kinds::request_of(&settings.spec).map_or("GET", |request| request.method.as_str());
        let method = if method == "GET" { String::new() } else { format!("{method} ") };
        fields.push(Field::new("address", format!("{method}{}", settings.spec.target())));
    }
    if kind.is_probed() {
        fields.push(Field::new("interval", format!("every {}", duration::format(settings.interval))));
        fields.push(Field::new("timeout", duration::format(settings.timeout)));
    }
    fields.extend(expectations(settings));
    fields.extend((kind.shown)(&settings.spec));
    if settings.family != Family::Any {
        fields.push(Field::new("addresses", format!("IP{} only", settings.family.word())));
    }
    let labels: Vec<String> = settings.labels.iter().map(|label| label.to_string()).collect();
    let belonging = [
        ("labels", labels.join(", ")),
        ("group", settings.group.clone().unwrap_or_default()),
        ("depends on", parents.join(", ")),
    ];
    fields.extend(
        belonging.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| Field::new(name, value)),
    );
    if kind.is_probed() {
        fields.push(Field::new("down after", down_after(settings)));
    }
    fields
}

/// What has to hold: what is asserted by default, as far as the owner says nothing else of it, and what the owner asserts.
fn expectations(settings: &Settings) -> Vec<Field> {
    let own = || settings.assertions.iter();
    let stands = |default: &Assertion| {
        let mentioned = settings.spec.facts().iter().filter(|fact| default.mentions(**fact));
        !mentioned.into_iter().any(|fact| own().any(|assertion| assertion.mentions(*fact)))
    };
    let defaults = settings.spec.default_assertions().iter().filter_map(|text| Assertion::parse(text).ok());
    let texts = defaults.filter(stands).map(|assertion| assertion.to_string());
    let texts = texts.chain(own().map(|assertion| assertion.to_string()));
    let name = |index| if index == 0 { "expects" } else { "and" };
    texts.enumerate().map(|(index, text)| Field::new(name(index), shorten(&text, 120))).collect()
}

/// When a failure counts: `a failed check (tried again 2 times), up after 1 good check`.
pub(crate) fn down_after(settings: &Settings) -> String {
    let policy = settings.policy;
    let down = if policy.of == 1 {
        "a failed check".to_owned()
    } else {
        format!("{} failed of the last {} checks", policy.needed, policy.of)
    };
    let up = plural(policy.recover.into(), "good check");
    let again = match policy.retries {
        0 => "not tried again".to_owned(),
        1 => "tried again once".to_owned(),
        retries => format!("tried again {retries} times"),
    };
    format!("{down} ({again}), up after {up}")
}
