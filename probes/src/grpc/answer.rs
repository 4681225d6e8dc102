//! What the answer to a unary call says.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use monitor_core::outcome::Reason;

use crate::failure::{Failure, clean};

/// The names of the status codes, by their numbers.
/// Source: <https://github.com/grpc/grpc/blob/master/doc/statuscodes.md>.
const CODES: [&str; 17] = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

/// An answer that was read to its end.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) trailers: HeaderMap,
}

impl Answer {
    /// The message, when the call went well.
    pub(super) fn message(&self, service: &str) -> Result<&[u8], Failure> {
        self.is_grpc()?;
        let mismatch = |what: &str| Failure::new(Reason::ProtocolMismatch, what);
        // An answer without a message may have its status among its headers.
        let ended = if self.trailers.contains_key("grpc-status") { &self.trailers } else { &self.headers };
        let code = ended.get("grpc-status").ok_or_else(|| mismatch("the answer ends without a gRPC status"))?;
        let code = code.to_str().ok().and_then(|code| code.parse::<usize>().ok());
        let name =
            code.and_then(|code| CODES.get(code)).ok_or_else(|| mismatch("the gRPC status is not a known code"))?;
        if *name != "OK" {
            return Err(refused(name, ended, service));
        }
        let (prefix, message) = self.body.split_at_checked(5).ok_or_else(|| mismatch("the answer has no message"))?;
        let length = prefix[1..].iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
        if prefix[0] != 0 || length != message.len() {
            return Err(mismatch("the answer is not one gRPC message"));
        }
        Ok(message)
    }

    /// Refuses what another server or a proxy answers.
    fn is_grpc(&self) -> Result<(), Failure> {
        let content_type = self.headers.get(CONTENT_TYPE).map(|value| String::from_utf8_lossy(value.as_bytes()));
        let grpc = content_type.as_ref().is_some_and(|value| value.starts_with("application/grpc"));
        if grpc && self.status == StatusCode::OK {
            return Ok(());
        }
        if matches!(self.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            let message = format!("the target does not let the call in (answered {})", self.status);
            return Err(Failure::new(Reason::AuthenticationFailed, message));
        }
        let content = content_type.map_or_else(|| "no content type".to_owned(), |value| clean(&value, 40));
        let message = format!("the answer is not gRPC but {} with {content}", self.status);
        Err(Failure::new(Reason::ProtocolMismatch, message))
    }
}

/// What a status other than OK says.
fn refused(code: &str, ended: &HeaderMap, service: &str) -> Failure {
    let said =
        ended.get("grpc-message").map(|text| clean(&decoded(text.as_bytes()), 200)).filter(|text| !text.is_empty());
    let said = said.map_or_else(|| code.to_owned(), |text| format!("{code}: {text}"));
    match code {
        "UNIMPLEMENTED" => Failure::new(
            Reason::ProtocolMismatch,
            format!("the server has no health protocol ({said}); register grpc.health.v1.Health with it"),
        ),
        "NOT_FOUND" => {
            let message = format!("the server knows nothing of {} ({said})", called(service));
            Failure::new(Reason::UnexpectedAnswer, message)
        }
        "UNAUTHENTICATED" | "PERMISSION_DENIED" => {
            Failure::new(Reason::AuthenticationFailed, format!("the server does not let the call in ({said})"))
        }
        "UNAVAILABLE" => Failure::new(Reason::NotServing, format!("the server is not available ({said})")),
        _ => Failure::new(Reason::UnexpectedAnswer, format!("the call failed ({said})")),
    }
}

/// A service for people.
pub(super) fn called(service: &str) -> String {
    if service.is_empty() { "the server".to_owned() } else { format!("the service {service}") }
}

/// Decodes `%XX`; what cannot be decoded stays what it is.
fn decoded(text: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        let hex = (*first == b'%').then(|| after.get(..2)).flatten().and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => (bytes.push(byte), rest = &after[2..]),
            None => (bytes.push(*first), rest = after),
        };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
