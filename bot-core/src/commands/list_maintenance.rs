use monitor_core::Timestamp;
use monitor_core::people::Permission;
use services::view::MaintenanceRow;

use super::end_maintenance::which;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind, Known};
use crate::present::count;
use crate::present::maintenance::{clock, times};
use crate::reply::{Block, Field};

/// Times that are shown of one window.
const SHOWN: usize = 5;

/// Lists work that is announced.
pub(crate) const COMMAND: Command = Command {
    name: "list-maintenance",
    aliases: &["maintenances"],
    summary: "Lists the maintenance that is on and that is to come; of one of them the next five times.",
    examples: &["list-maintenance", "list-maintenance 3"],
    arguments: &[&[Argument::new(
        "maintenance",
        Kind::Text,
        "Its number, or what is worked on: shows the next five times.",
    )
    .like("3")
    .of(Known::Maintenance)
    .positional()]],
    permission: Permission::Read,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let windows = turn.services.maintenance(turn.actor).await?;
    if given.get("maintenance").is_some() {
        let window = which(&windows, &given)?;
        return Ok(one(window, turn.now));
    }
    if windows.is_empty() {
        return Ok(Answer::text(
            "Nothing is in maintenance, and nothing is planned. `add-maintenance shop 2h because \"upgrade\"` begins one.",
        ));
    }
    let row = |window: &MaintenanceRow| {
        vec![
            window.id.to_string(),
            window.words.clone(),
            state(window, turn.now),
            window.when.words(),
            window.by.clone().unwrap_or_default(),
            window.reason.clone(),
        ]
    };
    let title = format!("Maintenance ({})", count(windows.len() as u64));
    let columns = [">number", "what", "is", "when", "by", "because"];
    Ok(Answer::of(vec![Block::table(title, &columns, windows.iter().map(row).collect())]))
}

/// What it is now: `on until 02:00 UTC`, `next 2026-12-01 22:00 Europe/Berlin`.
fn state(window: &MaintenanceRow, now: Timestamp) -> String {
    let zone = window.when.zone();
    match (window.progress.on, window.upcoming(now, 1).first()) {
        (Some(on), _) => format!("on until {}", clock(zone, on.until, now)),
        (None, Some(next)) => format!("next {}", clock(zone, next.from, now)),
        (None, None) => "over".to_owned(),
    }
}

fn one(window: &MaintenanceRow, now: Timestamp) -> Answer {
    let mut fields = vec![
        Field::new("what", window.words.clone()),
        Field::new("is", state(window, now)),
        Field::new("when", window.when.words()),
    ];
    if window.is_on() {
        fields.push(Field::new("monitors in it", count(window.monitors)));
    }
    fields.extend(window.by.clone().map(|by| Field::new("by", by)));
    if !window.reason.is_empty() {
        fields.push(Field::new("because", window.reason.clone()));
    }
    let mut blocks = vec![Block::fields(format!("Maintenance {}", window.id), fields)];
    let comes = window.upcoming(now, SHOWN);
    if !comes.is_empty() {
        blocks.push(times(&window.when, &comes, now));
    }
    Answer::of(blocks).offering("End it", format!("end-maintenance {}", window.id))
}
