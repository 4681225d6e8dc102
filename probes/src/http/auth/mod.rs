//! Logins that need more than a header that is always the same: a challenge, a token, a signature.
//!
//! Each is a file of its own that speaks its protocol: what there is as a crate is either not kept (`digest_auth`,
//! `ntlmclient`) or brings a client of its own, which has no address policy (`aws-sigv4` with its runtime, `oauth2`).

mod challenge;
mod digest;
mod mac;
mod ntlm;
mod oauth2;
mod sigv4;
mod tokens;

use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use monitor_core::http::{Auth, HttpSpec, SpecError};
use monitor_core::outcome::Reason;

use self::challenge::Challenge;
use self::digest::Digest;
use self::ntlm::Ntlm;
use self::oauth2::OAuth2;
use self::sigv4::SigV4;
pub(crate) use self::tokens::Tokens;
use super::client::{Client, sensitive};
use super::exchange::Exchange;
use super::hop::Hop;
use crate::failure::{Failure, clean};
use crate::outbound::Outbound;
use crate::trace::Trace;

/// A login ready to be used.
pub(super) enum Login {
    Digest(Digest),
    Ntlm(Ntlm),
    OAuth2(Box<OAuth2>),
    SigV4(SigV4),
}

impl Login {
    /// The login of a spec, when it is of this sort.
    pub(super) fn new(spec: &HttpSpec) -> Result<Option<Self>, SpecError> {
        Ok(match &spec.auth {
            Some(Auth::Digest { user, password }) => Some(Self::Digest(Digest::new(user, password))),
            Some(Auth::Ntlm { user, password }) => Some(Self::Ntlm(Ntlm::new(user, password))),
            Some(auth @ Auth::OAuth2 { .. }) => OAuth2::new(spec, auth)?.map(|login| Self::OAuth2(Box::new(login))),
            Some(Auth::SigV4 { access_key, secret_key, region, service }) => {
                Some(Self::SigV4(SigV4::new(access_key, secret_key, region, service)))
            }
            Some(Auth::Bearer(_) | Auth::Basic { .. }) | None => None,
        })
    }

    /// Sends a request in as many steps as the login takes. An answer that refuses it is given as it is.
    pub(super) async fn ask(
        &self,
        client: &Client,
        hop: &Hop,
        outbound: &Outbound,
        trace: &mut Trace,
    ) -> Result<Exchange, Failure> {
        match self {
            Self::Digest(login) => login.ask(client, hop, outbound, trace).await,
            Self::Ntlm(login) => login.ask(client, hop, outbound, trace).await,
            Self::OAuth2(login) => login.ask(client, hop, outbound, trace).await,
            Self::SigV4(login) => client.send(&login.sign(hop, trace.at)?, outbound, trace).await,
        }
    }

    /// Secrets in the forms in which they are sent.
    pub(super) fn derived_secrets(&self) -> Vec<String> {
        match self {
            Self::OAuth2(login) => login.derived_secrets(),
            Self::Digest(_) | Self::Ntlm(_) | Self::SigV4(_) => Vec::new(),
        }
    }
}

/// The request with that `Authorization`, which is not told should the target send it back.
fn authorized(hop: &Hop, text: &str, trace: &mut Trace) -> Result<Hop, Failure> {
    let value =
        sensitive(text).ok_or_else(|| Failure::new(Reason::ProbeFailed, "the login cannot be sent in a header"))?;
    trace.conceal(text.split_once(' ').map_or(text, |(_, credentials)| credentials));
    Ok(hop.with([(AUTHORIZATION, value)]))
}

/// The challenges of an answer that asks for a login.
fn challenges(exchange: &Exchange) -> Vec<Challenge> {
    let headers = exchange.headers().get_all(WWW_AUTHENTICATE).iter();
    headers.filter_map(|value: &HeaderValue| value.to_str().ok()).flat_map(challenge::parse).collect()
}

/// The failure of a target that asks for another login than the check has.
fn not_offered(wanted: &str, offered: &[Challenge]) -> Failure {
    let schemes: Vec<&str> = offered.iter().map(|challenge| challenge.scheme.as_str()).collect();
    let offered = if schemes.is_empty() { "nothing".to_owned() } else { clean(&schemes.join(", "), 80) };
    let message = format!("the target does not offer {wanted} as a login, but {offered}");
    Failure::new(Reason::AuthenticationFailed, message)
}

fn is_challenge(exchange: &Exchange) -> bool {
    exchange.status() == StatusCode::UNAUTHORIZED
}

/// Bytes in hexadecimal digits, lower case.
fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}

/// Bytes that nobody can foresee.
fn random<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|_| Failure::new(Reason::LocalResources, "this machine gave no random numbers"))?;
    Ok(bytes)
}
