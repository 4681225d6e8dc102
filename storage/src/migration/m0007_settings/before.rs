//! Assertions in the form that HTTP checks had of old.

use monitor_core::assertion::{Assertion, json_path};
use monitor_core::http::MAX_LIST;
use serde_json::Value;

use super::Expected;
use super::anew::{said_anew, slashes_escaped};

/// Puts the assertions that the old form can say back into a spec.
pub(super) fn in_spec((mut spec, assertions): Expected) -> (Expected, Vec<String>) {
    let (mut old, mut lost) = (Vec::new(), Vec::new());
    for text in assertions {
        if let Some(assertion) = said_as_before(&text) {
            old.push(assertion);
            continue;
        }
        let field = statuses(&text).map(|set| ("expect", set)).or_else(|| Some(("slow_after", slow_after(&text)?)));
        match field {
            Some((field, value)) if !spec.contains_key(field) => drop(spec.insert(field.to_owned(), value)),
            _ => lost.push(format!("the assertion `{text}` is lost: the version before has none like it")),
        }
    }
    spec.insert("assertions".to_owned(), old.into());
    ((spec, Vec::new()), lost)
}

/// The set of `status in 200, 301..302` or `status == 200`.
fn statuses(assertion: &str) -> Option<Value> {
    let set = assertion.strip_prefix("status in ").or_else(|| assertion.strip_prefix("status == "))?.replace(' ', "");
    let known = |status: &str| status.parse().is_ok_and(|status| (100..=599).contains(&status));
    let good = |part: &str| {
        let (from, to) = part.split_once("..").unwrap_or((part, part));
        known(from) && known(to) && from <= to
    };
    (set.split(',').count() <= MAX_LIST && set.split(',').all(good)).then(|| set.into())
}

/// The duration of `latency < 800ms as degraded`.
fn slow_after(assertion: &str) -> Option<Value> {
    let text = assertion.strip_prefix("latency < ")?.strip_suffix(" as degraded")?;
    let time = monitor_core::duration::parse(text).ok()?;
    Some(serde_json::json!({"secs": time.as_secs(), "nanos": time.subsec_nanos()}))
}

/// An assertion about the body in the old form. What is read of the text is right if it makes the same text again.
fn said_as_before(assertion: &str) -> Option<Value> {
    let same = |old: &Value| {
        let anew = Assertion::parse(&said_anew(old)?).ok()?;
        (anew.as_str() == assertion).then_some(())
    };
    let old = |old: Value| same(&old).map(|()| old);
    if let Some(text) = assertion.strip_prefix("body contains ") {
        return old(serde_json::json!({"type": "contains", "text": unquoted(text)?}));
    }
    if let Some(pattern) = assertion.strip_prefix("body matches /") {
        let (pattern, flags) = pattern.rsplit_once('/')?;
        let one = slashes_escaped(pattern) == pattern && flags.chars().all(|flag| "ims".contains(flag));
        // The old form has flags only within the pattern.
        let within = if flags.is_empty() { pattern.to_owned() } else { format!("(?{flags}){pattern}") };
        return one.then(|| serde_json::json!({"type": "matches", "pattern": within}));
    }
    let json = assertion.strip_prefix("json ")?;
    let read = |path: &str, equals: Value| {
        let path = unquoted(path).unwrap_or_else(|| path.to_owned());
        json_path(&path).ok()?;
        old(serde_json::json!({"type": "json", "path": path, "equals": equals}))
    };
    if let Some(found) = json.strip_suffix(" exists").and_then(|path| read(path, Value::Null)) {
        return Some(found);
    }
    json.match_indices(" == ").find_map(|(at, sign)| {
        let value = &json[at + sign.len()..];
        read(&json[..at], unquoted(value).map(Value::from).or_else(|| serde_json::from_str(value).ok())?)
    })
}

/// The text within the quotes of an assertion as it is stored.
fn unquoted(text: &str) -> Option<String> {
    let mut chars = text.strip_prefix('"')?.strip_suffix('"')?.chars();
    let mut plain = String::new();
    while let Some(c) = chars.next() {
        plain.push(match c {
            '\\' => match chars.next()? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                c => c,
            },
            c => c,
        });
    }
    Some(plain)
}
