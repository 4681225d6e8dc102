//! What an HTTP check of old expects, in assertions.

use monitor_core::assertion::Assertion;
use monitor_core::http::MAX_LIST;
use serde_json::{Map, Value};

use super::Expected;

/// Takes the expectations out of a spec and says them in assertions.
pub(super) fn in_assertions((mut spec, _): Expected) -> (Expected, Vec<String>) {
    let (mut kept, mut lost) = (Vec::new(), Vec::new());
    for text in expectations(&mut spec) {
        let lose = |why: String| format!("the assertion `{text}` is lost, add it anew in another form: {why}");
        match Assertion::parse(&text) {
            Ok(_) if kept.len() >= MAX_LIST => lost.push(lose(format!("a monitor has at most {MAX_LIST}"))),
            Ok(_) => kept.push(text),
            // Below its first line the error shows the assertion once more.
            Err(error) => lost.push(lose(error.to_string().lines().next().unwrap_or_default().to_owned())),
        }
    }
    ((spec, kept), lost)
}

/// Takes the expectations out of a spec.
pub(super) fn expectations(spec: &mut Map<String, Value>) -> Vec<String> {
    let mut said = Vec::new();
    match spec.remove("expect").as_ref().and_then(Value::as_str) {
        None | Some("200..299") => {}
        Some(statuses) => said.push(format!("status in {statuses}")),
    }
    let assertions = spec.remove("assertions");
    said.extend(assertions.as_ref().and_then(Value::as_array).into_iter().flatten().filter_map(said_anew));
    if let Some(slow) = spec.remove("slow_after") {
        let part = |key: &str| slow.get(key).and_then(Value::as_u64).unwrap_or_default();
        let millis = part("secs") * 1_000 + part("nanos") / 1_000_000;
        if millis > 0 {
            said.push(format!("latency < {millis}ms as degraded"));
        }
    }
    said
}

/// An assertion of the old form in the new one.
pub(super) fn said_anew(old: &Value) -> Option<String> {
    let text = |key: &str| old.get(key).and_then(Value::as_str).unwrap_or_default();
    match text("type") {
        "contains" => Some(format!("body contains {}", quoted(text("text")))),
        "matches" => Some(format!("body matches /{}/", slashes_escaped(text("pattern")))),
        "json" => Some(match old.get("equals") {
            None | Some(Value::Null) => format!("json {} exists", text("path")),
            Some(Value::String(value)) => format!("json {} == {}", text("path"), quoted(value)),
            Some(value) => format!("json {} == {value}", text("path")),
        }),
        _ => None,
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\""))
}

/// A pattern in which every slash has a backslash before it, and none has two.
pub(super) fn slashes_escaped(pattern: &str) -> String {
    let mut escaped = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => escaped.extend([Some(c), chars.next()].into_iter().flatten()),
            '/' => escaped.push_str(r"\/"),
            _ => escaped.push(c),
        }
    }
    escaped
}
