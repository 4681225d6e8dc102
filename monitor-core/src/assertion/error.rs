use std::fmt;
use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use crate::code::ErrorCode;

/// How much of a long text is shown around the fault, in characters.
const SHOWN: usize = 72;

/// What is wrong and where, before it is known in which text.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
    /// In characters.
    pub(crate) span: Range<usize>,
}

impl Fault {
    pub(crate) fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        Self::coded(ErrorCode::InvalidAssertion, span, message)
    }

    pub(crate) fn coded(code: ErrorCode, span: Range<usize>, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), span }
    }

    pub(crate) fn within(self, text: &str) -> AssertionError {
        let chars: Vec<char> = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let start = self.span.start.min(chars.len());
        let from = if chars.len() <= SHOWN { 0 } else { start.saturating_sub(SHOWN / 2).min(chars.len() - SHOWN) };
        let to = chars.len().min(from + SHOWN);
        let (before, after) = (if from > 0 { "…" } else { "" }, if to < chars.len() { "…" } else { "" });
        let part = |range: Range<usize>| chars[range].iter().collect::<String>();
        let shown = format!("{before}{}{after}", part(from..to));
        // Some characters are as wide as two, and some take no room.
        let indent = part(from..start.min(to)).width() + before.width();
        let carets = part(start.min(to)..self.span.end.clamp(start.min(to), to)).width().max(1);
        let pointed = format!("{}\n{}{}", shown.trim_end(), " ".repeat(indent), "^".repeat(carets));
        AssertionError { code: self.code, message: self.message, pointed, position: start }
    }
}

/// Why an assertion is refused. Its text has three lines: what is wrong and what to do, the assertion, and carets under the
/// fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct AssertionError {
    code: ErrorCode,
    message: String,
    pointed: String,
    position: usize,
}

impl AssertionError {
    /// About assertions as such, so that there is nothing to point at.
    pub(crate) fn whole(code: ErrorCode, message: String) -> Self {
        Self { code, message, pointed: String::new(), position: 0 }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// What is wrong and what to do, on one line.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The assertion, or the part of it around the fault, and below it a line with carets under the fault. Empty when there
    /// are too many assertions.
    #[must_use]
    pub fn pointed(&self) -> &str {
        &self.pointed
    }

    /// Where the fault begins, in characters from the beginning of the assertion.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }
}

impl fmt::Display for AssertionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if self.pointed.is_empty() { Ok(()) } else { write!(f, "\n{}", self.pointed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_stand_under_the_fault_beside_wide_characters_too() {
        // The fault is `日本`: behind a character of two columns and one with an accent of its own, which takes none.
        let error = Fault::new(4..6, "unknown").within("語 e\u{301}日本 == 1");
        assert_eq!(error.pointed, "語 e\u{301}日本 == 1\n    ^^^^");
    }
}
