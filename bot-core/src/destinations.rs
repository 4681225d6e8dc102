//! The words of destinations. All of them are derived from `notifiers::KINDS`: arguments of commands, what is asked for when
//! it is missing, and the page in docs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use notifiers::{DestinationKind, KINDS};
use services::Fields;

use crate::command::sentence;
use crate::grammar::{Argument, Arguments, Given, Kind, all, find};

/// The name of the argument that says which kind it is.
pub(crate) const KIND: &str = "kind";

/// The names of all kinds.
pub(crate) const NAMES: &[&str] = &{
    let mut names = [""; KINDS.len()];
    let mut at = 0;
    while at < KINDS.len() {
        names[at] = KINDS[at].name;
        at += 1;
    }
    names
};

/// One argument for each field that any kind has.
pub(crate) const FIELDS: &[Argument] = &{
    let mut fields = [Argument::new("", Kind::Text, ""); count()];
    let (mut kind, mut known) = (0, 0);
    while kind < KINDS.len() {
        let mut field = 0;
        while field < KINDS[kind].fields.len() {
            let new = &KINDS[kind].fields[field];
            if first(new.name, kind) {
                let argument = Argument::new(new.name, Kind::Text, SEE).removable();
                fields[known] = if is_secret(new.name) { argument.secret() } else { argument };
                known += 1;
            }
            field += 1;
        }
        kind += 1;
    }
    fields
};

const SEE: &str = "A field of some kinds.";

/// How many names the fields of all kinds have.
const fn count() -> usize {
    let (mut kind, mut names) = (0, 0);
    while kind < KINDS.len() {
        let mut field = 0;
        while field < KINDS[kind].fields.len() {
            names += first(KINDS[kind].fields[field].name, kind) as usize;
            field += 1;
        }
        kind += 1;
    }
    names
}

/// Whether no kind before that one has a field of that name.
const fn first(name: &str, before: usize) -> bool {
    let mut kind = 0;
    while kind < before {
        let mut field = 0;
        while field < KINDS[kind].fields.len() {
            if same(KINDS[kind].fields[field].name, name) {
                return false;
            }
            field += 1;
        }
        kind += 1;
    }
    true
}

/// Whether a field of that name is a secret of any kind.
const fn is_secret(name: &str) -> bool {
    let mut kind = 0;
    while kind < KINDS.len() {
        let mut field = 0;
        while field < KINDS[kind].fields.len() {
            if KINDS[kind].fields[field].secret && same(KINDS[kind].fields[field].name, name) {
                return true;
            }
            field += 1;
        }
        kind += 1;
    }
    false
}

const fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    one.len() == other.len()
}

/// Whether an argument is about destinations alone, so that its words mean nothing where monitors are named.
pub(crate) fn is_own(argument: &Argument) -> bool {
    argument.kind == Kind::Choice(NAMES) || FIELDS.contains(argument)
}

/// The kind that was said.
pub(crate) fn kind(given: &Given) -> Option<&'static DestinationKind> {
    let said = given.get(KIND)?;
    KINDS.iter().find(|kind| kind.name.eq_ignore_ascii_case(said))
}

/// The first required field of the kind that was said that is missing, among the arguments of a command that takes kinds of
/// destinations.
pub(crate) fn missing(arguments: Arguments, given: &Given) -> Option<&'static Argument> {
    all(arguments).find(|argument| argument.kind == Kind::Choice(NAMES))?;
    let missing = kind(given)?.fields.iter().find(|field| field.required && given.get(field.name).is_none())?;
    find(arguments, missing.name)
}

/// The question for a field of the kind that was said, and an example.
pub(crate) fn question(argument: &Argument, given: &Given) -> Option<(String, String)> {
    let kind = kind(given).filter(|_| FIELDS.contains(argument))?;
    let field = kind.field(argument.name)?;
    Some((
        format!("For {} I need `{}`: {}. What is it?", kind.name, field.name, lower(field.help)),
        field.example.to_owned(),
    ))
}

/// What was given for fields, and those that are taken away.
pub(crate) fn fields(given: &Given) -> (Fields, Vec<String>) {
    let mut fields = BTreeMap::new();
    let mut without = Vec::new();
    for argument in FIELDS.iter().filter(|argument| given.has(argument.name)) {
        match given.get(argument.name) {
            Some(value) => drop(fields.insert(argument.name.to_owned(), value.to_owned())),
            None => without.push(argument.name.to_owned()),
        }
    }
    (Fields(fields), without)
}

/// A help text within a sentence: its first letter is small unless the word is an abbreviation.
fn lower(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => first.to_lowercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}

const INTRODUCTION: &str = "\
<!-- Written by bot_core::destinations_docs() from the declarations in notifiers/src/. Do not edit. -->

# Destinations

A destination is a place outside of this chat that people are told at. `add-destination NAME KIND …` adds one, and asks for what is
missing; `test-destination NAME` sends a test and says what was answered; `show-destination`, `edit-destination` and
`delete-destination` do what they say. Any value with spaces goes in quotes.

- All that you give for a destination is encrypted at rest. What is marked secret is never shown again, and it is not sent to another
  place when the destination is changed. Lines that add or change a destination are kept in no history.
- Each destination has a budget: so many at once, and then evenly so many a minute. `rate 10/m` gives it another one.
- What cannot be delivered now is tried again after 5 seconds, then twice as long each time up to an hour, for a day; a destination
  that says when to come back is believed. A destination is told of an incident in order.
- What could not be delivered at all is kept: `list-notifications failed` shows it, `resend failed` sends it again. `fallback NAME`
  names another destination that is told instead. You are told once when a destination takes nothing, and when it does again.
- A notification is delivered at least once. After a crash it may come twice, with the same key.

";

/// The page as Markdown.
#[must_use]
pub fn docs() -> String {
    let cell = |text: &str| text.replace('|', "\\|");
    let mut page = INTRODUCTION.to_owned();
    for kind in KINDS {
        // Writing to a string does not fail.
        let _ = writeln!(page, "## {}\n\n{}\n", kind.name, sentence(kind.summary));
        let _ = writeln!(page, "- Budget: {} at once, {} a minute\n", kind.rate.burst, kind.rate.per_minute);
        let _ = writeln!(page, "| field | about | example |\n|---|---|---|");
        for field in kind.fields {
            let needed = if field.required { " Needed." } else { "" };
            let secret = if field.secret { " Secret." } else { "" };
            let (help, example) = (cell(&sentence(field.help)), cell(field.example));
            let _ = writeln!(page, "| `{}` | {help}{needed}{secret} | `{example}` |", field.name);
        }
        let _ = writeln!(page, "\n    {}\n", kind.example);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::{COMMANDS, find as command};
    use crate::grammar::{self, tokenize};

    #[test]
    fn every_field_of_every_kind_is_an_argument_once() {
        for field in KINDS.iter().flat_map(|kind| kind.fields) {
            let arguments: Vec<_> = FIELDS.iter().filter(|argument| argument.name == field.name).collect();
            assert_eq!(arguments.len(), 1, "{}", field.name);
            assert!(arguments[0].secret || !field.secret, "{}", field.name);
        }
    }

    #[test]
    fn the_example_of_every_kind_is_read_as_it_is_meant_and_is_kept_nowhere() {
        for kind in KINDS {
            let words = kind.example.strip_prefix("add-destination ").unwrap();
            let arguments = command("add-destination").unwrap().arguments;
            let given = grammar::parse(arguments, &tokenize(words).unwrap(), &Given::default()).unwrap();
            assert_eq!(given.get(KIND), Some(kind.name), "{}", kind.example);
            assert_eq!(missing(arguments, &given), None, "{}", kind.example);
            let (fields, _) = fields(&given);
            notifiers::Settings::read(kind.name, &fields.0).unwrap_or_else(|error| panic!("{}: {error}", kind.example));
            assert!(crate::may_hold_secret(kind.example, false), "{}", kind.example);
        }
        assert!(COMMANDS.iter().any(|command| command.name == "add-destination"));
    }
}
