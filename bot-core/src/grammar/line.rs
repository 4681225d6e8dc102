use super::token::{Quoted, Token};
use super::{GrammarError, MAX_CHARS, tokenize};
use crate::commands::{self, Command};
use crate::kinds;

/// Most words that the name of a command is made of.
const MOST_WORDS: usize = 4;

/// A message, read as far as its first word tells what it is.
#[derive(Debug)]
pub enum Line {
    /// Nothing but space, or the bot's name alone.
    Empty,
    /// An address, to be watched, and the words after it.
    Address(Vec<Token>),
    /// A command and the words after it.
    Command(&'static Command, Vec<Token>),
    /// Words that do not begin with a command; the first one as it was meant.
    Other(String, Vec<Token>),
}

impl Line {
    /// Reads a message. The bot's name, a `/` or a `!` before the command are passed over, case does not matter,
    /// underscores are as good as dashes, and so are spaces: `add monitor`, `who is on call?`. An address alone is to be
    /// watched.
    ///
    /// # Errors
    /// [`GrammarError::TooLong`], before anything else is looked at, and [`GrammarError::Unterminated`].
    pub fn read(text: &str) -> Result<Self, GrammarError> {
        if is_too_long(text) {
            return Err(GrammarError::TooLong);
        }
        Ok(Self::of(tokenize(text)?))
    }

    /// Reads words.
    #[must_use]
    pub fn of(mut tokens: Vec<Token>) -> Self {
        let addressed = tokens.iter().take_while(|token| is_own_name(token)).count();
        tokens.drain(..addressed);
        let Some(first) = tokens.first() else { return Self::Empty };
        let word = command_word(first);
        let is_address = kinds::scheme(&word).is_some_and(|scheme| kinds::of_scheme(scheme).is_some());
        if is_address && first.quoted == Quoted::No {
            return Self::Address(tokens);
        }
        let plain = tokens.iter().take_while(|token| token.quoted == Quoted::No).count();
        for words in (2..=plain.min(MOST_WORDS)).rev() {
            let others = tokens[1..words].iter().map(|token| token.text.as_str());
            let name: Vec<&str> = std::iter::once(word.as_str()).chain(others).collect();
            if let Some(command) = commands::named(name.join("-").trim_end_matches('?')) {
                return Self::Command(command, tokens.split_off(words));
            }
        }
        match commands::find(&word) {
            Some(command) if first.quoted == Quoted::No => Self::Command(command, tokens.split_off(1)),
            _ => Self::Other(word, tokens),
        }
    }
}

/// Whether a message has more than [`MAX_CHARS`] characters.
#[must_use]
pub fn is_too_long(text: &str) -> bool {
    // A character has four bytes at most, so a text of any length is refused without being looked at.
    text.len() > 4 * MAX_CHARS || text.chars().count() > MAX_CHARS
}

/// The word that may name a command, without what platforms put around it: `/`, `!`, and Telegram's `@its_bot` behind it.
pub(crate) fn command_word(token: &Token) -> String {
    let text = token.text.as_str();
    match text.strip_prefix(['/', '!']) {
        Some(command) => command.split('@').next().unwrap_or_default().to_owned(),
        None => text.to_owned(),
    }
}

/// Whether the word only says whom the message is for.
pub(crate) fn is_own_name(token: &Token) -> bool {
    let name = token.text.trim_start_matches(['/', '!', '@']).trim_end_matches([',', ':']);
    token.quoted == Quoted::No && name.eq_ignore_ascii_case("watchword")
}
