//! What an assertion says, and its canonical text.

use std::fmt;
use std::ops::Range;

use serde_json_path::JsonPath;

use super::cursor::{is_bare_path, quote};
use super::kind::FactSet;
use super::literal::{Item, Literal};
use super::operator::{Comparison, Operator};
use super::pattern::Pattern;
use super::{FactKind, Type};

/// What has to hold. As deep as parentheses go, of which the parser takes few.
#[derive(Debug, Clone)]
pub(super) enum Expression {
    Test(Test),
    Not(Box<Expression>),
    All(Vec<Expression>),
    Any(Vec<Expression>),
}

/// One question about one fact.
#[derive(Debug, Clone)]
pub(super) struct Test {
    pub(super) subject: Subject,
    pub(super) predicate: Predicate,
}

/// What a test is about.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    pub(super) kind: FactKind,
    pub(super) part: Part,
    /// Whether it is about how long that is.
    pub(super) length: bool,
    /// Where it is written, in characters.
    pub(super) span: Range<usize>,
}

/// Which of several facts of a kind.
#[derive(Debug, Clone)]
pub(super) enum Part {
    Only,
    /// Of that name, in lower case.
    Header(String),
    Path {
        text: String,
        path: JsonPath,
    },
}

/// What is asked.
#[derive(Debug, Clone)]
pub(super) enum Predicate {
    Exists,
    Empty,
    NotEmpty,
    Compare(Comparison, Literal),
    In(Vec<Item>),
    /// With the pattern that finds the text.
    Contains(Literal, Pattern),
    StartsWith(String),
    EndsWith(String),
    Matches(Pattern),
}

impl Expression {
    /// Every part has to hold. Those that are such themselves become one with it.
    pub(super) fn all(parts: Vec<Self>) -> Self {
        let flat = |part| if let Self::All(inner) = part { inner } else { vec![part] };
        one_or(parts.into_iter().flat_map(flat).collect(), Self::All)
    }

    /// One of the parts has to hold. Those that are such themselves become one with it.
    pub(super) fn any(parts: Vec<Self>) -> Self {
        let flat = |part| if let Self::Any(inner) = part { inner } else { vec![part] };
        one_or(parts.into_iter().flat_map(flat).collect(), Self::Any)
    }

    /// The opposite.
    pub(super) fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    /// Every test in it, in order.
    pub(super) fn tests(&self) -> Vec<&Test> {
        match self {
            Self::Test(test) => vec![test],
            Self::Not(inner) => inner.tests(),
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::tests).collect(),
        }
    }

    /// The only test, when there is nothing else.
    pub(super) fn only_test(&self) -> Option<&Test> {
        if let Self::Test(test) = self { Some(test) } else { None }
    }

    pub(super) fn mentioned(&self) -> FactSet {
        let sets = self.tests().into_iter().map(|test| FactSet::only(test.subject.kind));
        sets.fold(FactSet::default(), FactSet::union)
    }
}

fn one_or(mut parts: Vec<Expression>, several: fn(Vec<Expression>) -> Expression) -> Expression {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        last => {
            parts.extend(last);
            several(parts)
        }
    }
}

impl Subject {
    /// The type of what is compared.
    pub(super) fn ty(&self) -> Type {
        if self.length { Type::Number } else { self.kind.ty() }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |f: &mut fmt::Formatter<'_>, parts: &[Self], word: &str| {
            for (index, part) in parts.iter().enumerate() {
                let between = if index == 0 { "" } else { word };
                // `and` binds closer than `or`, so that only an `or` within an `and` needs parentheses.
                match (self, part) {
                    (Self::All(_), Self::Any(_)) => write!(f, "{between}({part})")?,
                    _ => write!(f, "{between}{part}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::Test(test) => write!(f, "{} {}", test.subject, test.predicate),
            Self::Not(inner) => match &**inner {
                Self::Test(_) => write!(f, "not {inner}"),
                _ => write!(f, "not ({inner})"),
            },
            Self::All(parts) => joined(f, parts, " and "),
            Self::Any(parts) => joined(f, parts, " or "),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.word())?;
        match &self.part {
            Part::Only => {}
            Part::Header(name) => write!(f, " {}", quote(name))?,
            Part::Path { text, .. } if is_bare_path(text) => write!(f, " {text}")?,
            Part::Path { text, .. } => write!(f, " {}", quote(text))?,
        }
        f.write_str(if self.length { " length" } else { "" })
    }
}

impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists => write!(f, "{}", Operator::Exists),
            Self::Empty => write!(f, "{}", Operator::Empty),
            Self::NotEmpty => write!(f, "{}", Operator::NotEmpty),
            Self::Compare(comparison, literal) => write!(f, "{} {literal}", Operator::Compare(*comparison)),
            Self::In(items) => {
                let list = items.iter().map(Item::to_string).collect::<Vec<_>>().join(", ");
                // A bracket would be read as that of the list.
                let (open, close) = if list.starts_with('[') { ("(", ")") } else { ("", "") };
                write!(f, "{} {open}{list}{close}", Operator::In)
            }
            Self::Contains(literal, _) => write!(f, "{} {literal}", Operator::Contains),
            Self::StartsWith(text) => write!(f, "{} {}", Operator::StartsWith, quote(text)),
            Self::EndsWith(text) => write!(f, "{} {}", Operator::EndsWith, quote(text)),
            Self::Matches(pattern) => write!(f, "{} {pattern}", Operator::Matches),
        }
    }
}
