use std::fmt;

use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::{SpecError, json_path, shorten};

/// Largest compiled pattern, in bytes. The engine runs in time linear in the body, whatever the pattern.
const MAX_PATTERN_BYTES: usize = 1 << 20;

/// Something that an answer has to satisfy, beside its status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Assertion {
    /// The body contains this text.
    Contains {
        /// The text, compared byte by byte.
        text: String,
    },
    /// The body matches this regular expression somewhere.
    Matches {
        /// The pattern, in the syntax of the `regex` crate.
        pattern: String,
    },
    /// The body is JSON in which this path selects something, and, when a value is given, selects that value.
    Json {
        /// A JSONPath. Source: <https://www.rfc-editor.org/rfc/rfc9535>.
        path: String,
        /// The expected value of the first selected node.
        equals: Option<serde_json::Value>,
    },
}

/// What became of one assertion.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AssertionResult {
    /// The assertion in the words that configure it.
    pub assertion: String,
    /// Whether it held.
    pub passed: bool,
    /// What was seen instead, when it did not hold.
    pub seen: Option<String>,
}

impl Assertion {
    /// Reads the words after `json`: `$.status`, `$.status=ok`, `$.items[0].id == 7`.
    ///
    /// # Errors
    /// [`SpecError::JsonPath`], [`SpecError::JsonPathTooBroad`].
    pub fn json(text: &str) -> Result<Self, SpecError> {
        let text = text.trim();
        let assertion = match split_equals(text) {
            Some((path, value)) => {
                let value = serde_json::from_str(value).unwrap_or_else(|_| serde_json::Value::String(value.to_owned()));
                Self::Json { path: path.to_owned(), equals: Some(value) }
            }
            None => Self::Json { path: text.to_owned(), equals: None },
        };
        assertion.compile().map(|_| assertion)
    }

    /// Prepares the assertion for many answers.
    ///
    /// # Errors
    /// [`SpecError::Pattern`] and [`SpecError::JsonPath`] for what cannot be parsed, [`SpecError::JsonPathTooBroad`],
    /// [`SpecError::EmptyText`].
    pub fn compile(&self) -> Result<CompiledAssertion, SpecError> {
        let test = match self {
            Self::Contains { text } if text.is_empty() => return Err(SpecError::EmptyText),
            Self::Contains { text } => Test::Matches(regex(&regex::escape(text))?),
            Self::Matches { pattern } => Test::Matches(regex(pattern)?),
            Self::Json { path, equals } => Test::Json(json_path::parse(path)?, equals.clone()),
        };
        Ok(CompiledAssertion { words: self.to_string(), test })
    }
}

fn regex(pattern: &str) -> Result<Regex, SpecError> {
    let built = RegexBuilder::new(pattern).size_limit(MAX_PATTERN_BYTES).build();
    built.map_err(|error| SpecError::Pattern {
        pattern: shorten(pattern, 80),
        why: error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned(),
    })
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
            (None, '=') if depth == 0 => {
                return Some((text[..index].trim_end(), text[index..].trim_start_matches('=').trim_start()));
            }
            _ => {}
        }
    }
    None
}

/// The words that configure it: `contains "ok"`, `matches "^v\d"`, `json $.status="ok"`.
impl fmt::Display for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contains { text } => write!(f, "contains \"{text}\""),
            Self::Matches { pattern } => write!(f, "matches \"{pattern}\""),
            Self::Json { path, equals: None } => write!(f, "json {path}"),
            Self::Json { path, equals: Some(value) } => write!(f, "json {path}={value}"),
        }
    }
}

/// An assertion ready to be held against answers.
#[derive(Debug, Clone)]
pub struct CompiledAssertion {
    words: String,
    test: Test,
}

#[derive(Debug, Clone)]
enum Test {
    Matches(Regex),
    Json(serde_json_path::JsonPath, Option<serde_json::Value>),
}

impl CompiledAssertion {
    /// Whether the assertion is about JSON, so that a failure is told apart from one about text.
    #[must_use]
    pub fn is_json(&self) -> bool {
        matches!(self.test, Test::Json(..))
    }

    /// Holds the assertion against a body.
    #[must_use]
    pub fn evaluate(&self, body: &[u8]) -> AssertionResult {
        let seen = match &self.test {
            Test::Matches(pattern) => (!pattern.is_match(body)).then(|| excerpt(body)),
            Test::Json(path, equals) => json_mismatch(path, equals.as_ref(), body),
        };
        AssertionResult { assertion: self.words.clone(), passed: seen.is_none(), seen }
    }
}

fn json_mismatch(path: &serde_json_path::JsonPath, equals: Option<&serde_json::Value>, body: &[u8]) -> Option<String> {
    let Ok(document) = serde_json::from_slice::<serde_json::Value>(body) else {
        return Some(format!("no JSON: {}", excerpt(body)));
    };
    match (path.query(&document).first(), equals) {
        (None, _) => Some("nothing at that path".to_owned()),
        (Some(_), None) => None,
        (Some(value), Some(expected)) => (value != expected).then(|| shorten(&value.to_string(), 80)),
    }
}

/// The beginning of a body on one line, for a message.
fn excerpt(body: &[u8]) -> String {
    if body.is_empty() {
        return "an empty body".to_owned();
    }
    let text = String::from_utf8_lossy(&body[..body.len().min(400)]);
    let line: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect();
    format!("“{}”", shorten(&line.join(" "), 80))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn result(assertion: &Assertion, body: &str) -> AssertionResult {
        assertion.compile().unwrap().evaluate(body.as_bytes())
    }

    #[test]
    fn says_what_was_seen_instead() {
        let ok = Assertion::Contains { text: "ok".into() };
        assert!(result(&ok, "all ok").passed);
        assert_eq!(result(&ok, "<html>\n  gone</html>").seen.as_deref(), Some("“<html> gone</html>”"));
        assert_eq!(result(&ok, "").seen.as_deref(), Some("an empty body"));
        let version = Assertion::Matches { pattern: r"^v\d+$".into() };
        assert!(result(&version, "v12").passed);
        assert!(!result(&version, "12").passed);
    }

    #[test]
    fn json_words_are_paths_with_an_optional_value() {
        let body = r#"{"status":"ok","items":[{"id":7,"tags":["a=b"]}],"n":null}"#;
        for (words, passed) in [
            ("$.status", true),
            ("$.status=ok", true),
            ("$.status == \"ok\"", true),
            ("$.status=bad", false),
            ("$.items[0].id=7", true),
            ("$.items[0].id=8", false),
            ("$.items[?@.id==7].tags[0]=a=b", true),
            ("$.missing", false),
            ("$.n=null", true),
        ] {
            assert_eq!(result(&Assertion::json(words).unwrap(), body).passed, passed, "{words}");
        }
        assert!(result(&Assertion::json("$.a").unwrap(), "<html>").seen.unwrap().starts_with("no JSON"));
    }

    #[test]
    fn wrong_ones_are_refused_when_they_are_made() {
        assert!(matches!(Assertion::json("status"), Err(SpecError::JsonPath { .. })));
        let broken = Assertion::Matches { pattern: "(".into() }.compile().unwrap_err().to_string();
        assert!(broken.contains("unclosed group"), "{broken}");
        assert!(Assertion::Matches { pattern: r"(\w{1000}){1000}".into() }.compile().is_err());
        assert!(Assertion::Contains { text: String::new() }.compile().is_err());
    }

    proptest! {
        #[test]
        fn no_words_and_no_body_panic(words in "\\PC{0,40}", body in proptest::collection::vec(any::<u8>(), 0..200)) {
            for assertion in [Assertion::json(&words).ok(), Some(Assertion::Matches { pattern: words.clone() }), Some(Assertion::Contains { text: words })] {
                if let Some(compiled) = assertion.and_then(|assertion| assertion.compile().ok()) {
                    let _ = compiled.evaluate(&body);
                }
            }
        }
    }
}
