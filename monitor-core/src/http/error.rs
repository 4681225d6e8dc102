use super::address::MAX_URL_BYTES;
use crate::code::ErrorCode;
use crate::heartbeat::HeartbeatError;

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
    /// A host that no name server knows.
    #[error("`{0}` is not a host I can watch; write it like db.example or 192.0.2.1")]
    Host(String),
    /// A host or a port is missing or cannot be read.
    #[error("`{0}` does not say where to connect; write it like db.example:5432")]
    Endpoint(String),
    /// A request would be authorized in two ways.
    #[error(
        "a request has one Authorization: say `bearer`, `basic` or another login, or send a header of that name, not both"
    )]
    AuthorizedTwice,
    /// An option of a kind does not work. The text says what would.
    #[error("{0}")]
    Option(String),
    /// Something is larger or more than it may be.
    #[error("{0}")]
    TooMuch(String),
    /// A heartbeat's settings do not work.
    #[error(transparent)]
    Heartbeat(#[from] HeartbeatError),
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
            Self::Host(_) | Self::Endpoint(_) => ErrorCode::InvalidEndpoint,
            Self::AuthorizedTwice => ErrorCode::ConflictingArguments,
            Self::Option(_) => ErrorCode::InvalidOption,
            Self::TooMuch(_) => ErrorCode::TooMuch,
            Self::Heartbeat(error) => error.code(),
        }
    }
}
