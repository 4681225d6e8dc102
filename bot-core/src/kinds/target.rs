//! What is watched, as people write it: `HOST`, `HOST:PORT`, `SCHEME://user:password@HOST:PORT/PATH`.

use monitor_core::checks::{Endpoint, Login};
use monitor_core::code::ErrorCode;
use monitor_core::http::shorten;
use monitor_core::secret::Secret;

use super::CheckKind;
use crate::grammar::Invalid;

/// A target, cut up.
pub(super) struct Said<'a> {
    /// In lower case; empty when none was said.
    pub(super) scheme: String,
    /// From the user information.
    pub(super) login: Option<Login>,
    /// Host and port.
    pub(super) place: &'a str,
    /// What follows, without the slash before it.
    pub(super) path: &'a str,
    /// What follows a question mark.
    pub(super) query: &'a str,
}

/// Pages and mails put `<…>` around addresses.
pub(super) fn bare(target: &str) -> &str {
    target.trim().trim_start_matches('<').trim_end_matches('>')
}

/// The scheme of a target, if it has one.
pub(crate) fn scheme(target: &str) -> Option<&str> {
    let (scheme, _) = bare(target).split_once("://")?;
    let known = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
    (!scheme.is_empty() && scheme.chars().all(known)).then_some(scheme)
}

/// Cuts a target up. A page's address says as well which host is meant.
///
/// # Errors
/// For a scheme that the kind does not take.
pub(super) fn cut<'a>(kind: &CheckKind, target: &'a str) -> Result<Said<'a>, Invalid> {
    let target = bare(target);
    let scheme = scheme(target).unwrap_or_default();
    let lower = scheme.to_ascii_lowercase();
    if !scheme.is_empty() && !kind.takes_scheme(&lower) && !["http", "https"].contains(&lower.as_str()) {
        return Err(not_taken(kind, scheme));
    }
    let rest = if scheme.is_empty() { target } else { &target[scheme.len() + 3..] };
    let (authority, tail) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let tail = tail.split('#').next().unwrap_or_default();
    let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
    let (login, place) = match authority.rsplit_once('@') {
        Some((user, place)) => (Some(login(user)), place),
        None => (None, authority),
    };
    Ok(Said { scheme: lower, login, place, path: path.trim_start_matches('/'), query })
}

impl Said<'_> {
    /// Where to connect.
    pub(super) fn endpoint(&self, default_port: Option<u16>) -> Result<Endpoint, Invalid> {
        let port = match self.scheme.as_str() {
            "http" => Some(80),
            "https" => Some(443),
            _ => default_port,
        };
        Ok(Endpoint::parse(self.place, port)?)
    }

    /// The value of a parameter of the query.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let mut pairs = url::form_urlencoded::parse(self.query.as_bytes());
        pairs.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.into_owned())
    }
}

pub(super) fn not_taken(kind: &CheckKind, scheme: &str) -> Invalid {
    let scheme = shorten(scheme, 40).to_ascii_lowercase();
    let other =
        super::of_scheme(&scheme).map(|other| format!("; `kind {}` takes them", other.name)).unwrap_or_default();
    let why = format!("{} checks take no `{scheme}:` addresses{other}; write {}", kind.name, kind.target);
    Invalid::new(ErrorCode::UnsupportedScheme, why)
}

/// Reads `user:password`.
pub(super) fn login(text: &str) -> Login {
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    Login { user: percent_decoded(user), password: Secret::new(percent_decoded(password)) }
}

/// Decodes `%XX`; `+` stays what it is.
fn percent_decoded(text: &str) -> String {
    let form = format!("v={}", text.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(form.as_bytes()).next().map_or_else(String::new, |(_, value)| value.into_owned())
}

/// Reads `user:password` that stands outside of an address, and is meant as it stands.
pub(super) fn plain_login(text: &str) -> Login {
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    Login { user: user.to_owned(), password: Secret::new(password) }
}
