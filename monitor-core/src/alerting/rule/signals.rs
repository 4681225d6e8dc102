use std::time::Duration;

use crate::Timestamp;
use crate::health::Status;
use crate::outcome::Reason;
use crate::rollup::Tally;

/// What is known of a monitor when a rule looks at it. What is missing is not known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Signals {
    /// Its status.
    pub standing: Option<Standing>,
    /// Whether the check that gave the occasion has changed it, however long ago that check was.
    pub flipped: bool,
    /// How the check ended that gave the occasion, unless it could tell nothing or is being tried again.
    pub vote: Option<Reason>,
    /// What checks add up to over each of the windows of the condition.
    pub windows: Vec<(Duration, Tally)>,
    /// What the same windows came to in each of the past weeks of which anything is known.
    pub usual: Vec<(Duration, Vec<Amount>)>,
    /// When the certificate ends.
    pub certificate_ends: Option<Timestamp>,
    /// In how many days the registration of the domain ends.
    pub domain_days: Option<f64>,
}

/// A status, since when, and what it was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The status.
    pub status: Status,
    /// When it changed to that.
    pub since: Timestamp,
    /// What it was before.
    pub from: Status,
}

/// What a window came to.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Amount {
    /// Bytes of the answers.
    pub bytes: f64,
    /// Checks.
    pub requests: f64,
}

impl Signals {
    pub(super) fn tally(&self, over: Duration) -> Option<&Tally> {
        self.windows.iter().find(|(window, _)| *window == over).map(|(_, tally)| tally)
    }

    pub(super) fn past(&self, over: Duration) -> &[Amount] {
        self.usual.iter().find(|(window, _)| *window == over).map_or(&[], |(_, amounts)| amounts)
    }
}
