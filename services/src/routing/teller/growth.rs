//! What is told when more belongs to an incident than before, and when it gets worse.

use std::iter::successors;
use std::time::Duration;

use monitor_core::alerting::{DestinationId, Event};
use monitor_core::monitor::MonitorId;
use storage::{Hushed, Later, StoreError, Told};

use super::{INFORMED, Teller};
use crate::routing::MOST_FALLBACKS;
use crate::routing::book::Wanted;

/// How long after what it was told before a destination is told that an incident grows: a storm has told of its first
/// monitors by then, and is all there soon.
const GREW_FIRST: Duration = Duration::from_secs(5);

/// How long after that it is told so again.
const GREW_EVERY: Duration = Duration::from_secs(60);

impl Teller<'_> {
    /// More monitors belong to it: whoever was told is told, and who was not and should be now hears of it for the first time.
    pub(in crate::routing) async fn grow(&mut self, joined: &[MonitorId]) -> Result<(), StoreError> {
        let cohorts = self.cohorts(joined).await?;
        let informed = self.informed();
        self.unreachable = self.tx.unreachable(self.brief.id, self.book.now).await?.into_iter().collect();
        self.tell_first(&cohorts, Event::Grew, "");
        if !self.heard {
            return Ok(());
        }
        self.tell_grown(informed, "");
        self.let_through();
        Ok(())
    }

    /// Whether a destination that took nothing of it is not tried at once: never as long as one that is told instead knows, and
    /// otherwise as often as it is told of growth.
    pub(super) fn is_put_off(&mut self, destination: DestinationId, because: &str) -> bool {
        let Some(tried) = self.unreachable.get(&destination).copied() else { return false };
        let fallback = |of: &DestinationId| self.book.listener(*of)?.fallback;
        let mut fallbacks = successors(fallback(&destination), fallback).take(MOST_FALLBACKS);
        if fallbacks.any(|fallback| self.knows(fallback)) {
            return true;
        }
        let again = tried.min(self.book.now) + GREW_EVERY;
        if again > self.book.now && self.hold(destination, Event::Opened, again, because.to_owned()) {
            let name = self.name(destination);
            let because = format!("it has just taken nothing, and is tried again within a minute; {because}");
            self.suppress(&name, Event::Grew, because);
        }
        again > self.book.now
    }

    /// It became louder: whoever was told is told so at once, and the steps of routes begin anew.
    pub(in crate::routing) async fn worsen(&mut self, joined: &[MonitorId]) -> Result<(), StoreError> {
        let (joined, all) = (self.cohorts(joined).await?, self.cohorts(&[]).await?);
        let informed = self.informed();
        self.tx.take_steps(self.brief.id).await?;
        self.later.retain(|later| !matches!(later.what, Later::Started(_) | Later::Step(..) | Later::Postponed(..)));
        self.added = self.later.len();
        self.tell_first(&joined, Event::Worse, "");
        let (audible, _) = self.book.audible(self.brief.id, &all);
        self.begin(&audible);
        if self.heard {
            self.tell_worse(informed, "");
            self.let_through();
        }
        Ok(())
    }

    fn tell_worse(&mut self, informed: Vec<Told>, after: &str) {
        for Told { destination, .. } in informed {
            self.deliver(Wanted { destination, because: format!("{INFORMED}{after}") }, Event::Worse);
        }
    }

    /// What joined in a silence which is over by now: whoever was told before, and nothing since that would have named it,
    /// is told that the incident grew, or that it got worse by that.
    pub(in crate::routing) async fn tell_hushed(&mut self, after: &str) -> Result<(), StoreError> {
        let mut hushed = Vec::new();
        for joined in self.tx.hushed(self.brief.id).await? {
            let lasting = self.tx.cohorts(self.brief.id, &joined.monitors).await?;
            if !self.book.audible(self.brief.id, &lasting).0.is_empty() {
                hushed.push(joined);
            }
        }
        let (mut worse, mut grown) = (Vec::new(), Vec::new());
        for told in self.informed().into_iter().filter(|told| !self.is_queued(told.destination)) {
            // In the order in which that was written: a clock may have been set back meanwhile.
            let missed = |hushed: &&Hushed| hushed.before.is_none_or(|before| told.notification < before);
            match hushed.iter().filter(missed).map(|hushed| hushed.worse).max() {
                Some(true) => worse.push(told),
                Some(false) => grown.push(told),
                None => {}
            }
        }
        self.tell_worse(worse, after);
        self.tell_grown(grown, after);
        if hushed.iter().any(|hushed| hushed.worse) {
            self.let_through();
        }
        Ok(())
    }

    /// Tells that it grew, not too often.
    fn tell_grown(&mut self, informed: Vec<Told>, after: &str) {
        for Told { destination, event, at, .. } in informed {
            let because = format!("{INFORMED}{after}");
            let pause = if event == Event::Grew { GREW_EVERY } else { GREW_FIRST };
            // Later than now it only is by a clock that was set back since.
            let again = at.min(self.book.now) + pause;
            if again > self.book.now {
                self.hold(destination, Event::Grew, again, because);
            } else {
                self.deliver(Wanted { destination, because }, Event::Grew);
            }
        }
    }
}
