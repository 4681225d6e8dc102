//! Walks through the characters of an assertion. What a character means depends on where it stands, so there are no tokens:
//! the parser asks for what may come next.

use std::ops::Range;

use super::error::Fault;
use crate::code::ErrorCode;

/// What stands for itself only in quotes where a text is expected.
pub(crate) const RESERVED: [&str; 4] = ["and", "or", "not", "as"];

pub(crate) struct Cursor {
    chars: Vec<char>,
    at: usize,
}

impl Cursor {
    pub(crate) fn new(text: &str) -> Self {
        Self { chars: text.chars().collect(), at: 0 }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn peek_second(&self) -> Option<char> {
        self.chars.get(self.at + 1).copied()
    }

    pub(crate) fn text(&self, span: Range<usize>) -> String {
        self.chars[span].iter().collect()
    }

    /// Goes to the next character that is not a space and returns it.
    pub(crate) fn next_visible(&mut self) -> Option<char> {
        self.run(char::is_whitespace);
        self.peek()
    }

    /// Goes past characters while `wanted` holds.
    pub(crate) fn run(&mut self, wanted: impl Fn(char) -> bool) -> Range<usize> {
        let start = self.at;
        while self.peek().is_some_and(&wanted) {
            self.at += 1;
        }
        start..self.at
    }

    /// Goes past that character, if it is the next that is visible.
    pub(crate) fn eat(&mut self, wanted: char) -> bool {
        let found = self.next_visible() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    /// Goes past that word, if it is the next. Otherwise stays before it.
    pub(crate) fn keyword(&mut self, wanted: &str) -> bool {
        self.next_visible();
        let start = self.at;
        let span = self.run(is_word);
        let found = self.chars[span].iter().collect::<String>().eq_ignore_ascii_case(wanted);
        if !found {
            self.at = start;
        }
        found
    }

    /// What stands next, up to the next space, to point at it.
    pub(crate) fn next_span(&mut self) -> Range<usize> {
        self.next_visible();
        let start = self.at;
        let mut span = self.run(is_word);
        if span.is_empty() {
            span = self.run(|c| !c.is_whitespace() && !is_word(c));
        }
        self.at = start;
        span
    }

    /// The next word or number with what is written together with it. Ends before `..` when `ranges`, and between two
    /// digits also before a hyphen when `hyphens`.
    pub(crate) fn bare(&mut self, ranges: bool, hyphens: bool, closing: Option<char>) -> Range<usize> {
        let start = self.at;
        while let Some(c) = self.peek() {
            let second = self.peek_second();
            let range = match c {
                '…' => ranges,
                '.' => ranges && second == Some('.'),
                '-' | '–' => hyphens && self.at > start && second.is_some_and(|c| c.is_ascii_digit()),
                _ => false,
            };
            if range || c.is_whitespace() || matches!(c, '(' | ')' | ',') || is_double_quote(c) || Some(c) == closing {
                break;
            }
            self.at += 1;
        }
        start..self.at
    }

    /// Goes past what stands between the ends of a range.
    pub(crate) fn range_sign(&mut self) -> bool {
        let length = match (self.next_visible(), self.peek_second()) {
            (Some('.'), Some('.')) => 2,
            (Some('…' | '-' | '–'), _) => 1,
            _ => 0,
        };
        self.at += length;
        length > 0
    }

    /// Whether a quote opens here.
    pub(crate) fn at_quote(&self) -> bool {
        self.peek().is_some_and(|c| closing_quotes(c).is_some())
    }

    /// The text in the quotes that open here. Phones make quotes curly, not always both of them.
    pub(crate) fn quoted(&mut self) -> Result<String, Fault> {
        let start = self.at;
        let closing = self.peek().and_then(closing_quotes).unwrap_or_default();
        self.at += 1;
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            if closing.contains(&c) {
                return Ok(text);
            }
            let escaped = if c == '\\' { self.peek().and_then(|c| unescaped(c, closing)) } else { None };
            self.at += usize::from(escaped.is_some());
            text.push(escaped.unwrap_or(c));
        }
        Err(Fault::coded(ErrorCode::UnterminatedQuote, start..start + 1, "this quote is never closed"))
    }

    /// What stands between slashes, the first of which is here.
    pub(crate) fn slashed(&mut self) -> Result<String, Fault> {
        let start = self.at;
        self.at += 1;
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '/' => return Ok(self.text(start + 1..self.at - 1)),
                '\\' => self.at += usize::from(self.peek().is_some()),
                _ => {}
            }
        }
        let message = "this pattern is never closed; end it with a slash, and write slashes within it as \\/";
        Err(Fault::coded(ErrorCode::UnterminatedQuote, start..start + 1, message))
    }

    /// A JSONPath: what comes before a space or an operator, except in brackets and there in quotes.
    pub(crate) fn path(&mut self) -> Range<usize> {
        let (start, mut depth, mut quote) = (self.at, 0_usize, None::<&[char]>);
        while let Some(c) = self.peek() {
            match (quote, c) {
                (Some(_), '\\') => self.at += 1,
                (Some(closing), _) if closing.contains(&c) => quote = None,
                (Some(_), _) => {}
                (None, '[') => depth += 1,
                (None, ']') => depth = depth.saturating_sub(1),
                (None, _) if depth > 0 => quote = closing_quotes(c),
                (None, _) if c.is_whitespace() || is_sign(c) || matches!(c, '(' | ')' | ',') => break,
                _ => {}
            }
            self.at = (self.at + 1).min(self.chars.len());
        }
        start..self.at
    }

    /// Everything from here on.
    pub(crate) fn rest(&self) -> String {
        self.text(self.at..self.chars.len())
    }
}

/// Whether an operator may be made of it.
pub(crate) fn is_sign(c: char) -> bool {
    matches!(c, '=' | '!' | '<' | '>' | '≤' | '≥' | '≠')
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.')
}

fn is_double_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»')
}

/// What closes a quote.
fn closing_quotes(open: char) -> Option<&'static [char]> {
    match open {
        '"' => Some(&['"']),
        '\'' => Some(&['\'']),
        '“' | '”' | '„' => Some(&['”', '“', '"']),
        '‘' | '’' | '‚' => Some(&['’', '‘', '\'']),
        '«' => Some(&['»']),
        '»' => Some(&['«']),
        _ => None,
    }
}

/// What a backslash before that character stands for. Before any other it stands for itself.
fn unescaped(c: char, closing: &[char]) -> Option<char> {
    match c {
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        '\\' | '"' => Some(c),
        _ if closing.contains(&c) => Some(c),
        _ => None,
    }
}

/// Whether a JSONPath can be read without quotes around it.
pub(crate) fn is_bare_path(path: &str) -> bool {
    let mut cursor = Cursor::new(path);
    cursor.path().len() == cursor.chars.len()
}

/// A text in quotes, as [`Cursor::quoted`] reads it.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
