use serde::{Deserialize, Serialize};

use super::Severity;
use crate::Timestamp;
use crate::incident::{IncidentId, Resolution};

/// What happened that somebody is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// An incident was opened.
    Opened,
    /// More monitors belong to an open incident now.
    Grew,
    /// Something louder belongs to an open incident than all that still fails of it.
    Worse,
    /// Nobody acknowledged an incident in time, and the next ones are told.
    Escalated,
    /// An incident is still open.
    Reminder,
    /// Somebody takes care of an incident.
    Acknowledged,
    /// A resolved incident was opened again.
    Reopened,
    /// An incident is over.
    Resolved,
    /// Somebody tries the destination out.
    Test,
    /// Something in words, about no incident: maintenance, a failing destination.
    Notice,
}

impl Event {
    /// All events.
    pub const ALL: [Self; 10] = [
        Self::Opened,
        Self::Grew,
        Self::Worse,
        Self::Escalated,
        Self::Reminder,
        Self::Acknowledged,
        Self::Reopened,
        Self::Resolved,
        Self::Test,
        Self::Notice,
    ];

    /// The word that is stored and sent: `opened`, `grew`, …
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Grew => "grew",
            Self::Worse => "worse",
            Self::Escalated => "escalated",
            Self::Reminder => "reminder",
            Self::Acknowledged => "acknowledged",
            Self::Reopened => "reopened",
            Self::Resolved => "resolved",
            Self::Test => "test",
            Self::Notice => "notice",
        }
    }

    /// The event of a stored word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.as_str() == word)
    }

    /// Whether somebody should look up: everything but an acknowledgement and growth, which only bring up to date what
    /// was told before.
    #[must_use]
    pub fn is_loud(self) -> bool {
        !matches!(self, Self::Acknowledged | Self::Grew)
    }

    /// Whether it calls for somebody who takes care: once somebody does, nobody need be told.
    #[must_use]
    pub fn is_call(self) -> bool {
        matches!(self, Self::Escalated | Self::Reminder)
    }
}

/// How far an incident is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Nobody takes care of it yet.
    Open,
    /// Somebody takes care of it.
    Acknowledged,
    /// It is over.
    Resolved,
}

impl Stage {
    /// The word that is shown: `open`, `acknowledged`, `resolved`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
        }
    }
}

/// What a destination is told, in its facts; each destination kind puts them into its own words and format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notification {
    /// The same for every attempt to deliver it, and different for every other notification.
    pub key: String,
    /// What happened.
    pub event: Event,
    /// When it happened.
    pub at: Timestamp,
    /// How it stands with the incident that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentBrief>,
    /// What is told of what is no incident; empty otherwise.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

/// An incident as it stood when somebody was to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncidentBrief {
    /// Its id.
    pub id: IncidentId,
    /// What it is about: `shop is down`, `12 monitors are down`.
    pub title: String,
    /// That of its loudest alert.
    pub severity: Severity,
    /// How far it is.
    pub stage: Stage,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When somebody acknowledged it, and who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<(Timestamp, String)>,
    /// When and how it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<(Timestamp, Resolution)>,
    /// The reason code of the alert that its title names; empty of an incident that a person declared.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// What that alert saw, or what the person who declared it said.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// Some of its members, those still failing first; [`IncidentBrief::MEMBERS`] at most.
    pub members: Vec<MemberBrief>,
    /// How many members it has.
    pub member_count: u64,
    /// How many of them are still failing.
    pub failing_count: u64,
    /// The incident that it became part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<IncidentId>,
}

impl IncidentBrief {
    /// Most members that are named.
    pub const MEMBERS: usize = 10;

    /// What the destinations of an incident know it by; the same through all its changes.
    #[must_use]
    pub fn thread_key(&self) -> String {
        format!("watchword-incident-{}", self.id)
    }
}

/// A monitor of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberBrief {
    /// Its name.
    pub name: String,
    /// What it watches, secrets hidden.
    pub target: String,
    /// Since when it fails.
    pub since: Timestamp,
    /// When it was well again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// What was seen.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
}
