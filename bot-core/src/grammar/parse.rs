use std::iter::Peekable;
use std::slice::Iter;

use monitor_core::http::{MAX_LIST, SpecError, shorten};

use super::token::{Quoted, Token};
use super::{Argument, Arguments, Given, GrammarError, Invalid, Kind, all, closest, find, parse_switch, same_word};
use crate::{destinations, kinds};

/// Takes an argument away, as its value.
pub(super) const NONE: &str = "none";

/// Take away the argument that is named after them: `without contains`.
pub(super) const WITHOUT: [&str; 2] = ["without", "remove"];

/// Says nothing where a value can stand alone: `show-report for shop`.
pub(super) const FILLER: &str = "for";

/// The argument that says what is watched.
const TARGET: &str = "url";

/// The argument that says how it is watched.
const KIND: &str = "kind";

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

/// Says what a word is, looking at that word alone and at what was given before it: until a target is known, the word of a
/// check kind is just that, whatever argument has the same name.
pub(crate) fn classify<'a>(arguments: Arguments, token: &'a Token, given: impl Fn(&str) -> bool) -> Shape<'a> {
    if !token.is_bare() {
        return Shape::Value;
    }
    let mut kinds = all(arguments).filter(|argument| argument.kind == Kind::CheckKind);
    let open = kinds.any(|kind| !given(kind.name)) && !given(TARGET);
    if open && token.quoted == Quoted::No && Kind::CheckKind.fits(&token.text) {
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
    let mut greedy: Option<&'static Argument> = None;
    while let Some(token) = tokens.next() {
        if let Some(argument) = tokens.peek().and_then(|next| taken_away(arguments, token, next)) {
            tokens.next();
            put(&mut given, already, argument, NONE, false)?;
            continue;
        }
        let has = |name: &str| given.has(name) || already.has(name);
        let shape = match is_called_like_field(arguments, token, tokens.peek().copied(), has) {
            true => Shape::Value,
            false => classify(arguments, token, has),
        };
        let (argument, value, quoted) = match shape {
            Shape::UnknownFlag => return Err(unknown_flag(arguments, &token.text)),
            Shape::Filler => continue,
            Shape::Named(argument, Some(value)) => (argument, value.to_owned(), token.quoted == Quoted::Value),
            Shape::Named(argument, None) if argument.kind == Kind::Flag => (argument, "yes".to_owned(), true),
            Shape::Named(argument, None) if argument.kind == Kind::Switch => {
                let said = tokens.next_if(|next| next.is_bare() && parse_switch(&next.text).is_some());
                (argument, said.map_or_else(|| "yes".to_owned(), |said| said.text.clone()), true)
            }
            Shape::Named(argument, None) => {
                let value = tokens.next().ok_or(GrammarError::MissingValue(argument))?;
                (argument, value.text.clone(), value.quoted != Quoted::No)
            }
            // What a kind of destination needs first can stand alone behind it, and answers the question for it.
            Shape::Value
                if let Some(argument) = destinations::missing(arguments, &already.clone().amended(given.clone())) =>
            {
                (argument, token.text.clone(), token.quoted != Quoted::No)
            }
            Shape::Value if let Some(argument) = greedy => (argument, token.text.clone(), token.quoted != Quoted::No),
            Shape::Value => {
                let free: Vec<&Argument> = all(arguments)
                    .filter(|argument| {
                        let free = !given.has(argument.name) && !already.has(argument.name);
                        argument.positional && (free || argument.repeated)
                    })
                    .collect();
                let period = token.quoted == Quoted::No && free.iter().any(|argument| argument.kind == Kind::Period);
                let text = join(Kind::Period, token.text.clone(), !period, &mut tokens);
                (positional(arguments, &text, &free, given.get(KIND).or(already.get(KIND)))?, text, true)
            }
        };
        greedy = argument.greedy.then_some(argument);
        let in_quotes = if token.text == value { token.quoted != Quoted::No } else { quoted };
        let value = match argument.kind {
            Kind::Condition if !in_quotes => condition(arguments, value, &mut tokens),
            _ => value,
        };
        let value = join(argument.kind, value, quoted, &mut tokens);
        put(&mut given, already, argument, &value, quoted)?;
    }
    Ok(given)
}

/// Whether the word of a field is the name of the destination that is meant, since nothing follows that the field could be:
/// `add-destination phone webhook …`, `edit-destination phone rate 10/m`.
fn is_called_like_field(
    arguments: Arguments,
    word: &Token,
    next: Option<&Token>,
    given: impl Fn(&str) -> bool + Copy,
) -> bool {
    let is_field = word.quoted == Quoted::No
        && find(arguments, &word.text).is_some_and(|argument| destinations::FIELDS.contains(argument));
    let is_set = |next: &Token| {
        let kind = next.quoted == Quoted::No && Kind::Choice(destinations::NAMES).fits(&next.text);
        !kind && !matches!(classify(arguments, next, given), Shape::Named(..))
    };
    let is_missing = || all(arguments).find(|argument| argument.positional).is_some_and(|name| !given(name.name));
    is_field && is_missing() && !next.is_some_and(is_set)
}

/// A condition without quotes goes on to the next word that names an argument.
fn condition(arguments: Arguments, mut value: String, tokens: &mut Peekable<Iter<'_, Token>>) -> String {
    let goes_on = |next: &&Token| match classify(arguments, next, |_| true) {
        Shape::Value | Shape::Filler => true,
        Shape::Named(..) | Shape::UnknownFlag => false,
    };
    while let Some(next) = tokens.next_if(goes_on) {
        value.push(' ');
        value.push_str(&next.text);
    }
    value
}

/// The argument that is taken away by these two words.
fn taken_away(arguments: Arguments, word: &Token, next: &Token) -> Option<&'static Argument> {
    let without = word.quoted == Quoted::No && WITHOUT.iter().any(|without| same_word(without, &word.text));
    match without.then(|| classify(arguments, next, |_| true)) {
        Some(Shape::Named(argument, None)) => Some(argument),
        _ => None,
    }
}

/// Some values are two words to everybody: `X-Key: abc`, `2026-03-01 14:00`, `2 minutes`.
fn join(kind: Kind, value: String, quoted: bool, tokens: &mut Peekable<Iter<'_, Token>>) -> String {
    match tokens.next_if(|next| {
        (!quoted || kind == Kind::Command)
            && (next.is_bare() || kind == Kind::Capture)
            && kind.goes_on(&value, &next.text)
    }) {
        Some(next) => format!("{value} {}", next.text),
        None => value,
    }
}

fn put(
    given: &mut Given,
    already: &Given,
    argument: &'static Argument,
    value: &str,
    quoted: bool,
) -> Result<(), GrammarError> {
    if given.has(argument.name) && !argument.repeated {
        return Err(GrammarError::Repeated(argument));
    }
    // Bounds the work too: each value of a repeated argument may be a pattern to compile.
    if given.all(argument.name).count() >= MAX_LIST {
        return Err(GrammarError::TooMany(argument));
    }
    if !quoted && value.eq_ignore_ascii_case(NONE) && !argument.kind.takes_none() {
        if !argument.removable {
            return Err(GrammarError::NotRemovable(argument));
        }
        given.put(argument.name, None);
        return Ok(());
    }
    match checked(argument, given.get(KIND).or(already.get(KIND)), value) {
        Ok(()) => given.put(argument.name, Some(value)),
        Err(invalid) => return Err(GrammarError::BadValue { argument, invalid }),
    }
    Ok(())
}

/// Checks a value. What a target is depends on the check kind that was said.
fn checked(argument: &Argument, kind: Option<&str>, value: &str) -> Result<(), Invalid> {
    match argument.kind {
        Kind::Address => kinds::start(kinds::meant(kind, value)?, value).map(drop),
        kind => kind.check(value),
    }
}

/// The argument that a value standing alone is for: the first that is still free and may mean it.
fn positional(
    arguments: Arguments,
    text: &str,
    free: &[&'static Argument],
    kind: Option<&str>,
) -> Result<&'static Argument, GrammarError> {
    let fits = |argument: &Argument| match argument.kind {
        Kind::Address => kinds::may_be_target(kind, text),
        kind => kind.fits(text),
    };
    if let Some(argument) = free.iter().find(|argument| fits(argument)) {
        return Ok(argument);
    }
    // Of those that may be given again, none was missing.
    let free: Vec<&Argument> = free.iter().copied().filter(|argument| !argument.repeated).collect();
    if free.is_empty() && only_a_monitor(arguments) {
        return Err(GrammarError::OneMonitor { word: text.to_owned() });
    }
    let words = all(arguments).flat_map(Argument::names);
    let unexpected = GrammarError::Unexpected { word: text.to_owned(), closest: closest(text, words) };
    let only: Vec<&Argument> = free.into_iter().filter(|argument| argument.kind != Kind::CheckKind).collect();
    match (&unexpected, only.as_slice()) {
        (GrammarError::Unexpected { closest: None, .. }, [only]) => match checked(only, kind, text) {
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

/// Whether a command is told which monitor, or which of them, and next to nothing else.
fn only_a_monitor(arguments: Arguments) -> bool {
    let which = |kind| matches!(kind, Kind::Monitor | Kind::Label | Kind::Name | Kind::Number(..) | Kind::Flag);
    all(arguments).any(|argument| argument.kind == Kind::Monitor) && all(arguments).all(|argument| which(argument.kind))
}

fn unknown_flag(arguments: Arguments, text: &str) -> GrammarError {
    let flag = text.split(['=', ':']).next().unwrap_or_default();
    let name = flag.trim_start_matches(['-', '–', '—']);
    GrammarError::UnknownFlag {
        flag: flag.to_owned(),
        closest: closest(name, all(arguments).flat_map(Argument::names)),
    }
}
