use std::iter::Peekable;
use std::slice::Iter;

use monitor_core::http::MAX_LIST;

use super::token::{Quoted, Token};
use super::{Argument, Arguments, Given, GrammarError, Kind, all, closest, find};

/// What a word is among arguments.
pub(crate) enum Shape<'a> {
    /// It names an argument; its value follows, or is the rest of the word.
    Named(&'static Argument, Option<&'a str>),
    /// It looks like a flag, but no argument has that name.
    UnknownFlag,
    /// It names no argument: a value of its own.
    Value,
}

/// Says what a word is, looking at that word alone.
pub(crate) fn classify<'a>(arguments: Arguments, token: &'a Token) -> Shape<'a> {
    if !token.is_bare() {
        return Shape::Value;
    }
    let text = token.text.as_str();
    // Phones turn two dashes into one long one.
    let flag = ["--", "—", "–"].iter().find_map(|dashes| text.strip_prefix(dashes));
    if let Some(flag) = flag {
        let (name, value) = flag.split_once(['=', ':']).map_or((flag, None), |(name, value)| (name, Some(value)));
        return find(arguments, name).map_or(Shape::UnknownFlag, |argument| Shape::Named(argument, value));
    }
    if let Some(argument) = find(arguments, text) {
        return Shape::Named(argument, None);
    }
    match text.split_once([':', '=']).map(|(name, value)| (find(arguments, name), value)) {
        // The value of `interval: 30s` is the next word, and `http://…` is no pair whatever is called http.
        Some((Some(argument), "")) if token.quoted == Quoted::No => Shape::Named(argument, None),
        Some((Some(argument), value)) if !value.starts_with("//") => Shape::Named(argument, Some(value)),
        _ => Shape::Value,
    }
}

/// Reads the words after a command. What was given `already`, in a dialog, is not expected to stand alone again.
///
/// # Errors
/// The [`GrammarError`] of the first word that does not fit.
pub fn parse(arguments: Arguments, tokens: &[Token], already: &Given) -> Result<Given, GrammarError> {
    let mut given = Given::default();
    let mut tokens = tokens.iter().peekable();
    while let Some(token) = tokens.next() {
        let (argument, value, quoted) = match classify(arguments, token) {
            Shape::UnknownFlag => return Err(unknown_flag(arguments, &token.text)),
            Shape::Named(argument, Some(value)) => (argument, value.to_owned(), token.quoted == Quoted::Value),
            Shape::Named(argument, None) if argument.kind == Kind::Flag => (argument, "yes".to_owned(), true),
            Shape::Named(argument, None) => {
                let value = tokens.next().ok_or(GrammarError::MissingValue(argument))?;
                (argument, value.text.clone(), value.quoted != Quoted::No)
            }
            Shape::Value => {
                let argument = positional(arguments, token, &given, already)?;
                (argument, token.text.clone(), true)
            }
        };
        let value = join(argument.kind, value, quoted, &mut tokens);
        put(&mut given, argument, &value, quoted)?;
    }
    Ok(given)
}

/// Some values are two words to everybody: `X-Key: abc`, `2026-03-01 14:00`.
fn join(kind: Kind, value: String, quoted: bool, tokens: &mut Peekable<Iter<'_, Token>>) -> String {
    match tokens
        .next_if(|next| (!quoted || kind == Kind::Command) && next.is_bare() && kind.goes_on(&value, &next.text))
    {
        Some(next) => format!("{value} {}", next.text),
        None => value,
    }
}

fn put(given: &mut Given, argument: &'static Argument, value: &str, quoted: bool) -> Result<(), GrammarError> {
    if given.has(argument.name) && !argument.repeated {
        return Err(GrammarError::Repeated(argument));
    }
    // Bounds the work too: each value of a repeated argument may be a pattern to compile.
    if given.all(argument.name).count() >= MAX_LIST {
        return Err(GrammarError::TooMany(argument));
    }
    if !quoted && value.eq_ignore_ascii_case("none") && argument.kind != Kind::Redirects {
        if !argument.removable {
            return Err(GrammarError::NotRemovable(argument));
        }
        given.put(argument.name, None);
        return Ok(());
    }
    match argument.kind.check(value) {
        Ok(()) => given.put(argument.name, Some(value)),
        Err(why) => return Err(GrammarError::BadValue { argument, why }),
    }
    Ok(())
}

/// The argument that a value standing alone is for: the first that is still free and may mean it.
fn positional(
    arguments: Arguments,
    token: &Token,
    given: &Given,
    already: &Given,
) -> Result<&'static Argument, GrammarError> {
    let free: Vec<&Argument> = all(arguments)
        .filter(|argument| argument.positional && !given.has(argument.name) && !already.has(argument.name))
        .collect();
    if let Some(argument) = free.iter().find(|argument| argument.kind.fits(&token.text)) {
        return Ok(argument);
    }
    let words = all(arguments).flat_map(Argument::names);
    let unexpected = GrammarError::Unexpected { word: token.text.clone(), closest: closest(&token.text, words) };
    match (&unexpected, free.as_slice()) {
        (GrammarError::Unexpected { closest: None, .. }, [only]) => match only.kind.check(&token.text) {
            Err(why) => Err(GrammarError::BadValue { argument: only, why }),
            Ok(()) => Err(unexpected),
        },
        _ => Err(unexpected),
    }
}

fn unknown_flag(arguments: Arguments, text: &str) -> GrammarError {
    let flag = text.split(['=', ':']).next().unwrap_or_default();
    let name = flag.trim_start_matches(['-', '–', '—']);
    GrammarError::UnknownFlag {
        flag: flag.to_owned(),
        closest: closest(name, all(arguments).flat_map(Argument::names)),
    }
}
