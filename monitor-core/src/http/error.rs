use super::MAX_URL_BYTES;
use crate::code::ErrorCode;

/// Why a spec is refused. The text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// The address is not a URL.
    #[error("`{0}` is not an address I can watch; write it like https://shop.example/health")]
    Url(String),
    /// The address has a scheme that no check kind takes.
    #[error("I cannot watch `{0}:` addresses; use http:// or https://")]
    Scheme(String),
    /// The address is longer than 2,048 bytes.
    #[error("the address is longer than {MAX_URL_BYTES} characters")]
    UrlTooLong,
    /// The method is not an HTTP token.
    #[error("`{0}` is not an HTTP method; use one like GET, HEAD or POST")]
    Method(String),
    /// A header's name or value cannot be sent.
    #[error("the header `{0}` cannot be sent; write it like `Accept: application/json`")]
    Header(String),
    /// The status set could not be read.
    #[error("`{0}` is not a set of HTTP statuses; write it like 200, 200,301 or 200..299")]
    Statuses(String),
    /// A regular expression could not be compiled, or is too large.
    #[error("the pattern `{pattern}` does not work: {why}")]
    Pattern {
        /// The pattern as given.
        pattern: String,
        /// What the regex engine says of it.
        why: String,
    },
    /// A JSONPath could not be parsed.
    #[error("`{path}` is not a JSONPath: {why}; write it like $.status or $.items[0].id=7")]
    JsonPath {
        /// The path as given.
        path: String,
        /// What the parser says of it.
        why: String,
    },
    /// A JSONPath whose evaluation nothing would bound.
    #[error("the JSONPath `{path}` could take too long: {why}")]
    JsonPathTooBroad {
        /// The path as given.
        path: String,
        /// Which bound it breaks.
        why: String,
    },
    /// A text to look for that is empty.
    #[error("say which text the body should contain")]
    EmptyText,
    /// Something is larger or more than it may be.
    #[error("{0}")]
    TooMuch(String),
}

impl SpecError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Url(_) => ErrorCode::InvalidUrl,
            Self::Scheme(_) => ErrorCode::UnsupportedScheme,
            Self::UrlTooLong => ErrorCode::UrlTooLong,
            Self::Method(_) => ErrorCode::InvalidMethod,
            Self::Header(_) => ErrorCode::InvalidHeader,
            Self::Statuses(_) => ErrorCode::InvalidStatuses,
            Self::Pattern { .. } => ErrorCode::InvalidPattern,
            Self::JsonPath { .. } => ErrorCode::InvalidJsonPath,
            Self::JsonPathTooBroad { .. } => ErrorCode::JsonPathTooBroad,
            Self::EmptyText => ErrorCode::MissingValue,
            Self::TooMuch(_) => ErrorCode::TooMuch,
        }
    }
}
