//! What of a text is never cut.

use unicode_segmentation::{GraphemeIndices, UnicodeSegmentation as _};

use crate::Units;

/// What begins and ends a code block.
pub(super) const FENCE: &str = "```";

/// Longest language of a code block, in bytes. What is longer counts as its first line.
pub(super) const LANGUAGE: usize = 16;

/// Longest entity that is kept together, in bytes: `&thetasym;` and `&#x10FFFF;`.
const ENTITY: usize = 10;

/// A part of a text.
pub(super) struct Atom<'a> {
    /// Where it ends, in bytes.
    pub(super) end: usize,
    /// How long it is in the platform's units.
    pub(super) size: usize,
    /// What it is.
    pub(super) mark: Mark<'a>,
    /// Whether it ends where a character ends.
    pub(super) clean: bool,
}

#[derive(Clone, Copy)]
pub(super) enum Mark<'a> {
    /// Begins or ends a code block; its language, if it is a beginning.
    Fence(&'a str),
    /// The end of a line.
    Line,
    /// White space.
    Space,
    /// Anything else.
    Text,
}

/// Goes through a text once.
pub(super) struct Atoms<'a> {
    text: &'a str,
    at: usize,
    /// Longest atom but for a fence.
    most: usize,
    units: Units,
    /// Where characters begin, from here on.
    graphemes: std::iter::Peekable<GraphemeIndices<'a>>,
    /// The character that is too long to be kept together ends there.
    giant: usize,
    in_block: bool,
    /// Up to there is no code span of one backtick, and of two.
    no_span: [usize; 2],
}

impl<'a> Atoms<'a> {
    pub(super) fn new(text: &'a str, most: usize, units: Units) -> Self {
        let graphemes = text.grapheme_indices(true).peekable();
        Self { text, at: 0, most, units, graphemes, giant: 0, in_block: false, no_span: [0; 2] }
    }

    fn fence(&mut self, rest: &'a str) -> (usize, Mark<'a>) {
        self.in_block = !self.in_block;
        let after = &rest[FENCE.len()..];
        let language = if self.in_block { language(after) } else { None };
        let long = language.map_or(FENCE.len(), |language| FENCE.len() + language.len() + 1);
        (long, Mark::Fence(language.unwrap_or_default()))
    }

    /// How long the code span is that begins here.
    fn span(&mut self, rest: &str) -> Option<usize> {
        let run = rest.bytes().take_while(|byte| *byte == b'`').count();
        let known = self.no_span.get_mut(run.checked_sub(1)?)?;
        if self.in_block || self.at < *known {
            return None;
        }
        let mut at = run;
        loop {
            let stop = at + rest[at..].find(['`', '\n']).unwrap_or(rest.len() - at);
            let found = rest[stop..].bytes().take_while(|byte| *byte == b'`').count();
            at = stop + found;
            if found == run {
                break (self.units.of(&rest[..at]) <= self.most).then_some(at);
            }
            if found == 0 || found >= FENCE.len() {
                *known = self.at + stop;
                break None;
            }
        }
    }

    /// How long the character is that begins here, or what of it is no markup.
    fn grapheme(&mut self, rest: &str) -> usize {
        let end = self.graphemes.peek().map_or(self.text.len(), |(start, _)| *start);
        let whole = end.max(self.at + 1) - self.at;
        let first = rest.chars().next().map_or(1, char::len_utf8);
        let long = rest[first..whole.max(first)].find(['`', '&', '\n']).map_or(whole.max(first), |at| first + at);
        if self.units.of(&rest[..long]) <= self.most {
            return long;
        }
        self.giant = self.at + long;
        first
    }
}

impl<'a> Iterator for Atoms<'a> {
    type Item = Atom<'a>;

    fn next(&mut self) -> Option<Atom<'a>> {
        let rest = &self.text[self.at..];
        let first = rest.chars().next()?;
        while self.graphemes.next_if(|(start, _)| *start <= self.at).is_some() {}
        let (long, mark) = match first {
            _ if self.at < self.giant => (first.len_utf8(), Mark::Text),
            '`' if rest.starts_with(FENCE) => self.fence(rest),
            '`' => (self.span(rest).unwrap_or(if rest.starts_with("``") { 2 } else { 1 }), Mark::Text),
            '&' => (entity(rest).unwrap_or(1), Mark::Text),
            '\n' => (1, Mark::Line),
            c if c.is_whitespace() => {
                (self.grapheme(rest), if rest.starts_with("\r\n") { Mark::Line } else { Mark::Space })
            }
            _ => (self.grapheme(rest), Mark::Text),
        };
        self.at += long;
        while self.graphemes.next_if(|(start, _)| *start < self.at).is_some() {}
        let boundary = self.graphemes.peek().map_or(self.text.len(), |(start, _)| *start);
        let clean = boundary == self.at || self.at < self.giant;
        Some(Atom { end: self.at, size: self.units.of(&rest[..long]), mark, clean })
    }
}

/// The language that a fence names, if a line break follows it.
fn language(after: &str) -> Option<&str> {
    let long = after.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-_.#".contains(byte)).count();
    (long <= LANGUAGE && after[long..].starts_with('\n')).then_some(&after[..long])
}

/// How long the entity is that begins here.
fn entity(rest: &str) -> Option<usize> {
    let long =
        rest.bytes().skip(1).take(ENTITY).take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'#').count();
    (long > 0 && rest[1 + long..].starts_with(';')).then_some(long + 2)
}
