use crate::assertion::AssertionError;
use crate::code::ErrorCode;

/// Why a rule is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The condition cannot be read. The text points at the fault.
    #[error(transparent)]
    Condition(#[from] AssertionError),
    /// The cooldown is out of range.
    #[error("a cooldown of {0} is too long; 7d at most, 0s for none")]
    Cooldown(String),
    /// The reminder interval is out of range.
    #[error("a reminder every {0} is not possible; from 1m to 30d")]
    Remind(String),
    /// More are to be told than a rule may name.
    #[error("a rule names 16 destinations at most; add a route for more")]
    TooManyNames,
    /// Not a name.
    #[error("`{0}` is not the name of a destination like #ops or of a rotation like @primary")]
    Name(String),
}

impl RuleError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Condition(error) => error.code(),
            Self::Cooldown(_) | Self::Remind(_) => ErrorCode::InvalidDuration,
            Self::TooManyNames => ErrorCode::TooMuch,
            Self::Name(_) => ErrorCode::InvalidName,
        }
    }
}
