//! The arguments that describe a check: the same for adding a monitor and for changing one.

use monitor_core::code::ErrorCode;
use monitor_core::http::{Assertion, Auth, Body, Header, HeaderValue, HttpSpec};
use monitor_core::monitor::{CheckSpec, MonitorName, Settings};
use monitor_core::secret::Secret;

use crate::command::Failure;
use crate::grammar::{Argument, Given, Kind, is_reserved, parse_header, parse_ratio, parse_redirects};

/// How often and how patiently a monitor is checked, and what is asked and expected.
pub(crate) const ARGUMENTS: &[Argument] = &[
    Argument::new("interval", Kind::Duration, "How often to check, 1s to 1d.").words(&["every"]).default("60s"),
    Argument::new("timeout", Kind::Duration, "How long one check may take in all, 100ms to 60s.")
        .words(&["timeout", "within"])
        .like("5s")
        .default("10s"),
    Argument::new("expect", Kind::Statuses, "The HTTP statuses that are fine.")
        .words(&["expect", "status"])
        .removable()
        .default("200..299"),
    Argument::new("contains", Kind::Text, "Text that the body has to contain.")
        .like("\"all ok\"")
        .repeated()
        .removable(),
    Argument::new("matches", Kind::Pattern, "A regular expression that the body has to match.")
        .words(&["matches", "regex"])
        .repeated()
        .removable(),
    Argument::new("json", Kind::Json, "A JSONPath that has to select something, or that value.")
        .words(&["json", "jsonpath"])
        .repeated()
        .removable(),
    Argument::new("slow", Kind::Duration, "From this total time on an answer is slow: degraded, not down.")
        .words(&["slow", "slower"])
        .like("800ms")
        .removable(),
    Argument::new("method", Kind::Method, "The request method.").default("GET"),
    Argument::new("header", Kind::Header, "A header to send.").repeated().removable(),
    Argument::new("secret-header", Kind::Header, "A header to send whose value is kept encrypted and never shown.")
        .repeated()
        .removable()
        .secret(),
    Argument::new("bearer", Kind::Token, "A bearer token to send, kept encrypted and never shown.")
        .words(&["bearer", "token"])
        .removable()
        .secret(),
    Argument::new(
        "basic",
        Kind::Credentials,
        "User and password to send, the password kept encrypted and never shown.",
    )
    .removable()
    .secret(),
    Argument::new("body", Kind::Text, "A body to send: JSON if it is JSON, else text.").like("'{\"a\":1}'").removable(),
    Argument::new(
        "redirects",
        Kind::Redirects,
        "How many redirects to follow, 0 to 20; `no` judges the redirect itself.",
    )
    .words(&["redirects", "follow"])
    .default("10"),
    Argument::new("retries", Kind::Number(0, 5), "How often a failed check is tried again at once before it counts.")
        .default("2"),
    Argument::new("confirm", Kind::Ratio, "How many of the last checks have to fail before it is down.").default("1/1"),
    Argument::new("recover", Kind::Number(1, 20), "How many good checks in a row end an incident.").default("1"),
];

/// Settings for an address, as far as they were given.
///
/// # Errors
/// What does not work, and what would.
pub(crate) fn for_address(address: &str, name: Option<&str>, given: &Given) -> Result<Settings, Failure> {
    let spec = spec_of(address)?;
    let name = match name {
        Some(name) => MonitorName::new(name)?,
        None => proposed_name(&spec)?,
    };
    let mut settings = Settings {
        name,
        spec: CheckSpec::Http(spec),
        interval: Settings::DEFAULT_INTERVAL,
        timeout: Settings::DEFAULT_TIMEOUT,
        policy: monitor_core::health::Policy::default(),
    };
    apply(given, &mut settings)?;
    Ok(settings)
}

/// The name that an address suggests, so that commands can reach the monitor by it.
fn proposed_name(spec: &HttpSpec) -> Result<MonitorName, Failure> {
    let name = MonitorName::propose(&spec.url);
    if is_reserved(name.as_str()) { Ok(MonitorName::new(&format!("site-{name}"))?) } else { Ok(name) }
}

/// Reads an address. Pages and mails put `<…>` around addresses.
pub(crate) fn spec_of(address: &str) -> Result<HttpSpec, Failure> {
    let bare = address.trim().trim_start_matches('<').trim_end_matches('>');
    Ok(HttpSpec::get(bare)?)
}

/// Changes settings as far as something was given, and checks the whole.
///
/// # Errors
/// What does not work, and what would.
pub(crate) fn apply(given: &Given, settings: &mut Settings) -> Result<(), Failure> {
    if let Some(interval) = given.duration("interval") {
        settings.interval = interval;
    }
    if let Some(timeout) = given.duration("timeout") {
        settings.timeout = timeout;
    }
    settings.policy.retries = given.number("retries").unwrap_or(settings.policy.retries);
    settings.policy.recover = given.number("recover").unwrap_or(settings.policy.recover);
    if let Some((needed, of)) = given.get("confirm").and_then(parse_ratio) {
        (settings.policy.needed, settings.policy.of) = (needed, of);
    }
    let CheckSpec::Http(spec) = &mut settings.spec;
    request(given, spec)?;
    expectations(given, spec)?;
    Ok(settings.validate()?)
}

/// What is asked.
fn request(given: &Given, spec: &mut HttpSpec) -> Result<(), Failure> {
    if let Some(method) = given.get("method") {
        spec.method = method.to_ascii_uppercase();
    }
    spec.max_redirects = given.get("redirects").and_then(parse_redirects).unwrap_or(spec.max_redirects);
    if given.has("body") {
        spec.body = given.get("body").map(body);
    }
    headers(given, "header", spec);
    headers(given, "secret-header", spec);
    if given.get("bearer").is_some() && given.get("basic").is_some() {
        let text = "Say either `bearer` or `basic`; a request has one kind of authentication.";
        return Err(Failure::new(ErrorCode::ConflictingArguments, text));
    }
    if given.has("bearer") || given.has("basic") {
        let basic = given.get("basic").and_then(|text| text.split_once(':'));
        let basic =
            basic.map(|(user, password)| Auth::Basic { user: user.to_owned(), password: Secret::new(password) });
        spec.auth = given.get("bearer").map(|token| Auth::Bearer(Secret::new(token.trim()))).or(basic);
    }
    Ok(())
}

/// JSON if it is JSON. Phones and chats make quotes curly, which JSON does not take.
fn body(text: &str) -> Body {
    let straight = || serde_json::from_str(&text.replace(['“', '”', '„'], "\""));
    match serde_json::from_str(text).or_else(|_| straight()) {
        Ok(json) => Body::Json(json),
        Err(_) => Body::Text(text.to_owned()),
    }
}

/// A header given anew replaces the one of its name; `none` takes those of its kind away.
fn headers(given: &Given, argument: &str, spec: &mut HttpSpec) {
    let secret = argument == "secret-header";
    for value in given.all(argument) {
        match value.and_then(parse_header) {
            Some((name, value)) => {
                spec.headers.retain(|header| !header.name.eq_ignore_ascii_case(name));
                let value =
                    if secret { HeaderValue::Secret(Secret::new(value)) } else { HeaderValue::Plain(value.to_owned()) };
                spec.headers.push(Header { name: name.to_owned(), value });
            }
            None => spec.headers.retain(|header| matches!(header.value, HeaderValue::Secret(_)) != secret),
        }
    }
}

/// What is expected. Assertions given anew replace all of their kind.
fn expectations(given: &Given, spec: &mut HttpSpec) -> Result<(), Failure> {
    if given.has("expect") {
        spec.expect = given.get("expect").map(str::parse).transpose()?.unwrap_or_default();
    }
    if given.has("slow") {
        spec.slow_after = given.duration("slow");
    }
    for kind in ["contains", "matches", "json"].into_iter().filter(|kind| given.has(kind)) {
        spec.assertions.retain(|assertion| word_of(assertion) != kind);
        for text in given.all(kind).flatten() {
            spec.assertions.push(match kind {
                "contains" => Assertion::Contains { text: text.to_owned() },
                "matches" => Assertion::Matches { pattern: text.to_owned() },
                _ => Assertion::json(text)?,
            });
        }
    }
    Ok(())
}

fn word_of(assertion: &Assertion) -> &'static str {
    match assertion {
        Assertion::Contains { .. } => "contains",
        Assertion::Matches { .. } => "matches",
        Assertion::Json { .. } => "json",
    }
}
