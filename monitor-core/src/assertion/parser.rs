//! Reads assertions. Each rule of the grammar is a method; only parentheses make it recurse, and of these few are taken.

use super::cursor::Cursor;
use super::error::{AssertionError, Fault};
use super::expression::{Expression, Part, Predicate, Subject, Test};
use super::literal::Literal;
use super::operator::{Comparison, Operator, WORDS};
use super::words::nearest;
use super::{FactKind, MAX_CHARS, MAX_TESTS, Severity, Type, Value, json_path};
use crate::code::ErrorCode;
use crate::http::shorten;

/// Most parentheses within each other.
const MAX_DEPTH: usize = 16;

/// An assertion as read.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) expression: Expression,
    pub(super) severity: Severity,
}

/// Reads an assertion.
///
/// # Errors
/// The first fault.
pub(super) fn parse(text: &str) -> Result<Parsed, AssertionError> {
    let length = text.chars().take(MAX_CHARS + 1).count();
    let parsed = match length {
        0..=MAX_CHARS => Parser { cursor: Cursor::new(text), depth: 0, tests: 0 }.assertion(),
        _ => Err(too_long(length - 1)),
    };
    parsed.map_err(|fault| fault.within(text))
}

fn too_long(at: usize) -> Fault {
    let message = format!("an assertion may have {MAX_CHARS} characters at most; say it in several");
    Fault::coded(ErrorCode::TooMuch, at..at + 1, message)
}

/// Where the reading is.
pub(super) struct Parser {
    pub(super) cursor: Cursor,
    depth: usize,
    tests: usize,
}

impl Parser {
    fn assertion(mut self) -> Result<Parsed, Fault> {
        let expression = self.any()?;
        let severity = if self.cursor.keyword("as") { self.severity()? } else { Severity::Down };
        if self.cursor.next_visible().is_some() {
            return Err(self.unexpected());
        }
        // Written out with quotes and spaces it may be longer, and has to be readable still.
        if expression.to_string().chars().count() + " as degraded".len() > MAX_CHARS {
            return Err(too_long(0));
        }
        Ok(Parsed { expression, severity })
    }

    fn severity(&mut self) -> Result<Severity, Fault> {
        let known = [("down", Severity::Down), ("degraded", Severity::Degraded)];
        let found = known.into_iter().find(|(word, _)| self.cursor.keyword(word));
        let severity = found.map(|(_, severity)| severity);
        severity.ok_or_else(|| Fault::new(self.cursor.next_span(), "write `as down` or `as degraded`"))
    }

    /// What can stand after a complete assertion, but does not.
    fn unexpected(&mut self) -> Fault {
        let span = self.cursor.next_span();
        let message = match self.cursor.peek() {
            Some(')') => "no parenthesis is open here",
            Some(',') => "only `in` takes several values: write it like status in 200, 301",
            _ if self.cursor.keyword("and") || self.cursor.keyword("or") => {
                "`as down` and `as degraded` stand at the end"
            }
            _ => "expected `and`, `or` or the end here; a text of several words needs quotes",
        };
        Fault::new(span, message)
    }

    fn any(&mut self) -> Result<Expression, Fault> {
        let mut parts = vec![self.all()?];
        while self.cursor.keyword("or") {
            parts.push(self.all()?);
        }
        Ok(Expression::any(parts))
    }

    fn all(&mut self) -> Result<Expression, Fault> {
        let mut parts = vec![self.one()?];
        while self.cursor.keyword("and") {
            parts.push(self.one()?);
        }
        Ok(Expression::all(parts))
    }

    fn one(&mut self) -> Result<Expression, Fault> {
        let mut negated = false;
        while self.cursor.keyword("not") {
            negated = !negated;
        }
        let inner = if self.cursor.eat('(') { self.parenthesized(self.cursor.at() - 1)? } else { self.test()? };
        Ok(if negated { inner.negated() } else { inner })
    }

    fn parenthesized(&mut self, open: usize) -> Result<Expression, Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let message = format!("at most {MAX_DEPTH} parentheses can be within each other");
            return Err(Fault::coded(ErrorCode::TooMuch, open..open + 1, message));
        }
        let inner = self.any()?;
        self.depth -= 1;
        match self.cursor.next_visible() {
            Some(')') => self.cursor.eat(')'),
            None => return Err(Fault::new(open..open + 1, "this parenthesis is never closed")),
            Some(_) if self.cursor.keyword("as") => {
                return Err(Fault::new(
                    self.cursor.at() - 2..self.cursor.at(),
                    "`as …` stands at the end, outside of parentheses",
                ));
            }
            Some(_) => return Err(self.unexpected()),
        };
        Ok(inner)
    }

    fn test(&mut self) -> Result<Expression, Fault> {
        self.tests += 1;
        let mut subject = self.subject()?;
        if self.tests > MAX_TESTS {
            let message = format!("an assertion may have {MAX_TESTS} tests at most; say it in several");
            return Err(Fault::coded(ErrorCode::TooMuch, subject.span, message));
        }
        let after = self.cursor.next_span();
        if self.cursor.keyword("length") {
            if !matches!(subject.kind.ty(), Type::Text | Type::Texts | Type::Json) {
                return Err(Fault::new(
                    after,
                    format!("`{}` is {}, which has no length", subject.kind.word(), subject.kind.ty()),
                ));
            }
            subject.length = true;
        }
        self.predicate(subject)
    }

    fn subject(&mut self) -> Result<Subject, Fault> {
        let start = self.cursor.next_span();
        let word = self.cursor.text(start.clone());
        let Some(kind) = FactKind::from_word(&word) else {
            return Err(Fault::new(start, unknown_fact(&word)));
        };
        self.cursor.go_to(start.end);
        let part = match kind {
            FactKind::Header => self.header()?,
            FactKind::Json => self.path()?,
            FactKind::Latency => {
                // "Of this probe", as opposed to a percentile of many.
                self.cursor.keyword("p");
                Part::Only
            }
            _ => Part::Only,
        };
        let text = self.cursor.text(start.start..self.cursor.at());
        let end = start.start + text.trim_end().chars().count();
        Ok(Subject { kind, part, length: false, span: start.start..end })
    }

    fn header(&mut self) -> Result<Part, Fault> {
        self.cursor.next_visible();
        let start = self.cursor.at();
        let quoted = self.cursor.at_quote();
        let name = match quoted {
            true => self.cursor.quoted()?,
            false => {
                let span = self.cursor.run(is_token);
                self.cursor.text(span)
            }
        };
        if name.is_empty() || !name.chars().all(is_token) || !quoted && Operator::begins_with(&name) {
            let end = self.cursor.at().max(start + 1);
            return Err(Fault::new(start..end, "name a header here, like header \"content-type\""));
        }
        Ok(Part::Header(name.to_ascii_lowercase()))
    }

    fn path(&mut self) -> Result<Part, Fault> {
        self.cursor.next_visible();
        let start = self.cursor.at();
        let (mut text, offset) = match self.cursor.at_quote() {
            true => (self.cursor.quoted()?, 1),
            false => {
                let span = self.cursor.path();
                (self.cursor.text(span), 0)
            }
        };
        // Phones make these of what the path's syntax wants to be straight.
        if !text.contains(['\'', '"']) {
            text = text.replace(['‘', '’'], "'").replace(['“', '”'], "\"");
        }
        let text = text.trim().to_owned();
        let path = json_path::parse(&text).map_err(|fault| {
            let from = start + if fault.position == 0 { 0 } else { fault.position + offset };
            Fault::coded(fault.code, from..self.cursor.at().max(from + 1), fault.message)
        })?;
        Ok(Part::Path { text, path })
    }

    fn predicate(&mut self, subject: Subject) -> Result<Expression, Fault> {
        self.cursor.next_visible();
        let start = self.cursor.at();
        let not = self.cursor.keyword("not");
        let Some(operator) = Operator::read(&mut self.cursor)? else {
            return match implied(&subject).filter(|_| !not && self.at_end_of_test()) {
                Some(predicate) => Ok(Expression::Test(Test { subject, predicate })),
                None => Err(self.no_operator(&subject)),
            };
        };
        let span = start..self.cursor.at();
        if !operator.suits(subject.kind, subject.length) {
            return Err(Fault::new(span, unsuitable(&subject)));
        }
        let (predicate, negated) = self.operand(operator, &subject)?;
        let test = Expression::Test(Test { subject, predicate });
        Ok(if not != negated { test.negated() } else { test })
    }

    /// Whether nothing more can belong to the test.
    fn at_end_of_test(&mut self) -> bool {
        let start = self.cursor.at();
        let end = matches!(self.cursor.next_visible(), None | Some(')'))
            || ["and", "or", "as"].into_iter().any(|word| self.cursor.keyword(word));
        self.cursor.go_to(start);
        end
    }

    fn no_operator(&mut self, subject: &Subject) -> Fault {
        let span = self.cursor.next_span();
        let word = self.cursor.text(span.clone()).to_lowercase();
        let message = match nearest(&word, WORDS.into_iter().chain(["length"])) {
            Some(near) => format!("I don't know `{word}`; did you mean `{near}`?"),
            None => format!("expected {} here", Operator::suiting(subject.kind, subject.length)),
        };
        Fault::new(span, message)
    }
}

/// What a fact without any operator asks.
fn implied(subject: &Subject) -> Option<Predicate> {
    match (subject.length, subject.kind.ty()) {
        (false, Type::Bool) => Some(Predicate::Compare(Comparison::Equal, Literal(Value::Bool(true)))),
        (false, Type::Json) => Some(Predicate::Exists),
        _ => None,
    }
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.#$%&*+^`|~".contains(c)
}

fn unknown_fact(word: &str) -> String {
    let begins = "an assertion begins with what is checked, like status, latency or body";
    let near = nearest(&word.to_lowercase(), FactKind::ALL.iter().map(|kind| kind.word()));
    match near {
        Some(near) => format!("`{}` is nothing that can be checked; did you mean `{near}`?", shorten(word, 40)),
        None if word.is_empty() => begins.to_owned(),
        None => format!("`{}` is nothing that can be checked; {begins}", shorten(word, 40)),
    }
}

fn unsuitable(subject: &Subject) -> String {
    let what = if subject.length { "a length".to_owned() } else { format!("`{}`", subject.kind.word()) };
    let suiting = Operator::suiting(subject.kind, subject.length);
    format!("{what} is {}; use {suiting}", subject.ty())
}
