//! Assertions in short words: `contains ok` is `assert "body contains \"ok\""`. A short word given anew replaces what it
//! made, and what else is written just so.

use std::time::Duration;

use monitor_core::assertion::{Assertion, Assertions};
use monitor_core::code::ErrorCode;
use monitor_core::duration;
use monitor_core::monitor::{CheckSpec, Settings};

use crate::command::Failure;
use crate::grammar::{Argument, Given, Kind};

/// What has to hold, in the words of every kind.
pub(crate) const ASSERTIONS: &[Argument] = &[ASSERT, CONTAINS, MATCHES, JSON, SLOW];

pub(super) const ASSERT: Argument = Argument::new(
    "assert",
    Kind::Text,
    "Something that has to hold of what a check finds. Given anew, it replaces all that had to hold.",
)
.words(&["assert"])
.like("\"certificate.days > 14\"")
.repeated()
.removable();
pub(super) const CONTAINS: Argument = Argument::new("contains", Kind::Text, "Text that the body has to contain.")
    .like("\"all ok\"")
    .repeated()
    .removable();
pub(super) const MATCHES: Argument =
    Argument::new("matches", Kind::Text, "A regular expression that the body has to match.")
        .words(&["matches", "regex"])
        .like("\"^v\\d\"")
        .repeated()
        .removable();
pub(super) const JSON: Argument =
    Argument::new("json", Kind::Text, "A JSONPath that has to select something, or that value.")
        .words(&["json", "jsonpath"])
        .like("$.status=ok")
        .repeated()
        .removable();
const SLOW: Argument =
    Argument::new("slow", Kind::Duration, "From this total time on an answer is slow: degraded, not down.")
        .words(&["slow", "slower"])
        .like("800ms")
        .removable();

/// Applies `assert`, which replaces all that had to hold; to be called before anything else says what has to hold.
///
/// # Errors
/// What does not work, with a caret under it.
pub(crate) fn asserted(given: &Given, assertions: &mut Assertions) -> Result<(), Failure> {
    if given.has("assert") {
        assertions.retain(|_| false);
    }
    given.all("assert").flatten().try_for_each(|text| push(assertions, text))
}

/// Applies the short words, as far as they were given.
///
/// # Errors
/// What does not work, with a caret under it.
pub(crate) fn assertions(given: &Given, settings: &mut Settings) -> Result<(), Failure> {
    of_answer(given, &mut settings.assertions)?;
    if !given.has("slow") {
        return Ok(());
    }
    let measured = if matches!(settings.spec, CheckSpec::Heartbeat(_)) { "duration" } else { "latency" };
    let slow = given.duration("slow");
    let never = |slow: &Duration| slow.is_zero() || (measured == "latency" && *slow >= settings.timeout);
    if let Some(slow) = slow.filter(never) {
        let text = format!(
            "An answer cannot be slow from {} on when checks time out after {}; choose less for `slow` or more for `timeout`.",
            duration::format(slow),
            duration::format(settings.timeout)
        );
        return Err(Failure::new(ErrorCode::InvalidOption, text));
    }
    let made = slow.map(|slow| format!("{measured} < {} as degraded", duration::format(slow)));
    replace(&mut settings.assertions, &format!("{measured} < "), made)
}

/// Those about an answer, which the steps of a flow have too.
///
/// # Errors
/// What does not work, with a caret under it.
pub(super) fn of_answer(given: &Given, assertions: &mut Assertions) -> Result<(), Failure> {
    if given.has("contains") {
        let texts = given.all("contains").flatten();
        replace(assertions, "body contains ", texts.map(|text| format!("body contains {}", quoted(text))))?;
    }
    if given.has("matches") {
        let patterns = given.all("matches").flatten();
        replace(assertions, "body matches ", patterns.map(|pattern| format!("body matches {}", slashed(pattern))))?;
    }
    if given.has("json") {
        replace(assertions, "json ", given.all("json").flatten().map(json))?;
    }
    Ok(())
}

/// Applies `expect` as an assertion that begins like that.
///
/// # Errors
/// What does not work, with a caret under it.
pub(crate) fn expect(given: &Given, assertions: &mut Assertions, starts: &str) -> Result<(), Failure> {
    if !given.has("expect") {
        return Ok(());
    }
    let values: Vec<&str> = given.all("expect").flatten().collect();
    let made = match starts {
        "status " if values.is_empty() => Vec::new(),
        "status " => vec![format!("status in {}", statuses(&values.join(",")))],
        "value " => {
            let value = super::once(given, "expect")?;
            value.map(|value| format!("value == {}", number_or_quoted(value))).into_iter().collect()
        }
        _ => values.iter().map(|value| format!("{starts}{}", quoted(value))).collect(),
    };
    replace(assertions, starts, made)
}

/// Classes of statuses as ranges: `2xx` is `200..299`.
fn statuses(text: &str) -> String {
    let part = |part: &str| match part.trim().to_ascii_lowercase().strip_suffix("xx") {
        Some(class) if class.len() == 1 => format!("{class}00..{class}99"),
        _ => part.trim().to_owned(),
    };
    text.split(',').filter(|part| !part.trim().is_empty()).map(part).collect::<Vec<_>>().join(", ")
}

fn push(assertions: &mut Assertions, text: &str) -> Result<(), Failure> {
    let assertion = Assertion::parse(text)?;
    if assertions.iter().any(|other| *other == assertion) { Ok(()) } else { Ok(assertions.push(assertion)?) }
}

/// Puts assertions in the place of those that are one test and begin like that.
fn replace(assertions: &mut Assertions, starts: &str, made: impl IntoIterator<Item = String>) -> Result<(), Failure> {
    let degraded = starts == "latency < " || starts == "duration < ";
    assertions.retain(|assertion| {
        let text = assertion.as_str();
        let own = text.starts_with(starts) && is_one_test(text) && text.ends_with(" as degraded") == degraded;
        !(own && (starts != "json " || is_json_sugar(text)))
    });
    made.into_iter().try_for_each(|text| push(assertions, &text))
}

/// Whether `json` could have made it.
fn is_json_sugar(text: &str) -> bool {
    text.ends_with(" exists") || text.contains(" == ")
}

/// Whether nothing is joined to the first test; what stands in quotes or between slashes does not count.
fn is_one_test(text: &str) -> bool {
    let mut plain = String::new();
    let mut close = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match close {
            Some(_) if c == '\\' => drop(chars.next()),
            Some(end) if c == end => close = None,
            Some(_) => {}
            None if c == '"' || (c == '/' && plain.ends_with("matches ")) => close = Some(c),
            None => plain.push(c),
        }
    }
    !plain.contains(" and ") && !plain.contains(" or ")
}

fn json(text: &str) -> String {
    let text = text.trim();
    match split_equals(text) {
        Some((path, value)) => {
            let json = serde_json::from_str::<serde_json::Value>(value).is_ok();
            format!("json {path} == {}", if json { value.to_owned() } else { quoted(value) })
        }
        // Something else is asked of it, as in `json "$.items length > 2"`.
        None if text.contains(char::is_whitespace) && !text.ends_with(']') => format!("json {text}"),
        None => format!("json {text} exists"),
    }
}

/// Splits `path=value` and `path == value` at the first equals sign outside of brackets and quotes.
fn split_equals(text: &str) -> Option<(&str, &str)> {
    let (mut depth, mut quote) = (0_usize, None);
    for (index, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '[' | '(') => depth += 1,
            (None, ']' | ')') => depth = depth.saturating_sub(1),
            (None, '<' | '>' | '!') if depth == 0 => return None,
            (None, '=') if depth == 0 => {
                return Some((text[..index].trim_end(), text[index..].trim_start_matches('=').trim_start()));
            }
            _ => {}
        }
    }
    None
}

/// A text as assertions have it.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

fn number_or_quoted(text: &str) -> String {
    if text.parse::<f64>().is_ok_and(f64::is_finite) { text.to_owned() } else { quoted(text) }
}

/// A pattern between slashes, those within it escaped.
fn slashed(pattern: &str) -> String {
    let mut out = String::from('/');
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(std::iter::once(c).chain(chars.next())),
            '/' => out.push_str("\\/"),
            _ => out.push(c),
        }
    }
    out.push('/');
    out
}
