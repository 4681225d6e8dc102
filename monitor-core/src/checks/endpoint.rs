use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Host;

use crate::http::{SpecError, shorten};
use crate::secret::Secret;

/// A host and a port: `db.example:5432`, `192.0.2.1:53`, `[2001:db8::1]:443`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// A name or an address.
    pub host: Host<String>,
    /// The port, 1 to 65535.
    pub port: u16,
}

impl Endpoint {
    /// Reads `host` or `host:port`; without a port it is `default_port`, and without either the text is refused.
    ///
    /// # Errors
    /// [`SpecError::Endpoint`].
    pub fn parse(text: &str, default_port: Option<u16>) -> Result<Self, SpecError> {
        let wrong = || SpecError::Endpoint(shorten(text, 80));
        let text = text.trim().trim_end_matches('/');
        // A bare IPv6 address has colons but no port.
        if let Ok(address) = text.parse() {
            return Ok(Self { host: Host::Ipv6(address), port: default_port.ok_or_else(wrong)? });
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !host.ends_with(':') && !port.ends_with(']') => {
                (host, Some(port.parse::<u16>().map_err(|_| wrong())?))
            }
            _ => (text, None),
        };
        let port = port.or(default_port).filter(|port| *port > 0).ok_or_else(wrong)?;
        Ok(Self { host: parse_host(host).ok_or_else(wrong)?, port })
    }
}

/// Reads a name or an address. URLs take hosts such as `ht!tp`, which no name server knows: those are refused.
pub(crate) fn parse_host(text: &str) -> Option<Host<String>> {
    let host = match text.parse() {
        Ok(address) => Host::Ipv6(address),
        Err(_) => Host::parse(text).ok()?,
    };
    match &host {
        Host::Domain(name) => {
            let known = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
            (!name.is_empty() && name.len() <= 253 && name.bytes().all(known)).then_some(host)
        }
        Host::Ipv4(_) | Host::Ipv6(_) => Some(host),
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl FromStr for Endpoint {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        Self::parse(text, None)
    }
}

impl Serialize for Endpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Which addresses of a name are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Family {
    /// All of them, in the order of the resolver.
    #[default]
    Any,
    /// IPv4 only.
    V4,
    /// IPv6 only.
    V6,
}

impl Family {
    /// Its word: `any`, `v4` or `v6`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::V4 => "v4",
            Self::V6 => "v6",
        }
    }

    /// The family of a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Any, Self::V4, Self::V6].into_iter().find(|family| family.word() == word)
    }
}

/// How a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// Not at all.
    #[default]
    None,
    /// It begins in the clear and is upgraded, as the protocol has it. A target that does not offer it fails the check.
    StartTls,
    /// TLS from the first byte.
    Tls,
}

/// A user and a password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The user's name; may be empty where the protocol needs none.
    pub user: String,
    /// The password, encrypted at rest.
    pub password: Secret,
}

/// A certificate with which the check itself is recognised (mutual TLS).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientIdentity {
    /// The certificate, and those between it and its authority, as PEM.
    pub certificate: String,
    /// The private key as PEM, encrypted at rest.
    pub key: Secret,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_hosts_with_and_without_a_port() {
        for (text, default, shown) in [
            ("db.example:5432", None, "db.example:5432"),
            ("db.example", Some(53), "db.example:53"),
            ("192.0.2.1", Some(53), "192.0.2.1:53"),
            ("[::1]:6379", None, "[::1]:6379"),
            ("::1", Some(6379), "[::1]:6379"),
            ("[::1]", Some(6379), "[::1]:6379"),
            (" DB.example:1/ ", None, "db.example:1"),
        ] {
            assert_eq!(Endpoint::parse(text, default).unwrap().to_string(), shown, "{text}");
        }
        for text in ["", "db.example", "db.example:0", "db.example:65536", "db:x", "a b:1", "http://x:1", ":1", "[::1"]
        {
            assert!(Endpoint::parse(text, None).is_err(), "{text}");
        }
    }
}
