use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Occurrence, When};
use crate::Timestamp;

/// How far a clock may go back without having been wrong before.
const STEPS_BACK: Duration = Duration::from_secs(3_600);

/// How far a window has come. What is begun is never begun again, and what is on ends, whatever the clock does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// When the latest time that was begun was to begin.
    pub begun: Option<Timestamp>,
    /// The time that lasts.
    pub on: Option<Occurrence>,
}

impl Progress {
    /// What is so at that time.
    #[must_use]
    pub fn step(self, when: &When, now: Timestamp) -> Self {
        // What began by a clock that was wrong has yet to begin.
        if self.begun.is_some_and(|begun| begun.since(now) > STEPS_BACK) {
            return Self::default().step(when, now);
        }
        if self.on.is_some_and(|on| now < on.until) {
            return self;
        }
        let begins = when.covering(now).filter(|it| self.begun.is_none_or(|begun| it.from > begun));
        Self { begun: begins.map(|it| it.from).or(self.begun), on: begins }
    }

    /// With what lasts ended before its time.
    #[must_use]
    pub fn ended(self) -> Self {
        Self { on: None, ..self }
    }

    /// When something changes next; `None` when nothing does any more.
    #[must_use]
    pub fn due(self, when: &When, now: Timestamp) -> Option<Timestamp> {
        match self.on {
            _ if self.begun.is_some_and(|begun| begun.since(now) > STEPS_BACK) => Some(now),
            Some(on) => Some(on.until),
            None => when.first_after(self.begun, now).map(|it| it.from),
        }
    }
}
