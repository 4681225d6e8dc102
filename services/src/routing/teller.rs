//! Tells of one incident: what is told to whom now, what later, and what not.

mod growth;
mod waiting;

use std::collections::BTreeMap;

use monitor_core::Timestamp;
use monitor_core::alerting::{DestinationId, Event, IncidentBrief, Notification, NotificationId};
use monitor_core::incident::{Entry, IncidentId};
use monitor_core::monitor::MonitorId;
use storage::{Cohort, Escalation, Later, NewNotification, Standing, StoreError, Told, Tx};

use super::OVER_BEFORE;
use super::book::{self, Book, Wanted};

/// Why somebody is told who knows of an incident.
const INFORMED: &str = "it was told of the incident before";

/// Why nobody is told where no route is about it.
pub const UNROUTED: &str = "no route is about it";

/// Why nobody is told where a route names somebody.
pub(super) const DELETED: &str = "its destination was deleted";

/// What is decided about one incident, until it is written down.
pub(super) struct Teller<'a> {
    tx: &'a Tx,
    pub(super) book: &'a Book,
    pub(super) standing: Standing,
    brief: IncidentBrief,
    /// What each destination was told last.
    told: BTreeMap<DestinationId, Told>,
    /// Those that could not be told of growth, of which it is known, and when that was found.
    unreachable: BTreeMap<DestinationId, Timestamp>,
    /// What is told later: what was to be before, and what is added.
    later: Vec<Escalation>,
    added: usize,
    queued: Vec<(NewNotification, String)>,
    entries: Vec<Entry>,
    /// For whom something was held that they need not be told any more.
    freed: Vec<DestinationId>,
    heard: bool,
}

/// Who is told of monitors at once.
#[derive(Clone, Copy)]
pub(super) struct First {
    /// Whether a silence is about some of them.
    silenced: bool,
    /// Whether a route is about the others or a rule tells of them, even if nobody is there any more who would be told.
    routed: bool,
}

impl<'a> Teller<'a> {
    /// `None`: there is no such incident.
    pub(super) async fn new(
        tx: &'a Tx,
        book: &'a Book,
        incident: IncidentId,
        standing: Standing,
    ) -> Result<Option<Self>, StoreError> {
        let Some(brief) = tx.incident_brief(incident).await? else { return Ok(None) };
        let later = tx.escalations(incident).await?;
        Ok(Some(Self {
            tx,
            book,
            standing,
            brief,
            told: tx.told(incident).await?.into_iter().map(|told| (told.destination, told)).collect(),
            unreachable: BTreeMap::new(),
            added: later.len(),
            later,
            queued: Vec::new(),
            entries: Vec::new(),
            freed: Vec::new(),
            heard: false,
        }))
    }

    /// Whether conversations are told as well that have no card yet.
    pub(super) fn is_heard(&self) -> bool {
        self.heard
    }

    /// The monitors that still fail, or what stands for them if a person declared the incident.
    pub(super) async fn cohorts(&self, of: &[MonitorId]) -> Result<Vec<Cohort>, StoreError> {
        let cohorts = self.tx.cohorts(self.brief.id, of).await?;
        Ok(if cohorts.is_empty() && self.standing.declared {
            vec![book::declared(self.standing.severity)]
        } else {
            cohorts
        })
    }

    /// It begins, or begins again.
    pub(super) async fn open(&mut self, event: Event) -> Result<(), StoreError> {
        if event == Event::Reopened {
            // Whoever still waits to hear that it is over never heard anything else.
            self.tx.take_escalations(self.brief.id, true).await?;
            self.tx.take_escalations(self.brief.id, false).await?;
            self.later.clear();
            self.added = 0;
        }
        let cohorts = self.cohorts(&[]).await?;
        let First { silenced, routed } = self.tell_first(&cohorts, event, "");
        if !routed && !silenced && self.book.has_listeners() {
            self.suppress("", event, UNROUTED.to_owned());
        }
        if event == Event::Reopened && self.heard {
            // Of those who were told by a step, or instead of others, no route may speak, and they think that it is over.
            let over: Vec<Told> = self.told.values().filter(|told| told.event == Event::Resolved).copied().collect();
            for Told { destination, instead, .. } in over {
                if !self.knows(destination) {
                    let whom = if instead { "told instead of another" } else { "told" };
                    self.deliver(Wanted { destination, because: format!("it was {whom} that it was over") }, event);
                }
            }
        }
        Ok(())
    }

    /// Those who were told that it lasts.
    fn informed(&self) -> Vec<Told> {
        self.told.values().filter(|told| told.event != Event::Resolved).copied().collect()
    }

    /// Tells those who are told of these monitors at once and do not know yet, and has the others told later.
    pub(super) fn tell_first(&mut self, cohorts: &[Cohort], event: Event, after: &str) -> First {
        let (book, incident) = (self.book, self.brief.id);
        let (audible, silences) = book.audible(incident, cohorts);
        for silence in &silences {
            self.suppress("", event, book::words(silence));
        }
        self.heard |= !audible.is_empty();
        let first = if matches!(event, Event::Grew | Event::Worse) { Event::Opened } else { event };
        self.begin(&audible);
        let mut wanted: Vec<Wanted> = Vec::new();
        let mut deleted = false;
        for matched in book.matched(&audible) {
            let told = book.at_step(&matched, 0);
            // Of growth that is said only where nobody is left, for it comes again and again.
            if book.lacks(&matched, 0) && (event != Event::Grew || told.is_empty()) {
                self.suppress("", event, format!("{}; {DELETED}", matched.because()));
                deleted = true;
            }
            merge(&mut wanted, told);
        }
        for row in book.voices(&audible) {
            let told = book.told_by(row);
            if told.len() < row.rule.notify.len() && (event != Event::Grew || told.is_empty()) {
                self.suppress("", event, format!("{}; {DELETED}", book::rule_words(row)));
                deleted = true;
            }
            merge(&mut wanted, told);
        }
        let first_told = First { silenced: !silences.is_empty(), routed: deleted || !wanted.is_empty() };
        for Wanted { destination, because } in wanted {
            let spared = self.knows(destination) || (event == Event::Grew && self.is_put_off(destination, &because));
            if !spared {
                self.deliver(Wanted { destination, because: format!("{because}{after}") }, first);
            }
        }
        first_told
    }

    /// Somebody takes care of it: nobody else has to be told, and those who were are told that.
    pub(super) async fn acknowledge(&mut self) -> Result<(), StoreError> {
        self.tx.take_escalations(self.brief.id, false).await?;
        self.tell_informed(Event::Acknowledged);
        Ok(())
    }

    /// It is over. Who was to be told of it after quiet hours, or once more, need not be any more.
    pub(super) async fn resolve(&mut self) -> Result<(), StoreError> {
        self.tx.take_escalations(self.brief.id, false).await?;
        for Escalation { what, .. } in self.tx.take_escalations(self.brief.id, true).await? {
            if let Later::Held(destination, event) = what
                && !matches!(event, Event::Grew | Event::Acknowledged)
            {
                let listener = self.book.listener(destination);
                let quiet = listener.is_some_and(|listener| listener.quiet.is_some());
                let because = if quiet { OVER_BEFORE } else { "it was over before it was tried again" };
                let name = self.name(destination);
                self.suppress(&name, event, because.to_owned());
            }
        }
        self.later.clear();
        self.added = 0;
        self.tell_informed(Event::Resolved);
        Ok(())
    }

    /// Tells everybody who thinks that it lasts.
    pub(super) fn tell_informed(&mut self, event: Event) {
        for Told { destination, .. } in self.informed() {
            self.deliver(Wanted { destination, because: INFORMED.to_owned() }, event);
        }
    }

    /// Whether a destination was told that it lasts, or will be. What waits for the end of quiet hours counts as long as they
    /// keep back what is so loud; a call does not, which an acknowledgement takes away.
    pub(super) fn knows(&self, destination: DestinationId) -> bool {
        let told = self.told.get(&destination).is_some_and(|told| told.event != Event::Resolved);
        let waits =
            || self.held(destination).is_some_and(|held| !held.is_call()) && self.quiet_until(destination).is_some();
        told || self.is_queued(destination) || waits()
    }

    fn is_queued(&self, destination: DestinationId) -> bool {
        self.queued.iter().any(|(new, _)| new.destination == destination)
    }

    /// Tells a destination now, or when its quiet hours are over. What waits there already says all, once it is told.
    pub(super) fn deliver(&mut self, Wanted { destination, because }: Wanted, event: Event) {
        let now = self.book.now;
        let Some(listener) = self.book.listener(destination) else { return };
        if let Some(until) = self.quiet_until(destination)
            && let Some(quiet) = &listener.quiet
        {
            let text = format!("quiet hours ({quiet}) until {}; {because}", until.to_minute());
            if self.hold(destination, event, until, because) && event != Event::Grew {
                let name = self.name(destination);
                self.suppress(&name, event, text);
            }
            return;
        }
        if event.is_loud() {
            self.free(destination);
        }
        let new = about(&self.standing, &self.brief, (destination, self.latest()), event, now);
        // Several steps may come to the same one at once.
        match self.queued.iter_mut().find(|(queued, _)| queued.content.key == new.content.key) {
            Some((_, reasons)) => *reasons = format!("{reasons}; {because}"),
            None => self.queued.push((new, because)),
        }
    }

    /// The latest notification of the incident before those that are being written now.
    fn latest(&self) -> Option<NotificationId> {
        self.told.values().map(|told| told.notification).max()
    }

    pub(super) fn note(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    pub(super) fn suppress(&mut self, destination: &str, event: Event, because: String) {
        self.note(Entry::Suppressed { destination: destination.to_owned(), event, because });
    }

    pub(super) fn name(&self, destination: DestinationId) -> String {
        self.book.listener(destination).map_or_else(String::new, |listener| listener.name.clone())
    }

    /// Writes down what was decided.
    pub(super) async fn write(self) -> Result<(), StoreError> {
        let (now, incident) = (self.book.now, self.brief.id);
        let new: Vec<NewNotification> = self.queued.iter().map(|(new, _)| new.clone()).collect();
        let ids = self.tx.enqueue(&new, now).await?;
        let mut entries = Vec::new();
        for (id, (new, because)) in ids.into_iter().zip(&self.queued) {
            let destination = self.name(new.destination);
            let because = because.clone();
            entries.extend(id.map(|notification| Entry::Queued {
                notification,
                destination,
                event: new.event,
                because,
            }));
        }
        for destination in self.freed {
            self.tx.drop_held(incident, destination).await?;
        }
        // Their quiet hours may hold back no longer what they were to be told before.
        let worse = self.queued.iter().filter(|(new, _)| new.event == Event::Worse).map(|(new, _)| new.destination);
        self.tx.hurry_incident(incident, &worse.collect::<Vec<_>>()).await?;
        let entries = self.entries.into_iter().chain(entries);
        let entries: Vec<_> = entries.map(|entry| (incident, now, None, entry)).collect();
        self.tx.add_entries(&entries).await?;
        self.tx.insert_escalations(&self.later[self.added..]).await
    }
}

/// What a destination is told of an incident at once. The same may happen twice at a time, so that its key says after what
/// notification that is.
pub(super) fn about(
    standing: &Standing,
    brief: &IncidentBrief,
    (destination, latest): (DestinationId, Option<NotificationId>),
    event: Event,
    now: Timestamp,
) -> NewNotification {
    let (at, latest) = (now.as_millis(), latest.map_or(0, |latest| latest.0));
    let content = Notification {
        key: format!("watchword-{}-{}-{destination}-{at}-{latest}", brief.id, event.as_str()),
        event,
        at: now,
        incident: Some(brief.clone()),
        text: String::new(),
    };
    NewNotification {
        organisation: standing.organisation,
        destination,
        incident: Some(brief.id),
        event,
        severity: standing.severity,
        not_before: now,
        content,
    }
}

/// Adds who is wanted; of who is wanted already, a further reason.
fn merge(all: &mut Vec<Wanted>, more: Vec<Wanted>) {
    for Wanted { destination, because } in more {
        match all.iter_mut().find(|known| known.destination == destination) {
            Some(known) => known.because = format!("{}; {because}", known.because),
            None => all.push(Wanted { destination, because }),
        }
    }
}
