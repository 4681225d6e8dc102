use crate::code::ErrorCode;

/// Why a route, a rotation or quiet hours do not work. The text says what would.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoutingError {
    /// No time zone of that name.
    #[error("`{0}` is not a time zone; use one of the IANA names, like `Europe/Berlin` or `UTC`")]
    Zone(String),
    /// Not a time of day.
    #[error("`{0}` is not a time of day; write it like 09:00 or 22:30")]
    TimeOfDay(String),
    /// Not days of the week.
    #[error("`{0}` are no days; write them like `mon-fri`, `sat,sun`, `weekdays` or `every day`")]
    Days(String),
    /// A route without a step, or a step without a target.
    #[error("say who is told, like `notify ops-mail`")]
    Nobody,
    /// More steps or targets than a route may have.
    #[error(
        "a route has at most {} steps of at most {} destinations each",
        super::Route::MAX_STEPS,
        super::Step::MAX_TARGETS
    )]
    TooMany,
    /// A step that does not come after the one before.
    #[error("each step comes later than the one before, counted from the first: `then 10m @primary then 30m boss`")]
    Order,
    /// A step that comes too late.
    #[error("a step comes at most 7 days after the first")]
    TooLate,
    /// Not a name.
    #[error("`{0}` cannot be a name; use letters, digits, dots, dashes and underscores, like `primary`")]
    Name(String),
    /// A rotation without participants, or with too many.
    #[error("a rotation has 1 to {} participants", super::Rotation::MAX_PARTICIPANTS)]
    Participants,
    /// Quiet hours without an end.
    #[error("these quiet hours would never end; say from when to when, like `22:00-07:00`")]
    Endless,
}

impl RoutingError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Zone(_) => ErrorCode::InvalidSchedule,
            Self::TimeOfDay(_) | Self::Days(_) => ErrorCode::InvalidTime,
            Self::Name(_) => ErrorCode::InvalidName,
            Self::Nobody => ErrorCode::MissingValue,
            Self::TooMany | Self::Participants => ErrorCode::TooMuch,
            Self::Order | Self::TooLate => ErrorCode::InvalidDuration,
            Self::Endless => ErrorCode::InvalidValue,
        }
    }
}
