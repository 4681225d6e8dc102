use super::HeartbeatSpec;
use crate::code::ErrorCode;

/// Why a heartbeat's settings are refused. The text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeartbeatError {
    /// A period is out of range.
    #[error("`{setting}` of {given} is not possible; choose between 1s and 365d")]
    Range {
        /// The setting.
        setting: &'static str,
        /// What was given.
        given: String,
    },
    /// Too few or too many pings to be kept.
    #[error("{0} pings cannot be kept; choose 1 to {max}", max = HeartbeatSpec::MAX_KEPT_PINGS)]
    KeptPings(u16),
    /// A cron expression or calendar event that cannot be read, or that never comes.
    #[error("`{expression}` is no schedule: {why}; write it like {example}")]
    Schedule {
        /// As given, shortened.
        expression: String,
        /// What is wrong with it.
        why: String,
        /// One that works.
        example: &'static str,
    },
    /// An unknown time zone.
    #[error("`{0}` is not a time zone; write it like UTC or Europe/Berlin")]
    Zone(String),
}

impl HeartbeatError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Range { .. } => ErrorCode::InvalidInterval,
            Self::KeptPings(_) => ErrorCode::InvalidValue,
            Self::Schedule { .. } | Self::Zone(_) => ErrorCode::InvalidSchedule,
        }
    }
}
