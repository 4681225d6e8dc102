//! Silences: of what nobody is told for a while.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::{Selector, SilenceId};
use monitor_core::people::{Actor, OrganisationId, Permission};
use storage::{Cards, IncidentRow, NewSilence, SilenceRow, StoreError, Tx};

use crate::routes::about_words;
use crate::{Result, ServiceError, Services, require, routing};

/// The longest silence, and the shortest.
const LENGTHS: std::ops::RangeInclusive<Duration> = Duration::from_secs(60)..=Duration::from_secs(90 * 86_400);

/// Most silences of an organisation at a time.
const MOST: usize = 500;

/// Longest reason, in characters.
const REASON_CHARS: usize = 500;

/// What is to be silent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Silenced {
    /// Some monitors, said as for [`Services::about`].
    Monitors(String),
    /// An incident with all that belongs to it, said as for [`Services::incident`].
    Incident(String),
}

impl Services {
    /// The silences that are not over, the one that ends first at the beginning.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::Internal`].
    pub async fn silences(&self, actor: &Actor) -> Result<Vec<SilenceRow>> {
        require(actor, Permission::Read)?;
        Ok(self.store().silences(actor.organisation, self.now()).await?)
    }

    /// Tells nobody of something for a while. Cards of incidents that are silent with it say so.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::MonitorNotFound`], [`ServiceError::IncidentNotFound`],
    /// [`ServiceError::SilenceLength`], [`ServiceError::TextTooLong`], [`ServiceError::TooMany`],
    /// [`ServiceError::Internal`].
    pub async fn silence(&self, actor: &Actor, what: &Silenced, length: Duration, reason: &str) -> Result<SilenceRow> {
        require(actor, Permission::Respond)?;
        if !LENGTHS.contains(&length) {
            return Err(ServiceError::SilenceLength(length));
        }
        let (reason, chars) = (reason.trim(), reason.trim().chars().count());
        if chars > REASON_CHARS {
            return Err(ServiceError::TextTooLong { chars, most: REASON_CHARS });
        }
        if self.silences(actor).await?.len() >= MOST {
            return Err(ServiceError::TooMany { what: "silences at a time", most: MOST });
        }
        let incident = match what {
            Silenced::Incident(which) => Some(self.incident(actor, Some(which)).await?.incident.id),
            Silenced::Monitors(_) => None,
        };
        let now = self.now();
        let about = match what {
            Silenced::Monitors(said) => Some((self.about(actor, said).await?, about_words(said))),
            Silenced::Incident(_) => None,
        };
        let tx = self.store().begin().await?;
        // As everybody who edits cards does, before any other row.
        tx.lock_incidents().await?;
        let (selector, words) = match (about, incident) {
            (Some(about), _) => about,
            // The incident alone: what else its monitors do later is another matter.
            (None, Some(incident)) => (Selector::of(Vec::new()), format!("#{incident}")),
            (None, None) => return Err(ServiceError::NoIncident),
        };
        let new = NewSilence {
            organisation: actor.organisation,
            created_by: actor.person,
            words: &words,
            selector: &selector,
            incident,
            reason,
            from: now,
            until: now + length,
        };
        let id = tx.insert_silence(&new).await?;
        let edited = edit_cards(&tx, actor.organisation, now).await?;
        tx.commit().await?;
        self.announce(edited);
        tracing::info!(silence_id = %id, person_id = %actor.person, "silence begun");
        self.one_silence(actor, id).await
    }

    /// Ends a silence. Who would have been told of what is still open is told within a moment. Answers with what it was.
    ///
    /// # Errors
    /// [`ServiceError::Denied`], [`ServiceError::SilenceNotFound`], [`ServiceError::Internal`].
    pub async fn end_silence(&self, actor: &Actor, id: SilenceId) -> Result<SilenceRow> {
        require(actor, Permission::Respond)?;
        let ended = self.one_silence(actor, id).await?;
        let tx = self.store().begin().await?;
        tx.end_silence(actor.organisation, id, self.now()).await?;
        tx.commit().await?;
        tracing::info!(silence_id = %id, person_id = %actor.person, "silence ended");
        Ok(ended)
    }

    /// Notes of open incidents of an organisation for the sake of which silence nobody is told of them.
    pub(crate) async fn note_silences<'a>(
        &self,
        organisation: OrganisationId,
        rows: impl IntoIterator<Item = &'a mut IncidentRow>,
    ) -> Result<()> {
        let silences = self.store().silences(organisation, self.now()).await?;
        if silences.is_empty() {
            return Ok(());
        }
        for row in rows.into_iter().filter(|row| row.incident.resolved.is_none()) {
            let id = row.incident.id;
            let mut cohorts = self.store().cohorts(id).await?;
            if cohorts.is_empty() && row.incident.declared_by.is_some() {
                cohorts.push(routing::declared(row.incident.severity));
            }
            row.silence = routing::silencing(&silences, id, &cohorts).cloned();
        }
        Ok(())
    }

    async fn one_silence(&self, actor: &Actor, id: SilenceId) -> Result<SilenceRow> {
        let found = self.silences(actor).await?.into_iter().find(|silence| silence.id == id);
        found.ok_or(ServiceError::SilenceNotFound(id))
    }
}

/// Has the cards of open incidents drawn anew that are silent. Tells whether there were any.
async fn edit_cards(tx: &Tx, organisation: OrganisationId, now: Timestamp) -> std::result::Result<bool, StoreError> {
    let silences = tx.silences(organisation, now).await?;
    let mut edited = false;
    for incident in tx.open_incidents(organisation).await? {
        let Some(standing) = tx.standing(incident).await? else { continue };
        let mut cohorts = tx.cohorts(incident, &[]).await?;
        if cohorts.is_empty() && standing.declared {
            cohorts.push(routing::declared(standing.severity));
        }
        if routing::silencing(&silences, incident, &cohorts).is_some() {
            edited |= !tx.post_incident(incident, Cards::Edited, now).await?.is_empty();
        }
    }
    Ok(edited)
}
