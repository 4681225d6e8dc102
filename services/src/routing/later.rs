//! What is told because time passes: the next steps of routes, reminders, what waited for the end of quiet hours, and what a
//! silence kept quiet.

use monitor_core::Timestamp;
use monitor_core::alerting::{Event, RouteId, RuleId};
use monitor_core::incident::{Entry, IncidentId};
use storage::{Cards, Escalation, Later, SilenceRow, StoreError, Tx};

use super::TAKEN_CARE_OF;
use super::book::{self, Book, Wanted};
use super::teller::{DELETED, Teller};
use crate::{Result, Services};

/// Silences that are settled in one transaction.
const SILENCES: u64 = 50;

/// Incidents that are told of in one call at most; the others are left to the next.
const INCIDENTS: usize = 1_000;

impl Services {
    /// Tells what is due to be told because time passed. Answers of how many incidents something was.
    ///
    /// # Errors
    /// [`crate::ServiceError::Internal`].
    pub async fn escalate(&self) -> Result<u64> {
        let now = self.now();
        if !self.store().has_escalations(now).await? {
            return Ok(0);
        }
        self.settle_silences(now).await?;
        for done in 0..INCIDENTS {
            let tx = self.store().begin().await?;
            // As everybody who changes incidents does, before any row of theirs or of a conversation.
            tx.lock_incidents().await?;
            let Some((incident, due)) = tx.claim_escalations(now).await? else { return Ok(done as u64) };
            let posted = tell_due(&tx, incident, due, now).await?;
            tx.commit().await?;
            self.announce(posted);
        }
        Ok(INCIDENTS as u64)
    }

    /// Has those told that silences which are over have kept from being told.
    async fn settle_silences(&self, now: Timestamp) -> Result<()> {
        let tx = self.store().begin().await?;
        // Whoever read a time before the end, and is kept quiet by it, has committed by then, or does not find it at work.
        tx.lock_incidents().await?;
        for silence in tx.settle_silences(now, SILENCES).await? {
            let mut untold = Vec::new();
            // A label may have changed since.
            let hushed = tx.hushed_by(&silence).await?;
            for incident in tx.open_incidents(silence.organisation).await? {
                if hushed.contains(&incident) || was_silent(&tx, &silence, incident).await? {
                    let because = format!("silence {} is over", silence.id);
                    untold.push(Escalation { incident, what: Later::Untold, because, due: now });
                }
            }
            tx.insert_escalations(&untold).await?;
        }
        Ok(tx.commit().await?)
    }
}

async fn was_silent(tx: &Tx, silence: &SilenceRow, incident: IncidentId) -> std::result::Result<bool, StoreError> {
    if silence.incident == Some(incident) {
        return Ok(true);
    }
    let cohorts = tx.cohorts(incident, &[]).await?;
    // Without alerts, a person declared it: only a silence of everything can have been about it.
    let everything = silence.selector == monitor_core::alerting::Selector::default();
    Ok(if cohorts.is_empty() { everything } else { cohorts.iter().any(|cohort| cohort.is_meant(&silence.selector)) })
}

async fn tell_due(
    tx: &Tx,
    incident: IncidentId,
    due: Vec<Escalation>,
    now: Timestamp,
) -> std::result::Result<bool, StoreError> {
    let Some(standing) = tx.standing(incident).await? else { return Ok(false) };
    let book = Book::load(tx, standing.organisation, now).await?;
    let Some(mut teller) = Teller::new(tx, &book, incident, standing).await? else { return Ok(false) };
    let (mut untold, mut escalated) = (false, false);
    for Escalation { what, because, .. } in due {
        match what {
            Later::Started(_) => {}
            Later::Step(route, step) => escalated |= teller.escalate(incident, route, step, false).await?,
            Later::Postponed(route, step) => escalated |= teller.escalate(incident, route, step, true).await?,
            Later::Reminder(rule, every) => teller.remind(incident, rule, now + every, because).await?,
            Later::Held(destination, event) => teller.release(Wanted { destination, because }, event).await?,
            Later::Untold if standing.open => {
                untold = true;
                for Escalation { what, .. } in tx.take_postponed(incident).await? {
                    if let Later::Postponed(route, step) = what {
                        escalated |= teller.escalate(incident, route, step, true).await?;
                    }
                }
                let cohorts = teller.cohorts(&[]).await?;
                let after = format!("; {because}");
                teller.tell_first(&cohorts, Event::Opened, &after);
                teller.tell_hushed(&after).await?;
                if teller.is_heard() {
                    teller.let_through();
                }
            }
            Later::Untold => {}
        }
    }
    let cards = if untold && teller.is_heard() { Cards::All } else { Cards::Edited };
    teller.write().await?;
    match untold || escalated {
        true => Ok(!tx.post_incident(incident, cards, now).await?.is_empty()),
        false => Ok(false),
    }
}

impl Teller<'_> {
    fn is_waiting(&self) -> bool {
        self.standing.open && !self.standing.acknowledged
    }

    /// The next ones of a route are told, unless somebody takes care, nothing fails any more that the route is about, or a
    /// silence is about all of that. Tells whether they were.
    async fn escalate(
        &mut self,
        incident: IncidentId,
        route: RouteId,
        step: u16,
        postponed: bool,
    ) -> std::result::Result<bool, StoreError> {
        let (book, cohorts) = (self.book, self.cohorts(&[]).await?);
        let (audible, silences) = book.audible(incident, &cohorts);
        let Some(matched) = book.matched_by(route, &audible).filter(|_| self.is_waiting()) else {
            let silent = book.matched_by(route, &cohorts).filter(|_| self.is_waiting());
            if let Some((matched, silence)) = silent.zip(silences.first()) {
                self.later(Later::Postponed(route, step), silence.until, matched.because());
                if !postponed {
                    self.suppress("", Event::Escalated, format!("{}; {}", book::words(silence), matched.because()));
                }
            }
            return Ok(false);
        };
        self.note(Entry::Escalated { step: step + 1, because: matched.because() });
        if book.lacks(&matched, usize::from(step)) {
            self.suppress("", Event::Escalated, format!("{}, step {}; {DELETED}", matched.because(), step + 1));
        }
        for Wanted { destination, because } in book.at_step(&matched, usize::from(step)) {
            let because = format!("{because}, step {}", step + 1);
            self.deliver(Wanted { destination, because }, Event::Escalated);
        }
        Ok(true)
    }

    /// Everybody who was told is reminded of what a rule fires for, and again later.
    async fn remind(
        &mut self,
        incident: IncidentId,
        rule: RuleId,
        again: Timestamp,
        because: String,
    ) -> std::result::Result<(), StoreError> {
        let (book, cohorts) = (self.book, self.cohorts(&[]).await?);
        let fires = |cohorts: &[storage::Cohort]| {
            book.voices(cohorts).into_iter().find(|row| row.id == rule).and_then(|row| row.rule.remind)
        };
        let Some(every) = fires(&cohorts).filter(|_| self.is_waiting()) else { return Ok(()) };
        self.later(Later::Reminder(rule, every), again, because);
        if fires(&book.audible(incident, &cohorts).0).is_some() {
            self.tell_informed(Event::Reminder);
        }
        Ok(())
    }

    /// Tells what waited, if it still is so, no silence has come up since, and it is not quiet yet again. Of what somebody
    /// takes care of by now, those who know are told that.
    async fn release(&mut self, wanted: Wanted, mut event: Event) -> std::result::Result<(), StoreError> {
        if event == Event::Resolved {
            self.deliver(wanted, event);
            return Ok(());
        }
        // It may have been told by now, when what it did not take was sent again.
        if !self.standing.open || (event == Event::Opened && self.knows(wanted.destination)) {
            return Ok(());
        }
        if event.is_call() && self.standing.acknowledged {
            let name = self.name(wanted.destination);
            self.suppress(&name, event, TAKEN_CARE_OF.to_owned());
            match self.last_told(wanted.destination) {
                None | Some(Event::Resolved | Event::Acknowledged) => return Ok(()),
                Some(_) => event = Event::Acknowledged,
            }
        }
        if !self.is_hushed(&wanted, event).await? {
            self.deliver(wanted, event);
        }
        Ok(())
    }
}
