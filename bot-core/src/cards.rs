//! The live cards of a conversation: one per incident, which changes as the incident does.

use monitor_core::Timestamp;
use monitor_core::duration;
use monitor_core::health::Status;
use monitor_core::incident::Resolution;
use services::view::{Content, NamedIncident};

use crate::reply::{Block, Reply, StatusItem};

/// A post as it is now.
#[must_use]
pub fn card(content: &Content, now: Timestamp) -> Reply {
    match content {
        Content::Incident(named) => incident(named, now),
        Content::Notice(text) => Reply::text(text.clone()),
    }
}

/// The card of an incident as it is now: down, recovered, or paused.
#[must_use]
pub fn incident(named: &NamedIncident, now: Timestamp) -> Reply {
    let NamedIncident { monitor_name: name, incident } = named;
    let why = if incident.message.is_empty() { incident.reason.about() } else { incident.message.as_str() };
    let why = why.trim_end_matches('.');
    // Of an incident that is over: a card stays as it is until something changes, so the length of an open one would be stale.
    let lasted = duration::humanize(incident.duration(now));
    let since = clock(incident.opened_at, now);
    let (status, detail) = match incident.resolved {
        None => (Status::Down, format!("is down — {why}. Since {since}")),
        Some((at, Resolution::Recovered)) => {
            (Status::Up, format!("recovered after {lasted} at {}; it was: {why}", clock(at, now)))
        }
        Some((at, Resolution::Paused)) => {
            (Status::Paused, format!("was paused at {} after {lasted} down; it was: {why}", clock(at, now)))
        }
    };
    Reply::of(vec![Block::StatusList { title: None, items: vec![StatusItem { status, name: name.clone(), detail }] }])
}

/// `14:05 UTC`, with the day when it is another one.
fn clock(at: Timestamp, now: Timestamp) -> String {
    let text = at.to_minute();
    match text.split_once(' ') {
        Some((day, time)) if day == now.to_day() => time.to_owned(),
        _ => text,
    }
}
