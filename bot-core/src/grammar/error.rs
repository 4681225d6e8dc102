use std::fmt;

use monitor_core::alerting::RoutingError;
use monitor_core::code::ErrorCode;
use monitor_core::http::SpecError;
use monitor_core::monitor::MonitorError;

use super::Argument;

/// Why a message could not be read. The text is for the person who wrote it.
#[derive(Debug, Clone, PartialEq)]
pub enum GrammarError {
    /// The message has more than [`super::MAX_CHARS`] characters.
    TooLong,
    /// A quote is never closed.
    Unterminated {
        /// The quote that would close it.
        close: char,
        /// What stands after the opening quote.
        after: String,
    },
    /// No argument has that name.
    UnknownFlag {
        /// The flag as typed.
        flag: String,
        /// The flag that was probably meant.
        closest: Option<&'static str>,
    },
    /// A word that no argument takes.
    Unexpected {
        /// The word.
        word: String,
        /// The word that was probably meant.
        closest: Option<&'static str>,
    },
    /// A second monitor, for a command that takes one.
    OneMonitor {
        /// The word that is one too many.
        word: String,
    },
    /// Nothing follows a word that needs a value.
    MissingValue(&'static Argument),
    /// An argument was given twice that may be given once.
    Repeated(&'static Argument),
    /// An argument that may be repeated was given more often than a check can have it.
    TooMany(&'static Argument),
    /// `none` for an argument that has to have a value.
    NotRemovable(&'static Argument),
    /// A value that its argument does not take.
    BadValue {
        /// The argument.
        argument: &'static Argument,
        /// What is wrong with it.
        invalid: Invalid,
    },
}

/// Why a value is not one of its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// The stable code.
    pub code: ErrorCode,
    /// What is wrong and what would be right, as an end of a sentence.
    pub why: String,
}

impl Invalid {
    pub(crate) fn new(code: ErrorCode, why: impl Into<String>) -> Self {
        Self { code, why: why.into() }
    }
}

impl From<SpecError> for Invalid {
    fn from(error: SpecError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<RoutingError> for Invalid {
    fn from(error: RoutingError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<MonitorError> for Invalid {
    fn from(error: MonitorError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl GrammarError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::TooLong => ErrorCode::MessageTooLong,
            Self::Unterminated { .. } => ErrorCode::UnterminatedQuote,
            Self::UnknownFlag { .. } | Self::Unexpected { .. } | Self::OneMonitor { .. } => ErrorCode::UnknownArgument,
            Self::MissingValue(_) => ErrorCode::MissingValue,
            Self::Repeated(_) => ErrorCode::RepeatedArgument,
            Self::TooMany(_) => ErrorCode::TooMuch,
            Self::NotRemovable(_) => ErrorCode::NotRemovable,
            Self::BadValue { invalid, .. } => invalid.code,
        }
    }
}

impl fmt::Display for GrammarError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = |text: &str| monitor_core::http::shorten(text, 40);
        match self {
            Self::TooLong => write!(f, "That is more than I read: a message may have {} characters.", super::MAX_CHARS),
            Self::Unterminated { close, after } => {
                write!(f, "A quote is opened before “{}” and never closed; put a {close} where it ends.", short(after))
            }
            Self::UnknownFlag { flag, closest: Some(closest) } => {
                write!(f, "I don't know the option `{}`; did you mean `--{closest}`?", short(flag))
            }
            Self::UnknownFlag { flag, closest: None } => write!(f, "I don't know the option `{}`.", short(flag)),
            Self::Unexpected { word, closest: Some(closest) } => {
                write!(f, "I don't know what to do with “{}” here; did you mean `{closest}`?", short(word))
            }
            Self::Unexpected { word, closest: None } => {
                write!(
                    f,
                    "I don't know what to do with “{}” here. Put quotes around text that has spaces.",
                    short(word)
                )
            }
            Self::OneMonitor { word } => {
                write!(f, "I take one monitor at a time; say it again for “{}”.", short(word))
            }
            Self::MissingValue(argument) => {
                write!(f, "`{}` needs a value, like `{} {}`.", argument.word(), argument.word(), argument.example)
            }
            Self::Repeated(argument) => write!(f, "`{}` is given twice; once is enough.", argument.word()),
            Self::TooMany(argument) => {
                write!(
                    f,
                    "`{}` is given more than {} times, which is the most.",
                    argument.word(),
                    monitor_core::http::MAX_LIST
                )
            }
            Self::NotRemovable(argument) => {
                write!(
                    f,
                    "`{}` cannot be none; give it a value, like `{} {}`.",
                    argument.word(),
                    argument.word(),
                    argument.example
                )
            }
            Self::BadValue { argument, invalid } => {
                write!(f, "`{}`: {}.", argument.word(), invalid.why.trim_end_matches('.'))
            }
        }
    }
}

impl std::error::Error for GrammarError {}
