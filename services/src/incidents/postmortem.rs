//! What is left of an incident for those who want to learn from it.

use std::fmt::Write;

use monitor_core::alerting::Event;
use monitor_core::duration::humanize;
use monitor_core::incident::{Entry, Resolution};
use monitor_core::people::{Actor, Permission};
use storage::TimelineEntry;

use super::IncidentView;
use crate::{Result, Services, require};

impl Services {
    /// An incident as a Markdown document: summary, what was affected, timeline, cause, and what is left to fill in.
    /// Answers its number with it.
    ///
    /// # Errors
    /// Like [`Services::incident`].
    pub async fn postmortem(&self, actor: &Actor, which: Option<&str>) -> Result<(i64, String)> {
        require(actor, Permission::Read)?;
        let view = self.show_incident(actor, which).await?;
        Ok((view.row.incident.id.0, self.markdown(&view)))
    }

    fn markdown(&self, view: &IncidentView) -> String {
        let now = self.now();
        let row = &view.row;
        let incident = &row.incident;
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = writeln!(text, "# Incident #{}: {}\n", incident.id, escaped(&row.headline()));
        let _ = writeln!(text, "| | |\n|---|---|");
        let _ = writeln!(text, "| severity | {} |", incident.severity.as_str());
        let _ = writeln!(text, "| opened | {} |", incident.opened_at);
        if let Some((at, _)) = incident.acknowledged {
            let by = row.acknowledged_by.as_deref().unwrap_or("somebody");
            let after = humanize(at.since(incident.opened_at));
            let _ = writeln!(text, "| acknowledged | {at} by {}, after {after} |", escaped(by));
        }
        match incident.resolved {
            Some((at, _)) => {
                let _ = writeln!(text, "| resolved | {at} |");
                let _ = writeln!(text, "| lasted | {} |", humanize(incident.duration(now)));
            }
            None => {
                let _ = writeln!(text, "| resolved | not yet, it has lasted {} |", humanize(incident.duration(now)));
            }
        }
        let _ = writeln!(text, "\n## What happened\n\n{}\n", paragraph(incident.why()));
        if !view.alerts.is_empty() {
            let _ =
                writeln!(text, "## What was affected\n\n| monitor | from | for | what was seen |\n|---|---|---|---|");
            for named in &view.alerts {
                let alert = &named.alert;
                let why = if alert.message.is_empty() { alert.reason.about() } else { &alert.message };
                let lasted = humanize(alert.duration(now));
                let name = escaped(&named.monitor_name);
                let _ = writeln!(text, "| {name} | {} | {lasted} | {} |", alert.opened_at, escaped(why));
            }
            if row.members > view.alerts.len() as u64 {
                let _ = writeln!(text, "\n{} monitors in all.", row.members);
            }
            text.push('\n');
        }
        let cause = incident.root_cause.as_deref().unwrap_or("Not found yet.");
        let _ = writeln!(text, "## Root cause\n\n{}\n", paragraph(cause));
        let _ = writeln!(text, "## Timeline\n\n| when | what |\n|---|---|");
        for entry in &view.timeline {
            let _ = writeln!(text, "| {} | {} |", entry.at, escaped(&words(entry)));
        }
        text.push_str(
            "\n## What we learn from it\n\n- What went well:\n- What went wrong:\n- What we change, who, until when:\n",
        );
        text
    }
}

/// An entry in words: one line.
#[must_use]
pub fn words(entry: &TimelineEntry) -> String {
    let by = entry.by.as_deref().unwrap_or("somebody");
    let noted = |text: &str| if text.is_empty() { String::new() } else { format!(": {text}") };
    match &entry.entry {
        // What nobody declared an audit found.
        Entry::Declared { text } if entry.by.is_none() => format!("opened: {text}"),
        Entry::Declared { text } => format!("{by} declared it: {text}"),
        Entry::Joined { name, why, because, rule, severity, .. } => {
            let rule = if rule == "down" { String::new() } else { format!(" ({rule})") };
            let joined =
                if because.is_empty() { String::new() } else { format!("; part of this because of {because}") };
            format!("{name} failed, {}{rule}: {why}{joined}", severity.as_str())
        }
        Entry::Ended { name, resolution, .. } => match resolution {
            Resolution::Recovered => format!("{name} recovered"),
            Resolution::Paused => format!("{name} was paused"),
            Resolution::Maintenance => format!("maintenance of {name} began"),
            Resolution::Withdrawn => format!("{name} or its alert rule was deleted"),
            Resolution::ByHand | Resolution::Merged => format!("{name} ended"),
        },
        Entry::Worsened { severity, unacknowledged } => {
            let taken = if *unacknowledged { ": nobody takes care of that yet" } else { "" };
            format!("it got worse, {}{taken}", severity.as_str())
        }
        Entry::Took { incident } => format!("incident #{incident} became part of it"),
        Entry::Merged { into } => format!("it became part of incident #{into}"),
        Entry::Acknowledged { note } => format!("{by} acknowledged it{}", noted(note)),
        // What nobody wrote down an audit found.
        Entry::Noted { text } if entry.by.is_none() => format!("noted: {text}"),
        Entry::Noted { text } => format!("{by} noted: {text}"),
        Entry::Cause { text } => format!("{by} named the cause: {text}"),
        Entry::Resolved { resolution: Resolution::ByHand, note } => format!("{by} resolved it{}", noted(note)),
        Entry::Resolved { note, .. } => format!("it was over{}", noted(note)),
        Entry::Reopened { because } => format!("it was opened again: {because}"),
        Entry::Queued { destination, event, because, .. } => {
            format!("{destination} is to be told that it {} ({because})", happened(*event))
        }
        Entry::Suppressed { destination, event, because } if destination.is_empty() => {
            format!("nobody was told that it {}: {because}", happened(*event))
        }
        Entry::Suppressed { destination, event, because } => {
            format!("{destination} was not told that it {}: {because}", happened(*event))
        }
        Entry::Delivered { destination, event, receipt, .. } => {
            format!("{destination} was told that it {}{}", happened(*event), noted(receipt))
        }
        Entry::Failed { destination, error, again_at: Some(at), .. } => {
            format!("{destination} could not be told: {error}; tried again at {at}")
        }
        Entry::Failed { destination, error, again_at: None, .. } => {
            format!("{destination} could not be told, and it is not tried again: {error}")
        }
        Entry::Escalated { step, because } => format!("nobody had acknowledged it: step {step} of {because}"),
    }
}

/// What an event says of an incident.
fn happened(event: Event) -> &'static str {
    match event {
        Event::Opened => "was opened",
        Event::Grew => "changed",
        Event::Worse => "got worse",
        Event::Escalated => "was not acknowledged",
        Event::Reminder => "still lasts",
        Event::Acknowledged => "was acknowledged",
        Event::Reopened => "was opened again",
        Event::Resolved => "is over",
        Event::Test | Event::Notice => "exists",
    }
}

/// Text for a cell of a table or a heading, on one line.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' => escaped.push(' '),
            '|' | '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '#' => escaped.extend(['\\', c]),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Text for a paragraph of its own.
fn paragraph(text: &str) -> String {
    if text.trim().is_empty() { "–".to_owned() } else { text.lines().map(escaped).collect::<Vec<_>>().join("  \n") }
}
