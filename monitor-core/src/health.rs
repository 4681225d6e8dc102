//! The state machine from outcomes to status, flips and incidents.
//!
//! A check's outcome becomes a *vote*: ok, slow or failed. A failure is first tried again (`retries`), soon and with
//! backoff; only when the last attempt fails too does the check vote "failed". Votes are then confirmed: a monitor is
//! down once `needed` of its last `of` votes are failures, degraded once that many are failures or slow, and well
//! again after `recover` good votes in a row. Old votes are forgotten on recovery, so a new incident needs new evidence.
//!
//! Inconclusive outcomes are never votes. After [`INCONCLUSIVE_AFTER`] of them in a row the *status* says so, while the
//! verdict, and with it an open incident, stays what it was: not seeing a target is no reason to say that it is down,
//! nor that it has recovered.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::outcome::{Reason, Verdict};

/// Inconclusive outcomes in a row after which the status says so.
pub const INCONCLUSIVE_AFTER: u8 = 3;

/// Most votes that are looked back upon.
pub const MAX_VOTES: u8 = 20;

/// First pause before a failed check is tried again; each further one is three times as long.
const FIRST_RETRY: Duration = Duration::from_millis(500);

/// When a monitor's health changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// How often a failed check is tried again before it counts, 0 to 5.
    pub retries: u8,
    /// How many of the last `of` votes have to be failures, 1 to `of`.
    pub needed: u8,
    /// How many votes are looked at, 1 to [`MAX_VOTES`].
    pub of: u8,
    /// How many good votes in a row end an incident, 1 to [`MAX_VOTES`].
    pub recover: u8,
}

impl Default for Policy {
    fn default() -> Self {
        Self { retries: 2, needed: 1, of: 1, recover: 1 }
    }
}

impl Policy {
    /// Checks the ranges.
    ///
    /// # Errors
    /// A sentence that says what is possible.
    pub fn validate(self) -> Result<(), &'static str> {
        let votes = 1..=MAX_VOTES;
        match self {
            _ if self.retries > 5 => Err("a failed check can be tried again 5 times at most"),
            _ if !votes.contains(&self.of) => Err("1 to 20 checks can be looked at to confirm a failure"),
            _ if !(1..=self.of).contains(&self.needed) => Err("confirm with n of m, n from 1 to m, like 2/3"),
            _ if !votes.contains(&self.recover) => Err("1 to 20 good checks can be asked for to recover"),
            _ => Ok(()),
        }
    }
}

/// A monitor's status as people see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Answers as expected.
    Up,
    /// Answers as expected but too slowly.
    Degraded,
    /// Confirmed not to answer as expected.
    Down,
    /// Not checked, because somebody said so.
    Paused,
    /// Within a maintenance window.
    Maintenance,
    /// Not checked yet, or Watchword itself was not running.
    Unknown,
    /// Checks ran but could tell nothing.
    Inconclusive,
}

impl Status {
    /// All statuses.
    pub const ALL: [Self; 7] =
        [Self::Up, Self::Degraded, Self::Down, Self::Paused, Self::Maintenance, Self::Unknown, Self::Inconclusive];

    /// The word that is stored and shown.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::Down => "down",
            Self::Paused => "paused",
            Self::Maintenance => "maintenance",
            Self::Unknown => "unknown",
            Self::Inconclusive => "inconclusive",
        }
    }

    /// Whether the target does its work: up or degraded.
    #[must_use]
    pub fn is_up(self) -> bool {
        matches!(self, Self::Up | Self::Degraded)
    }

    /// The status of a stored word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// A change of status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flip {
    /// When.
    pub at: Timestamp,
    /// From what.
    pub from: Status,
    /// To what.
    pub to: Status,
}

/// What a step of the state machine asks its caller to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Step {
    /// Record this change of status.
    pub flip: Option<Flip>,
    /// Open or resolve the monitor's incident.
    pub incident: Option<IncidentChange>,
    /// Check again after this time instead of at the next slot.
    pub retry_after: Option<Duration>,
}

/// What becomes of a monitor's incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IncidentChange {
    /// The monitor went down: open one.
    Open,
    /// The monitor is well again, or nobody watches it any more: resolve it.
    Resolve,
}

/// One conclusive check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Vote {
    #[serde(rename = "o")]
    Ok,
    #[serde(rename = "s")]
    Slow,
    #[serde(rename = "x")]
    Failed,
}

/// What was confirmed of the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Confirmed {
    Up,
    Degraded,
    Down,
}

/// Whether what was confirmed may be shown as the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sight {
    #[default]
    Clear,
    Lost,
    Inconclusive,
    Paused,
    Maintenance,
}

/// The health of one monitor: all that has to be remembered between two checks.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Health {
    #[serde(default, rename = "c", skip_serializing_if = "Option::is_none")]
    confirmed: Option<Confirmed>,
    #[serde(default, rename = "s", skip_serializing_if = "is_default")]
    sight: Sight,
    /// The latest votes, oldest first; no more than the policy looks at.
    #[serde(default, rename = "v", skip_serializing_if = "Vec::is_empty")]
    votes: Vec<Vote>,
    #[serde(default, rename = "a", skip_serializing_if = "is_default")]
    failed_attempts: u8,
    #[serde(default, rename = "i", skip_serializing_if = "is_default")]
    inconclusive: u8,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Health {
    /// The health of a monitor of which no more is known than the status it has, and whether it has an open incident.
    ///
    /// It goes on with that status, so that its flips stay a chain. With an open incident it is confirmed to be down
    /// whatever the status says, so that its recovery resolves it; without one it is not, so that a failure opens one.
    #[must_use]
    pub fn after_loss(status: Status, incident_open: bool) -> Self {
        let sight = match status {
            Status::Up | Status::Degraded | Status::Down => Sight::Clear,
            Status::Unknown => Sight::Lost,
            Status::Inconclusive => Sight::Inconclusive,
            Status::Paused => Sight::Paused,
            Status::Maintenance => Sight::Maintenance,
        };
        let confirmed = match status {
            _ if incident_open => Some(Confirmed::Down),
            Status::Up => Some(Confirmed::Up),
            Status::Degraded => Some(Confirmed::Degraded),
            _ => None,
        };
        Self { confirmed, sight, ..Self::default() }
    }

    /// Whether it is down, or failing: being tried again, or with a last vote that more have to confirm.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        let suspected = self.sight == Sight::Clear && self.votes.last() == Some(&Vote::Failed);
        self.confirmed == Some(Confirmed::Down) || self.failed_attempts > 0 || suspected
    }

    /// The status that people see.
    #[must_use]
    pub fn status(&self) -> Status {
        match (self.sight, self.confirmed) {
            (Sight::Paused, _) => Status::Paused,
            (Sight::Maintenance, _) => Status::Maintenance,
            (Sight::Inconclusive, _) => Status::Inconclusive,
            (Sight::Lost, _) | (Sight::Clear, None) => Status::Unknown,
            (Sight::Clear, Some(Confirmed::Up)) => Status::Up,
            (Sight::Clear, Some(Confirmed::Degraded)) => Status::Degraded,
            (Sight::Clear, Some(Confirmed::Down)) => Status::Down,
        }
    }

    /// Takes one outcome in.
    pub fn observe(&mut self, policy: Policy, at: Timestamp, reason: Reason) -> Step {
        // A check that was running when its monitor was paused says nothing any more, and what is worked on says nothing.
        if matches!(self.sight, Sight::Paused | Sight::Maintenance) {
            return Step::default();
        }
        let vote = match reason.verdict() {
            Verdict::Inconclusive => return self.change(at, Self::count_inconclusive),
            Verdict::Failed if self.failed_attempts < policy.retries && self.confirmed != Some(Confirmed::Down) => {
                let retry_after = FIRST_RETRY * 3_u32.pow(u32::from(self.failed_attempts));
                self.failed_attempts += 1;
                self.inconclusive = 0;
                return Step { retry_after: Some(retry_after), ..Step::default() };
            }
            Verdict::Failed => Vote::Failed,
            Verdict::Slow => Vote::Slow,
            Verdict::Ok => Vote::Ok,
        };
        self.change(at, |health| health.count(policy, vote))
    }

    /// Stops watching: the status becomes paused, and an open incident has nobody left to watch it.
    pub fn pause(&mut self, at: Timestamp) -> Step {
        self.change(at, |health| *health = Self { sight: Sight::Paused, ..Self::default() })
    }

    /// Starts watching again, knowing nothing.
    pub fn resume(&mut self, at: Timestamp) -> Step {
        self.change(at, |health| {
            if health.sight == Sight::Paused {
                *health = Self::default();
            }
        })
    }

    /// Somebody works on the target: outcomes are no votes any more, and an open incident is explained. What is paused
    /// stays so.
    pub fn begin_maintenance(&mut self, at: Timestamp) -> Step {
        self.change(at, |health| {
            if health.sight != Sight::Paused {
                *health = Self { sight: Sight::Maintenance, ..Self::default() };
            }
        })
    }

    /// The work is done: nothing is known of the target until the next vote. Whoever paused it meanwhile keeps it so.
    pub fn end_maintenance(&mut self, at: Timestamp) -> Step {
        self.change(at, |health| {
            if health.sight == Sight::Maintenance {
                *health = Self::default();
            }
        })
    }

    /// Nothing was checked since `at`, for example because Watchword was not running: the status becomes unknown,
    /// while what was confirmed is kept to be compared with the next vote. What is paused or worked on stays so.
    pub fn lose_sight(&mut self, at: Timestamp) -> Step {
        self.change(at, |health| {
            if !matches!(health.sight, Sight::Paused | Sight::Maintenance) {
                health.sight = Sight::Lost;
            }
        })
    }

    /// Applies a change and says what it means outside.
    fn change(&mut self, at: Timestamp, apply: impl FnOnce(&mut Self)) -> Step {
        let (from, was_down) = (self.status(), self.confirmed == Some(Confirmed::Down));
        apply(self);
        let (to, is_down) = (self.status(), self.confirmed == Some(Confirmed::Down));
        Step {
            flip: (from != to).then_some(Flip { at, from, to }),
            incident: match (was_down, is_down) {
                (false, true) => Some(IncidentChange::Open),
                (true, false) => Some(IncidentChange::Resolve),
                _ => None,
            },
            retry_after: None,
        }
    }

    fn count_inconclusive(&mut self) {
        self.inconclusive = self.inconclusive.saturating_add(1).min(INCONCLUSIVE_AFTER);
        if self.inconclusive >= INCONCLUSIVE_AFTER {
            self.sight = Sight::Inconclusive;
            // What was being tried again begins anew: what is not seen for long is not failing.
            self.failed_attempts = 0;
        }
    }

    fn count(&mut self, policy: Policy, vote: Vote) {
        self.sight = Sight::Clear;
        self.inconclusive = 0;
        self.failed_attempts = 0;
        self.votes.push(vote);
        let keep = usize::from(policy.of.max(policy.recover));
        self.votes.drain(..self.votes.len().saturating_sub(keep));
        let (before, after) = (self.confirmed, self.judge(policy, vote));
        self.confirmed = after;
        if before == Some(Confirmed::Down) && after != before {
            self.votes.clear();
        }
    }

    fn judge(&self, policy: Policy, vote: Vote) -> Option<Confirmed> {
        let recent = &self.votes[self.votes.len().saturating_sub(usize::from(policy.of))..];
        let confirmed =
            |bad: fn(&Vote) -> bool| recent.iter().filter(|vote| bad(vote)).count() >= usize::from(policy.needed);
        let last = usize::from(policy.recover);
        let recovered =
            |good: fn(&Vote) -> bool| self.votes.len() >= last && self.votes.iter().rev().take(last).all(good);
        match self.confirmed {
            Some(Confirmed::Down) if !recovered(|vote| *vote != Vote::Failed) => Some(Confirmed::Down),
            Some(Confirmed::Down) if vote == Vote::Slow => Some(Confirmed::Degraded),
            Some(Confirmed::Down) => Some(Confirmed::Up),
            _ if vote == Vote::Failed && confirmed(|vote| *vote == Vote::Failed) => Some(Confirmed::Down),
            _ if vote != Vote::Ok && confirmed(|vote| *vote != Vote::Ok) => Some(Confirmed::Degraded),
            Some(Confirmed::Degraded) if recovered(|vote| *vote == Vote::Ok) => Some(Confirmed::Up),
            None if vote == Vote::Ok => Some(Confirmed::Up),
            unchanged => unchanged,
        }
    }
}

#[cfg(test)]
mod tests;
