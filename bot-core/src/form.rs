//! What happens when a form is filled in: it answers its own question and no other, and what was typed into it is never a command,
//! but for a bare `no` or `cancel`, which end the question.

use monitor_core::code::ErrorCode;

use crate::command::{Command, Failure, Turn};
use crate::commands::{self, cancel};
use crate::dialog::{Awaits, Consent, Dialog};
use crate::engine::{add, answer_dialog, asking, load, named};
use crate::grammar::{Argument, GrammarError, Kind, Quoted, Token, is_too_long, tokenize, unquoted};
use crate::reply::Reply;

const SETTLED: &str =
    "That question is settled already, or it was somebody else's. Nothing was done; say what you want anew.";

/// Answers the question that the form of this token asks, if it still is the one that this person is asked.
pub(crate) async fn fill_in(turn: Turn<'_>, token: &str, values: &[(String, String)]) -> Result<Reply, Failure> {
    let me = turn.actor.person;
    let Some(dialog) = load(turn, me).await?.filter(|dialog| dialog.id == token) else {
        return Err(Failure::new(ErrorCode::NoQuestion, SETTLED));
    };
    if values.iter().any(|(_, value)| is_too_long(value)) {
        return Err(GrammarError::TooLong.into());
    }
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (name.as_str(), value.trim())).collect();
    if values.iter().all(|(_, value)| value.is_empty()) {
        return Ok(Reply::text(dialog.reminder()));
    }
    match (&dialog.awaits, values.as_slice()) {
        (_, [(_, value)]) if takes_back(value) => answer_dialog(turn, dialog, me, &[word("no", Quoted::No)]).await,
        (Awaits::Confirmation { .. }, [(_, value)]) => answer_dialog(turn, dialog, me, &tokenize(value)?).await,
        _ => {
            let command = asking(turn, &dialog, me).await?;
            let words = words(&dialog, command, &values)?;
            add(turn, dialog, me, command, &words).await
        }
    }
}

/// What was filled in as words behind the command: each value after its argument's name. What one field alone asks for that is not
/// any text may be several words, as when it is said.
fn words(dialog: &Dialog, command: &'static Command, values: &[(&str, &str)]) -> Result<Vec<Token>, GrammarError> {
    if let ([(name, value)], Awaits::Argument { name: asked }) = (values, &dialog.awaits)
        && name == asked
        && !dialog.argument(name).is_some_and(is_any_text)
    {
        return Ok(named(dialog, command, &tokenize(value)?));
    }
    let filled = values.iter().filter(|(_, value)| !value.is_empty());
    Ok(filled.flat_map(|(name, value)| [word(name, Quoted::No), word(&unquoted(value), Quoted::Whole)]).collect())
}

/// Whether a value says that nothing is to be done. Whoever means the word itself puts quotes around it.
fn takes_back(value: &str) -> bool {
    Consent::of_words(value) == Consent::No
        || commands::find(value).is_some_and(|command| command.name == cancel::COMMAND.name)
}

/// Whether a value is text of which every word belongs to it, and no list of names.
fn is_any_text(argument: &Argument) -> bool {
    argument.kind == Kind::Text && argument.known.is_none()
}

fn word(text: &str, quoted: Quoted) -> Token {
    Token { text: text.to_owned(), quoted, at: 0..0 }
}
