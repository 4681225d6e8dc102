use serde::{Deserialize, Serialize};

use super::{Endpoint, Login, check_login, check_text};
use crate::http::SpecError;
use crate::secret::Secret;

/// A command to a Redis server, or one that speaks its protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedisSpec {
    /// Where to connect; port 6379 unless said otherwise.
    pub endpoint: Endpoint,
    /// Whether TLS is spoken.
    #[serde(default)]
    pub tls: bool,
    /// Who logs in; with an empty user the password alone is sent.
    #[serde(default)]
    pub login: Option<Login>,
    /// The number of the database.
    #[serde(default)]
    pub database: u16,
    /// The command, its words split at spaces. Its answer, or the first value of a list, is the fact `value`.
    #[serde(default = "ping")]
    pub command: String,
}

fn ping() -> String {
    "PING".to_owned()
}

impl RedisSpec {
    /// `PING` there.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, tls: false, login: None, database: 0, command: ping() }
    }

    pub(crate) fn validate(&self) -> Result<(), SpecError> {
        check_login(self.login.as_ref())?;
        check_text("query", self.command.trim())
    }

    pub(crate) fn secrets_mut(&mut self) -> Vec<&mut Secret> {
        self.login.iter_mut().map(|login| &mut login.password).collect()
    }
}
