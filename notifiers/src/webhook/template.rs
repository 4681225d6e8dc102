use std::fmt;

use serde_json::{Map, Value};

/// JSON with `{{placeholders}}` within its texts. Whatever they are filled with, it stays JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template(Value);

impl Template {
    /// Reads a template that uses these names.
    ///
    /// # Errors
    /// What is wrong with it, without repeating it.
    pub(super) fn read(text: &str, names: &[&str]) -> Result<Self, String> {
        let template = serde_json::from_str(text).map_err(|error| {
            format!(
                "is no JSON (line {}, column {}); write placeholders within double quotes, also for numbers",
                error.line(),
                error.column()
            )
        })?;
        let mut unknown = None;
        visit(&template, &mut |text| {
            unknown = unknown.take().or_else(|| {
                let mut parts = parts(text);
                parts.find_map(|part| matches!(part, Part::Placeholder(name) if !names.contains(&name)).then_some(()))
            });
        });
        match unknown {
            None => Ok(Self(template)),
            Some(()) => Err(format!("uses a placeholder that there is not; there are {}", names.join(", "))),
        }
    }

    /// The JSON with values instead of placeholders.
    pub(super) fn fill(&self, values: &Map<String, Value>) -> Value {
        filled(&self.0, values)
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

enum Part<'a> {
    Text(&'a str),
    Placeholder(&'a str),
}

/// A text in its parts. Two braces that are not closed are text.
fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let next = rest.find("{{").and_then(|start| Some((start, start + rest[start..].find("}}")?)));
        match next {
            Some((0, end)) => {
                let name = rest[2..end].trim();
                rest = &rest[end + 2..];
                Some(Part::Placeholder(name))
            }
            Some((start, _)) => {
                let (text, later) = rest.split_at(start);
                rest = later;
                Some(Part::Text(text))
            }
            None if rest.is_empty() => None,
            None => Some(Part::Text(std::mem::take(&mut rest))),
        }
    })
}

fn visit(value: &Value, look: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => look(text),
        Value::Array(items) => items.iter().for_each(|item| visit(item, look)),
        Value::Object(fields) => fields.values().for_each(|field| visit(field, look)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn filled(value: &Value, values: &Map<String, Value>) -> Value {
    match value {
        Value::String(text) => text_filled(text, values),
        Value::Array(items) => items.iter().map(|item| filled(item, values)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, field)| (name.clone(), filled(field, values))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

fn text_filled(text: &str, values: &Map<String, Value>) -> Value {
    let value = |name: &str| values.get(name).cloned().unwrap_or_default();
    let mut filled = String::new();
    for part in parts(text) {
        match part {
            // Alone it is the value itself.
            Part::Placeholder(name) if text.len() == name.len() + 4 => return value(name),
            Part::Placeholder(name) => match value(name) {
                Value::Null => {}
                Value::String(text) => filled.push_str(&text),
                other => filled.push_str(&other.to_string()),
            },
            Part::Text(text) => filled.push_str(text),
        }
    }
    filled.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fill(template: &str) -> Value {
        let values = json!({"title": "a \"b\" {{count}}", "count": 3, "none": null, "list": [1, "x"]});
        let names = ["title", "count", "none", "list"];
        Template::read(template, &names).unwrap().fill(values.as_object().unwrap())
    }

    #[test]
    fn whatever_placeholders_hold_it_stays_json() {
        assert_eq!(
            fill(r#"{"t": "{{title}}", "n": ["{{count}}", "{{ count }}", "{{none}}"], "s": "{{count}} of {{none}}{{list}}!"}"#),
            json!({"t": "a \"b\" {{count}}", "n": [3, "3", null], "s": "3 of [1,\"x\"]!"})
        );
    }

    #[test]
    fn what_is_no_placeholder_stays() {
        for text in [r#""{{""#, r#""}}""#, r#""{title}""#, r#""{{count""#, "7", "null", "[]", r#""ä{{""#] {
            assert_eq!(fill(text), serde_json::from_str::<Value>(text).unwrap(), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_filled_is_refused_and_not_repeated() {
        for text in ["", "{", r#"{"n": {{count}}}"#, r#""{{secret-3141}}""#, r#"{"a": [{"b": "x {{}}"}]}"#] {
            let why = Template::read(text, &["count"]).unwrap_err();
            assert!(!why.contains("3141"), "{why}");
        }
        assert_eq!(
            Template::read(r#"{"n": {{count}}}"#, &[]).unwrap_err(),
            "is no JSON (line 1, column 8); write placeholders within double quotes, also for numbers"
        );
    }
}
