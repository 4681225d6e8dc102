//! What happened to an incident, in the order in which it happened.

use serde::{Deserialize, Serialize};

use super::{IncidentId, Resolution};
use crate::Timestamp;
use crate::alerting::{Event, NotificationId, Severity};
use crate::monitor::MonitorId;

/// One thing that happened to an incident. Names are kept as they were then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum Entry {
    /// A person declared it, or audits of a schedule opened it, which nobody did.
    Declared {
        /// What they said of it, or the audit found.
        text: String,
    },
    /// An alert became part of it: the first one opened it.
    Joined {
        /// The monitor.
        monitor: MonitorId,
        /// Its name.
        name: String,
        /// How loud the alert is.
        severity: Severity,
        /// The rule that fired, in its words.
        rule: String,
        /// What was seen.
        why: String,
        /// Why it is not an incident of its own; empty for the first.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        because: String,
    },
    /// A member is well again, or is not watched any more.
    Ended {
        /// The monitor.
        monitor: MonitorId,
        /// Its name.
        name: String,
        /// How.
        resolution: Resolution,
    },
    /// Something louder became part of it than all that still failed of it.
    Worsened {
        /// How loud that is.
        severity: Severity,
        /// Whether somebody took care of it, which no longer counts.
        unacknowledged: bool,
    },
    /// Another incident became part of this one.
    Took {
        /// The other, which is over by that.
        incident: IncidentId,
    },
    /// It became part of another incident.
    Merged {
        /// The other.
        into: IncidentId,
    },
    /// Somebody takes care of it.
    Acknowledged {
        /// What they said; may be empty.
        note: String,
    },
    /// Somebody wrote something down.
    Noted {
        /// What they wrote.
        text: String,
    },
    /// Somebody said what caused it.
    Cause {
        /// What they said.
        text: String,
    },
    /// It is over.
    Resolved {
        /// How.
        resolution: Resolution,
        /// What the person said who resolved it; may be empty.
        note: String,
    },
    /// It goes on.
    Reopened {
        /// Why.
        because: String,
    },
    /// Somebody is to be told.
    Queued {
        /// The notification.
        notification: NotificationId,
        /// The name of the destination.
        destination: String,
        /// Of what they are told.
        event: Event,
        /// Which route or rule says so.
        because: String,
    },
    /// Somebody was not told, or is told later.
    Suppressed {
        /// The name of the destination; empty: nobody was told.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        destination: String,
        /// Of what.
        event: Event,
        /// Why: the silence, the quiet hours, the maintenance.
        because: String,
    },
    /// A destination took a notification.
    Delivered {
        /// The notification.
        notification: NotificationId,
        /// The name of the destination.
        destination: String,
        /// Of what it was told.
        event: Event,
        /// What it answered.
        receipt: String,
    },
    /// A destination did not take a notification.
    Failed {
        /// The notification.
        notification: NotificationId,
        /// The name of the destination.
        destination: String,
        /// Of what it was to be told.
        event: Event,
        /// What went wrong, without secrets.
        error: String,
        /// When it is tried again; `None`: never.
        again_at: Option<Timestamp>,
    },
    /// The next ones were told, because nobody had acknowledged it.
    Escalated {
        /// Which step, from 1 on.
        step: u16,
        /// The route.
        because: String,
    },
}
