use monitor_core::alerting::SilenceId;
use monitor_core::code::ErrorCode;
use monitor_core::people::Permission;

use super::route::number;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind, Known};

/// Ends a silence.
pub(crate) const COMMAND: Command = Command {
    name: "end-silence",
    aliases: &["unmute", "unsilence"],
    summary: "Ends a silence. Whoever would have been told of what still is, is told at once.",
    examples: &["end-silence", "end-silence 3", "end-silence shop"],
    arguments: &[&[Argument::new(
        "silence",
        Kind::Text,
        "Its number, or what is silent, as `list-silences` shows it; without it, the only one.",
    )
    .like("3")
    .of(Known::Silence)
    .positional()]],
    permission: Permission::Respond,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let id = which(turn, &given).await?;
    let ended = turn.services.end_silence(turn.actor, id).await?;
    let text = format!(
        "The silence of `{}` is over. Whoever would have been told of what still is, is told now.",
        ended.words
    );
    Ok(Answer::text(text))
}

async fn which(turn: Turn<'_>, given: &Given) -> Result<SilenceId, Failure> {
    let silences = turn.services.silences(turn.actor).await?;
    let called = |said: &str| {
        let mut same = silences.iter().filter(|silence| silence.words.eq_ignore_ascii_case(said));
        same.next().filter(|_| same.next().is_none()).map(|silence| silence.id)
    };
    match (given.get("silence"), silences.as_slice()) {
        (Some(said), _) => match called(said) {
            Some(id) => Ok(id),
            None => Ok(SilenceId(number(given, "silence")?)),
        },
        (None, [only]) => Ok(only.id),
        (None, []) => Err(Failure::new(ErrorCode::NotFound, "Nothing is silent.")),
        (None, _) => Err(Failure::new(
            ErrorCode::NotFound,
            "There are several silences; `list-silences` shows them. Say which one.",
        )),
    }
}
