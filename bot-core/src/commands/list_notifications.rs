use monitor_core::Timestamp;
use monitor_core::code::ErrorCode;
use monitor_core::incident::IncidentId;
use monitor_core::people::Permission;
use services::view::{NotificationFilter, NotificationRow, NotificationState};

use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind, Known};
use crate::present;
use crate::reply::Block;

/// Notifications on a page.
const PAGE: u64 = 25;

const STATES: &[&str] = &["failed", "due", "sent", "dropped", "all"];

/// Lists notifications.
pub(crate) const COMMAND: Command = Command {
    name: "list-notifications",
    aliases: &["notifications"],
    summary: "Lists what destinations were told or are to be told, the latest first, and what came of it.",
    examples: &["list-notifications failed", "list-notifications ops-mail due", "list-notifications of #12"],
    arguments: &[&[
        Argument::new(
            "state",
            Kind::Choice(STATES),
            "Only those that failed, are still due, were sent, or were dropped.",
        )
        .positional()
        .default("all"),
        Argument::new("incident", Kind::Text, "Only those of this incident, by its number.")
            .of(Known::Incident)
            .words(&["of", "incident"])
            .like("#12"),
        Argument::new("to", Kind::Text, "Only those to this destination.")
            .of(Known::Destination)
            .words(&["to"])
            .like("ops-mail")
            .positional(),
        Argument::new("page", Kind::Number(1, 9_999), "Which page; a page has 25 notifications.").default("1"),
    ]],
    permission: Permission::Read,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let state = given.get("state").map(str::to_ascii_lowercase);
    let state = match state.as_deref() {
        Some("failed") => Some(NotificationState::Dead),
        Some("due") => Some(NotificationState::Due),
        Some("sent") => Some(NotificationState::Sent),
        Some("dropped") => Some(NotificationState::Dropped),
        _ => None,
    };
    let incident = given.get("incident").map(number).transpose()?;
    let destination = match given.get("to") {
        Some(name) => Some(turn.services.destination(turn.actor, name).await?.id),
        None => None,
    };
    let filter = NotificationFilter { state, incident, destination, id: None };
    let page: u64 = given.number("page").unwrap_or(1);
    let (total, rows) = turn.services.notifications(turn.actor, &filter, (page - 1) * PAGE, PAGE).await?;
    if total == 0 {
        return Ok(Answer::text(match state {
            Some(NotificationState::Dead) => "Nothing failed.",
            Some(NotificationState::Due) => "Nothing waits to be delivered.",
            _ => "There is no such notification.",
        }));
    }
    let pages = total.div_ceil(PAGE);
    let noun = present::plural(total, "notification");
    if rows.is_empty() {
        let text = format!("There is no page {page}; {noun} are on {}.", present::plural(pages, "page"));
        return Err(Failure::new(ErrorCode::PageNotFound, text));
    }
    let title = if pages > 1 { format!("{noun}, page {page} of {pages}") } else { noun };
    let mut blocks = vec![table(&title, &rows, turn.now)];
    if state == Some(NotificationState::Dead) {
        blocks.push(Block::text("`resend failed` sends all of them again, `resend` and a number that one."));
    }
    Ok(Answer::of(blocks))
}

/// `12` or `#12`.
fn number(text: &str) -> Result<IncidentId, Failure> {
    text.trim_start_matches('#').parse().map(IncidentId).map_err(|_| {
        let text = monitor_core::http::shorten(text, 40);
        Failure::new(
            ErrorCode::InvalidValue,
            format!("`{text}` is not the number of an incident; write it like `#12`."),
        )
    })
}

/// Notifications as rows.
pub(super) fn table(title: &str, rows: &[NotificationRow], now: Timestamp) -> Block {
    let row = |row: &NotificationRow| {
        let about = row.incident.map_or_else(String::new, |incident| format!(" #{incident}"));
        vec![
            row.id.to_string(),
            present::ago(row.created_at, now),
            row.destination_name.clone(),
            format!("{}{about}", row.event.as_str()),
            outcome(row, now),
        ]
    };
    Block::table(title, &[">number", "when", "to", "what", "outcome"], rows.iter().map(row).collect())
}

/// What became of a notification, or when it is tried next.
fn outcome(row: &NotificationRow, now: Timestamp) -> String {
    let error = row.error.as_deref().unwrap_or_default();
    let tries = present::plural(u64::from(row.attempts), "attempt");
    match row.state {
        NotificationState::Sent => format!("sent: {}", row.receipt.as_deref().unwrap_or_default()),
        NotificationState::Dead => format!("failed: {error}"),
        NotificationState::Dropped => format!("dropped: {error}"),
        NotificationState::Due if row.running => "being delivered".to_owned(),
        NotificationState::Due => {
            let next = row.next_at.filter(|next| *next > now).map(|next| next.since(now));
            let next = next.map_or_else(
                || "waits for its turn".to_owned(),
                |next| format!("due in {}", monitor_core::duration::humanize(next)),
            );
            if error.is_empty() { next } else { format!("{next}, after {tries}: {error}") }
        }
    }
}
