use super::recurrence::{LONGEST, MAX_CHARS, MAX_COUNT, MAX_INTERVAL};
use crate::alerting::RoutingError;
use crate::code::ErrorCode;

/// Why a maintenance window does not work. The text says what would.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    /// The end is not after the beginning.
    #[error("the maintenance has to end after it begins")]
    Order,
    /// Its end has passed.
    #[error("that time is over; say when the maintenance is to end, like `2h` or `to 2026-12-02 02:00`")]
    Over,
    /// Shorter or longer than a window may be.
    #[error("a maintenance lasts from 1 minute to 90 days; `pause-monitor` stops checks for longer")]
    Length,
    /// It would begin in years.
    #[error("a maintenance begins within 5 years")]
    TooFar,
    /// A recurring one that is too short or too long.
    #[error("each time of a recurring maintenance lasts from 1 minute to {} days", LONGEST.as_secs() / 86_400)]
    RecurringLength,
    /// It would begin again before it ends.
    #[error("it would begin again before it is over; make it shorter, or less often")]
    Overlap,
    /// The rule is not one of RFC 5545.
    #[error("`{rule}` is not a recurrence rule: {why}; write one like `FREQ=WEEKLY;BYDAY=SU`")]
    Rule {
        /// The rule, shortened.
        rule: String,
        /// What is wrong.
        why: String,
    },
    /// A part of the rule that windows do not have.
    #[error(
        "`{0}` is not possible in a recurrence rule here; use FREQ (DAILY, WEEKLY, MONTHLY or YEARLY), INTERVAL, COUNT, UNTIL, BYMONTH, BYMONTHDAY, BYYEARDAY, BYWEEKNO, BYDAY, BYSETPOS and WKST, and say the time of day with `at 03:00`"
    )]
    Part(String),
    /// More than is counted with.
    #[error(
        "a recurrence rule has at most {MAX_CHARS} characters, INTERVAL up to {MAX_INTERVAL} and COUNT up to {MAX_COUNT}"
    )]
    TooMuch,
    /// There is no day that the rule means.
    #[error("no day within the next years is meant by that recurrence rule, so the maintenance would never begin")]
    Never,
    /// The zone or the time of day.
    #[error(transparent)]
    Clock(#[from] RoutingError),
}

impl WindowError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Order | Self::Over | Self::TooFar => ErrorCode::InvalidTime,
            Self::Length | Self::RecurringLength | Self::Overlap => ErrorCode::InvalidDuration,
            Self::Rule { .. } | Self::Part(_) | Self::Never => ErrorCode::InvalidSchedule,
            Self::TooMuch => ErrorCode::TooMuch,
            Self::Clock(error) => error.code(),
        }
    }
}
