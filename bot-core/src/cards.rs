//! The live cards of a conversation: one per incident, audit or security check, which changes as that does.
//!
//! Whatever the buttons of a card do can be said as well. Their tokens name what the card is of and the deed, so that a card
//! costs nothing to draw; whether the person may do it is decided when the button is pressed.

pub(crate) mod audit;
pub(crate) mod security;
mod task;

use monitor_core::Timestamp;
use monitor_core::alerting::{Severity, Stage};
use monitor_core::duration;
use monitor_core::health::Status;
use monitor_core::incident::Resolution;
use services::view::{Content, IncidentRow};

pub use audit::{audit, report};
pub use security::security;

use crate::present;
use crate::reply::{Action, ActionStyle, Block, Reply, StatusItem};

/// What the tokens of cards' buttons begin with, and of no other button.
pub const TOKEN: &str = "card.";

/// What a button of a card says for the person who presses it. `{id}` is the incident's number.
const DEEDS: [(&str, &str, &str); 5] = [
    ("ack", "Acknowledge", "ack #{id}"),
    ("silence", "Silence 1 h", "silence #{id} 1h because \"from its card\""),
    ("check", "Check now", "check-now"),
    ("why", "Why", "why #{id}"),
    ("report", "Report", "show-report"),
];

/// A post as it is now.
#[must_use]
pub fn card(content: &Content, now: Timestamp) -> Reply {
    match content {
        Content::Incident(row) => incident(row, now),
        Content::Audit(row) => audit(row, now),
        Content::SecurityCheck(row) => security(row, now),
        Content::Notice(text) => Reply::text(text.clone()),
    }
}

/// The card of an incident as it is now.
#[must_use]
pub fn incident(row: &IncidentRow, now: Timestamp) -> Reply {
    let item = StatusItem { status: status(row), name: present::incident_name(row), detail: detail(row, now) };
    let mut reply = Reply::of(vec![Block::StatusList { title: None, items: vec![item] }]);
    reply.actions = buttons(row);
    reply
}

/// What somebody says who presses the button of that token; `None`: it is no button of a card. `only` is the monitor of an
/// incident that has one alone.
pub(crate) fn said(token: &str) -> Option<(i64, &'static str)> {
    let (id, deed) = token.strip_prefix(TOKEN)?.split_once('.')?;
    let (_, _, says) = DEEDS.iter().find(|(name, _, _)| *name == deed)?;
    Some((id.parse().ok()?, says))
}

fn buttons(row: &IncidentRow) -> Vec<Action> {
    let incident = &row.incident;
    let offered = |deed: &str| match deed {
        "ack" => incident.stage() == Stage::Open,
        "silence" => incident.resolved.is_none() && row.members > 0 && row.silence.is_none(),
        "check" => incident.resolved.is_none() && row.only.is_some(),
        "report" => row.only.is_some(),
        _ => incident.resolved.is_none(),
    };
    let button = |(deed, label, _): &(&str, &str, &str)| Action {
        label: (*label).to_owned(),
        token: format!("{TOKEN}{}.{deed}", incident.id),
        style: if *deed == "ack" { ActionStyle::Primary } else { ActionStyle::Default },
    };
    DEEDS.iter().filter(|(deed, _, _)| offered(deed)).map(button).collect()
}

fn status(row: &IncidentRow) -> Status {
    match (row.incident.resolved, row.incident.severity) {
        (Some((_, Resolution::Paused)), _) => Status::Paused,
        (Some((_, Resolution::Maintenance)), _) => Status::Maintenance,
        (Some((_, Resolution::Withdrawn)), _) => Status::Unknown,
        (Some((_, Resolution::ByHand)), _) if row.failing > 0 => Status::Degraded,
        (Some(_), _) => Status::Up,
        // Only what says so is down: a rule may fire for a monitor that answers.
        (None, Severity::Critical)
            if row.incident.declared_by.is_some() || row.incident.title.ends_with(" is down") =>
        {
            Status::Down
        }
        (None, _) => Status::Degraded,
    }
}

fn detail(row: &IncidentRow, now: Timestamp) -> String {
    let incident = &row.incident;
    let why = incident.why().trim_end_matches('.');
    let was = if why.is_empty() { String::new() } else { format!("; it was: {why}") };
    // Of an incident that is over: a card stays as it is until something changes, so the length of an open one would be stale.
    let lasted = duration::humanize(incident.duration(now));
    let number = format!("#{}", incident.id);
    match incident.resolved {
        None => {
            let what = match row.only {
                Some(_) if incident.title.ends_with(" is down") => "is down".to_owned(),
                _ => incident.title.clone(),
            };
            let what = if row.only.is_some() || incident.declared_by.is_some() { what } else { row.headline() };
            let failing = match (row.members, row.failing) {
                (members, failing) if members > 1 && failing < members => {
                    format!(" {failing} of {members} still fail.")
                }
                _ => String::new(),
            };
            let why = if why.is_empty() || what.contains(why) { String::new() } else { format!(" — {why}") };
            let taken = incident.acknowledged.map(|(at, _)| {
                let by = row.acknowledged_by.as_deref().unwrap_or("somebody");
                format!(" {by} has acknowledged it at {}.", clock(at, now))
            });
            let silenced = row
                .silence
                .as_ref()
                .map(|silence| format!(" Silenced {}.", present::silenced(silence, &clock(silence.until, now))));
            format!(
                "{what}{why}. Since {}.{failing}{}{} {number}",
                clock(incident.opened_at, now),
                taken.unwrap_or_default(),
                silenced.unwrap_or_default()
            )
        }
        Some((at, resolution)) => {
            let (at, all) =
                (clock(at, now), if row.members > 1 { format!("all {} ", row.members) } else { String::new() });
            match resolution {
                Resolution::Recovered => format!("{all}recovered after {lasted} at {at}{was}. {number}"),
                Resolution::Paused => format!("{all}paused at {at} after {lasted} down{was}. {number}"),
                Resolution::Maintenance => {
                    format!("{all}in maintenance since {at}, after {lasted} down{was}. {number}")
                }
                Resolution::Withdrawn => {
                    format!(
                        "{all}withdrawn at {at}, after {lasted}{was}: its monitor or its alert rule was deleted. {number}"
                    )
                }
                Resolution::ByHand => format!("resolved by hand after {lasted} at {at}{was}. {number}"),
                Resolution::Merged => match incident.merged_into {
                    Some(into) => format!("part of incident #{into} since {at}{was}. {number}"),
                    None => format!("part of another incident since {at}{was}. {number}"),
                },
            }
        }
    }
}

/// `14:05 UTC`, with the day when it is another one.
fn clock(at: Timestamp, now: Timestamp) -> String {
    let text = at.to_minute();
    match text.split_once(' ') {
        Some((day, time)) if day == now.to_day() => time.to_owned(),
        _ => text,
    }
}
