//! Heartbeats: jobs that report in, judged by their pings and by a deadline instead of by a probe.

mod beats;
mod calendar;
mod civil;
mod cron;
mod error;
mod ping;
mod schedule;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use beats::{Beats, Finding, LOST_AFTER, Pinged};
pub use calendar::Calendar;
pub use error::HeartbeatError;
pub use ping::{PING_BODY_LIMIT, Ping, PingMethod, Signal};
pub use schedule::Timetable;
pub use uuid::Uuid;

use crate::duration;
use crate::http::SpecError;

/// How a heartbeat is configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeartbeatSpec {
    /// When the job is expected to report.
    pub schedule: Schedule,
    /// How long after that it may still report before it counts as missed: 1 s to 365 d.
    pub grace: Duration,
    /// How long a run may take from `/start` to its end, 1 s to 365 d. `None`: as long as the grace time, as with Healthchecks.
    #[serde(default)]
    pub max_duration: Option<Duration>,
    /// The least time from the beginning of a successful run to that of the next, 1 s to 365 d; what comes sooner is too
    /// early. Of runs whose start is not reported the end counts. `None`: any time will do.
    #[serde(default)]
    pub min_gap: Option<Duration>,
    /// Whether runs may not overlap.
    #[serde(default)]
    pub forbid_overlap: bool,
    /// How many of the latest pings are kept, with their bodies: 1 to [`HeartbeatSpec::MAX_KEPT_PINGS`].
    #[serde(default = "hundred")]
    pub keep_pings: u16,
}

fn hundred() -> u16 {
    HeartbeatSpec::DEFAULT_KEPT_PINGS
}

/// When a job is expected to report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// That long after its last success, 1 s to 365 d.
    Every(Duration),
    /// At the times of a cron expression.
    Cron {
        /// Five fields: minute, hour, day of month, month, day of week.
        expression: String,
        /// An IANA time zone, like `Europe/Berlin`.
        zone: String,
    },
    /// At the times of a systemd calendar event.
    OnCalendar {
        /// For example `Mon..Fri 09:00`, in the notation of `systemd.time(7)`.
        expression: String,
        /// An IANA time zone, like `Europe/Berlin`.
        zone: String,
    },
}

impl HeartbeatSpec {
    /// The grace time unless its owner says otherwise, as with Healthchecks.
    pub const DEFAULT_GRACE: Duration = Duration::from_secs(3_600);
    /// The period of a heartbeat that its first ping creates, as with Healthchecks.
    pub const DEFAULT_PERIOD: Duration = Duration::from_secs(86_400);
    /// How many pings are kept unless its owner says otherwise.
    pub const DEFAULT_KEPT_PINGS: u16 = 100;
    /// Most pings that can be kept.
    pub const MAX_KEPT_PINGS: u16 = 1_000;

    /// A heartbeat of that schedule and grace time, with defaults for all else.
    #[must_use]
    pub fn new(schedule: Schedule, grace: Duration) -> Self {
        Self {
            schedule,
            grace,
            max_duration: None,
            min_gap: None,
            forbid_overlap: false,
            keep_pings: Self::DEFAULT_KEPT_PINGS,
        }
    }

    /// What is expected, for lists: `every 1d, grace 1h`.
    #[must_use]
    pub fn target(&self) -> String {
        let schedule = match &self.schedule {
            Schedule::Every(period) => format!("every {}", duration::format(*period)),
            Schedule::Cron { expression, zone } => format!("cron {expression} {zone}"),
            Schedule::OnCalendar { expression, zone } => match calendar::Calendar::parse(expression) {
                Ok((_, Some(_))) => format!("on {expression}"),
                _ => format!("on {expression} {zone}"),
            },
        };
        format!("{schedule}, grace {}", duration::format(self.grace))
    }

    /// Checks every setting.
    ///
    /// # Errors
    /// [`SpecError::Heartbeat`] with the first one that does not work.
    pub fn validate(&self) -> Result<(), SpecError> {
        Ok(Plan::new(self).map(drop)?)
    }

    fn check_ranges(&self) -> Result<(), HeartbeatError> {
        let spans = [
            ("grace", Some(self.grace)),
            ("max-duration", self.max_duration),
            ("min-gap", self.min_gap),
            ("every", if let Schedule::Every(period) = self.schedule { Some(period) } else { None }),
        ];
        for (setting, span) in spans {
            if let Some(span) = span.filter(|span| !(SHORTEST..=LONGEST).contains(span)) {
                return Err(HeartbeatError::Range { setting, given: duration::format(span) });
            }
        }
        if !(1..=Self::MAX_KEPT_PINGS).contains(&self.keep_pings) {
            return Err(HeartbeatError::KeptPings(self.keep_pings));
        }
        Ok(())
    }
}

/// A spec that has been read, ready to judge pings by.
#[derive(Debug, Clone)]
pub struct Plan {
    spec: HeartbeatSpec,
    timetable: Timetable,
}

impl Plan {
    /// Reads a spec.
    ///
    /// # Errors
    /// The [`HeartbeatError`] of the first setting that does not work.
    pub fn new(spec: &HeartbeatSpec) -> Result<Self, HeartbeatError> {
        spec.check_ranges()?;
        Ok(Self { timetable: Timetable::new(&spec.schedule)?, spec: spec.clone() })
    }

    /// The spec.
    #[must_use]
    pub fn spec(&self) -> &HeartbeatSpec {
        &self.spec
    }

    /// When the job is expected.
    #[must_use]
    pub fn timetable(&self) -> &Timetable {
        &self.timetable
    }

    /// How long a run may take.
    fn longest_run(&self) -> Duration {
        self.spec.max_duration.unwrap_or(self.spec.grace)
    }
}

/// The address or run id that those random bytes give.
#[must_use]
pub fn random_uuid(random: [u8; 16]) -> Uuid {
    uuid::Builder::from_random_bytes(random).into_uuid()
}

const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(365 * 86_400);

#[cfg(test)]
mod tests;
