//! Reads budgets from left to right with the assertions' scanner; nothing recurses.

use std::ops::Range;

use super::{Budget, Figure, MAX_BUDGETS, Unit};
use crate::assertion::AssertionError;
use crate::assertion::cursor::{Cursor, is_sign};
use crate::assertion::error::Fault;
use crate::assertion::literal::{number, size, time};
use crate::assertion::words::nearest;
use crate::audit::figure::float;
use crate::code::ErrorCode;
use crate::http::shorten;

/// Longest text of all budgets of an audit, in characters.
const MAX_CHARS: usize = 1_000;

/// Longest time that a budget may give a page.
const MAX_MS: f64 = 600_000.0;

const EXAMPLE: &str = "like lcp < 2.5s, performance >= 90 or size < 1MB";

/// Reads one budget or several.
///
/// # Errors
/// The first fault, pointed at.
pub(super) fn parse(text: &str) -> Result<Vec<Budget>, AssertionError> {
    within_bounds(text, |parser| {
        let mut budgets = vec![parser.budget()?];
        while parser.separator()? {
            if budgets.len() == MAX_BUDGETS {
                let message = format!("an audit may have {MAX_BUDGETS} budgets at most");
                return Err(Fault::coded(ErrorCode::TooMuch, parser.0.next_span(), message));
            }
            budgets.push(parser.budget()?);
        }
        Ok(budgets)
    })
}

/// Reads exactly one.
///
/// # Errors
/// The first fault, pointed at.
pub(super) fn parse_one(text: &str) -> Result<Budget, AssertionError> {
    within_bounds(text, |parser| {
        let budget = parser.budget()?;
        match parser.0.next_visible() {
            None => Ok(budget),
            Some(_) => Err(wrong(parser.0.next_span(), "expected the end here: this is one budget")),
        }
    })
}

fn within_bounds<T>(text: &str, read: impl FnOnce(&mut Parser) -> Result<T, Fault>) -> Result<T, AssertionError> {
    let read = match text.chars().nth(MAX_CHARS) {
        None => read(&mut Parser(Cursor::new(text))),
        Some(_) => {
            let message = format!("budgets may have {MAX_CHARS} characters at most");
            Err(Fault::coded(ErrorCode::TooMuch, MAX_CHARS..MAX_CHARS + 1, message))
        }
    };
    read.map_err(|fault| fault.within(text))
}

fn wrong(span: Range<usize>, message: impl Into<String>) -> Fault {
    Fault::coded(ErrorCode::InvalidBudget, span, message)
}

struct Parser(Cursor);

impl Parser {
    fn budget(&mut self) -> Result<Budget, Fault> {
        let figure = self.figure()?;
        let inclusive = self.comparison(figure)?;
        let limit = self.limit(figure)?;
        Ok(Budget { figure, inclusive, limit })
    }

    /// Whether another budget follows.
    fn separator(&mut self) -> Result<bool, Fault> {
        if self.0.next_visible().is_none() {
            return Ok(false);
        }
        if self.0.eat(',') {
            self.0.keyword("and");
            return Ok(true);
        }
        match self.0.keyword("and") {
            true => Ok(true),
            false => Err(wrong(self.0.next_span(), "expected a comma, `and` or the end here")),
        }
    }

    fn word(&mut self) -> Range<usize> {
        self.0.next_visible();
        self.0.run(|c| c.is_alphanumeric() || c == '-')
    }

    fn figure(&mut self) -> Result<Figure, Fault> {
        let span = self.word();
        let word = self.0.text(span.clone());
        if span.is_empty() {
            let at = self.0.at();
            return Err(wrong(at..at + 1, format!("say what the page has to keep, {EXAMPLE}")));
        }
        let figure: Figure = word.parse().map_err(|_| wrong(span.clone(), unknown(&word)))?;
        if !matches!(figure, Figure::Bytes(_)) || !self.0.keyword("requests") {
            return Ok(figure);
        }
        let requests = format!("{word} requests").parse();
        requests.map_err(|_| wrong(span.start..self.0.at(), "all requests together are just `requests`"))
    }

    /// Whether the limit itself is within.
    fn comparison(&mut self, figure: Figure) -> Result<bool, Fault> {
        let example = if figure.more_is_better() { ">= 90" } else { example(figure.unit()) };
        self.0.next_visible();
        let span = self.0.run(is_sign);
        if span.is_empty() {
            let span = self.0.next_span();
            return Err(wrong(span, format!("expected a limit here: write it like {figure} {example}")));
        }
        let (more, inclusive) = match self.0.text(span.clone()).as_str() {
            "<" => (false, false),
            "<=" | "≤" => (false, true),
            ">" => (true, false),
            ">=" | "≥" => (true, true),
            sign => {
                let message = format!("`{}` is no limit; use <, <=, > or >=", shorten(sign, 10));
                return Err(wrong(span, message));
            }
        };
        if more == figure.more_is_better() {
            return Ok(inclusive);
        }
        let least = if figure.more_is_better() { "a least" } else { "a most" };
        Err(wrong(span, format!("a budget gives {figure} {least} value: write it like {figure} {example}")))
    }

    /// A number, with its unit also apart from it.
    fn limit(&mut self, figure: Figure) -> Result<f64, Fault> {
        self.0.next_visible();
        let mut span = self.0.bare(false, false, None);
        let before_unit = self.0.at();
        self.0.next_visible();
        let unit = self.0.run(char::is_alphabetic);
        let apart =
            matches!(self.0.text(unit.clone()).to_lowercase().as_str(), "ms" | "s" | "b" | "kb" | "mb" | "kib" | "mib");
        if apart {
            span.end = unit.end;
        } else {
            self.0.go_to(before_unit);
        }
        let text = self.0.text(span.clone());
        if text.is_empty() {
            let at = span.start;
            return Err(wrong(at..at + 1, format!("expected a value here, like {}", example(figure.unit()))));
        }
        value(&text, figure.unit()).map_err(|message| wrong(span, message))
    }
}

fn value(text: &str, unit: Unit) -> Result<f64, String> {
    let shown = shorten(text, 40);
    let whole = |most: f64| number(text).filter(|n| n.fract() == 0.0 && (0.0..=most).contains(n));
    match unit {
        Unit::Score => {
            whole(100.0).ok_or_else(|| format!("`{shown}` is not a score; write a whole number from 0 to 100"))
        }
        Unit::Count => whole(1e6).ok_or_else(|| format!("`{shown}` is not a number of requests; write it like 80")),
        Unit::Shift => number(text)
            .filter(|n| (0.0..=100.0).contains(n))
            .ok_or_else(|| format!("`{shown}` is not a layout shift, which has no unit; write it like 0.1")),
        Unit::Bytes => {
            let bytes = size(text).map_err(|_| format!("`{shown}` is not a size; write it like 1MB or 300kB"))?;
            Ok(float(bytes))
        }
        Unit::Time => {
            let ms = time(text).map_err(|why| why.replace(text, &shown))?.as_secs_f64() * 1e3;
            if ms <= MAX_MS { Ok(ms) } else { Err("a page may be given 10 minutes at most".to_owned()) }
        }
    }
}

fn example(unit: Unit) -> &'static str {
    match unit {
        Unit::Score => ">= 90",
        Unit::Time => "< 2.5s",
        Unit::Shift => "< 0.1",
        Unit::Bytes => "< 300kB",
        Unit::Count => "< 80",
    }
}

fn unknown(word: &str) -> String {
    let words: Vec<String> = Figure::all().map(|figure| figure.to_string()).collect();
    match nearest(&word.to_lowercase(), words.iter().map(String::as_str)) {
        Some(near) => format!("I don't know `{}`; do you mean `{near}`?", shorten(word, 40)),
        None => format!(
            "`{}` is no figure of an audit; use performance, accessibility, best-practices, seo, pwa, fcp, lcp, tbt, cls, \
             si, ttfb, size, document, script, stylesheet, image, font, media, other, third-party or requests",
            shorten(word, 40)
        ),
    }
}
