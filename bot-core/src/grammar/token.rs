use std::borrow::Cow;
use std::ops::Range;

use super::GrammarError;

/// A word of a message, without the quotes that stood around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it says.
    pub text: String,
    /// Whether the word, or the value of `name:"value"` and `--name="value"`, stood in quotes.
    pub quoted: Quoted,
    /// Where it stands, in bytes of the message.
    pub at: Range<usize>,
}

/// What of a word stood in quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quoted {
    /// Nothing.
    No,
    /// What follows its first `:` or `=`.
    Value,
    /// The word from its beginning.
    Whole,
}

impl Token {
    /// Whether nothing of it stood in quotes from the beginning, so that it can be a keyword.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.quoted != Quoted::Whole
    }
}

/// Cuts a message into words, in one pass.
///
/// Words are separated by white space. A quote opens at the beginning of a word, and after the `:` or `=` of a word that
/// begins like an argument (`body:'…'`, `--name="…"`); elsewhere it is a character like any other, so that apostrophes do no
/// harm. Within quotes a backslash keeps the closing quote, and in `"…"` another backslash, from being read as such; before
/// anything else it stands for itself, which leaves regular expressions readable.
///
/// # Errors
/// [`GrammarError::Unterminated`] when a quote is never closed.
pub fn tokenize(text: &str) -> Result<Vec<Token>, GrammarError> {
    let mut scanner = Scanner { text, at: 0 };
    let mut tokens = Vec::new();
    while let Some(c) = scanner.peek() {
        if is_space(c) {
            scanner.advance(c);
        } else {
            tokens.push(scanner.token()?);
        }
    }
    Ok(tokens)
}

/// Text without the quotes that stand around all of it, as it is read in a line. What goes on behind them is left as it is: it may
/// be a password that begins with a quote.
#[must_use]
pub fn unquoted(text: &str) -> Cow<'_, str> {
    let mut scanner = Scanner { text, at: 0 };
    let Some((open, close)) = scanner.peek().and_then(|open| Some((open, closing(open)?))) else {
        return Cow::Borrowed(text);
    };
    scanner.advance(open);
    let mut inner = String::new();
    let whole = scanner.quoted(close, &mut inner).is_ok() && scanner.peek().is_none();
    if whole { Cow::Owned(inner) } else { Cow::Borrowed(text) }
}

/// How far a word still looks like the name of an argument, which decides where a quote may open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Head {
    Name,
    Separator,
    Other,
}

impl Head {
    fn after(self, c: char) -> Self {
        match (self, c) {
            (Self::Name, c) if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '–' | '—') => Self::Name,
            (Self::Name, ':' | '=') => Self::Separator,
            _ => Self::Other,
        }
    }
}

/// Moves forward only: every step consumes a character, which makes the whole linear.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn advance(&mut self, c: char) {
        self.at += c.len_utf8();
    }

    fn token(&mut self) -> Result<Token, GrammarError> {
        let start = self.at;
        let mut text = String::new();
        let mut quoted = Quoted::No;
        let mut head = Head::Name;
        while let Some(c) = self.peek().filter(|c| !is_space(*c)) {
            let may_open = self.at == start || head == Head::Separator;
            match closing(c).filter(|_| may_open) {
                Some(close) => {
                    quoted = if self.at == start { Quoted::Whole } else { Quoted::Value };
                    self.advance(c);
                    self.quoted(close, &mut text)?;
                    head = Head::Other;
                }
                None => {
                    self.advance(c);
                    text.push(c);
                    head = head.after(c);
                }
            }
        }
        Ok(Token { text, quoted, at: start..self.at })
    }

    /// Reads up to the closing quote. An apostrophe closes only at the end of a word: `'it's fine'`.
    fn quoted(&mut self, close: char, out: &mut String) -> Result<(), GrammarError> {
        let opened = self.at;
        while let Some(c) = self.peek() {
            self.advance(c);
            let next = self.peek();
            match c {
                '\\' if next == Some(close) || (next == Some('\\') && !matches!(close, '\'' | '`')) => {
                    if let Some(escaped) = next {
                        self.advance(escaped);
                        out.push(escaped);
                    }
                }
                c if c == close && (!matches!(close, '\'' | '’') || next.is_none_or(is_space)) => return Ok(()),
                c => out.push(c),
            }
        }
        Err(GrammarError::Unterminated { close, after: self.text[opened..].to_owned() })
    }
}

fn is_space(c: char) -> bool {
    // Zero-width characters come along when text is pasted from pages.
    c.is_whitespace() || matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}')
}

/// The quote that closes what this one opens.
fn closing(open: char) -> Option<char> {
    match open {
        '"' | '\'' | '`' => Some(open),
        '“' | '”' => Some('”'),
        '„' => Some('“'),
        '‘' => Some('’'),
        '«' => Some('»'),
        _ => None,
    }
}
