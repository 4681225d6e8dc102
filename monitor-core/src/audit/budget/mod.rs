//! Limits that a page has to keep.
//!
//! ```text
//! budgets = budget { ( "," | "and" ) budget }
//! budget  = FIGURE comparison VALUE
//! comparison = "<" | "<=" | ">" | ">="
//! ```
//!
//! A [`Figure`] is a score, a metric, or bytes or requests of a type. Scores have a least value, all else has a most one: the
//! other way round nothing would be kept within bounds, so it is refused.

mod parser;

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::figure::{Figure, Unit, whole};
use super::summary::Summary;
use crate::assertion::AssertionError;
use crate::assertion::literal::size_text;
use crate::duration;

/// Most budgets of one audit.
pub const MAX_BUDGETS: usize = 20;

/// A limit that a page has to keep, such as `lcp < 2.5s`, `performance >= 90` or `size < 1MB`. It is stored as its text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    figure: Figure,
    /// Whether the limit itself is within.
    inclusive: bool,
    limit: f64,
}

/// Whether a budget was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was.
    Kept,
    /// It was not.
    Broken,
    /// The audit did not find the figure out.
    Unknown,
}

/// A budget that was not kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Breach {
    /// The budget.
    pub budget: Budget,
    /// What it expects, such as `less than 2.5 s`.
    pub expected: String,
    /// What was seen, such as `4.5 s`.
    pub seen: String,
}

/// Reads budgets with commas or `and` between them, [`MAX_BUDGETS`] at most.
///
/// # Errors
/// An [`AssertionError`] that points at what is wrong and says what is expected.
pub fn parse(text: &str) -> Result<Vec<Budget>, AssertionError> {
    parser::parse(text)
}

/// The budgets that a page did not keep, in their order. One whose figure was not found out is not among them.
#[must_use]
pub fn breaches(budgets: &[Budget], summary: &Summary) -> Vec<Breach> {
    budgets.iter().filter_map(|budget| budget.breach(summary)).collect()
}

impl Budget {
    /// The figure that it is about.
    #[must_use]
    pub fn figure(&self) -> Figure {
        self.figure
    }

    /// The limit, in the figure's unit: points, milliseconds, bytes or a number.
    #[must_use]
    pub fn limit(&self) -> f64 {
        self.limit
    }

    /// Whether a page kept it.
    #[must_use]
    pub fn judge(&self, summary: &Summary) -> Verdict {
        match self.figure.of(summary) {
            None => Verdict::Unknown,
            Some(value) if self.holds(value) => Verdict::Kept,
            Some(_) => Verdict::Broken,
        }
    }

    /// What it expects, such as `less than 2.5 s` or `90 or more`.
    #[must_use]
    pub fn expected(&self) -> String {
        let limit = self.figure.unit().text(self.limit);
        match (self.figure.more_is_better(), self.inclusive) {
            (true, true) => format!("{limit} or more"),
            (true, false) => format!("more than {limit}"),
            (false, true) => format!("{limit} at most"),
            (false, false) => format!("less than {limit}"),
        }
    }

    fn breach(&self, summary: &Summary) -> Option<Breach> {
        let value = self.figure.of(summary).filter(|value| !self.holds(*value))?;
        let seen = self.figure.unit().text_unlike(value, self.limit);
        Some(Breach { budget: *self, expected: self.expected(), seen })
    }

    fn holds(&self, value: f64) -> bool {
        let beyond = if self.figure.more_is_better() { value > self.limit } else { value < self.limit };
        beyond || self.inclusive && value == self.limit
    }

    fn sign(&self) -> &'static str {
        match (self.figure.more_is_better(), self.inclusive) {
            (true, true) => ">=",
            (true, false) => ">",
            (false, true) => "<=",
            (false, false) => "<",
        }
    }
}

/// The canonical text; reading it gives the same budget.
impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.figure, self.sign())?;
        match self.figure.unit() {
            Unit::Score | Unit::Count | Unit::Shift => write!(f, "{}", self.limit),
            Unit::Time => f.write_str(&duration::format(std::time::Duration::from_micros(whole(self.limit * 1e3)))),
            Unit::Bytes => f.write_str(&size_text(whole(self.limit))),
        }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}, but the budget is {}", self.budget.figure.title(), self.seen, self.expected)
    }
}

impl FromStr for Budget {
    type Err = AssertionError;

    fn from_str(text: &str) -> Result<Self, AssertionError> {
        parser::parse_one(text)
    }
}

impl Serialize for Budget {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Budget {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
