//! What audits of a schedule find wrong is an incident, until one of them finds nothing wrong.

use monitor_core::Timestamp;
use monitor_core::alerting::{Event, Severity};
use monitor_core::http::shorten;
use monitor_core::incident::{Entry, IncidentId, Resolution};
use storage::{AuditClaim, Digest, NewIncident, StoreError, Tx};

use crate::routing::{self, Change};

/// Longest title of an incident, in characters.
const TITLE_CHARS: usize = 160;

/// Opens, goes on with or ends the incident of an audit's schedule.
pub(super) async fn judged(tx: &Tx, claim: &AuditClaim, digest: &Digest, now: Timestamp) -> Result<(), StoreError> {
    let Some(schedule) = claim.schedule else { return Ok(()) };
    let Some((open, created_by, name)) = tx.audit_schedule_incident(schedule).await? else { return Ok(()) };
    match (digest.is_bad(), open) {
        (false, None) => {}
        (false, Some(incident)) => end(tx, incident, Resolution::Recovered, now).await?,
        (true, Some(incident)) => {
            let text = format!("audit {}: {}", claim.id, words(digest));
            tx.add_entries(&[(incident, now, None, Entry::Noted { text })]).await?;
            routing::tell(tx, &[Change::of(incident, Event::Grew)], now).await?;
        }
        (true, None) => {
            let title = shorten(&format!("{name}: {}", first(digest)), TITLE_CHARS);
            let new = NewIncident {
                organisation: claim.organisation,
                title: &title,
                severity: Severity::Warning,
                at: now,
                reason: None,
                message: &shorten(&words(digest), 1_000),
                // Whoever made the schedule asked to be told, and an incident without monitors has to be somebody's.
                declared_by: created_by.or(claim.asked_by),
            };
            let incident = tx.insert_incident(&new).await?;
            let text = format!("audit {} of the schedule {name}: {}", claim.id, words(digest));
            tx.add_entries(&[(incident, now, created_by, Entry::Declared { text })]).await?;
            tx.set_audit_schedule_incident(schedule, incident).await?;
            if let Some(conversation) = claim.conversation {
                tx.post_incident_in(conversation, incident, now).await?;
            }
            routing::tell(tx, &[Change::of(incident, Event::Opened)], now).await?;
        }
    }
    Ok(())
}

/// Ends the incident of a schedule.
pub(super) async fn end(
    tx: &Tx,
    incident: IncidentId,
    resolution: Resolution,
    now: Timestamp,
) -> Result<(), StoreError> {
    if tx.end_incident(incident, resolution, now).await? {
        let entry = Entry::Resolved { resolution, note: String::new() };
        tx.add_entries(&[(incident, now, None, entry)]).await?;
        routing::tell(tx, &[Change::of(incident, Event::Resolved)], now).await?;
    }
    Ok(())
}

fn all(digest: &Digest) -> impl Iterator<Item = &str> {
    digest.breaches.iter().chain(&digest.worse).map(String::as_str)
}

fn words(digest: &Digest) -> String {
    all(digest).collect::<Vec<_>>().join("; ")
}

/// The first thing that is wrong, and how many others are.
fn first(digest: &Digest) -> String {
    let more = match all(digest).count() {
        0 | 1 => String::new(),
        all => format!(", and {} more", all - 1),
    };
    format!("{}{more}", all(digest).next().unwrap_or_default())
}
