//! How things of the domain are shown, for all commands alike.

mod check;
mod overview;
pub(crate) mod report;

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::http::{Auth, Body, HeaderValue};
use monitor_core::monitor::{CheckSpec, Settings};
use monitor_core::{duration, http::shorten};

use crate::reply::Field;
pub(crate) use check::{certificate, findings, verdict};
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

/// For how long something has been: `for 3 min 20 s`.
pub(crate) fn lasting(since: Timestamp, now: Timestamp) -> String {
    match now.since(since) {
        time if time < Duration::from_secs(1) => "since just now".to_owned(),
        time => format!("for {}", duration::humanize(time)),
    }
}

/// `1 monitor`, `12 monitors`.
pub(crate) fn plural(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// What an owner chose, secrets hidden; what is as by default is left out where it says little.
pub(crate) fn settings(settings: &Settings) -> Vec<Field> {
    let CheckSpec::Http(spec) = &settings.spec;
    let method = if spec.method == "GET" { String::new() } else { format!("{} ", spec.method) };
    let mut fields = vec![
        Field::new("address", format!("{method}{}", spec.url)),
        Field::new("interval", format!("every {}", duration::format(settings.interval))),
        Field::new("timeout", duration::format(settings.timeout)),
        Field::new("expects", format!("status {}", spec.expect)),
    ];
    fields.extend(spec.assertions.iter().map(|assertion| Field::new("and", shorten(&assertion.to_string(), 120))));
    if let Some(slow) = spec.slow_after {
        fields.push(Field::new("slow", format!("from {}", duration::format(slow))));
    }
    let auth = match &spec.auth {
        Some(Auth::Bearer(_)) => Some("a bearer token (hidden)".to_owned()),
        Some(Auth::Basic { user, .. }) => Some(format!("basic authentication as {user} (password hidden)")),
        None => None,
    };
    fields.extend(auth.map(|auth| Field::new("sends", auth)));
    for header in &spec.headers {
        let value = match &header.value {
            HeaderValue::Plain(value) => shorten(value, 80),
            HeaderValue::Secret(_) => "(hidden)".to_owned(),
        };
        fields.push(Field::new("header", format!("{}: {value}", header.name)));
    }
    match &spec.body {
        Some(Body::Json(json)) => fields.push(Field::new("body", format!("JSON {}", shorten(&json.to_string(), 80)))),
        Some(Body::Text(text)) => fields.push(Field::new("body", shorten(text, 80))),
        None => {}
    }
    fields.push(Field::new(
        "redirects",
        match spec.max_redirects {
            0 => "not followed".to_owned(),
            most => format!("followed, up to {most}"),
        },
    ));
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
    fields.push(Field::new("down after", format!("{down} ({again}), up after {up}")));
    fields
}
