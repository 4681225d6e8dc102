//! Reads what operators are asked with: values, lists of them, patterns.

use std::cmp::Ordering;
use std::ops::Range;

use super::cursor::RESERVED;
use super::error::Fault;
use super::expression::{Predicate, Subject};
use super::literal::{self, Item, Literal, Written};
use super::operator::{Comparison, Operator};
use super::parser::Parser;
use super::pattern::{FLAGS, Pattern};
use super::{FactKind, Type, Value};
use crate::code::ErrorCode;
use crate::http::{MAX_LIST, shorten};

impl Parser {
    /// What an operator is asked with, and whether the opposite is meant.
    pub(super) fn operand(&mut self, operator: Operator, subject: &Subject) -> Result<(Predicate, bool), Fault> {
        let predicate = match operator {
            Operator::Exists => Predicate::Exists,
            Operator::Empty => Predicate::Empty,
            Operator::NotEmpty => Predicate::NotEmpty,
            Operator::In => Predicate::In(self.list(subject)?),
            Operator::NotIn => return Ok((Predicate::In(self.list(subject)?), true)),
            Operator::Compare(comparison) => return self.compared(comparison, subject),
            Operator::Contains => self.contained(subject.kind.ty())?,
            Operator::StartsWith => Predicate::StartsWith(self.wanted_text(Type::Text)?.0.text),
            Operator::EndsWith => Predicate::EndsWith(self.wanted_text(Type::Text)?.0.text),
            Operator::Matches => Predicate::Matches(self.pattern()?),
        };
        Ok((predicate, false))
    }

    /// What a comparison compares with. Being equal to a range is to be in it.
    fn compared(&mut self, comparison: Comparison, subject: &Subject) -> Result<(Predicate, bool), Fault> {
        self.cursor.next_visible();
        let start = self.cursor.at();
        let item = self.item(subject, None)?;
        let span = start..self.cursor.at();
        let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        if equality {
            sensible(&item, subject, span.clone())?;
        }
        match (&item.to, &item.from.0) {
            (Some(_), _) if equality => return Ok((Predicate::In(vec![item]), comparison == Comparison::NotEqual)),
            (Some(_), _) => return Err(Fault::new(span, "only `in` takes a range: write it like status in 200..299")),
            (None, Value::Text(_)) | (None, Value::Json(_)) if !equality && !is_number(&item.from) => {
                return Err(Fault::new(span, "only numbers can be larger or smaller; expected one here"));
            }
            (None, _) => {}
        }
        Ok((Predicate::Compare(comparison, item.from), false))
    }

    fn list(&mut self, subject: &Subject) -> Result<Vec<Item>, Fault> {
        let open = self.cursor.next_visible();
        let closing = match open {
            Some('(') => Some(')'),
            Some('[') => Some(']'),
            _ => None,
        };
        let opened = self.cursor.at();
        self.cursor.go_to(opened + usize::from(closing.is_some()));
        let mut items = Vec::new();
        loop {
            self.cursor.next_visible();
            let start = self.cursor.at();
            let item = self.item(subject, closing)?;
            let span = start..self.cursor.at();
            sensible(&item, subject, span.clone())?;
            items.push(item);
            if items.len() > MAX_LIST {
                let message = format!("a list may have {MAX_LIST} values at most");
                return Err(Fault::coded(ErrorCode::TooMuch, span, message));
            }
            if !self.cursor.eat(',') {
                break;
            }
        }
        match closing {
            Some(closing) if !self.cursor.eat(closing) => match self.cursor.next_visible() {
                None => Err(Fault::new(opened..opened + 1, "this list is never closed")),
                Some(_) => Err(Fault::new(self.cursor.next_span(), format!("expected `,` or `{closing}` here"))),
            },
            _ => Ok(items),
        }
    }

    fn item(&mut self, subject: &Subject, closing: Option<char>) -> Result<Item, Fault> {
        let ty = subject.ty();
        let start = self.cursor.at();
        let (written, span) = self.written(ty, subject.kind, closing)?;
        if subject.kind == FactKind::Status
            && let Some(class) = status_class(&written.text)
        {
            return Ok(class);
        }
        let typed = |written: &Written, span| {
            literal::typed(written, ty, subject.kind).map_err(|message| Fault::new(span, message))
        };
        let from = typed(&written, span)?;
        let ordered = !matches!(from.0, Value::Text(_) | Value::Bool(_)) && (ty != Type::Json || is_number(&from));
        if !ordered || !self.cursor.range_sign() {
            return Ok(Item { from, to: None });
        }
        let (written, span) = self.written(ty, subject.kind, closing)?;
        let to = typed(&written, span.clone())?;
        match from.compare(&to) {
            Some(Ordering::Greater) => {
                Err(Fault::new(start..self.cursor.at(), "this range runs backwards; put the smaller end first"))
            }
            Some(_) => Ok(Item { from, to: Some(to) }),
            None => Err(Fault::new(span, format!("`{}` is not a number", written.text))),
        }
    }

    /// A value as written, with the unit that may stand behind it.
    fn written(&mut self, ty: Type, kind: FactKind, closing: Option<char>) -> Result<(Written, Range<usize>), Fault> {
        let first = self.cursor.next_visible();
        let start = self.cursor.at();
        if self.cursor.at_quote() {
            return Ok((Written { text: self.cursor.quoted()?, quoted: true }, start..self.cursor.at()));
        }
        if ty == Type::Json && matches!(first, Some('{' | '[')) {
            return self.json();
        }
        let numeric = !matches!(ty, Type::Text | Type::Texts | Type::Json);
        let number_first = first.is_some_and(|c| c.is_ascii_digit() || c == '-');
        let ranges = numeric || number_first && (ty == Type::Json || kind.may_be_number());
        let span = self.cursor.bare(ranges, numeric, closing);
        let mut text = self.cursor.text(span.clone());
        if text.is_empty() || RESERVED.iter().any(|word| word.eq_ignore_ascii_case(&text)) {
            return Err(self.missing_value(ty, &text, start));
        }
        if literal::takes_units(ty, kind) && literal::number(&text).is_some() {
            self.unit();
            text = self.cursor.text(start..self.cursor.at());
        }
        Ok((Written { text, quoted: false }, start..self.cursor.at()))
    }

    fn missing_value(&mut self, ty: Type, word: &str, start: usize) -> Fault {
        self.cursor.go_to(start);
        let hint = match (word, ty) {
            ("", _) | (_, Type::Number | Type::Duration | Type::Size | Type::Bool) => String::new(),
            _ => format!("; if you mean the text, write \"{word}\""),
        };
        Fault::new(self.cursor.next_span(), format!("expected {ty} here{hint}").replace("a list of texts", "a text"))
    }

    /// Goes past the unit behind a number, if the next word is none that goes on with the assertion.
    fn unit(&mut self) {
        let start = self.cursor.at();
        self.cursor.next_visible();
        let span = self.cursor.run(|c| c.is_alphabetic() || c == '%');
        let unit = self.cursor.text(span);
        if unit.is_empty() || RESERVED.iter().any(|word| word.eq_ignore_ascii_case(&unit)) {
            self.cursor.go_to(start);
        }
    }

    /// An object or an array, up to its end.
    fn json(&mut self) -> Result<(Written, Range<usize>), Fault> {
        let (start, rest) = (self.cursor.at(), self.cursor.rest());
        let mut values = serde_json::Deserializer::from_str(&rest).into_iter::<serde_json::Value>();
        match values.next() {
            Some(Ok(value)) => {
                let length = rest.get(..values.byte_offset()).unwrap_or(&rest).chars().count();
                self.cursor.go_to(start + length);
                Ok((Written { text: value.to_string(), quoted: false }, start..start + length))
            }
            _ => Err(Fault::new(start..start + 1, "this is not JSON; texts in it need straight double quotes")),
        }
    }

    fn contained(&mut self, ty: Type) -> Result<Predicate, Fault> {
        let (written, span) = self.wanted_text(ty)?;
        let refused = |why| Fault::new(span.clone(), why);
        let literal = match ty {
            Type::Json => literal::typed(&written, ty, FactKind::Json).map_err(refused)?,
            _ => Literal(Value::Text(written.text.clone())),
        };
        Ok(Predicate::Contains(literal, Pattern::literal(&written.text).map_err(refused)?))
    }

    /// A text that is looked for. It may not be empty, since that is in every text.
    fn wanted_text(&mut self, ty: Type) -> Result<(Written, Range<usize>), Fault> {
        let (written, span) = match (self.cursor.next_visible(), ty) {
            (Some('{' | '['), Type::Json) => self.json()?,
            // Of a kind that is never a number, so that what looks like one stays as it is.
            _ => self.written(Type::Text, FactKind::Banner, None)?,
        };
        match written.text.is_empty() {
            true => Err(Fault::coded(ErrorCode::MissingValue, span, "say which text; an empty one is in every text")),
            false => Ok((written, span)),
        }
    }

    fn pattern(&mut self) -> Result<Pattern, Fault> {
        let first = self.cursor.next_visible();
        let start = self.cursor.at();
        let (pattern, flags) = match first {
            Some('/') => {
                let pattern = self.cursor.slashed()?;
                let flags = self.cursor.run(|c| c.is_alphanumeric());
                if self.cursor.text(flags.clone()).contains(|flag| !FLAGS.contains(flag)) {
                    let message = "only the flags i, m and s can stand here; write slashes within a pattern as \\/";
                    return Err(Fault::new(flags, message));
                }
                (pattern, self.cursor.text(flags))
            }
            _ if self.cursor.at_quote() => (self.cursor.quoted()?, String::new()),
            _ => return Err(Fault::new(self.cursor.next_span(), "write the pattern between slashes, like /^v\\d+/i")),
        };
        let span = start..self.cursor.at();
        if pattern.is_empty() {
            return Err(Fault::coded(
                ErrorCode::MissingValue,
                span,
                "say which pattern; an empty one matches everything",
            ));
        }
        Pattern::new(&pattern, &flags).map_err(|why| {
            let message = format!("the pattern `{}` does not work: {why}", shorten(&pattern, 80));
            Fault::coded(ErrorCode::InvalidPattern, span, message)
        })
    }
}

/// The statuses that `2xx` stands for.
fn status_class(text: &str) -> Option<Item> {
    let class = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX"))?;
    let hundred = literal::number(class).filter(|_| class.len() == 1)? * 100.0;
    let bound = |status: f64| Literal(Value::Number(status));
    Some(Item { from: bound(hundred), to: Some(bound(hundred + 99.0)) })
}

/// Refuses statuses that no answer has, which would fail for ever.
fn sensible(item: &Item, subject: &Subject, span: Range<usize>) -> Result<(), Fault> {
    let is_status = |literal: &Literal| match literal.0 {
        Value::Number(status) => (100.0..=599.0).contains(&status) && status.fract() == 0.0,
        _ => true,
    };
    match subject.kind {
        FactKind::Status if !(is_status(&item.from) && item.to.as_ref().is_none_or(is_status)) => {
            Err(Fault::new(span, "a status is a number from 100 to 599"))
        }
        _ => Ok(()),
    }
}

fn is_number(literal: &Literal) -> bool {
    matches!(&literal.0, Value::Number(_) | Value::Json(serde_json::Value::Number(_)))
}
