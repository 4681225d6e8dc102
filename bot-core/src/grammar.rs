//! What was typed, read in one pass: words, then arguments, in time linear in the text, which is itself bounded.
//!
//! The same arguments may be given as words (`every 30s`), as flags (`--interval 30s`, `--interval=30s`) and as pairs
//! (`interval:30s`), in any order and mixed.

mod argument;
mod error;
mod given;
mod kind;
mod line;
mod parse;
mod reserved;
mod token;

pub use argument::{Argument, Arguments, Known, all, find, same_word};
pub use error::{GrammarError, Invalid};
pub use given::Given;
pub use kind::{Kind, parse_header, parse_ratio, parse_redirects, parse_switch, parse_time};
pub(crate) use line::is_own_name;
pub use line::{Line, is_too_long};
pub use parse::parse;
pub(crate) use parse::{Shape, classify};
pub(crate) use reserved::is_reserved;
pub use token::{Quoted, Token, tokenize, unquoted};

/// Most characters of a message. Longer ones are refused before anything else looks at them.
pub const MAX_CHARS: usize = 8_000;

/// The candidate that was most likely meant, when one is near: a slip or two of the finger, or a beginning.
#[must_use]
pub fn closest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase().replace('_', "-");
    let length = word.chars().count();
    // Anything longer is no slip of the finger, and comparing takes time quadratic in the length.
    if length > 40 {
        return None;
    }
    let distance = |candidate: &&'a str| {
        let begun = length >= 3 && candidate.starts_with(&word);
        if begun { 1 } else { strsim::damerau_levenshtein(&word, candidate) }
    };
    let most = match length {
        0..=2 => return None,
        3..=5 => 1,
        _ => 2,
    };
    candidates
        .map(|candidate| (distance(&candidate), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests;
