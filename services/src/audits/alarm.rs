//! What audits of a schedule find wrong is an incident, until one of them finds nothing wrong.

use monitor_core::Timestamp;
use monitor_core::alerting::{Event, Severity};
use monitor_core::http::shorten;
use monitor_core::incident::{Entry, IncidentId, Resolution};
use storage::{AuditClaim, Digest, NewIncident, StoreError, Tx};

use super::news::News;
use crate::routing::{self, Change};

/// Longest title of an incident, in characters.
const TITLE_CHARS: usize = 160;

/// Longest message of an incident, in characters.
const MESSAGE_CHARS: usize = 1_000;

/// Opens, goes on with or ends the incident of an audit's schedule.
pub(super) async fn judged(
    tx: &Tx,
    claim: &AuditClaim,
    digest: &Digest,
    news: &News,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(schedule) = claim.schedule else { return Ok(()) };
    let Some((open, created_by, name)) = tx.audit_schedule_incident(schedule).await? else { return Ok(()) };
    let wrong = wrong(digest, &news.wrong);
    let (title, words) = (title(&name, &wrong), wrong.join("; "));
    let message = shorten(&words, MESSAGE_CHARS);
    let said = wrong.iter().copied().chain(news.doubt.as_deref()).collect::<Vec<_>>().join("; ");
    match (!wrong.is_empty(), open) {
        (false, None) => {}
        // What cannot be judged has not recovered.
        (false, Some(incident)) if !digest.unjudged.is_empty() => note(tx, claim, incident, &said, now).await?,
        (false, Some(incident)) => end(tx, incident, Resolution::Recovered, now).await?,
        (true, Some(incident)) => {
            note(tx, claim, incident, &said, now).await?;
            let event = if news.wrong.is_empty() {
                Event::Grew
            } else {
                tx.rename_audit_incident(incident, &title, &message).await?;
                unacknowledge(tx, incident, now).await?;
                Event::Worse
            };
            routing::tell(tx, &[Change::of(incident, event)], now).await?;
        }
        (true, None) => {
            let new = NewIncident {
                organisation: claim.organisation,
                title: &title,
                severity: Severity::Warning,
                at: now,
                reason: None,
                message: &message,
                // Whoever made the schedule asked to be told, and an incident without monitors has to be somebody's.
                declared_by: created_by.or(claim.asked_by),
            };
            let incident = tx.insert_incident(&new).await?;
            let text = format!("audit {} of the schedule {name}: {words}", claim.id);
            tx.add_entries(&[(incident, now, None, Entry::Declared { text })]).await?;
            // The first audit of a schedule has none before it: what gets worse than by that one is found all the same.
            tx.set_audit_schedule_incident(schedule, incident, digest.against.unwrap_or(claim.id)).await?;
            if let Some(conversation) = claim.conversation {
                tx.post_incident_in(conversation, incident, now).await?;
            }
            routing::tell(tx, &[Change::of(incident, Event::Opened)], now).await?;
        }
    }
    Ok(())
}

/// Writes into an incident's timeline what an audit says of it, if anything.
async fn note(tx: &Tx, claim: &AuditClaim, incident: IncidentId, said: &str, now: Timestamp) -> Result<(), StoreError> {
    if said.is_empty() {
        return Ok(());
    }
    let text = format!("audit {}: {said}", claim.id);
    tx.add_entries(&[(incident, now, None, Entry::Noted { text })]).await
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

/// Whoever takes care of an incident takes care of what was wrong before, as of all that gets worse.
async fn unacknowledge(tx: &Tx, incident: IncidentId, now: Timestamp) -> Result<(), StoreError> {
    if !tx.unacknowledge(&[incident]).await?.is_empty() {
        let entry = Entry::Worsened { severity: Severity::Warning, unacknowledged: true };
        tx.add_entries(&[(incident, now, None, entry)]).await?;
    }
    Ok(())
}

/// All that is wrong, first what is new.
fn wrong<'a>(digest: &'a Digest, news: &'a [String]) -> Vec<&'a str> {
    let known = digest.breaches.iter().chain(&digest.worse).filter(|words| !news.contains(words));
    news.iter().chain(known).map(String::as_str).collect()
}

/// The first thing that is wrong, and how many others are.
fn title(name: &str, wrong: &[&str]) -> String {
    let first = wrong.first().copied().unwrap_or_default();
    let more = match wrong.len() {
        0 | 1 => String::new(),
        all => format!(", and {} more", all - 1),
    };
    shorten(&format!("{name}: {first}{more}"), TITLE_CHARS)
}
