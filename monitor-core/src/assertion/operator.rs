use std::fmt;

use super::cursor::{Cursor, is_sign};
use super::error::Fault;
use super::{FactKind, Type};

/// The words that operators begin with.
pub(super) const WORDS: [&str; 7] = ["contains", "matches", "exists", "starts", "ends", "is", "in"];

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What is asked of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Compare(Comparison),
    In,
    NotIn,
    Contains,
    StartsWith,
    EndsWith,
    Matches,
    Exists,
    Empty,
    NotEmpty,
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Compare(Comparison::Equal) => "==",
            Self::Compare(Comparison::NotEqual) => "!=",
            Self::Compare(Comparison::Less) => "<",
            Self::Compare(Comparison::LessOrEqual) => "<=",
            Self::Compare(Comparison::Greater) => ">",
            Self::Compare(Comparison::GreaterOrEqual) => ">=",
            Self::In => "in",
            Self::NotIn => "not in",
            Self::Contains => "contains",
            Self::StartsWith => "starts with",
            Self::EndsWith => "ends with",
            Self::Matches => "matches",
            Self::Exists => "exists",
            Self::Empty => "is empty",
            Self::NotEmpty => "is not empty",
        })
    }
}

impl Operator {
    const ALL: [Self; 15] = [
        Self::Compare(Comparison::Equal),
        Self::Compare(Comparison::NotEqual),
        Self::Compare(Comparison::Less),
        Self::Compare(Comparison::LessOrEqual),
        Self::Compare(Comparison::Greater),
        Self::Compare(Comparison::GreaterOrEqual),
        Self::In,
        Self::NotIn,
        Self::Contains,
        Self::StartsWith,
        Self::EndsWith,
        Self::Matches,
        Self::Exists,
        Self::Empty,
        Self::NotEmpty,
    ];

    /// Reads an operator. `None` when there is none: the next characters are then still to be read.
    pub(super) fn read(cursor: &mut Cursor) -> Result<Option<Self>, Fault> {
        if cursor.next_visible().is_some_and(is_sign) {
            return Self::sign(cursor).map(Some);
        }
        if cursor.keyword("is") {
            let not = cursor.keyword("not");
            return Ok(Some(match () {
                () if cursor.keyword("empty") => {
                    if not {
                        Self::NotEmpty
                    } else {
                        Self::Empty
                    }
                }
                () if cursor.keyword("in") => {
                    if not {
                        Self::NotIn
                    } else {
                        Self::In
                    }
                }
                () if not => Self::Compare(Comparison::NotEqual),
                () => Self::Compare(Comparison::Equal),
            }));
        }
        let one =
            [("in", Self::In), ("contains", Self::Contains), ("matches", Self::Matches), ("exists", Self::Exists)];
        if let Some((_, operator)) = one.into_iter().find(|(word, _)| cursor.keyword(word)) {
            return Ok(Some(operator));
        }
        for (word, operator) in [("starts", Self::StartsWith), ("ends", Self::EndsWith)] {
            if cursor.keyword(word) {
                return match cursor.keyword("with") {
                    true => Ok(Some(operator)),
                    false => Err(Fault::new(cursor.next_span(), format!("write `{operator}`"))),
                };
            }
        }
        Ok(None)
    }

    /// Whether it is a word that an operator begins with.
    pub(super) fn begins_with(word: &str) -> bool {
        WORDS.into_iter().chain(["not", "length"]).any(|known| known.eq_ignore_ascii_case(word))
    }

    fn sign(cursor: &mut Cursor) -> Result<Self, Fault> {
        let span = cursor.run(is_sign);
        let sign = cursor.text(span.clone());
        let comparison = match sign.as_str() {
            "=" | "==" => Comparison::Equal,
            "!=" | "≠" => Comparison::NotEqual,
            "<" => Comparison::Less,
            "<=" | "≤" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" | "≥" => Comparison::GreaterOrEqual,
            _ => return Err(Fault::new(span, format!("I don't know `{sign}`; use ==, !=, <, <=, > or >="))),
        };
        Ok(Self::Compare(comparison))
    }

    /// Whether it can be asked of a fact, or of its length.
    pub(super) fn suits(self, kind: FactKind, length: bool) -> bool {
        let ty = if length { Type::Number } else { kind.ty() };
        match self {
            Self::Compare(Comparison::Equal | Comparison::NotEqual) => true,
            Self::Compare(_) => {
                matches!(ty, Type::Number | Type::Duration | Type::Size | Type::Json) || kind.may_be_number()
            }
            Self::In | Self::NotIn => ty != Type::Bool,
            Self::Exists => !length,
            Self::Contains | Self::StartsWith | Self::EndsWith | Self::Matches | Self::Empty | Self::NotEmpty => {
                matches!(ty, Type::Text | Type::Texts | Type::Json)
            }
        }
    }

    /// What can be asked of a fact, for a message: `==, != or in`.
    pub(super) fn suiting(kind: FactKind, length: bool) -> String {
        let suiting = Self::ALL.into_iter().filter(|operator| *operator != Self::NotIn && operator.suits(kind, length));
        let words: Vec<String> = suiting.map(|operator| operator.to_string()).collect();
        match words.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => String::new(),
        }
    }
}
