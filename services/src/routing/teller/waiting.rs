//! What is told of an incident later: the further steps of routes, reminders, and what waits for a destination.

use monitor_core::Timestamp;
use monitor_core::alerting::{DestinationId, Event, RouteId, Step};
use storage::{Cohort, Escalation, Later};

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

    /// Tells at once what waits for the end of quiet hours that do not hold back any more what is so loud.
    pub(super) fn let_through(&mut self) {
        let loud = |later: &Escalation| match later.what {
            Later::Held(destination, event) if event.is_loud() => Some((destination, event, later.because.clone())),
            _ => None,
        };
        for (destination, event, because) in self.later.iter().filter_map(loud).collect::<Vec<_>>() {
            let waits = self.held(destination).is_some() && !self.unreachable.contains_key(&destination);
            if waits && self.quiet_until(destination).is_none() {
                self.deliver(Wanted { destination, because }, event);
            }
        }
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

    /// Tells a destination later; `false`: something waits there already that says as much.
    pub(super) fn hold(&mut self, destination: DestinationId, event: Event, until: Timestamp, because: String) -> bool {
        if event.is_loud() && self.held(destination).is_some_and(|held| !held.is_loud()) {
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
