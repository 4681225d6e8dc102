//! What was seen instead of what was expected, short and without secrets.

use super::Facts;
use super::expression::{Expression, Subject};
use super::holds::Found;
use super::{FactKind, expression::Part};
use crate::duration::humanize;
use crate::http::shorten;

/// Longest excerpt of a text, in characters.
const EXCERPT: usize = 80;

/// Longest text about all facts of an assertion, in characters.
const LONGEST: usize = 300;

/// Of how much an excerpt is made, in bytes: it may begin with a lot of white space.
const WINDOW: usize = 400;

/// The secrets that may not be shown. They are taken out before anything is shortened, because an excerpt could end within
/// one.
pub(super) struct Mask<'a> {
    /// The longest first: one may be the beginning of another.
    secrets: Vec<&'a str>,
}

impl<'a> Mask<'a> {
    pub(super) fn new(secrets: &'a [String]) -> Self {
        let mut secrets: Vec<&str> = secrets.iter().map(String::as_str).filter(|secret| !secret.is_empty()).collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self { secrets }
    }

    pub(super) fn hide(&self, text: String) -> String {
        self.secrets.iter().fold(text, |text, secret| match text.contains(secret) {
            true => text.replace(secret, "***"),
            false => text,
        })
    }
}

/// Every fact that an assertion is about.
pub(super) fn seen(expression: &Expression, facts: &Facts, mask: &Mask<'_>) -> String {
    if let Some(test) = expression.only_test() {
        return fact(&test.subject, facts, mask);
    }
    let mut parts: Vec<(String, &Subject)> = Vec::new();
    for test in expression.tests() {
        let name = test.subject.to_string();
        if parts.iter().all(|(known, _)| *known != name) {
            parts.push((name, &test.subject));
        }
    }
    match parts.as_slice() {
        [(_, only)] => fact(only, facts, mask),
        _ => {
            let parts = parts.iter().map(|(name, subject)| format!("{name} {}", fact(subject, facts, mask)));
            shorten(&mask.hide(parts.collect::<Vec<_>>().join(", ")), LONGEST)
        }
    }
}

fn fact(subject: &Subject, facts: &Facts, mask: &Mask<'_>) -> String {
    match subject.find(facts) {
        Some(Found::Number(status)) if subject.kind == FactKind::Status => status_name(status),
        Some(found) => found_words(&found, subject.kind, mask),
        None => match (&subject.part, facts.body()) {
            (Part::Path { .. }, Some(body)) if facts.json().is_none() => {
                format!("no JSON: {}", text(body, "an empty body", mask))
            }
            _ => "nothing".to_owned(),
        },
    }
}

fn found_words(found: &Found<'_>, kind: FactKind, mask: &Mask<'_>) -> String {
    match found {
        Found::Number(number) if kind == FactKind::Loss => format!("{}%", decimals(*number)),
        Found::Number(number) => decimals(*number),
        Found::Duration(time) => humanize(*time),
        Found::Size(bytes) => format!("{} bytes", grouped(*bytes)),
        Found::Text(bytes) => text(bytes, if kind == FactKind::Body { "an empty body" } else { "an empty text" }, mask),
        Found::Texts([]) => "none".to_owned(),
        Found::Texts(texts) => {
            let quoted: Vec<String> =
                texts.iter().take(EXCERPT).map(|item| text(item.as_bytes(), "an empty text", mask)).collect();
            shorten(&quoted.join(", "), EXCERPT * 2)
        }
        Found::Bool(yes) => yes.to_string(),
        Found::Json(json) => {
            let mut out = String::new();
            let enough = WINDOW + mask.secrets.first().map_or(0, |longest| longest.len());
            json_words(json, mask, enough, &mut out);
            shorten(&one_line(&mask.hide(out)), EXCERPT)
        }
    }
}

/// The beginning of a text on one line.
fn text(bytes: &[u8], empty: &str, mask: &Mask<'_>) -> String {
    if bytes.is_empty() {
        return empty.to_owned();
    }
    let shown = match mask.secrets.is_empty() {
        true => String::from_utf8_lossy(&bytes[..bytes.len().min(WINDOW)]).into_owned(),
        false => mask.hide(String::from_utf8_lossy(bytes).into_owned()).chars().take(WINDOW).collect(),
    };
    format!("“{}”", shorten(&one_line(&shown), EXCERPT))
}

fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// JSON up to about `enough` bytes. Every text in it is masked as a whole.
fn json_words(json: &serde_json::Value, mask: &Mask<'_>, enough: usize, out: &mut String) {
    let separated = |index: usize, out: &mut String| {
        if index > 0 {
            out.push(',');
        }
        out.len() < enough
    };
    match json {
        serde_json::Value::String(text) => out.push_str(&json_text(text, mask)),
        serde_json::Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if !separated(index, out) {
                    return;
                }
                json_words(item, mask, enough, out);
            }
            out.push(']');
        }
        serde_json::Value::Object(fields) => {
            out.push('{');
            for (index, (key, value)) in fields.iter().enumerate() {
                if !separated(index, out) {
                    return;
                }
                out.push_str(&json_text(key, mask));
                out.push(':');
                json_words(value, mask, enough, out);
            }
            out.push('}');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

fn json_text(text: &str, mask: &Mask<'_>) -> String {
    serde_json::Value::String(mask.hide(text.to_owned())).to_string()
}

/// A number with two decimals at most.
fn decimals(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Digits in groups of three: bytes are shown as they were counted, so that a limit just missed is not rounded away.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A status with its name. Source: <https://www.iana.org/assignments/http-status-codes>.
pub(super) fn status_name(status: f64) -> String {
    let number = decimals(status);
    let known = STATUS_NAMES.iter().find(|(known, _)| f64::from(*known) == status);
    known.map_or_else(|| number.clone(), |(_, name)| format!("{number} {name}"))
}

const STATUS_NAMES: [(u16, &str); 58] = [
    (100, "Continue"),
    (101, "Switching Protocols"),
    (102, "Processing"),
    (103, "Early Hints"),
    (200, "OK"),
    (201, "Created"),
    (202, "Accepted"),
    (203, "Non Authoritative Information"),
    (204, "No Content"),
    (205, "Reset Content"),
    (206, "Partial Content"),
    (207, "Multi-Status"),
    (208, "Already Reported"),
    (226, "IM Used"),
    (300, "Multiple Choices"),
    (301, "Moved Permanently"),
    (302, "Found"),
    (303, "See Other"),
    (304, "Not Modified"),
    (305, "Use Proxy"),
    (307, "Temporary Redirect"),
    (308, "Permanent Redirect"),
    (400, "Bad Request"),
    (401, "Unauthorized"),
    (402, "Payment Required"),
    (403, "Forbidden"),
    (404, "Not Found"),
    (405, "Method Not Allowed"),
    (406, "Not Acceptable"),
    (407, "Proxy Authentication Required"),
    (408, "Request Timeout"),
    (409, "Conflict"),
    (410, "Gone"),
    (411, "Length Required"),
    (412, "Precondition Failed"),
    (413, "Payload Too Large"),
    (414, "URI Too Long"),
    (415, "Unsupported Media Type"),
    (416, "Range Not Satisfiable"),
    (417, "Expectation Failed"),
    (418, "I'm a teapot"),
    (421, "Misdirected Request"),
    (422, "Unprocessable Entity"),
    (423, "Locked"),
    (424, "Failed Dependency"),
    (426, "Upgrade Required"),
    (428, "Precondition Required"),
    (429, "Too Many Requests"),
    (431, "Request Header Fields Too Large"),
    (451, "Unavailable For Legal Reasons"),
    (500, "Internal Server Error"),
    (501, "Not Implemented"),
    (502, "Bad Gateway"),
    (503, "Service Unavailable"),
    (504, "Gateway Timeout"),
    (507, "Insufficient Storage"),
    (508, "Loop Detected"),
    (511, "Network Authentication Required"),
];
