use serde::{Deserialize, Serialize};

use url::Host;

use super::endpoint::parse_host;
use super::{Endpoint, check_warn_days, default_warn_days};
use crate::http::{SpecError, shorten};

/// A protocol that begins in the clear and is upgraded to TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartTls {
    /// SMTP. Source: <https://www.rfc-editor.org/rfc/rfc3207>.
    Smtp,
    /// IMAP. Source: <https://www.rfc-editor.org/rfc/rfc9051#section-6.2.1>.
    Imap,
    /// POP3. Source: <https://www.rfc-editor.org/rfc/rfc2595>.
    Pop3,
    /// PostgreSQL. Source: <https://www.postgresql.org/docs/current/protocol-flow.html>.
    Postgres,
}

impl StartTls {
    /// All of them, with their words.
    pub const ALL: &'static [(&'static str, Self)] =
        &[("smtp", Self::Smtp), ("imap", Self::Imap), ("pop3", Self::Pop3), ("postgres", Self::Postgres)];
}

/// A certificate and the TLS that it is shown in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsSpec {
    /// Where to connect; port 443 unless said otherwise.
    pub endpoint: Endpoint,
    /// The name that is asked for and has to be in the certificate; without it the endpoint's host.
    #[serde(default)]
    pub server_name: Option<String>,
    /// How the connection is upgraded; without it TLS is spoken from the first byte.
    #[serde(default)]
    pub starttls: Option<StartTls>,
    /// Days left at which is warned: degraded from the largest on.
    #[serde(default = "default_warn_days")]
    pub warn_days: Vec<u16>,
}

impl TlsSpec {
    /// The certificate at that endpoint.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, server_name: None, starttls: None, warn_days: default_warn_days() }
    }

    /// The name that has to be in the certificate.
    ///
    /// # Errors
    /// [`SpecError::Host`].
    pub fn server_name(&self) -> Result<Host<String>, SpecError> {
        match &self.server_name {
            Some(name) => parse_host(name).ok_or_else(|| SpecError::Host(shorten(name, 80))),
            None => Ok(self.endpoint.host.clone()),
        }
    }

    pub(crate) fn validate(&self) -> Result<(), SpecError> {
        self.server_name()?;
        check_warn_days(&self.warn_days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_warnings_that_cannot_be_are_refused() {
        let spec = TlsSpec::new(Endpoint::parse("shop.example", Some(443)).unwrap());
        assert_eq!(spec.validate(), Ok(()));
        assert_eq!(spec.server_name().unwrap().to_string(), "shop.example");
        for name in ["", "two words", "a/b"] {
            let bad = TlsSpec { server_name: Some(name.into()), ..spec.clone() };
            assert!(matches!(bad.validate(), Err(SpecError::Host(_))), "{name}");
        }
        for days in [vec![], vec![0], vec![366], vec![7; 11]] {
            let bad = TlsSpec { warn_days: days.clone(), ..spec.clone() };
            assert!(matches!(bad.validate(), Err(SpecError::Option(_))), "{days:?}");
        }
    }
}
