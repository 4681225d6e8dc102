use super::parse::{FILLER, NONE, WITHOUT};
use super::{Kind, all, same_word};
use crate::commands::COMMANDS;
use crate::destinations::is_own;
use crate::dialog::Consent;

/// Whether a word already says something else in some command or dialog, so that a monitor of that name could not always be
/// reached by it. Derived from the declarations: what commands and arguments are called, what they can be set to without such
/// a word, periods, and what answers a question.
pub(crate) fn is_reserved(word: &str) -> bool {
    let same = |other: &str| same_word(other, word);
    let by_command = COMMANDS.iter().any(|command| {
        // The halves too, since `show report` is as good as `show-report`.
        command.name.split('-').chain([command.name]).chain(command.aliases.iter().copied()).any(same)
    });
    let by_argument =
        COMMANDS.iter().flat_map(|command| all(command.arguments)).filter(|own| !is_own(own)).any(|argument| {
            let choices = match argument.kind {
                Kind::Choice(choices) if argument.positional => choices,
                _ => &[],
            };
            argument.names().chain(choices.iter().copied()).any(same)
        });
    let by_grammar = WITHOUT.iter().chain([&FILLER, &NONE]).any(|own| same(own));
    by_command || by_argument || by_grammar || Kind::Period.fits(word) || Consent::of_words(word) != Consent::Neither
}
