use std::iter::Peekable;
use std::slice::Iter;

use monitor_core::http::{MAX_LIST, SpecError, shorten};

use super::token::{Quoted, Token};
use super::{Argument, Arguments, Given, GrammarError, Kind, all, closest, find, same_word};

/// Takes an argument away, as its value.
pub(super) const NONE: &str = "none";

/// Take away the argument that is named after them: `without contains`.
pub(super) const WITHOUT: [&str; 2] = ["without", "remove"];

/// Says nothing where a value can stand alone: `show-report for shop`.
pub(super) const FILLER: &str = "for";

/// What a word is among arguments.
pub(crate) enum Shape<'a> {
    /// It names an argument; its value follows, or is the rest of the word.
    Named(&'static Argument, Option<&'a str>),
    /// It looks like a flag, but no argument has that name.
    UnknownFlag,
    /// It says nothing.
    Filler,
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
        _ if token.quoted == Quoted::No && same_word(text, FILLER) => Shape::Filler,
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
        if let Some(argument) = tokens.peek().and_then(|next| taken_away(arguments, token, next)) {
            tokens.next();
            put(&mut given, argument, NONE, false)?;
            continue;
        }
        let (argument, value, quoted) = match classify(arguments, token) {
            Shape::UnknownFlag => return Err(unknown_flag(arguments, &token.text)),
            Shape::Filler => continue,
            Shape::Named(argument, Some(value)) => (argument, value.to_owned(), token.quoted == Quoted::Value),
            Shape::Named(argument, None) if argument.kind == Kind::Flag => (argument, "yes".to_owned(), true),
            Shape::Named(argument, None) => {
                let value = tokens.next().ok_or(GrammarError::MissingValue(argument))?;
                (argument, value.text.clone(), value.quoted != Quoted::No)
            }
            Shape::Value => {
                let free: Vec<&Argument> = all(arguments)
                    .filter(|argument| argument.positional && !given.has(argument.name) && !already.has(argument.name))
                    .collect();
                let period = token.quoted == Quoted::No && free.iter().any(|argument| argument.kind == Kind::Period);
                let text = join(Kind::Period, token.text.clone(), !period, &mut tokens);
                (positional(arguments, &text, &free)?, text, true)
            }
        };
        let value = join(argument.kind, value, quoted, &mut tokens);
        put(&mut given, argument, &value, quoted)?;
    }
    Ok(given)
}

/// The argument that is taken away by these two words.
fn taken_away(arguments: Arguments, word: &Token, next: &Token) -> Option<&'static Argument> {
    let without = word.quoted == Quoted::No && WITHOUT.iter().any(|without| same_word(without, &word.text));
    match without.then(|| classify(arguments, next)) {
        Some(Shape::Named(argument, None)) => Some(argument),
        _ => None,
    }
}

/// Some values are two words to everybody: `X-Key: abc`, `2026-03-01 14:00`, `2 minutes`.
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
    if !quoted && value.eq_ignore_ascii_case(NONE) && argument.kind != Kind::Redirects {
        if !argument.removable {
            return Err(GrammarError::NotRemovable(argument));
        }
        given.put(argument.name, None);
        return Ok(());
    }
    match argument.kind.check(value) {
        Ok(()) => given.put(argument.name, Some(value)),
        Err(invalid) => return Err(GrammarError::BadValue { argument, invalid }),
    }
    Ok(())
}

/// The argument that a value standing alone is for: the first that is still free and may mean it.
fn positional(arguments: Arguments, text: &str, free: &[&'static Argument]) -> Result<&'static Argument, GrammarError> {
    if let Some(argument) = free.iter().find(|argument| argument.kind.fits(text)) {
        return Ok(argument);
    }
    if free.is_empty() && only_a_monitor(arguments) {
        return Err(GrammarError::OneMonitor { word: text.to_owned() });
    }
    let words = all(arguments).flat_map(Argument::names);
    let unexpected = GrammarError::Unexpected { word: text.to_owned(), closest: closest(text, words) };
    match (&unexpected, free) {
        (GrammarError::Unexpected { closest: None, .. }, [only]) => match only.kind.check(text) {
            Err(invalid) => Err(GrammarError::BadValue { argument: only, invalid }),
            // It could be a host, but a word that stands alone has to look like an address.
            Ok(()) if only.kind == Kind::Address => {
                let invalid = SpecError::Url(shorten(text, 80)).into();
                Err(GrammarError::BadValue { argument: only, invalid })
            }
            Ok(()) => Err(unexpected),
        },
        _ => Err(unexpected),
    }
}

/// Whether a command is told which monitor and nothing else.
fn only_a_monitor(arguments: Arguments) -> bool {
    all(arguments).any(|argument| argument.kind == Kind::Monitor)
        && all(arguments).all(|argument| matches!(argument.kind, Kind::Monitor | Kind::Flag))
}

fn unknown_flag(arguments: Arguments, text: &str) -> GrammarError {
    let flag = text.split(['=', ':']).next().unwrap_or_default();
    let name = flag.trim_start_matches(['-', '–', '—']);
    GrammarError::UnknownFlag {
        flag: flag.to_owned(),
        closest: closest(name, all(arguments).flat_map(Argument::names)),
    }
}
