use monitor_core::code::ErrorCode;
use monitor_core::duration::humanize;
use monitor_core::people::Permission;
use services::{ServiceError, Silenced};

use super::YES;
use super::route::words;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind, Known};
use crate::reply::Block;

/// Keeps something quiet.
pub(crate) const COMMAND: Command = Command {
    name: "silence",
    aliases: &["mute", "snooze"],
    summary: "Tells nobody of some monitors or an incident for a while. It is watched all the same, and what still is when the silence ends is told then.",
    examples: &[
        "silence shop 2h because \"deploy\"",
        "silence env=staging 1d",
        "silence #12 1h because we know",
        "silence all 30m because \"network maintenance\"",
    ],
    arguments: &[&[
        Argument::new("length", Kind::Duration, "For how long, 1m to 90d.")
            .words(&["for", "length"])
            .like("2h")
            .positional()
            .required("For how long? Say it like 2h or 1d."),
        Argument::new(
            "what",
            Kind::Text,
            "Names of monitors, labels like `env=prod`, `group:shop`, an incident like `#12`, or `all`.",
        )
        .of(Known::Subject)
        .like("shop")
        .positional()
        .repeated()
        .required("What shall be silent? Say a monitor, a label like env=prod, an incident like #12, or all."),
        Argument::new("reason", Kind::Text, "Why.").words(&["because", "reason"]).like("\"deploy\"").greedy(),
        YES,
    ]],
    permission: Permission::Respond,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let (what, reason) = (words(&given, "what"), words(&given, "reason"));
    let Some(length) = given.duration("length") else {
        return Err(Failure::new(ErrorCode::InvalidDuration, "Say for how long, like `2h`."));
    };
    let all = |word: &str| ["", "all", "everything"].iter().any(|all| word.eq_ignore_ascii_case(all));
    let everything = what.split([' ', ',']).all(all);
    if everything && !turn.confirmed && !given.has("yes") {
        let lasts = humanize(length);
        let text = format!(
            "Shall nobody be told of anything for {lasts}? No destination is, and no new card is posted here. `yes` or `no`."
        );
        return Ok(Answer::question(vec![Block::text(text)], "Shall nobody be told of anything?", Given::default()));
    }
    let what = match what.strip_prefix('#') {
        Some(_) if what.contains(' ') => {
            return Err(Failure::from(ServiceError::IncidentNotFound(what)).and("Silence one incident at a time."));
        }
        Some(_) => Silenced::Incident(what),
        None => Silenced::Monitors(what),
    };
    let silence = turn.services.silence(turn.actor, &what, length, &reason).await?;
    let (id, words, until) = (silence.id, &silence.words, silence.until.to_minute());
    let text = format!("Nobody is told of `{words}` until {until}. `end-silence {id}` ends that before.");
    Ok(Answer::text(text).offering("End it", format!("end-silence {id}")))
}
