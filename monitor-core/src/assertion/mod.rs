//! What an answer has to satisfy, in one language for every check kind.
//!
//! A probe finds [`Facts`]; a monitor's [`Assertions`] say what they have to be: `status in 200..299`,
//! `json $.data[0].id == 7`, `latency < 800ms as degraded`. They are read and type-checked when the monitor is saved, a
//! wrong one is refused with a caret under the fault, and compiled ones are held against as many answers as there are.
//!
//! ```text
//! assertion = any [ "as" ( "down" | "degraded" ) ]
//! any       = all { "or" all }
//! all       = one { "and" one }
//! one       = "not" one | "(" any ")" | test
//! test      = subject [ "length" ] predicate
//! subject   = FACT | "latency" "p" | "header" TEXT | "json" PATH
//! predicate = [ "not" ] ( "exists" | "is" [ "not" ] "empty" | comparison VALUE | "in" list
//!           | ( "contains" | "starts with" | "ends with" ) VALUE | "matches" PATTERN )
//! comparison = "==" | "=" | "is" | "!=" | "is not" | "<" | "<=" | ">" | ">="
//! list      = items | "(" items ")" | "[" items "]"
//! items     = item { "," item }
//! item      = VALUE [ ".." VALUE ]
//! PATTERN   = "/" regular expression "/" { "i" | "m" | "s" } | TEXT in quotes
//! ```
//!
//! Every predicate is false of what is missing, except `!=`; `not` turns any of them around. The work is bounded: texts by
//! [`MAX_CHARS`], tests by [`MAX_TESTS`] and [`MAX_TESTS_IN_ALL`], patterns by their compiled size and an engine that runs
//! in time linear in what it searches, JSONPaths by how much they may select.

mod compiled;
pub(crate) mod cursor;
pub(crate) mod error;
mod expression;
mod facts;
mod holds;
mod json_path;
mod kind;
pub(crate) mod literal;
mod operand;
mod operator;
mod parser;
mod pattern;
mod seen;
mod value;
pub(crate) mod words;

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use compiled::{CompiledAssertions, Judgement};
pub use error::AssertionError;
pub use facts::Facts;
pub use kind::{FactKind, Type};
pub use value::Value;

use crate::code::ErrorCode;
use crate::http::MAX_LIST;
use kind::FactSet;

/// Longest text of an assertion, in characters.
pub const MAX_CHARS: usize = 1_000;

/// Most tests in one assertion.
pub const MAX_TESTS: usize = 16;

/// Most tests in all assertions of a monitor.
pub const MAX_TESTS_IN_ALL: usize = 64;

/// What it means that an assertion does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The check failed.
    Down,
    /// The target works, but not as well as it should.
    Degraded,
}

/// What became of one assertion.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AssertionResult {
    /// The assertion in its canonical text.
    pub assertion: String,
    /// Whether it held.
    pub passed: bool,
    /// What was seen instead, when it did not hold.
    pub seen: Option<String>,
}

/// One assertion in its canonical text, which says the same as what its owner wrote.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Assertion {
    text: String,
    severity: Severity,
    mentioned: FactSet,
}

impl Assertion {
    /// Reads an assertion. Words may be in any case and quotes of any kind.
    ///
    /// # Errors
    /// An [`AssertionError`] that points at what is wrong.
    pub fn parse(text: &str) -> Result<Self, AssertionError> {
        let parsed = parser::parse(text)?;
        let text = match parsed.severity {
            Severity::Down => parsed.expression.to_string(),
            Severity::Degraded => format!("{} as degraded", parsed.expression),
        };
        Ok(Self { text, severity: parsed.severity, mentioned: parsed.expression.mentioned() })
    }

    /// The canonical text; reading it gives the same assertion.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the assertion is about that fact, among others or alone.
    #[must_use]
    pub fn mentions(&self, fact: FactKind) -> bool {
        self.mentioned.contains(fact)
    }

    /// What it means when it does not hold.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.severity
    }
}

impl fmt::Display for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Assertion {
    type Err = AssertionError;

    fn from_str(text: &str) -> Result<Self, AssertionError> {
        Self::parse(text)
    }
}

impl Serialize for Assertion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Assertion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// The assertions of a monitor in the order of their owner, [`MAX_LIST`] at most.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Assertions(Vec<Assertion>);

impl Assertions {
    /// These assertions.
    ///
    /// # Errors
    /// [`ErrorCode::TooMuch`] for more than [`MAX_LIST`].
    pub fn new(assertions: Vec<Assertion>) -> Result<Self, AssertionError> {
        let assertions = Self(assertions);
        assertions.bounded().map(|()| assertions)
    }

    /// Adds one at the end.
    ///
    /// # Errors
    /// [`ErrorCode::TooMuch`] when there are [`MAX_LIST`] already.
    pub fn push(&mut self, assertion: Assertion) -> Result<(), AssertionError> {
        if self.0.len() >= MAX_LIST {
            return Err(too_many());
        }
        self.0.push(assertion);
        Ok(())
    }

    /// The assertions in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, Assertion> {
        self.0.iter()
    }

    /// Drops those for which `keep` is false.
    pub fn retain(&mut self, keep: impl FnMut(&Assertion) -> bool) {
        self.0.retain(keep);
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Prepares the assertions for many answers of a check that finds the facts `offered`. Of the `defaults`, written like
    /// assertions, those count that are about nothing that an assertion of the owner mentions.
    ///
    /// # Errors
    /// An [`AssertionError`] for a fact that the check does not find, and [`ErrorCode::TooMuch`].
    pub fn compile(
        &self,
        offered: &'static [FactKind],
        defaults: &[&str],
    ) -> Result<CompiledAssertions, AssertionError> {
        self.bounded()?;
        CompiledAssertions::new(&self.0, offered, defaults)
    }

    /// Also for lists that were read from where they are stored.
    fn bounded(&self) -> Result<(), AssertionError> {
        if self.0.len() > MAX_LIST { Err(too_many()) } else { Ok(()) }
    }
}

impl<'a> IntoIterator for &'a Assertions {
    type Item = &'a Assertion;
    type IntoIter = std::slice::Iter<'a, Assertion>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Reads a JSONPath within the bounds that hold for those of assertions: evaluating it takes a time that is bounded by what
/// it is evaluated on.
///
/// # Errors
/// An [`AssertionError`] of the path as a whole.
pub fn json_path(path: &str) -> Result<serde_json_path::JsonPath, AssertionError> {
    json_path::parse(path).map_err(|fault| AssertionError::whole(fault.code, fault.message))
}

fn too_many() -> AssertionError {
    AssertionError::whole(ErrorCode::TooMuch, format!("a monitor has at most {MAX_LIST} assertions"))
}
