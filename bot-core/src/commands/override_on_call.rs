use monitor_core::code::ErrorCode;
use monitor_core::people::Permission;
use monitor_core::report::{DAY, Window};

use super::route::{ROTATION, at, time};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind, Known};

/// Has somebody stand in.
pub(crate) const COMMAND: Command = Command {
    name: "override-on-call",
    aliases: &["override", "stand-in"],
    summary: "Has a destination stand in for those whose turn it is. Of several at the same time the last one counts.",
    examples: &[
        "override-on-call primary bob-sms from 2026-12-24 to 2026-12-27",
        "override-on-call primary bob-sms for 2h",
        "override-on-call primary bob-sms until 20:30",
    ],
    arguments: &[&[
        Argument::new("length", Kind::Duration, "For how long, in place of `to`.")
            .words(&["for", "length"])
            .like("2h")
            .positional(),
        Argument::new("to", Kind::Time, "The last day, included, or the end, in the rotation's time zone.")
            .words(&["to", "until"])
            .like("20:30")
            .positional()
            .required("Until when? Say the last day, a time like 20:30, or for how long, like 2h.")
            .unless(&["length"]),
        ROTATION.required("In which rotation?"),
        Argument::new("who", Kind::Text, "The destination that stands in.")
            .of(Known::Destination)
            .words(&["who", "by"])
            .like("bob-sms")
            .positional()
            .required("Who stands in?"),
        Argument::new(
            "from",
            Kind::Time,
            "The first day or time, in the rotation's time zone; now, if it is not said.",
        )
        .words(&["from", "since"]),
    ]],
    permission: Permission::Respond,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let name = given.get("rotation").unwrap_or_default();
    let who = given.get("who").unwrap_or_default();
    let before = turn.services.rotations(turn.actor, Some(name), turn.now).await?;
    let Some(zone) = before.first().map(|rotation| rotation.zone.clone()) else {
        return Ok(Answer::text("Nobody takes turns in that rotation."));
    };
    let from = time(&given, "from", &zone, turn.now)?.map_or(turn.now, |(from, _)| from);
    let to = match (time(&given, "to", &zone, from)?, given.duration("length")) {
        (Some(_), Some(_)) => {
            let text = "Say either for how long or until when, not both.";
            return Err(Failure::new(ErrorCode::ConflictingArguments, text));
        }
        // The day itself is included; where clocks are changed it is not as long as others.
        (Some((day, true)), None) => zone.instant(zone.local(day + DAY + DAY / 2).date().at(0, 0, 0, 0)),
        (Some((to, false)), None) => to,
        (None, length) => from + length.unwrap_or_default(),
    };
    let rotation = turn.services.override_on_call(turn.actor, name, who, Window { from, to }).await?;
    let stands_in = rotation.overrides.last().map_or(who, |(name, _, _)| name.as_str());
    let text = format!(
        "`{stands_in}` is on call in `@{}` from {} to {}. `who-is-on-call {}` shows who it is when.",
        rotation.name,
        zone.to_minute(from),
        at(&zone, to),
        rotation.name
    );
    Ok(Answer::text(text))
}
