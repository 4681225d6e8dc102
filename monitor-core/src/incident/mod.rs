//! Alerts, and the incidents that they add up to.
//!
//! An alert is one rule that fires for one monitor, from when it begins to when it is over. An incident is what people deal
//! with: one alert or many that belong together, or something that a person declared.

mod timeline;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::alerting::{AlertId, RuleId, Severity, Stage};
use crate::monitor::MonitorId;
use crate::outcome::Reason;
use crate::people::{PersonId, id};

pub use timeline::Entry;

id! {
    /// Identifies an incident.
    IncidentId
}

/// Why an alert or an incident ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// The monitor recovered.
    Recovered,
    /// Somebody paused the monitor.
    Paused,
    /// A maintenance window of the monitor began.
    Maintenance,
    /// The monitor or the rule was deleted.
    Withdrawn,
    /// A person said that the incident is over.
    ByHand,
    /// The incident became part of another one.
    Merged,
}

impl Resolution {
    /// All resolutions.
    pub const ALL: [Self; 6] =
        [Self::Recovered, Self::Paused, Self::Maintenance, Self::Withdrawn, Self::ByHand, Self::Merged];

    /// The word that is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recovered => "recovered",
            Self::Paused => "paused",
            Self::Maintenance => "maintenance",
            Self::Withdrawn => "withdrawn",
            Self::ByHand => "by_hand",
            Self::Merged => "merged",
        }
    }

    /// The resolution of a stored word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|resolution| resolution.as_str() == word)
    }
}

/// A rule that fires for a monitor; without a rule of its own, that the monitor is down. Of each there is at most one open
/// at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Its id.
    pub id: AlertId,
    /// What people deal with it in; `None`: nobody is told of it, or not yet.
    pub incident: Option<IncidentId>,
    /// The monitor.
    pub monitor: MonitorId,
    /// The rule; `None`: the monitor is down.
    pub rule: Option<RuleId>,
    /// How loud it is.
    pub severity: Severity,
    /// When it was confirmed.
    pub opened_at: Timestamp,
    /// When and how it ended; `None` while it lasts.
    pub resolved: Option<(Timestamp, Resolution)>,
    /// Why the check failed that confirmed it.
    pub reason: Reason,
    /// What that check saw, for a person.
    pub message: String,
}

impl Alert {
    /// How long it lasted, or has lasted until `now`.
    #[must_use]
    pub fn duration(&self, now: Timestamp) -> Duration {
        self.resolved.map_or(now, |(at, _)| at).since(self.opened_at)
    }
}

/// What people deal with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Its id.
    pub id: IncidentId,
    /// What it is about: `shop is down`, or what the person said who declared it.
    pub title: String,
    /// That of its loudest alert, or what the person said.
    pub severity: Severity,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When somebody began to take care of it, and who.
    pub acknowledged: Option<(Timestamp, Option<PersonId>)>,
    /// When and how it ended; `None` while it is open.
    pub resolved: Option<(Timestamp, Resolution)>,
    /// Why the alert fired that its title names; `None` of one that was declared.
    pub reason: Option<Reason>,
    /// What that alert saw, for a person.
    pub message: String,
    /// What caused it, as a person said.
    pub root_cause: Option<String>,
    /// Who declared it; `None`: an alert opened it.
    pub declared_by: Option<PersonId>,
    /// The incident that it became part of.
    pub merged_into: Option<IncidentId>,
}

impl Incident {
    /// How long it lasted, or has lasted until `now`.
    #[must_use]
    pub fn duration(&self, now: Timestamp) -> Duration {
        self.resolved.map_or(now, |(at, _)| at).since(self.opened_at)
    }

    /// How far it is.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match (self.resolved, self.acknowledged) {
            (Some(_), _) => Stage::Resolved,
            (None, Some(_)) => Stage::Acknowledged,
            (None, None) => Stage::Open,
        }
    }

    /// What the alert saw that its title names, in a few words in any case; empty of one that was declared.
    #[must_use]
    pub fn why(&self) -> &str {
        match (self.message.as_str(), self.reason) {
            ("", Some(reason)) => reason.about(),
            (message, _) => message,
        }
    }
}

/// How alerts are put together into incidents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    /// How long after the last alert of an incident another one that belongs to it still joins.
    pub window: Duration,
    /// The keys of labels whose value makes alerts of several monitors belong together.
    pub labels: Vec<String>,
    /// How many alerts within [`Grouping::STORM_WITHIN`] are one incident, whatever their monitors have in common.
    pub storm: usize,
    /// How long after the end of an incident its monitor's next alert opens it again.
    pub reopen: Duration,
}

impl Grouping {
    /// How long a storm gathers.
    pub const STORM_WITHIN: Duration = Duration::from_secs(10);

    /// How long an incident that a person resolved stays so while its monitors still fail.
    pub const BY_HAND_FOR: Duration = Duration::from_secs(1_800);
}

impl Default for Grouping {
    fn default() -> Self {
        Self {
            window: Duration::from_secs(60),
            labels: vec!["service".to_owned()],
            storm: 10,
            reopen: Duration::from_secs(600),
        }
    }
}
