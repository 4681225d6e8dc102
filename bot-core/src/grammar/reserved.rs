use super::parse::{FILLER, NONE, WITHOUT};
use super::{Argument, Kind, Known, all, same_word};
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
    let told = COMMANDS.iter().filter(|command| all(command.arguments).any(may_name_monitor));
    let by_argument = told.flat_map(|command| all(command.arguments)).filter(|own| !is_own(own)).any(|argument| {
        let choices = match argument.kind {
            Kind::Choice(choices) if argument.positional => choices,
            _ => &[],
        };
        argument.names().chain(choices.iter().copied()).any(same)
    });
    let by_grammar = WITHOUT.iter().chain([&FILLER, &NONE]).any(|own| same(own));
    by_command || by_argument || by_grammar || Kind::Period.fits(word) || Consent::of_words(word) != Consent::Neither
}

/// Whether a value of it that stands alone may be the name of a monitor. What commands take that are about other things hinders
/// nobody from calling a monitor so.
fn may_name_monitor(argument: &Argument) -> bool {
    let by_kind = matches!(argument.kind, Kind::Monitor | Kind::Incident | Kind::Name | Kind::Address);
    let known = [Known::Monitor, Known::Subject, Known::Incident, Known::Silence, Known::Maintenance];
    by_kind || argument.known.is_some_and(|own| known.contains(&own))
}
