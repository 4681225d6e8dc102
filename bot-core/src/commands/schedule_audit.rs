use std::time::Duration;

use monitor_core::alerting::{Days, TimeOfDay};
use monitor_core::code::ErrorCode;
use monitor_core::duration;
use monitor_core::people::Permission;
use services::NewSchedule;
use services::view::AuditScheduleRow;

use super::audit::{PAGE, SPEC, spec};
use crate::cards::audit::plain;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind};
use monitor_core::alerting::Zone;

/// Has a page audited again and again.
pub(crate) const COMMAND: Command = Command {
    name: "schedule-audit",
    aliases: &["add-audit-schedule"],
    summary: "Has a page audited again and again. Budgets that are broken and what gets worse are an incident until an audit finds nothing wrong.",
    examples: &[
        "schedule-audit https://shop.example every day at 03:00 zone Europe/Berlin budget performance >= 90",
        "schedule-audit shop.example/cart desktop every weekday at 06:30 name shop-cart",
        "schedule-audit https://shop.example every 6 hours",
    ],
    arguments: &[
        SPEC,
        &[
            Argument::new(
                "every",
                Kind::Every,
                "On which days of the week: `day`, `weekdays`, `monday`, `sat,sun`; or how often, like `6 hours`.",
            )
            .words(&["every", "on"])
            .like("day"),
            Argument::new("at", Kind::Clock, "The time of day, in the time zone.").words(&["at"]).like("03:00"),
            Argument::new("cron", Kind::Text, "When, as five cron fields, instead.").like("\"0 3 * * 1\""),
            Argument::new("zone", Kind::Zone, "The IANA time zone in which a clock shows those times.")
                .words(&["zone"])
                .default("UTC"),
            Argument::new("name", Kind::Text, "What to call it; like the page's host, if it is not said.")
                .words(&["name"])
                .like("shop-home"),
            PAGE.required("Which page shall I audit again and again?"),
        ],
    ],
    permission: Permission::Edit,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    turn.services.can_audit()?;
    let zone = Zone::new(given.get("zone").unwrap_or("UTC"))?;
    let name = given.get("name").map(str::to_owned);
    let new = NewSchedule { name, spec: spec(&given)?, cron: cron(&given)?, zone: zone.name().to_owned() };
    let row = turn.services.schedule_audit(turn.actor, turn.conversation, &new).await?;
    let text = format!(
        "`{}` audits {} ({}) {}, next at {}. Its cards appear here. `delete-audit-schedule {}` ends it.",
        row.name,
        plain(row.spec.url.as_str()),
        row.spec.device,
        when(&row),
        super::route::at(&zone, row.next),
        row.name,
    );
    let once = format!("audit {} {}", row.spec.url, row.spec.device);
    let answer = Answer::text(text);
    // Whoever needs a cookie or a header would have to say it again.
    let bare = row.spec.headers.is_empty() && row.spec.cookies.is_empty();
    Ok(if bare { answer.offering("Audit it now", once) } else { answer })
}

/// When, of what was said, as five fields of cron.
fn cron(given: &Given) -> Result<String, Failure> {
    let conflict = |text: &str| Err(Failure::new(ErrorCode::ConflictingArguments, text));
    match (given.get("cron"), given.get("every"), given.get("at")) {
        (Some(cron), None, None) => Ok(cron.to_owned()),
        (Some(_), ..) => conflict("Say either `cron`, or on which days and at what time, not both."),
        (None, Some(every), None) if let Some(time) = length(every) => often(time),
        (None, every, Some(at)) => {
            let days = every.map_or(Ok(Days::ALL), str::parse)?;
            Ok(daily(days, at.parse()?))
        }
        (None, ..) => Err(Failure::new(
            ErrorCode::MissingValue,
            "Say when, like `every day at 03:00`, `every monday at 6am`, `every 6 hours` or `cron \"0 4 1 * *\"`.",
        )),
    }
}

/// How much time lies between; `None`: that is said in days of the week.
fn length(every: &str) -> Option<Duration> {
    // `day` is both.
    if every.parse::<Days>().is_ok() { None } else { duration::parse(every).ok() }
}

/// As often as that, by the clock.
fn often(length: Duration) -> Result<String, Failure> {
    let minutes = if length.as_secs().is_multiple_of(60) { length.as_secs() / 60 } else { 0 };
    match minutes {
        1..60 if 60_u64.is_multiple_of(minutes) => Ok(format!("*/{minutes} * * * *")),
        60..1_440 if minutes.is_multiple_of(60) && 1_440_u64.is_multiple_of(minutes) => {
            Ok(format!("0 */{} * * *", minutes / 60))
        }
        _ => Err(Failure::new(
            ErrorCode::InvalidValue,
            "That often it cannot be: an hour has to be a multiple of it, or it is 1, 2, 3, 4, 6, 8 or 12 hours. \
             `every day at 03:00` is once a day.",
        )),
    }
}

/// Those days at that time.
fn daily(days: Days, at: TimeOfDay) -> String {
    const NAMES: [&str; 7] = ["SU", "MO", "TU", "WE", "TH", "FR", "SA"];
    let time = at.to_string();
    let (hour, minute) = time.split_once(':').unwrap_or(("0", "0"));
    let field = |text: &str| match text.trim_start_matches('0') {
        "" => "0".to_owned(),
        number => number.to_owned(),
    };
    let rule = days.rule();
    let named = rule.rsplit('=').next().unwrap_or_default();
    let days: Vec<String> =
        (0..7).zip(NAMES).filter(|(_, name)| named.contains(name)).map(|(day, _): (u8, _)| day.to_string()).collect();
    let days = if days.len() == NAMES.len() { "*".to_owned() } else { days.join(",") };
    format!("{} {} * * {days}", field(minute), field(hour))
}

/// When a schedule is due, in words.
pub(super) fn when(row: &AuditScheduleRow) -> String {
    format!("at `{}` ({})", row.cron, row.zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_often_becomes_cron() {
        for (every, cron) in [
            ("hour", Some("0 */1 * * *")),
            ("6 hours", Some("0 */6 * * *")),
            ("30m", Some("*/30 * * * *")),
            ("7 hours", None),
            ("90s", None),
            ("24h", None),
        ] {
            assert_eq!(often(length(every).unwrap()).ok().as_deref(), cron, "{every}");
        }
        assert_eq!((length("weekdays"), length("day")), (None, None));
    }

    #[test]
    fn days_and_a_time_become_cron() {
        let cron = |days: &str, at: &str| daily(days.parse().unwrap(), at.parse().unwrap());
        assert_eq!(cron("day", "03:00"), "0 3 * * *");
        assert_eq!(cron("weekdays", "06:30"), "30 6 * * 1,2,3,4,5");
        assert_eq!(cron("sunday", "00:05"), "5 0 * * 0");
        assert_eq!(cron("sat,sun", "23:59"), "59 23 * * 0,6");
    }
}
