use monitor_core::alerting::{Days, QuietHours, RoutingError, Severity, Zone};
use monitor_core::code::ErrorCode;
use monitor_core::people::Permission;

use super::route::SEVERITIES;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind, Known};

/// Words that take them away.
const OFF: [&str; 3] = ["off", "none", "never"];

/// Sets the quiet hours of a destination.
pub(crate) const COMMAND: Command = Command {
    name: "quiet-hours",
    aliases: &["set-quiet-hours"],
    summary: "Sets, shows or takes away the hours at which a destination is not told, but after them.",
    examples: &[
        "quiet-hours ops-mail 22:00-07:00 Europe/Berlin except critical",
        "quiet-hours ops-mail from 10pm to 7am Europe/Berlin",
        "quiet-hours ops-mail 00:00-00:00 Europe/Berlin on weekends",
        "quiet-hours ops-mail off",
        "quiet-hours ops-mail",
    ],
    arguments: &[&[
        Argument::new("destination", Kind::Text, "The destination's name.")
            .of(Known::Destination)
            .like("ops-mail")
            .positional()
            .required("Whose quiet hours? Say the name of a destination."),
        Argument::new("zone", Kind::Zone, "The time zone in which a clock shows these hours.")
            .positional()
            .default("UTC"),
        Argument::new("on", Kind::Text, "The days on which they begin, like `mon-fri`, `sat,sun` or `weekends`.")
            .words(&["on", "days"])
            .like("mon-fri")
            .default("every day"),
        Argument::new("except", SEVERITIES, "From this severity on it is told all the same.").words(&["except", "but"]),
        Argument::new("hours", Kind::Text, "From when to when, or `off`.").like("22:00-07:00").positional(),
        Argument::new("from", Kind::Clock, "When they begin, if they are not said in one.").like("10pm"),
        Argument::new("to", Kind::Clock, "When they end.").words(&["to", "until"]).like("7am"),
    ]],
    permission: Permission::Edit,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let destination = given.get("destination").unwrap_or_default();
    let Some((from, to)) = hours(&given)? else {
        let (name, quiet) = turn.services.quiet_hours(turn.actor, destination).await?;
        return Ok(Answer::text(match quiet {
            Some(quiet) => format!("`{name}` is quiet {quiet}. `quiet-hours {name} off` takes that away."),
            None => format!(
                "`{name}` is told at any hour. `quiet-hours {name} 22:00-07:00 Europe/Berlin except critical` changes that."
            ),
        }));
    };
    if OFF.iter().any(|off| off.eq_ignore_ascii_case(from)) {
        let (name, waited) = turn.services.set_quiet_hours(turn.actor, destination, None).await?;
        let now = if waited { " What waited and still is, is told now." } else { "" };
        return Ok(Answer::text(format!("`{name}` is told at any hour.{now}")));
    }
    let quiet = QuietHours {
        from: from.parse()?,
        to: to.parse()?,
        zone: Zone::new(given.get("zone").unwrap_or("UTC"))?,
        days: given.get("on").map_or(Ok(Days::ALL), str::parse)?,
        except: given.get("except").and_then(Severity::from_word),
    };
    let (name, _) = turn.services.set_quiet_hours(turn.actor, destination, Some(&quiet)).await?;
    let loud = match quiet.except {
        Some(loud) => format!("What is {} is told all the same.", said(loud)),
        None => "That holds for what is critical as well; `except critical` lets that through.".to_owned(),
    };
    Ok(Answer::text(format!("`{name}` is quiet {quiet}: it is told after these hours of what still is. {loud}")))
}

/// From when to when, however it was said; `None`: it was not. Of hours that are taken away both are that word.
fn hours(given: &Given) -> Result<Option<(&str, &str)>, Failure> {
    match (given.get("hours"), given.get("from"), given.get("to")) {
        (None, None, None) => Ok(None),
        (None, Some(from), Some(to)) => Ok(Some((from, to))),
        (Some(off), None, None) if OFF.iter().any(|word| word.eq_ignore_ascii_case(off)) => Ok(Some((off, off))),
        // `22:00 to 07:00`
        (Some(from), None, Some(to)) => Ok(Some((from, to))),
        (Some(hours), None, None) => {
            let both = hours.split_once(['-', '–']);
            Ok(Some(both.ok_or_else(|| RoutingError::TimeOfDay(hours.to_owned()))?))
        }
        _ => {
            let text = "Say from when to when, like `22:00-07:00` or `from 10pm to 7am`.";
            Err(Failure::new(ErrorCode::MissingValue, text))
        }
    }
}

/// `critical`, `warning or critical`.
fn said(least: Severity) -> String {
    let loud = Severity::ALL.into_iter().filter(|severity| *severity >= least).map(Severity::as_str);
    loud.collect::<Vec<_>>().join(" or ")
}
