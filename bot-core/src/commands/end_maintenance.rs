use monitor_core::alerting::When;
use monitor_core::code::ErrorCode;
use monitor_core::people::Permission;
use services::view::MaintenanceRow;

use super::YES;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind, Known};
use crate::reply::Block;

const SCOPES: &[&str] = &["now", "all"];

/// Ends work before its time.
pub(crate) const COMMAND: Command = Command {
    name: "end-maintenance",
    aliases: &["delete-maintenance"],
    summary: "Ends maintenance before its time, or deletes it before it begins; of a recurring one what is on, or all times that are to come.",
    examples: &[
        "end-maintenance",
        "end-maintenance 3",
        "end-maintenance shop",
        "end-maintenance 3 now",
        "end-maintenance 3 all",
    ],
    arguments: &[&[
        Argument::new(
            "which",
            Kind::Choice(SCOPES),
            "Of a recurring one: only what is on now, or all times that are to come.",
        )
        .positional(),
        Argument::new(
            "maintenance",
            Kind::Text,
            "Its number, or what is worked on, as `list-maintenance` shows it; without it, the only one.",
        )
        .like("3")
        .of(Known::Maintenance)
        .positional(),
        YES,
    ]],
    permission: Permission::Edit,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let windows = turn.services.maintenance(turn.actor).await?;
    let window = which(&windows, &given)?;
    let (id, what) = (window.id, &window.words);
    let recurs = matches!(window.when, When::Recurring(_));
    let agreed = turn.confirmed || given.has("yes");
    match given.get("which").map(str::to_ascii_lowercase).as_deref() {
        Some("now") => end(turn, window).await,
        None if window.is_on() && !recurs => end(turn, window).await,
        Some("all") => delete(turn, window).await,
        None if !recurs || (agreed && !window.is_on()) => delete(turn, window).await,
        _ if window.is_on() => {
            let text = format!(
                "Maintenance {id} of `{what}` is on, and comes again: {}. `end-maintenance {id} now` ends only this time, `end-maintenance {id} all` this and all that are to come.",
                window.when.words()
            );
            Ok(Answer::text(text)
                .offering("Only this time", format!("end-maintenance {id} now"))
                .offering("All times", format!("end-maintenance {id} all")))
        }
        _ => {
            let text = format!(
                "Shall I delete maintenance {id} of `{what}` with all times that are to come ({})? `yes` or `no`.",
                window.when.words()
            );
            Ok(Answer::question(
                vec![Block::text(text)],
                &format!("Shall I delete maintenance {id}?"),
                Given::default(),
            ))
        }
    }
}

async fn end(turn: Turn<'_>, window: &MaintenanceRow) -> Result<Answer, Failure> {
    let ended = turn.services.end_maintenance(turn.actor, window.id).await?;
    let zone = ended.when.zone();
    let next = match ended.upcoming(turn.now, 1).first() {
        Some(next) => format!(" It comes again at {} {zone}.", zone.to_minute(next.from)),
        None => String::new(),
    };
    Ok(Answer::text(format!(
        "Maintenance {} of `{}` is over; its monitors are checked now.{next}",
        ended.id, ended.words
    )))
}

async fn delete(turn: Turn<'_>, window: &MaintenanceRow) -> Result<Answer, Failure> {
    let gone = turn.services.delete_maintenance(turn.actor, window.id).await?;
    let (id, what) = (gone.id, &gone.words);
    Ok(Answer::text(match gone.is_on() {
        true => format!("Maintenance {id} of `{what}` is over and deleted; its monitors are checked now."),
        false => format!("Maintenance {id} of `{what}` is deleted."),
    }))
}

/// The window that was meant.
pub(super) fn which<'a>(windows: &'a [MaintenanceRow], given: &Given) -> Result<&'a MaintenanceRow, Failure> {
    let failure = |text: String| Err(Failure::new(ErrorCode::NotFound, text));
    let Some(said) = given.get("maintenance") else {
        return match windows {
            [only] => Ok(only),
            [] => failure("Nothing is in maintenance, and nothing is planned.".to_owned()),
            _ => failure("There are several; `list-maintenance` shows them. Say which one, like `3`.".to_owned()),
        };
    };
    let number = said.trim_start_matches('#').parse::<i64>().ok();
    let mut meant = windows.iter().filter(|window| match number {
        Some(number) => window.id.0 == number,
        None => window.words.eq_ignore_ascii_case(said),
    });
    let shown = monitor_core::http::shorten(said, 40);
    match (meant.next(), meant.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => {
            failure(format!("There are several of `{shown}`; say its number. `list-maintenance` shows them."))
        }
        (None, _) => failure(format!(
            "There is no maintenance `{shown}` that is on or to come; `list-maintenance` shows those there are."
        )),
    }
}
