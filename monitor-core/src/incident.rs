//! A time during which a monitor was down.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::monitor::MonitorId;
use crate::outcome::Reason;
use crate::people::id;

id! {
    /// Identifies an incident.
    IncidentId
}

/// Why an incident ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// The monitor recovered.
    Recovered,
    /// Somebody paused the monitor.
    Paused,
}

impl Resolution {
    /// The word that is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Recovered => "recovered",
            Self::Paused => "paused",
        }
    }

    /// The resolution of a stored word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Recovered, Self::Paused].into_iter().find(|resolution| resolution.as_str() == word)
    }
}

/// A time during which a monitor was down. A monitor has at most one open incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Its id.
    pub id: IncidentId,
    /// The monitor that was down.
    pub monitor: MonitorId,
    /// When the failure was confirmed.
    pub opened_at: Timestamp,
    /// When and how it ended; `None` while it is open.
    pub resolved: Option<(Timestamp, Resolution)>,
    /// Why the check failed that confirmed it.
    pub reason: Reason,
    /// What that check saw, for a person.
    pub message: String,
}

impl Incident {
    /// How long it lasted, or has lasted until `now`.
    #[must_use]
    pub fn duration(&self, now: Timestamp) -> Duration {
        self.resolved.map_or(now, |(at, _)| at).since(self.opened_at)
    }
}
