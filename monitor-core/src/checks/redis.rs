use serde::{Deserialize, Serialize};

use super::{Endpoint, Login, check_login, check_text};
use crate::http::{SpecError, shorten};
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
    /// The command, its words split at spaces: one of [`RedisSpec::COMMANDS`]. Its answer, or the first value of a list, is
    /// the fact `value`.
    #[serde(default = "ping")]
    pub command: String,
}

fn ping() -> String {
    RedisSpec::DEFAULT_COMMAND.to_owned()
}

impl RedisSpec {
    /// The command unless the owner gives one: every server answers it.
    pub const DEFAULT_COMMAND: &'static str = "PING";

    /// Commands that read, and neither wait nor look through all keys. A check sends no other, because it is sent again and
    /// again.
    pub const COMMANDS: &'static [&'static str] = &[
        "PING",
        "GET",
        "MGET",
        "GETRANGE",
        "GETBIT",
        "STRLEN",
        "BITCOUNT",
        "EXISTS",
        "TYPE",
        "TTL",
        "PTTL",
        "EXPIRETIME",
        "LLEN",
        "LRANGE",
        "LINDEX",
        "HGET",
        "HMGET",
        "HLEN",
        "HEXISTS",
        "HSTRLEN",
        "SCARD",
        "SISMEMBER",
        "ZCARD",
        "ZCOUNT",
        "ZSCORE",
        "ZRANK",
        "ZRANGE",
        "XLEN",
        "XRANGE",
        "XINFO STREAM",
        "XINFO GROUPS",
        "DBSIZE",
        "INFO",
        "TIME",
        "ECHO",
        "LASTSAVE",
        "ROLE",
        "OBJECT ENCODING",
        "OBJECT IDLETIME",
        "MEMORY USAGE",
        "CLUSTER INFO",
        "SENTINEL MASTER",
        "SENTINEL CKQUORUM",
        "SENTINEL GET-MASTER-ADDR-BY-NAME",
    ];

    /// `PING` there.
    #[must_use]
    pub fn new(endpoint: Endpoint) -> Self {
        Self { endpoint, tls: false, login: None, database: 0, command: ping() }
    }

    pub(crate) fn validate(&self) -> Result<(), SpecError> {
        check_login(self.login.as_ref())?;
        check_text("query", self.command.trim())?;
        let said: Vec<&str> = self.command.split_whitespace().take(2).collect();
        let reads = |command: &&str| {
            let words: Vec<&str> = command.split(' ').collect();
            words.len() <= said.len() && words.iter().zip(&said).all(|(own, said)| own.eq_ignore_ascii_case(said))
        };
        if Self::COMMANDS.iter().any(reads) {
            return Ok(());
        }
        let known = Self::COMMANDS.join(", ");
        let why = format!("`{}` is not sent: a check only reads; use one of {known}", shorten(&said.join(" "), 40));
        Err(SpecError::Option(why))
    }

    pub(crate) fn secrets_mut(&mut self) -> Vec<&mut Secret> {
        self.login.iter_mut().map(|login| &mut login.password).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(command: &str) -> Result<(), SpecError> {
        let endpoint = Endpoint::parse("cache.example:6379", None).unwrap();
        RedisSpec { command: command.into(), ..RedisSpec::new(endpoint) }.validate()
    }

    #[test]
    fn a_check_sends_commands_that_read_and_no_others() {
        for reads in ["PING", " llen  jobs", "Get a", "cluster info", "MEMORY USAGE jobs", "info memory"] {
            assert_eq!(command(reads), Ok(()), "{reads}");
        }
        for other in [
            "FLUSHALL",
            "set a 1",
            "GETDEL a",
            "GETEX a",
            "CLUSTER FAILOVER",
            "CLUSTER",
            "MEMORY PURGE",
            "CONFIG GET requirepass",
            "KEYS *",
            "BLPOP a 0",
            "EVAL x 0",
            "SORT a STORE b",
            "GETX",
            "LL EN",
        ] {
            let refused = command(other).unwrap_err().to_string();
            assert!(refused.contains("a check only reads; use one of PING, GET"), "{other}: {refused}");
        }
        assert!(command("  ").is_err());
    }
}
