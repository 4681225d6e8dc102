//! Whether an assertion holds of what was found.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::time::Duration;

use super::expression::{Expression, Part, Predicate, Subject, Test};
use super::literal::{Item, Literal, number};
use super::operator::Comparison;
use super::{FactKind, Facts, Value};

/// A fact as it was found.
#[derive(Debug, Clone)]
pub(super) enum Found<'a> {
    Number(f64),
    Duration(Duration),
    Size(u64),
    /// Not always UTF-8.
    Text(Cow<'a, [u8]>),
    Texts(&'a [String]),
    Bool(bool),
    Json(&'a serde_json::Value),
}

impl Expression {
    pub(super) fn holds(&self, facts: &Facts) -> bool {
        match self {
            Self::Test(test) => test.holds(facts),
            Self::Not(inner) => !inner.holds(facts),
            Self::All(parts) => parts.iter().all(|part| part.holds(facts)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(facts)),
        }
    }
}

impl Test {
    fn holds(&self, facts: &Facts) -> bool {
        match self.subject.find(facts) {
            Some(found) => self.predicate.holds(&found),
            None => matches!(self.predicate, Predicate::Compare(Comparison::NotEqual, _)),
        }
    }
}

impl Subject {
    /// The fact, or how long it is.
    pub(super) fn find<'a>(&self, facts: &'a Facts) -> Option<Found<'a>> {
        let found = self.find_whole(facts)?;
        #[expect(clippy::cast_precision_loss, reason = "bodies are far shorter")]
        if self.length { found.length().map(|length| Found::Number(length as f64)) } else { Some(found) }
    }

    fn find_whole<'a>(&self, facts: &'a Facts) -> Option<Found<'a>> {
        match &self.part {
            Part::Header(name) => facts.header(name).map(|value| Found::Text(Cow::Owned(value.into_bytes()))),
            Part::Path { path, .. } => path.query(facts.json()?).first().map(Found::Json),
            Part::Only if self.kind == FactKind::Body => facts.body().map(|body| Found::Text(Cow::Borrowed(body))),
            Part::Only => facts.get(self.kind).map(|value| match value {
                Value::Number(number) => Found::Number(*number),
                Value::Duration(time) => Found::Duration(*time),
                Value::Size(bytes) => Found::Size(*bytes),
                Value::Text(text) => Found::Text(Cow::Borrowed(text.as_bytes())),
                Value::Texts(texts) => Found::Texts(texts),
                Value::Bool(yes) => Found::Bool(*yes),
                Value::Json(json) => Found::Json(json),
            }),
        }
    }
}

impl Found<'_> {
    /// Characters, or items, or fields. `None` for what has no length.
    fn length(&self) -> Option<usize> {
        match self {
            Self::Text(text) => Some(characters(text)),
            Self::Texts(texts) => Some(texts.len()),
            Self::Json(serde_json::Value::String(text)) => Some(characters(text.as_bytes())),
            Self::Json(serde_json::Value::Array(items)) => Some(items.len()),
            Self::Json(serde_json::Value::Object(fields)) => Some(fields.len()),
            Self::Json(_) | Self::Number(_) | Self::Duration(_) | Self::Size(_) | Self::Bool(_) => None,
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Json(serde_json::Value::Null)) || self.length() == Some(0)
    }

    /// How it compares with a value, if they can be compared.
    fn compare(&self, literal: &Literal) -> Option<Ordering> {
        match (self, &literal.0) {
            (Self::Number(a), Value::Number(b)) => a.partial_cmp(b),
            (Self::Duration(a), Value::Duration(b)) => Some(a.cmp(b)),
            (Self::Size(a), Value::Size(b)) => Some(a.cmp(b)),
            (Self::Text(text), Value::Number(b)) => as_number(text)?.partial_cmp(b),
            (Self::Json(serde_json::Value::Number(a)), Value::Json(serde_json::Value::Number(b))) => compare_json(a, b),
            _ => None,
        }
    }

    fn equals(&self, literal: &Literal) -> bool {
        match (self, &literal.0) {
            (Self::Text(a), Value::Text(b)) => a[..] == *b.as_bytes(),
            (Self::Texts([only]), Value::Text(b)) => only == b,
            (Self::Bool(a), Value::Bool(b)) => a == b,
            (Self::Json(serde_json::Value::Number(_)), Value::Json(serde_json::Value::Number(_))) => {
                self.compare(literal) == Some(Ordering::Equal)
            }
            (Self::Json(a), Value::Json(b)) => *a == b,
            _ => self.compare(literal) == Some(Ordering::Equal),
        }
    }

    fn is_in(&self, items: &[Item]) -> bool {
        // Of several texts each has to be listed, so that one that should not be there is noticed.
        if let Self::Texts(texts) = self {
            let listed =
                |text: &String| items.iter().any(|item| matches!(&item.from.0, Value::Text(known) if known == text));
            return !texts.is_empty() && texts.iter().all(listed);
        }
        items.iter().any(|item| match &item.to {
            None => self.equals(&item.from),
            Some(to) => {
                self.compare(&item.from).is_some_and(Ordering::is_ge) && self.compare(to).is_some_and(Ordering::is_le)
            }
        })
    }

    /// Whether `test` is true of the text, or of one of the texts.
    fn any_text(&self, test: impl Fn(&[u8]) -> bool) -> bool {
        match self {
            Self::Text(text) => test(text),
            Self::Texts(texts) => texts.iter().any(|text| test(text.as_bytes())),
            Self::Json(serde_json::Value::String(text)) => test(text.as_bytes()),
            Self::Json(json @ (serde_json::Value::Number(_) | serde_json::Value::Bool(_))) => {
                test(json.to_string().as_bytes())
            }
            Self::Json(_) | Self::Number(_) | Self::Duration(_) | Self::Size(_) | Self::Bool(_) => false,
        }
    }
}

impl Predicate {
    fn holds(&self, found: &Found<'_>) -> bool {
        match self {
            Self::Exists => true,
            Self::Empty => found.is_empty(),
            Self::NotEmpty => !found.is_empty(),
            Self::Compare(Comparison::Equal, literal) => found.equals(literal),
            Self::Compare(Comparison::NotEqual, literal) => !found.equals(literal),
            Self::Compare(comparison, literal) => found.compare(literal).is_some_and(|order| match comparison {
                Comparison::Less => order.is_lt(),
                Comparison::LessOrEqual => order.is_le(),
                Comparison::Greater => order.is_gt(),
                Comparison::GreaterOrEqual => order.is_ge(),
                Comparison::Equal => order.is_eq(),
                Comparison::NotEqual => order.is_ne(),
            }),
            Self::In(items) => found.is_in(items),
            Self::Contains(literal, text) => match (found, &literal.0) {
                (Found::Texts(texts), Value::Text(wanted)) => texts.contains(wanted),
                (Found::Json(serde_json::Value::Array(items)), _) => {
                    items.iter().any(|item| Found::Json(item).equals(literal))
                }
                (Found::Json(serde_json::Value::Object(fields)), Value::Json(serde_json::Value::String(key))) => {
                    fields.contains_key(key)
                }
                _ => found.any_text(|within| text.is_match(within)),
            },
            Self::StartsWith(text) => found.any_text(|whole| whole.starts_with(text.as_bytes())),
            Self::EndsWith(text) => found.any_text(|whole| whole.ends_with(text.as_bytes())),
            Self::Matches(pattern) => found.any_text(|text| pattern.is_match(text)),
        }
    }
}

impl Literal {
    /// How two values that an assertion names compare, if they can be compared.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match &self.0 {
            Value::Number(number) => Found::Number(*number).compare(other),
            Value::Duration(time) => Found::Duration(*time).compare(other),
            Value::Size(bytes) => Found::Size(*bytes).compare(other),
            Value::Json(json) => Found::Json(json).compare(other),
            Value::Text(_) | Value::Texts(_) | Value::Bool(_) => None,
        }
    }
}

/// Whole numbers exactly, which as floating-point numbers would be the same from 2^53 on. Fractions as far as they can be
/// told apart: the JSON parser reads them to within one unit of the last place.
fn compare_json(a: &serde_json::Number, b: &serde_json::Number) -> Option<Ordering> {
    if let (Some(a), Some(b)) = (a.as_i128(), b.as_i128()) {
        return Some(a.cmp(&b));
    }
    let (a, b) = (a.as_f64()?, b.as_f64()?);
    if (a - b).abs() <= a.abs() * f64::EPSILON { Some(Ordering::Equal) } else { a.partial_cmp(&b) }
}

/// As many as bytes that begin a character of UTF-8.
fn characters(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

fn as_number(text: &[u8]) -> Option<f64> {
    number(str::from_utf8(text.get(..text.len().min(64))?).ok()?.trim()).filter(|_| text.len() <= 64)
}
