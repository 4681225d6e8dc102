//! The questions about a monitor that conditions are made of.

use std::cmp::Ordering;
use std::time::Duration;

use crate::outcome::Reason;

/// One question about a monitor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Test {
    Down,
    Degraded,
    Recovered,
    Heartbeat(Beat),
    Votes {
        needed: u8,
        of: u8,
        slow: bool,
    },
    /// Of a percentile, or of the mean.
    Latency {
        percentile: Option<u8>,
        over: Duration,
        comparison: Comparison,
        limit: Duration,
    },
    ErrorRate {
        over: Duration,
        comparison: Comparison,
        percent: f64,
    },
    Volume {
        what: Volume,
        over: Duration,
        comparison: Comparison,
        limit: Limit,
    },
    Days {
        what: Ending,
        comparison: Comparison,
        days: f64,
    },
}

/// What may be wrong with a heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beat {
    Missed,
    Failed,
    TooLong,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Volume {
    Bytes,
    Requests,
}

/// What ends some day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Certificate,
    Domain,
}

/// What a volume is compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Limit {
    Amount(u64),
    /// Percent of the usual.
    Usual(f64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Test {
    pub(super) fn window(&self) -> Option<Duration> {
        match self {
            Self::Latency { over, .. } | Self::ErrorRate { over, .. } | Self::Volume { over, .. } => Some(*over),
            _ => None,
        }
    }

    /// Whether it is about figures rather than about single checks.
    pub(super) fn is_measured(&self) -> bool {
        self.window().is_some() || matches!(self, Self::Days { .. })
    }

    pub(super) fn reason(&self) -> Reason {
        match self {
            Self::Down | Self::Votes { slow: false, .. } => Reason::AssertionFailed,
            Self::Recovered => Reason::Ok,
            Self::Heartbeat(Beat::Missed) => Reason::HeartbeatMissed,
            Self::Heartbeat(Beat::Failed) => Reason::HeartbeatFailed,
            Self::Heartbeat(Beat::TooLong) => Reason::HeartbeatTooLong,
            Self::Votes { slow: true, .. } | Self::Latency { .. } => Reason::Slow,
            Self::Degraded | Self::ErrorRate { .. } | Self::Volume { .. } => Reason::Degraded,
            Self::Days { what: Ending::Certificate, .. } => Reason::CertificateEnding,
            Self::Days { what: Ending::Domain, .. } => Reason::DomainEnding,
        }
    }
}

impl Beat {
    pub(super) const ALL: [Self; 3] = [Self::Missed, Self::Failed, Self::TooLong];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Missed => "missed",
            Self::Failed => "failed",
            Self::TooLong => "too long",
        }
    }
}

impl Volume {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::Requests => "requests",
        }
    }
}

impl Ending {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Certificate => "certificate.days",
            Self::Domain => "domain.days",
        }
    }
}

impl Comparison {
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }

    /// The same in a sentence: `above`, or `not above` when it does not hold.
    pub(super) fn relation(self, holds: bool) -> String {
        let words = match self {
            Self::Less => "below",
            Self::LessOrEqual => "at most",
            Self::Greater => "above",
            Self::GreaterOrEqual => "at least",
        };
        if holds { words.to_owned() } else { format!("not {words}") }
    }

    pub(super) fn holds<T: PartialOrd>(self, seen: &T, limit: &T) -> bool {
        match seen.partial_cmp(limit) {
            Some(Ordering::Less) => matches!(self, Self::Less | Self::LessOrEqual),
            Some(Ordering::Equal) => matches!(self, Self::LessOrEqual | Self::GreaterOrEqual),
            Some(Ordering::Greater) => matches!(self, Self::Greater | Self::GreaterOrEqual),
            None => false,
        }
    }
}
