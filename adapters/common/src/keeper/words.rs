//! What is said beside the cards themselves.

use bot_core::Reply;
use monitor_core::Timestamp;
use monitor_core::incident::{Entry, Resolution};
use services::platforms::{Backlog, Transition};
use services::view::{IncidentRow, SilenceRow, TimelineEntry};

/// Lines of one message in a thread.
const LINES: usize = 20;

/// What is to be told in a card's thread; `None`: nothing happened that the card alone does not tell. Failures and what the
/// incident took in are told along with something else, so that a thread is the whole story.
pub(super) fn news(transitions: &[Transition], silence: Option<&SilenceRow>, incident: i64) -> Option<Reply> {
    let entries = || transitions.iter().filter_map(|transition| transition.entry.as_ref());
    if silence.is_none() && !entries().any(|entry| is_news(&entry.entry)) {
        return None;
    }
    let mut lines: Vec<String> =
        entries().filter_map(|entry| Some(format!("{} · {}", clock(entry.at), said(entry)?))).collect();
    lines.extend(silence.map(|silence| format!("{} · {}", clock(silence.from), hushed(silence))));
    if lines.len() > LINES {
        let earlier = lines.len() - LINES;
        let show = format!("{earlier} earlier lines; `show-incident #{incident} all` shows them.");
        lines.splice(..earlier, [show]);
    }
    Some(Reply::text(lines.join("\n")))
}

fn is_news(entry: &Entry) -> bool {
    match entry {
        Entry::Acknowledged { .. }
        | Entry::Noted { .. }
        | Entry::Cause { .. }
        | Entry::Resolved { .. }
        | Entry::Reopened { .. }
        | Entry::Merged { .. }
        | Entry::Worsened { .. }
        | Entry::Escalated { .. } => true,
        Entry::Declared { .. }
        | Entry::Joined { .. }
        | Entry::Took { .. }
        | Entry::Ended { .. }
        | Entry::Queued { .. }
        | Entry::Suppressed { .. }
        | Entry::Delivered { .. }
        | Entry::Failed { .. } => false,
    }
}

/// An entry in a line; `None`: it is not told there.
fn said(entry: &TimelineEntry) -> Option<String> {
    let by = entry.by.as_deref().unwrap_or("somebody");
    let noted = |text: &str| if text.is_empty() { ".".to_owned() } else { format!(": {text}") };
    let line = match &entry.entry {
        Entry::Declared { text } if entry.by.is_none() => format!("Opened: {text}"),
        Entry::Declared { text } => format!("{by} declared it: {text}"),
        Entry::Joined { name, why, .. } => format!("{name} failed: {why}"),
        Entry::Took { incident } => format!("Incident #{incident} became part of it."),
        Entry::Worsened { severity, unacknowledged } => {
            let again = if *unacknowledged { ", so its acknowledgement counts no longer" } else { "" };
            format!("It got worse: {} now{again}.", severity.as_str())
        }
        Entry::Merged { into } => format!("It became part of incident #{into}."),
        Entry::Acknowledged { note } => format!("{by} acknowledged it{}", noted(note)),
        // What nobody wrote down an audit found.
        Entry::Noted { text } if entry.by.is_none() => format!("Noted: {text}"),
        Entry::Noted { text } => format!("{by} noted: {text}"),
        Entry::Cause { text } => format!("{by} named the cause: {text}"),
        Entry::Reopened { because } => format!("It goes on: {because}"),
        Entry::Escalated { step, because } => format!("Nobody had acknowledged it: step {step} of {because}."),
        Entry::Resolved { resolution, note } => match resolution {
            Resolution::ByHand => format!("{by} resolved it{}", noted(note)),
            Resolution::Recovered => "It is over: recovered.".to_owned(),
            Resolution::Paused => "It is over: paused.".to_owned(),
            Resolution::Maintenance => "It is over: maintenance began.".to_owned(),
            Resolution::Withdrawn => "It is over: its monitor or its alert rule was deleted.".to_owned(),
            Resolution::Merged => return None,
        },
        Entry::Ended { .. }
        | Entry::Queued { .. }
        | Entry::Suppressed { .. }
        | Entry::Delivered { .. }
        | Entry::Failed { .. } => return None,
    };
    // Backticks would mark what can be typed, and this is what people and targets said.
    Some(line.replace('`', "'"))
}

fn hushed(silence: &SilenceRow) -> String {
    let by = silence.by.as_deref().unwrap_or("somebody");
    let because = if silence.reason.is_empty() { String::new() } else { format!(": {}", silence.reason) };
    format!("{by} silenced it until {}{because}", silence.until.to_minute()).replace('`', "'")
}

/// What takes the place of all that was missed.
pub(super) fn summary(platform: &str, backlog: &Backlog, now: Timestamp) -> Reply {
    let mut letters = platform.chars();
    let platform =
        letters.next().map_or(String::new(), |first| first.to_uppercase().collect::<String>() + letters.as_str());
    let incidents = if backlog.cards == 1 { "1 incident".to_owned() } else { format!("{} incidents", backlog.cards) };
    let open = match backlog.open {
        0 => "none is open any more".to_owned(),
        open => format!("{open} still open: {}", named(&backlog.latest, open)),
    };
    let (from, to) = (backlog.since.to_minute(), now.to_minute());
    Reply::text(format!(
        "{platform} could not be told what happened from {from} to {to}: {incidents}, {open}. `list-incidents` shows them all."
    ))
}

fn named(latest: &[IncidentRow], open: u64) -> String {
    let name = |row: &IncidentRow| format!("{} (#{})", row.headline(), row.incident.id).replace('`', "'");
    let mut names: Vec<String> = latest.iter().map(name).collect();
    match open.saturating_sub(latest.len() as u64) {
        0 => {}
        more => names.push(format!("and {more} more")),
    }
    names.join(", ")
}

/// `14:05 UTC`.
fn clock(at: Timestamp) -> String {
    let text = at.to_minute();
    text.split_once(' ').map_or(text.clone(), |(_, time)| time.to_owned())
}
