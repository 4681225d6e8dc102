use std::time::Duration;

use monitor_core::alerting::Notification;
use serde::{Deserialize, Serialize};

/// What is to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Post<'a> {
    /// What happened.
    pub notification: &'a Notification,
    /// The name of the organisation that it happened to.
    pub organisation: &'a str,
    /// A PNG of the last hours' latency, for those who can show it.
    pub chart: Option<&'a [u8]>,
    /// The first delivery of the same incident to the same destination, for those who edit it or answer in its thread.
    pub before: Option<&'a Receipt>,
}

/// The proof of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The platform's id of the message, where it tells one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What the platform said, for people: `250 OK id=1v2x`, `200 OK`.
    pub text: String,
}

/// Why something was not delivered. The reason holds no secret, no path and no number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Worth another try, with backoff. It may have been delivered, and the answer lost.
    #[error("{why}")]
    Again {
        /// What happened.
        why: String,
    },
    /// Worth another try after that time, by the platform's own word.
    #[error("{why}")]
    Later {
        /// How long to wait; a day at most.
        after: Duration,
        /// What happened.
        why: String,
    },
    /// No other try will do until somebody changes something.
    #[error("{why}")]
    Never {
        /// What happened, and what to do.
        why: String,
    },
}

impl SendError {
    pub(crate) fn again(why: impl Into<String>) -> Self {
        Self::Again { why: why.into() }
    }

    pub(crate) fn never(why: impl Into<String>) -> Self {
        Self::Never { why: why.into() }
    }

    /// What happened.
    #[must_use]
    pub fn why(&self) -> &str {
        match self {
            Self::Again { why } | Self::Later { why, .. } | Self::Never { why } => why,
        }
    }
}
