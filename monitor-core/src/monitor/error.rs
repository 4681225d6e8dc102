//! Why a monitor is refused.

use crate::assertion::AssertionError;
use crate::code::ErrorCode;
use crate::http::SpecError;

/// Why a monitor's settings are refused. The text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MonitorError {
    /// The name is empty, too long, or has characters that a command could not take.
    #[error("`{0}` cannot be a name; use 1 to 60 letters, digits, dots, dashes or underscores")]
    Name(String),
    /// The interval is out of range.
    #[error("an interval of {0} is not possible; choose between 1s and 1d")]
    Interval(String),
    /// The timeout is out of range.
    #[error("a timeout of {0} is not possible; choose between 100ms and 60s")]
    Timeout(String),
    /// The label is not a key and a value.
    #[error("`{0}` is not a label; write it like env=prod")]
    Label(String),
    /// There are more labels or parents than may be.
    #[error("{0}")]
    TooMuch(String),
    /// An assertion does not work with the check.
    #[error(transparent)]
    Assertion(#[from] AssertionError),
    /// The confirmation policy does not fit together.
    #[error("{0}")]
    Policy(&'static str),
    /// The check's own settings do not work.
    #[error(transparent)]
    Spec(#[from] SpecError),
}

impl MonitorError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Name(_) => ErrorCode::InvalidName,
            Self::Interval(_) => ErrorCode::InvalidInterval,
            Self::Timeout(_) => ErrorCode::InvalidTimeout,
            Self::Label(_) => ErrorCode::InvalidLabel,
            Self::TooMuch(_) => ErrorCode::TooMuch,
            Self::Assertion(error) => error.code(),
            Self::Policy(_) => ErrorCode::InvalidPolicy,
            Self::Spec(error) => error.code(),
        }
    }
}
