use monitor_core::people::Permission;
use monitor_core::report::{DAY, Window};

use super::route::{ROTATION, at, time};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind};

/// Has somebody stand in.
pub(crate) const COMMAND: Command = Command {
    name: "override-on-call",
    aliases: &["override", "stand-in"],
    summary: "Has a destination stand in for those whose turn it is. Of several at the same time the last one counts.",
    examples: &[
        "override-on-call primary bob-sms from 2026-12-24 to 2026-12-27",
        "override-on-call primary bob-sms to \"2026-12-24 18:00\"",
    ],
    arguments: &[&[
        ROTATION.required("In which rotation?"),
        Argument::new("who", Kind::Text, "The destination that stands in.")
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
        Argument::new("to", Kind::Time, "The last day, included, or the end, in the rotation's time zone.")
            .words(&["to", "until"])
            .required("Until when? Say the last day, or a time."),
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
    let from = time(&given, "from", &zone)?.map_or(turn.now, |(from, _)| from);
    let to = match time(&given, "to", &zone)? {
        // The day itself is included; where clocks are changed it is not as long as others.
        Some((day, true)) => zone.instant(zone.local(day + DAY + DAY / 2).date().at(0, 0, 0, 0)),
        Some((to, false)) => to,
        None => turn.now,
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
