//! Values that are kept of an answer.

use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json_path::JsonPath;

use super::template::{as_text, is_name};
use crate::assertion::{Facts, json_path};
use crate::http::{SpecError, shorten};

/// Longest captured value, in bytes.
const MAX_VALUE_BYTES: usize = 8 * 1024;

/// Largest compiled pattern, in bytes. The time a pattern takes is linear in what it searches.
const MAX_PATTERN_BYTES: usize = 256 * 1024;

/// A value kept of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// The name by which later steps use it.
    pub name: String,
    /// Where it comes from.
    pub from: Source,
}

/// Where a captured value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The first node that a JSONPath selects.
    Json(String),
    /// A header of the answer.
    Header(String),
    /// The first group of a regular expression that matches the body.
    Pattern(String),
}

/// A capture ready for many answers.
#[derive(Debug, Clone)]
pub struct CompiledCapture {
    name: String,
    from: CompiledSource,
    /// What is looked for, for messages.
    looked_for: String,
}

#[derive(Debug, Clone)]
enum CompiledSource {
    Json(JsonPath),
    Header(String),
    Pattern(Regex),
}

impl Capture {
    /// Prepares it for many answers.
    ///
    /// # Errors
    /// [`SpecError::Option`], [`SpecError::Header`].
    pub fn compile(&self) -> Result<CompiledCapture, SpecError> {
        if !is_name(&self.name) {
            let name = shorten(&self.name, 40);
            let help = "use a letter first, then letters, digits, `_` and `-`, 40 at most";
            return Err(SpecError::Option(format!("`{name}` cannot be the name of a captured value; {help}")));
        }
        let (from, looked_for) = match &self.from {
            Source::Json(path) => {
                let path = json_path(path).map_err(|error| SpecError::Option(error.to_string()))?;
                let looked_for = format!("`{path}` selects nothing in the body");
                (CompiledSource::Json(path), looked_for)
            }
            Source::Header(name) => {
                let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
                if name.is_empty() || name.len() > 100 || !name.bytes().all(token) {
                    return Err(SpecError::Header(shorten(name, 40)));
                }
                (CompiledSource::Header(name.clone()), format!("there is no header `{name}`"))
            }
            Source::Pattern(pattern) => {
                let shown = shorten(pattern, 80);
                let wrong = |why: &str| SpecError::Option(format!("the pattern /{shown}/ does not work: {why}"));
                let regex = RegexBuilder::new(pattern).size_limit(MAX_PATTERN_BYTES).build();
                let regex = regex.map_err(|error| wrong(error.to_string().lines().last().unwrap_or_default()))?;
                if regex.captures_len() != 2 {
                    return Err(wrong("it needs exactly one group in parentheses, which is what is captured"));
                }
                (CompiledSource::Pattern(regex), format!("nothing in the body matches /{shown}/"))
            }
        };
        Ok(CompiledCapture { name: self.name.clone(), from, looked_for })
    }
}

impl CompiledCapture {
    /// The name by which later steps use the value.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Takes the value from an answer.
    ///
    /// # Errors
    /// What was not there, or is longer than 8 KiB, in words.
    pub fn take(&self, answer: &Facts) -> Result<Value, String> {
        let found = match &self.from {
            CompiledSource::Json(path) => answer.json().and_then(|json| path.query(json).first().cloned()),
            CompiledSource::Header(name) => answer.header(name).map(Value::String),
            CompiledSource::Pattern(regex) => {
                let group = answer.body().and_then(|body| regex.captures(body)?.get(1));
                group.map(|group| Value::String(String::from_utf8_lossy(group.as_bytes()).into_owned()))
            }
        };
        let value = found.ok_or_else(|| format!("there is no {{{{{}}}}}: {}", self.name, self.looked_for))?;
        if as_text(&value).len() > MAX_VALUE_BYTES {
            return Err(format!("{{{{{}}}}} is longer than {} KiB", self.name, MAX_VALUE_BYTES / 1024));
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(from: Source) -> Result<Value, String> {
        let mut answer = Facts::new();
        answer.set_headers(vec![("location".into(), "/orders/7".into())]);
        answer.set_body(br#"{"token": "abc", "items": [{"id": 7}], "page": "csrf=\"x1\""}"#.to_vec());
        Capture { name: "v".into(), from }.compile().unwrap().take(&answer)
    }

    #[test]
    fn values_come_from_the_body_and_from_headers() {
        assert_eq!(take(Source::Json("$.token".into())), Ok("abc".into()));
        assert_eq!(take(Source::Json("$.items[0].id".into())), Ok(7.into()));
        assert_eq!(take(Source::Header("Location".into())), Ok("/orders/7".into()));
        assert_eq!(take(Source::Pattern(r#"csrf=\\"(\w+)"#.into())), Ok("x1".into()));
        assert_eq!(
            take(Source::Json("$.none".into())),
            Err("there is no {{v}}: `$.none` selects nothing in the body".into())
        );
        assert_eq!(take(Source::Header("etag".into())), Err("there is no {{v}}: there is no header `etag`".into()));
        assert_eq!(
            take(Source::Pattern("(z+)".into())),
            Err("there is no {{v}}: nothing in the body matches /(z+)/".into())
        );
    }

    #[test]
    fn what_cannot_be_captured_is_refused_when_it_is_saved() {
        for (name, from, why) in [
            ("a b", Source::Header("x".into()), "cannot be the name of a captured value"),
            ("a", Source::Header("x y".into()), "cannot be sent"),
            ("a", Source::Json("token".into()), "JSONPath"),
            ("a", Source::Json("$..*..*".into()), "could take too long"),
            ("a", Source::Pattern("[".into()), "does not work"),
            ("a", Source::Pattern("no group".into()), "exactly one group"),
        ] {
            let error = Capture { name: name.into(), from }.compile().unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
