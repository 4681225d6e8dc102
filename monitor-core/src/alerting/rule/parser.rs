//! Reads conditions. Each rule of the grammar is a method; only parentheses make it recurse, and of these few are taken.

use std::ops::Range;
use std::time::Duration;

use super::condition::{Condition, Expression, Hold};
use super::test::{Beat, Comparison, Ending, Limit, Test, Volume};
use crate::assertion::AssertionError;
use crate::assertion::cursor::{Cursor, is_sign};
use crate::assertion::error::Fault;
use crate::assertion::literal::{number, size, time};
use crate::assertion::words::nearest;
use crate::code::ErrorCode;
use crate::health::MAX_VOTES;
use crate::http::shorten;

/// Longest text of a condition, in characters.
const MAX_CHARS: usize = 500;

/// Most tests in one condition.
const MAX_TESTS: usize = 8;

/// Most parentheses within each other.
const MAX_DEPTH: usize = 8;

/// Most checks that it may have to hold for.
const MAX_CHECKS: u16 = 1_000;

/// A day: the longest window that is read at every look.
const LONGEST_WINDOW: Duration = Duration::from_secs(86_400);

/// Words that a value ends before.
const ENDING: [&str; 5] = ["and", "or", "not", "for", "of"];

const TESTS: [&str; 12] = [
    "down",
    "degraded",
    "recovered",
    "heartbeat",
    "latency",
    "p95",
    "p99",
    "error",
    "bytes",
    "requests",
    "certificate.days",
    "domain.days",
];

/// Reads a condition.
///
/// # Errors
/// The first fault, pointed at.
pub(super) fn parse(text: &str) -> Result<Condition, AssertionError> {
    let length = text.chars().take(MAX_CHARS + 1).count();
    let parsed = match length {
        0..=MAX_CHARS => Parser { cursor: Cursor::new(text), depth: 0, tests: 0 }.condition(),
        _ => Err(too_long(length - 1)),
    };
    parsed.map_err(|fault| fault.within(text))
}

/// Whether a text begins like a condition.
pub(super) fn is_begun_by(text: &str) -> bool {
    let mut cursor = Cursor::new(text);
    let begun = cursor.next_visible() == Some('(');
    let span = cursor.next_span();
    let word = cursor.text(span).to_lowercase();
    begun || word == "not" || TESTS.contains(&word.as_str()) || percentile(&word).is_some()
}

fn too_long(at: usize) -> Fault {
    let message = format!("a condition may have {MAX_CHARS} characters at most; make several rules");
    Fault::coded(ErrorCode::TooMuch, at..at + 1, message)
}

fn wrong(span: Range<usize>, message: impl Into<String>) -> Fault {
    Fault::coded(ErrorCode::InvalidCondition, span, message)
}

struct Parser {
    cursor: Cursor,
    depth: usize,
    tests: usize,
}

impl Parser {
    fn condition(mut self) -> Result<Condition, Fault> {
        let expression = self.any()?;
        let hold = if self.cursor.keyword("for") { Some(self.hold(&expression)?) } else { None };
        if self.cursor.next_visible().is_some() {
            return Err(self.unexpected());
        }
        let condition = Condition { expression, hold };
        // Written out with spaces it may be longer, and has to be readable still.
        if condition.to_string().chars().count() > MAX_CHARS { Err(too_long(0)) } else { Ok(condition) }
    }

    /// What can stand after a complete condition, but does not.
    fn unexpected(&mut self) -> Fault {
        let span = self.cursor.next_span();
        let message = match self.cursor.peek() {
            Some(')') => "no parenthesis is open here",
            _ if self.cursor.keyword("and") || self.cursor.keyword("or") => "`for …` stands at the end",
            _ if self.cursor.keyword("for") => "how long it has to hold can be said once",
            _ => "expected `and`, `or`, `for` or the end here",
        };
        wrong(span, message)
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
            None => return Err(wrong(open..open + 1, "this parenthesis is never closed")),
            Some(_) => {
                let span = self.cursor.next_span();
                return Err(match self.cursor.keyword("for") {
                    true => wrong(span, "`for …` stands at the end, outside of parentheses"),
                    false => self.unexpected(),
                });
            }
        };
        Ok(inner)
    }

    fn test(&mut self) -> Result<Expression, Fault> {
        self.tests += 1;
        let span = self.cursor.next_span();
        if self.tests > MAX_TESTS {
            let message = format!("a condition may have {MAX_TESTS} tests at most; make several rules");
            return Err(Fault::coded(ErrorCode::TooMuch, span, message));
        }
        let word = self.cursor.text(span.clone()).to_lowercase();
        self.cursor.go_to(span.end);
        let test = match word.as_str() {
            "down" => Test::Down,
            "degraded" => Test::Degraded,
            "recovered" => Test::Recovered,
            "heartbeat" => Test::Heartbeat(self.beat()?),
            "latency" | "mean" => self.latency(None, &word)?,
            "error" => {
                self.expect("rate", "write `error rate over 10m > 5%`")?;
                self.error_rate()?
            }
            "bytes" => self.volume(Volume::Bytes)?,
            "requests" => self.volume(Volume::Requests)?,
            "certificate.days" => self.days(Ending::Certificate)?,
            "domain.days" => self.days(Ending::Domain)?,
            _ => match (percentile(&word), word.parse::<u8>()) {
                (Some(percentile), _) => self.latency(Some(percentile), &word)?,
                (None, Ok(needed)) => self.votes(needed, span)?,
                _ => return Err(wrong(span, unknown(&word))),
            },
        };
        Ok(Expression::Test(test))
    }

    fn beat(&mut self) -> Result<Beat, Fault> {
        let expected = "write `heartbeat missed`, `heartbeat failed` or `heartbeat too long`";
        let found = Beat::ALL.into_iter().find(|beat| {
            let (first, second) = beat.word().split_once(' ').unwrap_or((beat.word(), ""));
            self.cursor.keyword(first) && (second.is_empty() || self.cursor.keyword(second))
        });
        found.ok_or_else(|| wrong(self.cursor.next_span(), expected))
    }

    fn votes(&mut self, needed: u8, span: Range<usize>) -> Result<Test, Fault> {
        const HOW: &str = "write it like `2 of 3 checks failed`";
        self.expect("of", HOW)?;
        let total = self.cursor.next_span();
        let of = self.cursor.text(total.clone()).parse::<u8>().map_err(|_| wrong(total.clone(), HOW))?;
        self.cursor.go_to(total.end);
        if !(1..=MAX_VOTES).contains(&of) {
            return Err(wrong(total, format!("from 1 to {MAX_VOTES} checks can be looked at")));
        }
        if !(1..=of).contains(&needed) {
            return Err(wrong(span, format!("of {of} checks, 1 to {of} can be asked for")));
        }
        if !self.cursor.keyword("check") {
            self.expect("checks", HOW)?;
        }
        let slow = self.cursor.keyword("slow");
        if !slow {
            self.expect("failed", "write `failed` or `slow` here")?;
        }
        Ok(Test::Votes { needed, of, slow })
    }

    fn latency(&mut self, percentile: Option<u8>, word: &str) -> Result<Test, Fault> {
        let (over, comparison) = self.over(word, "> 800ms")?;
        let limit = self.value(time)?;
        Ok(Test::Latency { percentile, over, comparison, limit })
    }

    fn error_rate(&mut self) -> Result<Test, Fault> {
        let (over, comparison) = self.over("error rate", "> 5%")?;
        let percent = self.value(|text| match text.strip_suffix('%').and_then(|digits| number(digits.trim_end())) {
            Some(percent) if (0.0..=100.0).contains(&percent) => Ok(percent),
            Some(_) => Err("an error rate is between 0% and 100%".to_owned()),
            None => Err(format!("`{text}` is not a share of the checks; write it like 5%")),
        })?;
        Ok(Test::ErrorRate { over, comparison, percent })
    }

    fn volume(&mut self, what: Volume) -> Result<Test, Fault> {
        let example = if what == Volume::Bytes { "> 10MB" } else { "< 100" };
        let (over, comparison) = self.over(what.word(), example)?;
        let start = self.cursor.next_span().start;
        let limit = self.value(|text| match text.strip_suffix('%') {
            Some(digits) => match number(digits.trim_end()).filter(|percent| (0.0..=1e6).contains(percent)) {
                Some(percent) => Ok(Limit::Usual(percent)),
                None => Err(format!("`{text}` is not a share of the usual; write it like 200% of usual")),
            },
            None => Ok(Limit::Amount(amount(what, text)?)),
        })?;
        if let Limit::Usual(_) = limit {
            self.expect("of", "a share is one of what is usual: write it like 200% of usual")?;
            self.expect("usual", "write `of usual` here")?;
            if over < Duration::from_secs(3_600) {
                let message = "what is usual is known by the hour: compare over 1h or more";
                return Err(wrong(start..self.cursor.at(), message));
            }
        }
        Ok(Test::Volume { what, over, comparison, limit })
    }

    fn days(&mut self, what: Ending) -> Result<Test, Fault> {
        let comparison = self.comparison(what.word(), "< 14")?;
        let days = self.value(|text| {
            let days = number(text).or_else(|| time(text).ok().map(|time| time.as_secs_f64() / 86_400.0));
            days.filter(|days| (0.0..=36_500.0).contains(days))
                .ok_or_else(|| format!("`{text}` is not a number of days; write it like 14 or 14d"))
        })?;
        Ok(Test::Days { what, comparison, days })
    }

    /// Over how long, and how it is compared.
    fn over(&mut self, word: &str, example: &str) -> Result<(Duration, Comparison), Fault> {
        self.expect("over", &format!("say over how long: write it like {word} over 10m {example}"))?;
        self.cursor.next_visible();
        let start = self.cursor.at();
        let over = self.value(time)?;
        if !(Duration::from_secs(60)..=LONGEST_WINDOW).contains(&over) {
            return Err(wrong(start..self.cursor.at(), "checks are added up over 1m to 24h"));
        }
        let comparison = self.comparison(word, example)?;
        Ok((over, comparison))
    }

    fn comparison(&mut self, word: &str, example: &str) -> Result<Comparison, Fault> {
        self.cursor.next_visible();
        let span = self.cursor.run(is_sign);
        Ok(match self.cursor.text(span.clone()).as_str() {
            "<" => Comparison::Less,
            "<=" | "≤" => Comparison::LessOrEqual,
            ">" => Comparison::Greater,
            ">=" | "≥" => Comparison::GreaterOrEqual,
            "" => return Err(wrong(self.cursor.next_span(), format!("compare {word}: write it like {example}"))),
            _ => return Err(wrong(span, "figures are hardly ever equal; use <, <=, > or >=")),
        })
    }

    /// The next number with its unit, which a space may stand before.
    fn value<T>(&mut self, read: impl FnOnce(&str) -> Result<T, String>) -> Result<T, Fault> {
        self.cursor.next_visible();
        let start = self.cursor.at();
        let span = self.cursor.run(|c| c.is_alphanumeric() || matches!(c, '.' | '%' | '-'));
        if span.is_empty() {
            return Err(Fault::coded(ErrorCode::MissingValue, self.cursor.next_span(), "expected a value here"));
        }
        let mut end = span.end;
        if number(&self.cursor.text(span)).is_some() {
            self.cursor.next_visible();
            let unit = self.cursor.run(|c| c.is_alphabetic() || c == '%');
            let word = self.cursor.text(unit.clone());
            if !word.is_empty() && !ENDING.iter().any(|ending| ending.eq_ignore_ascii_case(&word)) {
                end = unit.end;
            }
            self.cursor.go_to(end);
        }
        read(&self.cursor.text(start..end)).map_err(|message| wrong(start..end, message))
    }

    fn hold(&mut self, expression: &Expression) -> Result<Hold, Fault> {
        let start = self.cursor.next_span();
        let text = self.cursor.text(start.clone());
        let before = self.cursor.at();
        self.cursor.go_to(start.end);
        if let Ok(count) = text.parse::<u16>()
            && (self.cursor.keyword("checks") || self.cursor.keyword("check"))
        {
            let span = start.start..self.cursor.at();
            return match expression.any_test(&|test| test.is_measured() || *test == Test::Recovered) {
                true => Err(wrong(
                    span,
                    "only `down`, `degraded` and what checks report is counted in checks: write `for 5m`",
                )),
                false if !(1..=MAX_CHECKS).contains(&count) => {
                    Err(wrong(span, format!("it can have to hold for 1 to {MAX_CHECKS} checks")))
                }
                false => Ok(Hold::Checks(count)),
            };
        }
        self.cursor.go_to(before);
        let time = self.value(|text| time(text).map_err(|why| format!("{why}, or for 3 checks")))?;
        let span = start.start..self.cursor.at();
        match () {
            () if expression.any_test(&|test| *test == Test::Recovered) => {
                Err(wrong(span, "a recovery is a moment, which has no length"))
            }
            () if !(Duration::from_secs(1)..=7 * LONGEST_WINDOW).contains(&time) => {
                Err(wrong(span, "it can have to hold for 1s to 7d"))
            }
            () => Ok(Hold::For(time)),
        }
    }

    fn expect(&mut self, word: &str, otherwise: &str) -> Result<(), Fault> {
        if self.cursor.keyword(word) { Ok(()) } else { Err(wrong(self.cursor.next_span(), otherwise)) }
    }
}

/// `p95`, from 1 to 99.
fn percentile(word: &str) -> Option<u8> {
    let digits = word.strip_prefix('p').filter(|digits| !digits.starts_with('0') && !digits.starts_with('+'))?;
    digits.parse().ok().filter(|percentile| (1..=99).contains(percentile))
}

fn amount(what: Volume, text: &str) -> Result<u64, String> {
    match what {
        Volume::Bytes => size(text),
        Volume::Requests => text
            .parse()
            .ok()
            .filter(|count| *count < 1_000_000_000_000)
            .ok_or_else(|| format!("`{text}` is not a number of requests; write it like 100, or 50% of usual")),
    }
}

fn unknown(word: &str) -> String {
    let all = "down, degraded, recovered, 2 of 3 checks failed, p95 over 10m > 800ms, latency, error rate, bytes, requests, \
               certificate.days, domain.days or heartbeat missed";
    match nearest(word, TESTS) {
        _ if word.is_empty() => format!("say when: {all}"),
        Some(near) => format!("I don't know `{}`; do you mean `{near}`?", shorten(word, 40)),
        None => format!("I don't know `{}`; write {all}", shorten(word, 40)),
    }
}
