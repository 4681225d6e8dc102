//! What is told of an incident later: the further steps of routes, reminders, and what waits for a destination.

use monitor_core::Timestamp;
use monitor_core::alerting::{DestinationId, Event, RouteId, Step};
use storage::{Cohort, Escalation, Later, StoreError};

use super::Teller;
use crate::routing::book::{self, Wanted};

/// When something never comes that only is to be remembered.
const NEVER: Timestamp = Timestamp::from_millis(i64::MAX);

impl Teller<'_> {
    /// Has what follows told later, as long as nobody takes care: the further steps of routes, and reminders.
    pub(super) fn begin(&mut self, audible: &[Cohort]) {
        if self.standing.acknowledged {
            return;
        }
        let book = self.book;
        for matched in book.matched(audible) {
            let route = matched.row.id;
            if !self.later.iter().any(|later| later.what == Later::Started(route)) {
                self.start(route, &matched.row.route.steps, matched.because());
            }
        }
        for row in book.voices(audible) {
            let known = |later: &Escalation| matches!(later.what, Later::Reminder(id, _) if id == row.id);
            if let Some(every) = row.rule.remind.filter(|_| !self.later.iter().any(known)) {
                self.later(Later::Reminder(row.id, every), book.now + every, book::rule_words(row));
            }
        }
    }

    fn start(&mut self, route: RouteId, steps: &[Step], because: String) {
        for (number, step) in (0_u16..).zip(steps).skip(1) {
            self.later(Later::Step(route, number), self.book.now + step.after, because.clone());
        }
        if steps.len() > 1 {
            self.later(Later::Started(route), NEVER, because);
        }
    }

    /// When the quiet hours of a destination are over, if it has some now that are about what is as loud as what lasts.
    pub(super) fn quiet_until(&self, destination: DestinationId) -> Option<Timestamp> {
        self.book.quiet_until(destination, self.standing.loudest)
    }

    /// Tells at once what waits for the end of a silence, or of quiet hours that do not hold back any more what is so loud.
    pub(in crate::routing) fn let_through(&mut self) {
        let taken = self.standing.acknowledged;
        let loud = |later: &Escalation| match later.what {
            Later::Held(destination, event) if event.is_loud() && !(taken && event.is_call()) => {
                Some((destination, event, later.because.clone()))
            }
            _ => None,
        };
        for (destination, event, because) in self.later.iter().filter_map(loud).collect::<Vec<_>>() {
            let waits = self.held(destination).is_some() && !self.unreachable.contains_key(&destination);
            if waits && self.quiet_until(destination).is_none() {
                self.deliver(Wanted { destination, because }, event);
            }
        }
    }

    /// Whether silences are about all that lasts of it. Then what is loud is told when one of them is over, if none is by then.
    pub(in crate::routing) async fn is_hushed(&mut self, wanted: &Wanted, event: Event) -> Result<bool, StoreError> {
        let (book, cohorts) = (self.book, self.cohorts(&[]).await?);
        let (audible, silences) = book.audible(self.brief.id, &cohorts);
        let Some(silence) = silences.first().filter(|_| audible.is_empty()) else { return Ok(false) };
        let name = self.name(wanted.destination);
        self.suppress(&name, event, book::words(silence));
        if event.is_loud() {
            self.hold(wanted.destination, event, silence.until, wanted.because.clone());
        }
        Ok(true)
    }

    /// What a destination was told last, or is about to be told.
    pub(in crate::routing) fn last_told(&self, destination: DestinationId) -> Option<Event> {
        self.told.get(&destination).map(|told| told.event)
    }

    /// What waits for a destination.
    pub(super) fn held(&self, destination: DestinationId) -> Option<Event> {
        self.later.iter().find_map(|later| match later.what {
            Later::Held(to, event) if to == destination => Some(event),
            _ => None,
        })
    }

    /// Nothing waits for a destination any more.
    pub(super) fn free(&mut self, destination: DestinationId) {
        let is_held = |later: &Escalation| matches!(later.what, Later::Held(to, _) if to == destination);
        while let Some(place) = self.later.iter().position(is_held) {
            self.later.remove(place);
            if place < self.added {
                self.added -= 1;
                self.freed.push(destination);
            }
        }
    }

    /// Tells a destination later; `false`: something waits there already that says as much. A call does not, for an
    /// acknowledgement takes it away.
    pub(super) fn hold(&mut self, destination: DestinationId, event: Event, until: Timestamp, because: String) -> bool {
        let says_less = |held: Event| !held.is_loud() || (held.is_call() && !event.is_call());
        if event.is_loud() && self.held(destination).is_some_and(says_less) {
            self.free(destination);
        }
        let free = self.held(destination).is_none();
        if free {
            self.later(Later::Held(destination, event), until, because);
        }
        free
    }

    pub(in crate::routing) fn later(&mut self, what: Later, due: Timestamp, because: String) {
        self.later.push(Escalation { incident: self.brief.id, what, because, due });
    }
}
