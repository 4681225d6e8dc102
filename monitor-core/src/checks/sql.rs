use serde::{Deserialize, Serialize};

use super::{Endpoint, Login, Security, check_login, check_text};
use crate::http::SpecError;
use crate::secret::Secret;

/// A query to a database, PostgreSQL or MySQL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlSpec {
    /// Where to connect.
    pub endpoint: Endpoint,
    /// The database; without it the server's default for the user.
    #[serde(default)]
    pub database: Option<String>,
    /// Who logs in.
    #[serde(default)]
    pub login: Option<Login>,
    /// Whether the connection is upgraded to TLS. [`Security::Tls`] is TLS by the protocol's own upgrade, too.
    #[serde(default)]
    pub security: Security,
    /// The query, one statement. It runs in a transaction that is read-only and rolled back. Its first cell is the fact `value`.
    #[serde(default = "one")]
    pub query: String,
}

fn one() -> String {
    SqlSpec::DEFAULT_QUERY.to_owned()
}

impl SqlSpec {
    /// The query unless the owner gives one: every server answers it.
    pub const DEFAULT_QUERY: &'static str = "SELECT 1";

    /// `SELECT 1` there.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, database: None, login: None, security: Security::None, query: one() }
    }

    pub(crate) fn validate(&self) -> Result<(), SpecError> {
        if let Some(database) = &self.database {
            check_text("database", database)?;
        }
        check_login(self.login.as_ref())?;
        check_text("query", &self.query)
    }

    pub(crate) fn secrets_mut(&mut self) -> Vec<&mut Secret> {
        self.login.iter_mut().map(|login| &mut login.password).collect()
    }
}
