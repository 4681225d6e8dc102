//! What people do with incidents.

use monitor_core::alerting::{Event, Severity};
use monitor_core::http::shorten;
use monitor_core::incident::{Entry, Grouping, IncidentId, Resolution};
use monitor_core::people::{Actor, ConversationId, Permission};
use storage::{Cards, IncidentFilter, IncidentRow, NamedAlert, NewIncident, Scope, TimelineEntry, Tx};

use super::worsening;
use crate::routing::{self, Change};
use crate::{Result, ServiceError, Services, require};

/// Most alerts of an incident that are shown.
const ALERTS: u64 = 200;

/// Most timeline entries of an incident that are shown.
const ENTRIES: u64 = 1_000;

/// Longest text that a person may write on an incident, in characters.
const TEXT_CHARS: usize = 4_000;

/// Incidents that are opened again at a time.
const BATCH: u64 = 100;

/// An incident in full.
#[derive(Debug, Clone)]
pub struct IncidentView {
    /// The incident.
    pub row: IncidentRow,
    /// Its alerts, those that last first, 200 at most.
    pub alerts: Vec<NamedAlert>,
    /// What happened to it, the latest 1,000 entries.
    pub timeline: Vec<TimelineEntry>,
}

impl Services {
    /// Incidents of one monitor or all, the latest first.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::MonitorNotFound`], [`ServiceError::Internal`].
    pub async fn incidents(
        &self,
        actor: &Actor,
        monitor: Option<&str>,
        filter: &IncidentFilter,
        limit: u64,
    ) -> Result<Vec<IncidentRow>> {
        require(actor, Permission::Read)?;
        let scope = match monitor {
            Some(name) => Scope::Monitor(self.monitor(actor, name).await?.id),
            None => Scope::Organisation(actor.organisation),
        };
        Ok(self.store().incidents(scope, filter, limit).await?)
    }

    /// The incident that somebody means: by its number, with or without `#`; by a monitor's name, its open one or else its
    /// latest; without either, the one that is open.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::IncidentNotFound`], [`ServiceError::WhichIncident`],
    /// [`ServiceError::MonitorNotFound`], [`ServiceError::Internal`].
    pub async fn incident(&self, actor: &Actor, which: Option<&str>) -> Result<IncidentRow> {
        let mut row = self.find_incident(actor, which).await?;
        self.note_silences(actor.organisation, [&mut row]).await?;
        Ok(row)
    }

    async fn find_incident(&self, actor: &Actor, which: Option<&str>) -> Result<IncidentRow> {
        require(actor, Permission::Read)?;
        let open = IncidentFilter { open: Some(true), ..IncidentFilter::default() };
        let Some(which) = which else {
            let mut open = self.incidents(actor, None, &open, 2).await?;
            let only = open.pop().filter(|_| open.is_empty());
            return only.ok_or(if open.is_empty() { ServiceError::NoIncident } else { ServiceError::WhichIncident });
        };
        if let Ok(number) = which.trim().trim_start_matches('#').parse() {
            let found = self.store().incident(actor.organisation, IncidentId(number)).await?;
            return found.ok_or_else(|| ServiceError::IncidentNotFound(number.to_string()));
        }
        for filter in [open, IncidentFilter::default()] {
            if let Some(found) = self.incidents(actor, Some(which), &filter, 1).await?.pop() {
                return Ok(found);
            }
        }
        Err(ServiceError::IncidentNotFound(shorten(which, 60)))
    }

    /// An incident in full; which one is said as for [`Services::incident`].
    ///
    /// # Errors
    /// Like [`Services::incident`].
    pub async fn show_incident(&self, actor: &Actor, which: Option<&str>) -> Result<IncidentView> {
        let row = self.incident(actor, which).await?;
        let alerts = self.store().alerts_of(row.incident.id, ALERTS).await?;
        let timeline = self.store().timeline(row.incident.id, ENTRIES).await?;
        Ok(IncidentView { row, alerts, timeline })
    }

    /// Notes that the actor takes care of an incident: its escalation stops.
    ///
    /// # Errors
    /// Like [`Services::incident`], and [`ServiceError::IncidentOver`], [`ServiceError::Acknowledged`].
    pub async fn acknowledge(&self, actor: &Actor, which: Option<&str>, note: &str) -> Result<IncidentRow> {
        require(actor, Permission::Respond)?;
        let row = self.incident(actor, which).await?;
        let (id, now) = (row.incident.id, self.now());
        let note = written(note)?;
        let tx = self.begin_act().await?;
        if !tx.acknowledge(id, actor.person, now).await? {
            drop(tx);
            let row = self.incident(actor, Some(&id.to_string())).await?;
            return Err(match row.acknowledged_by {
                Some(by) if row.incident.resolved.is_none() => ServiceError::Acknowledged { incident: id.0, by },
                _ => ServiceError::IncidentOver(id.0),
            });
        }
        tx.add_entries(&[(id, now, Some(actor.person), Entry::Acknowledged { note })]).await?;
        self.finish(tx, id, Event::Acknowledged).await?;
        self.incident(actor, Some(&id.to_string())).await
    }

    /// Says that an incident is over, and what caused it. While monitors of it still fail, it is opened again after
    /// [`Grouping::BY_HAND_FOR`].
    ///
    /// # Errors
    /// Like [`Services::incident`], and [`ServiceError::IncidentOver`].
    pub async fn resolve(
        &self,
        actor: &Actor,
        which: Option<&str>,
        note: &str,
        cause: Option<&str>,
    ) -> Result<IncidentRow> {
        require(actor, Permission::Respond)?;
        let row = self.incident(actor, which).await?;
        let (id, now) = (row.incident.id, self.now());
        let tx = self.begin_act().await?;
        if !tx.resolve_by_hand(id, now).await? {
            return Err(ServiceError::IncidentOver(id.0));
        }
        let mut entries = Vec::new();
        if let Some(cause) = cause {
            let text = written(cause)?;
            tx.set_root_cause(id, &text).await?;
            entries.push((id, now, Some(actor.person), Entry::Cause { text }));
        }
        let resolved = Entry::Resolved { resolution: Resolution::ByHand, note: written(note)? };
        entries.push((id, now, Some(actor.person), resolved));
        tx.add_entries(&entries).await?;
        self.finish(tx, id, Event::Resolved).await?;
        self.incident(actor, Some(&id.to_string())).await
    }

    /// Writes something down on an incident, open or over.
    ///
    /// # Errors
    /// Like [`Services::incident`], and [`ServiceError::TextTooLong`].
    pub async fn note(&self, actor: &Actor, which: Option<&str>, text: &str) -> Result<IncidentRow> {
        self.write_entry(actor, which, text, false).await
    }

    /// Says what caused an incident, open or over, in place of what was said before.
    ///
    /// # Errors
    /// Like [`Services::note`].
    pub async fn set_cause(&self, actor: &Actor, which: Option<&str>, text: &str) -> Result<IncidentRow> {
        self.write_entry(actor, which, text, true).await
    }

    async fn write_entry(&self, actor: &Actor, which: Option<&str>, text: &str, cause: bool) -> Result<IncidentRow> {
        require(actor, Permission::Respond)?;
        let row = self.incident(actor, which).await?;
        let text = written(text)?;
        let (id, now) = (row.incident.id, self.now());
        let tx = self.begin_act().await?;
        if cause {
            tx.set_root_cause(id, &text).await?;
        }
        let entry = if cause { Entry::Cause { text } } else { Entry::Noted { text } };
        tx.add_entries(&[(id, now, Some(actor.person), entry)]).await?;
        // Nothing of the card changes, but it is told where the card is.
        let told = tx.post_incident(id, Cards::Edited, now).await?;
        tx.commit().await?;
        self.announce(!told.is_empty());
        Ok(row)
    }

    /// Declares an incident that no check has found, with its card in that conversation.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::ConversationNotFound`], [`ServiceError::TextTooLong`],
    /// [`ServiceError::Internal`].
    pub async fn declare_incident(
        &self,
        actor: &Actor,
        conversation: ConversationId,
        title: &str,
        severity: Severity,
    ) -> Result<IncidentRow> {
        require(actor, Permission::Respond)?;
        self.own_conversation(actor, conversation).await?;
        let (now, text) = (self.now(), written(title)?);
        let new = NewIncident {
            organisation: actor.organisation,
            title: &shorten(&text, 160),
            severity,
            at: now,
            reason: None,
            message: "",
            declared_by: Some(actor.person),
        };
        let tx = self.begin_act().await?;
        let id = tx.insert_incident(&new).await?;
        tx.add_entries(&[(id, now, Some(actor.person), Entry::Declared { text: text.clone() })]).await?;
        tx.post_incident_in(conversation, id, now).await?;
        self.finish(tx, id, Event::Opened).await?;
        self.incident(actor, Some(&id.to_string())).await
    }

    /// Opens incidents again that people resolved half an hour ago or longer, or that became part of another without all of their
    /// alerts, and whose monitors still fail; what their monitors have open by now they become part of. After an absence it
    /// waits until that is known. Answers how many.
    ///
    /// # Errors
    /// [`ServiceError::Internal`].
    pub async fn reopen_unresolved(&self) -> Result<u64> {
        if self.is_back_from_absence() {
            return Ok(0);
        }
        let now = self.now();
        let tx = self.begin_act().await?;
        let early = tx.resolved_too_early(now - Grouping::BY_HAND_FOR, BATCH).await?;
        if early.is_empty() {
            return Ok(0);
        }
        let mut told = false;
        for incident in &early {
            let standing = tx.standing(*incident).await?;
            let because = match standing.and_then(|standing| standing.merged_into) {
                None => "it was resolved by hand a while ago, and still fails".to_owned(),
                Some(into) => format!("it became part of #{into} a while ago, but still fails by itself"),
            };
            // One after the other, for two may be of one monitor.
            let changes = worsening::begin_again(&tx, *incident, &because, now).await?;
            told |= routing::tell(&tx, &changes, now).await?;
        }
        tx.commit().await?;
        self.announce(told);
        Ok(early.len() as u64)
    }

    /// Begins to change incidents. All who do take turns, so that no two wait for each other's incidents and cards.
    async fn begin_act(&self) -> Result<Tx> {
        let tx = self.store().begin().await?;
        tx.lock_incidents().await?;
        Ok(tx)
    }

    /// Tells of a change that a person made, and makes it lasting.
    async fn finish(&self, tx: Tx, incident: IncidentId, event: Event) -> Result<()> {
        routing::tell(&tx, &[Change::of(incident, event)], self.now()).await?;
        tx.commit().await?;
        self.announce(true);
        Ok(())
    }
}

/// What a person wrote, if it is not too long.
fn written(text: &str) -> Result<String> {
    let text = text.trim();
    match text.chars().count() {
        0..=TEXT_CHARS => Ok(text.to_owned()),
        chars => Err(ServiceError::TextTooLong { chars, most: TEXT_CHARS }),
    }
}
