//! What the check kinds are asked to do: one file per kind, and what several of them share.
//!
//! A kind is a spec that can be stored, says what it watches, validates itself without asking anybody, and hands out its
//! secrets so that they are sealed apart from it. The HTTP kind has a room of its own, [`crate::http`].

mod dns;
mod domain;
mod endpoint;
pub mod flow;
mod graphql;
mod grpc;
mod icmp;
mod mail;
mod mqtt;
mod redis;
mod sql;
mod tcp;
mod tls;
mod websocket;

pub use dns::{DnsSpec, RecordType};
pub use domain::DomainSpec;
pub use endpoint::{ClientIdentity, Endpoint, Family, Login, Security};
pub use flow::{Capture, FlowSpec, Source, Step};
pub use graphql::GraphQlSpec;
pub use grpc::GrpcSpec;
pub use icmp::IcmpSpec;
pub use mail::MailSpec;
pub use mqtt::MqttSpec;
pub use redis::RedisSpec;
pub use sql::SqlSpec;
pub use tcp::{TcpSpec, unescape};
pub use tls::{StartTls, TlsSpec};
pub use websocket::WebSocketSpec;

/// Longest text that is sent to a target or looked for in its answer, in bytes.
pub const MAX_TEXT_BYTES: usize = 16 * 1024;

/// Days before an end of validity at which is warned, unless the owner says otherwise.
#[must_use]
pub fn default_warn_days() -> Vec<u16> {
    vec![30, 14, 7, 1]
}

/// Refuses texts that are longer than is sent or looked for.
pub(crate) fn check_text(what: &str, text: &str) -> Result<(), crate::http::SpecError> {
    if text.is_empty() {
        return Err(crate::http::SpecError::Option(format!("`{what}` is empty; leave it out instead")));
    }
    if text.len() > MAX_TEXT_BYTES {
        return Err(crate::http::SpecError::TooMuch(format!("`{what}` is longer than {MAX_TEXT_BYTES} bytes")));
    }
    Ok(())
}

/// Refuses a login that is longer than is sent.
pub(crate) fn check_login(login: Option<&Login>) -> Result<(), crate::http::SpecError> {
    let Some(login) = login else { return Ok(()) };
    if login.user.len() > MAX_TEXT_BYTES || login.password.expose().len() > MAX_TEXT_BYTES {
        let most = format!("a user and a password have {MAX_TEXT_BYTES} bytes at most");
        return Err(crate::http::SpecError::TooMuch(most));
    }
    Ok(())
}

/// Warnings are 1 to 10 different numbers of days, 1 to 365.
pub(crate) fn check_warn_days(days: &[u16]) -> Result<(), crate::http::SpecError> {
    let fits = (1..=10).contains(&days.len()) && days.iter().all(|days| (1..=365).contains(days));
    let wrong =
        || crate::http::SpecError::Option("warn at 1 to 10 numbers of days, each 1 to 365, like 30,14,7,1".into());
    if fits { Ok(()) } else { Err(wrong()) }
}
