//! Texts in which `{{name}}` stands for a value that was captured.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::http::{SpecError, shorten};

/// Longest name of a captured value, in characters.
const MAX_NAME_CHARS: usize = 40;

/// Values captured so far, by their names.
pub type Captured = BTreeMap<String, Value>;

/// A captured value as it is put into a text: a text as it is, anything else as JSON.
#[must_use]
pub fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether a value can be called that: a letter or `_`, then letters, digits, `_` and `-`.
pub(super) fn is_name(name: &str) -> bool {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    begins && name.len() <= MAX_NAME_CHARS && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
}

/// Puts values in, each as `encode` makes it fit there.
pub(super) fn fill(template: &str, values: &Captured, encode: fn(&str) -> String) -> Result<String, SpecError> {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, name, after)) = next(rest)? {
        let value = values.get(name).ok_or_else(|| SpecError::Option(format!("{{{{{name}}}}} has no value")))?;
        filled.push_str(before);
        filled.push_str(&encode(&as_text(value)));
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// The names used in a text.
pub(super) fn names(template: &str) -> Result<Vec<&str>, SpecError> {
    let (mut names, mut rest) = (Vec::new(), template);
    while let Some((_, name, after)) = next(rest)? {
        names.push(name);
        rest = after;
    }
    Ok(names)
}

/// The name alone when the text is nothing but `{{name}}`.
pub(super) fn only_name(template: &str) -> Option<&str> {
    match next(template) {
        Ok(Some(("", name, ""))) => Some(name),
        _ => None,
    }
}

/// What stands before the first `{{name}}`, the name, and what follows.
fn next(text: &str) -> Result<Option<(&str, &str, &str)>, SpecError> {
    let Some((before, rest)) = text.split_once("{{") else { return Ok(None) };
    let found = rest.split_once("}}").map(|(name, after)| (name.trim(), after)).filter(|(name, _)| is_name(name));
    match found {
        Some((name, after)) => Ok(Some((before, name, after))),
        None => {
            let seen = shorten(&format!("{{{{{rest}"), 30);
            Err(SpecError::Option(format!("`{seen}` is not a captured value; write it like {{{{token}}}}")))
        }
    }
}

/// As it stands.
pub(super) fn plain(text: &str) -> String {
    text.to_owned()
}

/// As part of an address: whatever is not a letter, a digit or one of `-._~` becomes `%XX`.
#[must_use]
pub fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Captured {
        [("id".to_owned(), Value::from(7)), ("q".to_owned(), Value::from("a b/ü&{{id}}"))].into()
    }

    #[test]
    fn values_are_put_in_once_and_in_the_form_that_fits() {
        let filled = fill("/orders/{{ id }}?q={{q}}", &values(), percent_encoded).unwrap();
        assert_eq!(filled, "/orders/7?q=a%20b%2F%C3%BC%26%7B%7Bid%7D%7D");
        assert_eq!(fill("{{q}}-{{id}}", &values(), plain).unwrap(), "a b/ü&{{id}}-7");
        assert_eq!(fill("no } { braces }}", &values(), plain).unwrap(), "no } { braces }}");
        assert_eq!((only_name("{{id}}"), only_name("{{id}} "), only_name("id")), (Some("id"), None, None));
    }

    #[test]
    fn braces_that_name_nothing_are_refused() {
        for text in ["{{", "{{}}", "{{a b}}", "{{1a}}", "x {{open", "{{{id}}}"] {
            assert!(names(text).unwrap_err().to_string().contains("write it like {{token}}"), "{text}");
        }
        assert_eq!(fill("{{other}}", &values(), plain).unwrap_err().to_string(), "{{other}} has no value");
    }
}
