//! Gatus: the endpoints of its YAML configuration. Sources: <https://github.com/TwiN/gatus#configuration> and the files in
//! its `config/endpoint` folder.

mod conditions;
mod target;

use std::time::Duration;

use monitor_core::checks::Family;
use monitor_core::heartbeat::{HeartbeatSpec, Schedule};
use monitor_core::monitor::CheckSpec;
use serde_json::{Map, Value};

use crate::draft::{Draft, Entry, Import};
use crate::record::Record;
use crate::{ImportError, words};

/// How often Gatus checks, unless it is told otherwise.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);

/// Failures in a row after which Gatus alerts, and successes after which it is over, unless it is told otherwise.
const FAILURES: u64 = 3;
const SUCCESSES: u64 = 2;

/// Parts of the configuration that hold endpoints.
const PARTS: [&str; 3] = ["endpoints", "external-endpoints", "suites"];

/// Reads a configuration.
pub(crate) fn read(text: &str) -> Result<Import, ImportError> {
    let first = |error: &dyn std::fmt::Display| error.to_string().lines().next().unwrap_or_default().to_owned();
    let config: Value =
        serde_saphyr::from_str(text).map_err(|error| ImportError::Broken { format: "YAML", why: first(&error) })?;
    let Value::Object(mut config) = config else { return Err(ImportError::Unknown) };
    let mut part = |name: &str| match config.remove(name) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    };
    let [endpoints, external, suites] = PARTS.map(&mut part);
    if endpoints.is_empty() && external.is_empty() && suites.is_empty() {
        return Err(ImportError::Unknown);
    }
    let mut entries: Vec<Entry> = endpoints.into_iter().map(|item| entry(item, endpoint)).collect();
    entries.extend(external.into_iter().map(|item| entry(item, heartbeat)));
    entries.extend(suites.into_iter().map(|suite| {
        let from = Record::new(suite).text("name").unwrap_or_else(|| "a suite".to_owned());
        Entry::Left { from, why: "it is a suite: add a monitor of kind flow instead".to_owned() }
    }));
    Ok(Import { format: "a configuration of Gatus", entries, notes: rest(config) })
}

/// The other parts of the configuration. Those that begin with `x-` only serve others.
fn rest(config: Map<String, Value>) -> Vec<String> {
    config.into_iter().map(|(name, _)| name).filter(|name| !name.starts_with("x-")).collect()
}

type Read = fn(&str, &str, Record) -> Result<Draft, String>;

fn entry(item: Value, read: Read) -> Entry {
    let variable = variable(&item);
    let mut record = Record::new(item);
    let name = record.text("name").unwrap_or_default();
    let group = record.text("group").unwrap_or_default();
    let from = if group.is_empty() { name } else { format!("{group}/{name}") };
    if let Some(variable) = variable {
        return Entry::Left { from, why: format!("it uses the variable {variable}; write its value into the file") };
    }
    let draft = read(&from, &group, record);
    Entry::of(&from, draft)
}

/// The first variable of the environment that is used anywhere.
fn variable(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => {
            let (_, rest) = text.split_once("${")?;
            rest.split_once('}').map(|(name, _)| format!("${{{name}}}"))
        }
        Value::Array(items) => items.iter().find_map(variable),
        Value::Object(fields) => fields.values().find_map(variable),
        _ => None,
    }
}

fn endpoint(from: &str, group: &str, mut record: Record) -> Result<Draft, String> {
    let mut client = record.record("client").unwrap_or_default();
    let conditions = record.list("conditions");
    let spec = target::spec(&mut record, &mut client)?;
    let mut draft = Draft::new(from, ("gatus", from), spec)?;
    common(&mut draft, group, &mut record);
    let interval = duration(record.text("interval")).unwrap_or(DEFAULT_INTERVAL);
    words::set_interval(&mut draft, interval);
    if let Some(timeout) = duration(client.text("timeout")) {
        words::set_timeout(&mut draft, timeout);
    }
    draft.settings.family = match client.text("network").as_deref() {
        Some("ip4") => Family::V4,
        Some("ip6") => Family::V6,
        _ => Family::Any,
    };
    conditions::add(&mut draft, &conditions);
    alerts(&mut draft, record.list("alerts"));
    for (name, value) in record.record("extra-labels").into_iter().flat_map(Record::into_fields) {
        draft.tag(&name, value.as_str().unwrap_or_default());
    }
    name_left(&mut draft, &client, "client.");
    name_left(&mut draft, &record, "");
    Ok(draft)
}

/// An external endpoint, to which somebody reports.
fn heartbeat(from: &str, group: &str, mut record: Record) -> Result<Draft, String> {
    let interval = record.record("heartbeat").and_then(|mut heartbeat| duration(heartbeat.text("interval")));
    let interval = interval.filter(|interval| !interval.is_zero());
    let interval = interval.ok_or("nothing says how often it reports (heartbeat.interval)")?;
    let spec = CheckSpec::Heartbeat(HeartbeatSpec::new(Schedule::Every(interval), Duration::from_secs(1)));
    let mut draft = Draft::new(from, ("gatus", from), spec)?;
    common(&mut draft, group, &mut record);
    alerts(&mut draft, record.list("alerts"));
    record.ignore(&["token"]);
    draft.note("its job has to report to the new address, which `show` tells");
    name_left(&mut draft, &record, "");
    Ok(draft)
}

fn common(draft: &mut Draft, group: &str, record: &mut Record) {
    draft.settings.group = words::name(group).map(|group| group.to_string());
    draft.paused = record.flag("enabled") == Some(false);
    record.ignore(&["ui"]);
}

/// Thresholds of the alert that comes first. Where alerts go is not carried over.
fn alerts(draft: &mut Draft, alerts: Vec<Value>) {
    let mut kinds = Vec::new();
    let mut thresholds: Option<(u64, u64)> = None;
    for alert in alerts {
        let mut alert = Record::new(alert);
        let failures = alert.count("failure-threshold").unwrap_or(FAILURES);
        let successes = alert.count("success-threshold").unwrap_or(SUCCESSES);
        kinds.extend(alert.text("type"));
        let known = thresholds.get_or_insert((failures, successes));
        *known = (known.0.min(failures), known.1.min(successes));
    }
    if let Some((failures, successes)) = thresholds {
        words::set_confirmation(draft, failures);
        draft.settings.policy.recover = u8::try_from(successes.clamp(1, 20)).unwrap_or(1);
        draft.note(format!("the conversation that imports is told, not its alerts ({})", kinds.join(", ")));
    }
}

fn name_left(draft: &mut Draft, record: &Record, prefix: &str) {
    let left: Vec<String> = record.left().map(|name| format!("{prefix}{name}")).collect();
    for name in left {
        draft.lose(&match name.as_str() {
            "client.insecure" => {
                format!("{name}: certificates are always looked at, so trust its authority in the configuration")
            }
            _ => name,
        });
    }
}

/// A duration of Go, such as `1h30m` or `1.5s`.
pub(super) fn duration(text: Option<String>) -> Option<Duration> {
    let text = text?;
    let mut rest = text.trim();
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(end);
        let unit_end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_end);
        let seconds = match unit {
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        sum = sum.checked_add(Duration::try_from_secs_f64(number.parse::<f64>().ok()? * seconds).ok()?)?;
        rest = after;
    }
    Some(sum)
}
