//! The values that an assertion compares with, read as what the fact is.

use std::fmt;
use std::time::Duration;

use super::cursor::quote;
use super::{FactKind, Type, Value};
use crate::duration;

/// Units of sizes with their bytes, the largest first.
const SIZES: [(&[&str], u64); 7] = [
    (&["GiB"], 1 << 30),
    (&["GB"], 1_000_000_000),
    (&["MiB"], 1 << 20),
    (&["MB"], 1_000_000),
    (&["KiB"], 1 << 10),
    (&["kB"], 1_000),
    (&["", "B", "byte", "bytes"], 1),
];

/// What is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Literal(pub(super) Value);

/// One of several values, or all between two, these included.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Item {
    pub(super) from: Literal,
    pub(super) to: Option<Literal>,
}

/// A value as written.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) text: String,
    pub(super) quoted: bool,
}

/// Reads a value of a type, for a fact of a kind.
///
/// # Errors
/// What is wrong and how to write it.
pub(super) fn typed(written: &Written, ty: Type, kind: FactKind) -> Result<Literal, String> {
    let text = written.text.as_str();
    let value = match ty {
        Type::Number => Value::Number(units_removed(text, kind).ok_or_else(|| match kind.is_days() {
            true => format!("`{text}` is not a number of days; write it like 14 or 14d"),
            false => format!("`{text}` is not a number"),
        })?),
        Type::Duration => Value::Duration(time(text)?),
        Type::Size => Value::Size(size(text)?),
        Type::Text if kind.may_be_number() && !written.quoted => match number(text) {
            Some(number) => Value::Number(number),
            None => Value::Text(text.to_owned()),
        },
        Type::Text | Type::Texts => Value::Text(text.to_owned()),
        Type::Bool => match text.to_lowercase().as_str() {
            "true" | "yes" => Value::Bool(true),
            "false" | "no" => Value::Bool(false),
            _ => return Err(format!("`{text}` is neither true nor false")),
        },
        Type::Json => Value::Json(json(written)),
    };
    Ok(Literal(value))
}

/// Whether units may stand behind a number of a fact.
pub(super) fn takes_units(ty: Type, kind: FactKind) -> bool {
    matches!(ty, Type::Duration | Type::Size) || ty == Type::Number && (kind.is_days() || kind == FactKind::Loss)
}

/// Digits with a point among them at most: no exponents, no infinity.
pub(crate) fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain =
        digits.bytes().all(|b| b.is_ascii_digit() || b == b'.') && digits.starts_with(|c: char| c.is_ascii_digit());
    if plain && digits.len() <= 40 { text.parse().ok() } else { None }
}

fn units_removed(text: &str, kind: FactKind) -> Option<f64> {
    match kind {
        _ if number(text).is_some() => number(text),
        FactKind::Loss => number(text.strip_suffix('%')?.trim_end()),
        _ if kind.is_days() => duration::parse(text).ok().map(|time| time.as_secs_f64() / 86_400.0),
        _ => None,
    }
}

/// Reads a duration, which needs a unit.
///
/// # Errors
/// How to write it.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    match number(text) {
        Some(0.0) => Ok(Duration::ZERO),
        Some(_) => Err(format!("`{text}` has no unit; write {text}ms or {text}s")),
        None => duration::parse(text)
            .map_err(|_| format!("`{text}` is not a duration; write it like 800ms, 2s, 1m30s or 1h")),
    }
}

/// Reads a size in bytes.
///
/// # Errors
/// How to write it.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is not a size; write it like 2MB, 500kB, 4KiB or 1024 (bytes)");
    let unit_at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (digits, unit) = (text[..unit_at].trim_end(), &text[unit_at..]);
    let known = SIZES.iter().find(|(names, _)| names.iter().any(|name| name.eq_ignore_ascii_case(unit)));
    let (_, bytes) = known.ok_or_else(wrong)?;
    #[expect(clippy::cast_precision_loss, reason = "units are at most a gibibyte")]
    let bytes = number(digits).ok_or_else(wrong)? * *bytes as f64;
    if !(0.0..1e15).contains(&bytes) {
        return Err(wrong());
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "range checked above")]
    Ok(bytes.round() as u64)
}

/// A size as [`size`] reads it.
pub(crate) fn size_text(bytes: u64) -> String {
    let (names, unit) = SIZES.iter().find(|(_, unit)| bytes > 0 && bytes.is_multiple_of(*unit)).unwrap_or(&SIZES[6]);
    format!("{}{}", bytes / unit, names[0])
}

/// Words that are no JSON are texts.
fn json(written: &Written) -> serde_json::Value {
    let text = || serde_json::Value::String(written.text.clone());
    match serde_json::from_str(&written.text) {
        _ if written.quoted => text(),
        // Exactly, so that it is written as it was read.
        Ok(serde_json::Value::Number(read)) if read.is_f64() => {
            written.text.parse::<f64>().map_or_else(|_| text(), Into::into)
        }
        Ok(value) => value,
        Err(_) => text(),
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Value::Number(number) => write!(f, "{number}"),
            Value::Duration(time) => f.write_str(&duration::format(*time)),
            Value::Size(bytes) => f.write_str(&size_text(*bytes)),
            Value::Text(text) | Value::Json(serde_json::Value::String(text)) => f.write_str(&quote(text)),
            Value::Bool(yes) => write!(f, "{yes}"),
            Value::Json(json) => write!(f, "{json}"),
            Value::Texts(texts) => f.write_str(&quote(&texts.join(", "))),
        }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.to {
            Some(to) => write!(f, "{}..{to}", self.from),
            None => write!(f, "{}", self.from),
        }
    }
}
