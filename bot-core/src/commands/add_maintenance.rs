use monitor_core::alerting::{Days, Recurrence, TimeOfDay, When, WindowError, Zone};
use monitor_core::code::ErrorCode;
use monitor_core::people::Permission;
use services::{NewWindow, ServiceError};

use super::route::{time, words};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind, Known};
use crate::present::maintenance::{because, clock, times};
use crate::reply::Block;

/// Times of a recurring window that are shown before they come.
const SHOWN: usize = 5;

/// Announces work.
pub(crate) const COMMAND: Command = Command {
    name: "add-maintenance",
    aliases: &["maintenance"],
    summary: "Announces work on monitors, now, later or again and again: while it lasts they are checked, but nobody is told, and the time does not count in reports.",
    examples: &[
        "add-maintenance shop 2h because \"database upgrade\"",
        "add-maintenance env=prod from 2026-12-01 22:00 to 2026-12-02 02:00 zone Europe/Berlin because \"move\"",
        "add-maintenance all every sunday at 03:00 for 2h zone Europe/Berlin because patches",
        "add-maintenance all rrule \"FREQ=MONTHLY;BYDAY=1SU\" at 03:00 for 2h zone Europe/Berlin",
    ],
    arguments: &[&[
        Argument::new("length", Kind::Duration, "For how long: 1m to 90d, each time of a recurring one up to 7d.")
            .words(&["for", "length"])
            .like("2h")
            .positional(),
        Argument::new("from", Kind::Time, "When it begins, in the time zone; now, if it is not said.")
            .words(&["from"])
            .like("2026-12-01 22:00"),
        Argument::new("to", Kind::Time, "When it ends, in the time zone; a day is included.")
            .words(&["to", "until"])
            .like("2026-12-02 02:00"),
        Argument::new(
            "every",
            Kind::Text,
            "On which days of the week it comes again: `sunday`, `sat,sun`, `weekdays`, `day`.",
        )
        .words(&["every"])
        .like("sunday"),
        Argument::new("rrule", Kind::Text, "On which days it comes again, by a rule of RFC 5545.")
            .words(&["rrule"])
            .like("\"FREQ=MONTHLY;BYDAY=1SU\""),
        Argument::new("at", Kind::Clock, "The time of day at which a recurring one begins, in the time zone.")
            .words(&["at"])
            .like("03:00"),
        Argument::new("zone", Kind::Zone, "The IANA time zone in which a clock shows those times.")
            .words(&["zone"])
            .default("UTC"),
        Argument::new("reason", Kind::Text, "Why.").words(&["because", "reason"]).like("\"database upgrade\"").greedy(),
        Argument::new("what", Kind::Text, "Names of monitors, labels like `env=prod`, `group:shop`, or `all`.")
            .of(Known::Subject)
            .like("shop")
            .positional()
            .repeated()
            .required("What is worked on? Say a monitor, a label like env=prod, a group like group:shop, or all."),
    ]],
    permission: Permission::Edit,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let when = when(turn, &given)?;
    let new = NewWindow { about: words(&given, "what"), when, reason: words(&given, "reason") };
    let window = turn.services.add_maintenance(turn.actor, &new).await?;
    let (id, what, why, zone) = (window.id, &window.words, because(&window.reason), window.when.zone());
    let comes = window.upcoming(turn.now, SHOWN);
    let mut text = match (window.progress.on, comes.first()) {
        (Some(on), _) => {
            let until = clock(zone, on.until, turn.now);
            let monitors = crate::present::plural(window.monitors, "monitor");
            format!(
                "Maintenance {id} of `{what}`{why} is on until {until}: {monitors}. Nobody is told of what they do."
            )
        }
        (None, Some(next)) => {
            let (from, until) = (zone.to_minute(next.from), zone.to_minute(next.until));
            format!("Maintenance {id} of `{what}`{why} is planned, next from {from} to {until} {zone}.")
        }
        (None, None) => format!("Maintenance {id} of `{what}`{why} is planned."),
    };
    let end = if window.is_on() { "ends it before" } else { "calls it off" };
    text.push_str(&format!(" `end-maintenance {id}` {end}."));
    let mut blocks = vec![Block::text(text)];
    if matches!(window.when, When::Recurring(_)) && !comes.is_empty() {
        blocks.push(times(&window.when, &comes, turn.now));
    }
    Ok(Answer::of(blocks).offering("End it", format!("end-maintenance {id}")))
}

/// When it is on, of what was said.
fn when(turn: Turn<'_>, given: &Given) -> Result<When, Failure> {
    let zone = Zone::new(given.get("zone").unwrap_or("UTC"))?;
    let begins = time(given, "from", &zone, turn.now)?.map_or(turn.now, |(from, _)| from);
    let to = time(given, "to", &zone, begins)?;
    let length = given.duration("length");
    let conflict = |text: &str| Err(Failure::new(ErrorCode::ConflictingArguments, text));
    let missing = |text: &str| Err(Failure::new(ErrorCode::MissingValue, text));
    let refused = |error: WindowError| Failure::from(ServiceError::from(error));
    let every = given.get("every").map(str::parse::<Days>).transpose()?.map(Days::rule);
    let rule = match (given.get("rrule"), every.as_deref()) {
        (Some(_), Some(_)) => return conflict("Say either `every` or `rrule`, not both."),
        (rule, every) => rule.or(every),
    };
    match (rule, given.get("at")) {
        (Some(rule), Some(at)) => {
            if to.is_some() {
                return conflict(
                    "A recurring maintenance ends by its rule: say `UNTIL=20261231` in it, and for how long each time lasts, like `for 2h`.",
                );
            }
            let Some(length) = length else {
                return missing("Say for how long each time lasts, like `for 2h`.");
            };
            let at: TimeOfDay = at.parse()?;
            let recurrence = Recurrence::new(rule, zone, at, length, begins.max(turn.now)).map_err(refused)?;
            Ok(When::Recurring(recurrence))
        }
        (Some(_), None) => missing("Say the time of day at which it begins, like `at 03:00`."),
        (None, Some(_)) => conflict(
            "Say `from 2026-12-01 22:00` for a maintenance that comes once, or `every sunday at 03:00` for one that comes again.",
        ),
        (None, None) => {
            let ends = match (to, length) {
                (Some(_), Some(_)) => return conflict("Say either for how long or until when, not both."),
                // A day that is named is included.
                (Some((to, true)), None) => zone.instant(zone.local(to).tomorrow().unwrap_or(zone.local(to))),
                (Some((to, false)), None) => to,
                (None, Some(length)) => begins + length,
                (None, None) => {
                    return missing("Say for how long, like `2h`, or until when, like `to 2026-12-02 02:00`.");
                }
            };
            When::once(begins, ends, zone, turn.now).map_err(refused)
        }
    }
}
