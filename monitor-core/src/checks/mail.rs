use serde::{Deserialize, Serialize};
use url::Host;

use super::{Endpoint, Login, Security};
use crate::http::SpecError;
use crate::secret::Secret;

/// Longest user name and longest password, in bytes. They have to fit into one line of 2,048 bytes in base64.
/// Source: <https://www.rfc-editor.org/rfc/rfc4954#section-4>.
const MAX_LOGIN_BYTES: usize = 500;

/// A mail server, SMTP or IMAP: its banner, its certificate, and whether it lets somebody in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailSpec {
    /// Where to connect.
    pub endpoint: Endpoint,
    /// How the connection is protected.
    #[serde(default)]
    pub security: Security,
    /// Who logs in; nobody without it. Never sent in the clear unless the target is on this machine.
    #[serde(default)]
    pub login: Option<Login>,
}

impl MailSpec {
    /// The server at that endpoint.
    #[must_use]
    pub fn new(endpoint: Endpoint, security: Security) -> Self {
        Self { endpoint, security, login: None }
    }

    pub(crate) fn validate(&self) -> Result<(), SpecError> {
        let Some(login) = &self.login else { return Ok(()) };
        let fits = |text: &str| text.len() <= MAX_LOGIN_BYTES && !text.chars().any(char::is_control);
        if login.user.is_empty() || !fits(&login.user) || !fits(login.password.expose()) {
            let most = format!(
                "write the login like `user:password`, each of {MAX_LOGIN_BYTES} bytes at most, without line breaks"
            );
            return Err(SpecError::Option(most));
        }
        if self.security == Security::None && !is_this_machine(&self.endpoint.host) {
            let how = "a login is not sent unprotected: choose STARTTLS or TLS, or leave the login out";
            return Err(SpecError::Option(how.into()));
        }
        Ok(())
    }

    pub(crate) fn secrets_mut(&mut self) -> Vec<&mut Secret> {
        self.login.iter_mut().map(|login| &mut login.password).collect()
    }
}

fn is_this_machine(host: &Host<String>) -> bool {
    match host {
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(host: &str, security: Security, user: &str, password: &str) -> MailSpec {
        let login = Some(Login { user: user.into(), password: Secret::new(password) });
        MailSpec { login, ..MailSpec::new(Endpoint::parse(host, Some(25)).unwrap(), security) }
    }

    #[test]
    fn a_login_is_one_line() {
        assert_eq!(spec("mail.example", Security::Tls, "ada", "pass word").validate(), Ok(()));
        for (user, password) in [("", "x"), ("a\r\nQUIT", "x"), ("ada", "x\0y"), ("ada", &"x".repeat(501))] {
            assert!(spec("mail.example", Security::Tls, user, password).validate().is_err(), "{user:?}");
        }
    }

    #[test]
    fn a_login_is_sent_unprotected_to_this_machine_only() {
        for host in ["localhost", "127.0.0.1", "[::1]"] {
            assert_eq!(spec(host, Security::None, "ada", "x").validate(), Ok(()), "{host}");
        }
        for host in ["mail.example", "192.0.2.25"] {
            assert!(matches!(spec(host, Security::None, "ada", "x").validate(), Err(SpecError::Option(_))), "{host}");
            assert_eq!(spec(host, Security::StartTls, "ada", "x").validate(), Ok(()), "{host}");
            let nobody = MailSpec { login: None, ..spec(host, Security::None, "", "") };
            assert_eq!(nobody.validate(), Ok(()), "{host}");
        }
    }
}
