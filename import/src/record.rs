//! An entry of a file while it is read: what has been read is taken out of it, so that what is left over can be named.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// The fields of an entry. Names are the same whatever their case, dashes and underscores, as the formats write them in
/// several ways.
#[derive(Debug, Default)]
pub(crate) struct Record(BTreeMap<String, (String, Value)>);

impl Record {
    /// The fields of an object; nothing of what is none.
    pub(crate) fn new(value: Value) -> Self {
        match value {
            Value::Object(fields) => Self::of(fields),
            _ => Self::default(),
        }
    }

    fn of(fields: Map<String, Value>) -> Self {
        Self(fields.into_iter().map(|(name, value)| (plain(&name), (name, value))).collect())
    }

    /// Takes a field out.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(&plain(name)).map(|(_, value)| value).filter(|value| !value.is_null())
    }

    /// Takes out a text that is not empty, or a number as a text.
    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text).filter(|text| !text.trim().is_empty()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(yes) => Some(yes.to_string()),
            _ => None,
        }
    }

    /// Takes out a number, or a text that is one.
    pub(crate) fn number(&mut self, name: &str) -> Option<f64> {
        match self.take(name)? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
        .filter(|number: &f64| number.is_finite())
    }

    /// Takes out a count.
    pub(crate) fn count(&mut self, name: &str) -> Option<u64> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
        self.number(name).map(|number| number as u64)
    }

    /// Takes out a yes or no; databases keep 1 and 0.
    pub(crate) fn flag(&mut self, name: &str) -> Option<bool> {
        match self.take(name)? {
            Value::Bool(yes) => Some(yes),
            Value::Number(number) => Some(number.as_f64() != Some(0.0)),
            Value::String(text) => Some(matches!(text.as_str(), "1" | "true" | "yes")),
            _ => None,
        }
    }

    /// Takes out a list, or a text with one in JSON.
    pub(crate) fn list(&mut self, name: &str) -> Vec<Value> {
        match self.take(name) {
            Some(Value::Array(items)) => items,
            Some(Value::String(text)) => serde_json::from_str(&text).unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// Takes out an object.
    pub(crate) fn record(&mut self, name: &str) -> Option<Self> {
        match self.take(name)? {
            Value::Object(fields) => Some(Self::of(fields)),
            _ => None,
        }
    }

    /// Takes out all fields as they are named.
    pub(crate) fn into_fields(self) -> impl Iterator<Item = (String, Value)> {
        self.0.into_values()
    }

    /// Takes out what means nothing here, or nothing that could be missed.
    pub(crate) fn ignore(&mut self, names: &[&str]) {
        for name in names {
            self.0.remove(&plain(name));
        }
    }

    /// Takes out fields whose names begin so.
    pub(crate) fn ignore_all(&mut self, prefix: &str) {
        let prefix = plain(prefix);
        self.0.retain(|name, _| !name.starts_with(&prefix));
    }

    /// The names of what is set and was not taken out.
    pub(crate) fn left(&self) -> impl Iterator<Item = &str> {
        self.0.values().filter(|(_, value)| is_set(value)).map(|(name, _)| name.as_str())
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-')).collect::<String>().to_lowercase()
}

/// Whether a value says something: not the nothing that databases and exports fill in.
fn is_set(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::Bool(true) => true,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !matches!(text.trim(), "" | "[]" | "{}" | "null"),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => fields.values().any(is_set),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_left_over_is_named_as_it_was_written() {
        let mut record = Record::new(json!({
            "retryInterval": 30, "max_redirects": "5", "active": 1, "list": "[1]",
            "unset": null, "empty": "", "zero": 0, "off": false, "none": {"a": null}, "upsideDown": true, "proxy-id": 3,
        }));
        assert_eq!(record.count("retry_interval"), Some(30));
        assert_eq!(record.count("maxredirects"), Some(5));
        assert_eq!(record.flag("active"), Some(true));
        assert_eq!(record.list("list"), [json!(1)]);
        assert_eq!(record.left().collect::<Vec<_>>(), ["proxy-id", "upsideDown"]);
    }
}
