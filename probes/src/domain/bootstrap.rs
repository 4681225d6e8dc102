//! Which RDAP server knows a top-level domain, by IANA's file. Source: <https://www.rfc-editor.org/rfc/rfc9224>.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use monitor_core::outcome::Reason;
use tokio::sync::Mutex;

use super::{and_above, fetch, prefixed};
use crate::failure::{Failure, clean};
use crate::outbound::Outbound;
use crate::trace::Trace;

/// Where IANA keeps the file.
const IANA: &str = "https://data.iana.org/rdap/dns.json";

/// How long the file is used. It changes every few days.
const MAX_AGE: Duration = Duration::from_secs(86_400);

/// What is told when there is no file.
const MISSING: &str = "IANA's list of registries, which says whom to ask, could not be had";

/// Servers by the domains that they know, without dots at the ends, in lower case.
type Servers = HashMap<String, String>;

/// IANA's file, kept for a day for all domain checks.
pub(crate) struct Bootstrap {
    address: String,
    known: Mutex<Option<(Instant, Arc<Servers>)>>,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self::new(IANA)
    }
}

impl Bootstrap {
    /// A file in IANA's format at that address.
    pub(crate) fn new(address: &str) -> Self {
        Self { address: address.to_owned(), known: Mutex::new(None) }
    }

    /// The server that knows the domain.
    pub(super) async fn server_of(
        &self,
        name: &str,
        outbound: &Outbound,
        trace: &mut Trace,
    ) -> Result<String, Failure> {
        let servers = self.servers(outbound, trace).await?;
        // The longest match counts, by whole labels.
        let found = and_above(name).find_map(|domain| servers.get(domain));
        found.cloned().ok_or_else(|| {
            let last = name.rsplit('.').next().unwrap_or(name);
            let message = format!(
                "IANA names no RDAP server for .{}, so that its registry cannot be asked; name one if you know it",
                clean(last, 63)
            );
            Failure::new(Reason::RegistryUnavailable, message)
        })
    }

    /// The file, fetched by one check for all that wait for it. An old one is better than none.
    async fn servers(&self, outbound: &Outbound, trace: &mut Trace) -> Result<Arc<Servers>, Failure> {
        let mut known = self.known.lock().await;
        if let Some((_, servers)) = known.as_ref().filter(|(fetched, _)| fetched.elapsed() < MAX_AGE) {
            return Ok(Arc::clone(servers));
        }
        let read = match fetch(&self.address, outbound, trace).await {
            Ok((200, body)) => read(&body).ok_or_else(|| missing("it cannot be read")),
            Ok((status, _)) => Err(missing(&format!("the answer has status {status}"))),
            Err(failure) => Err(prefixed(MISSING, failure)),
        };
        match (read, known.as_ref()) {
            (Ok(servers), _) => {
                let servers = Arc::new(servers);
                *known = Some((Instant::now(), Arc::clone(&servers)));
                Ok(servers)
            }
            (Err(_), Some((_, old))) => Ok(Arc::clone(old)),
            (Err(failure), None) => Err(failure),
        }
    }
}

/// Reads the file: its services are pairs of a list of domains and a list of servers.
fn read(body: &[u8]) -> Option<Servers> {
    let file: serde_json::Value = serde_json::from_slice(body).ok()?;
    let mut servers = Servers::new();
    for service in file.get("services")?.as_array()? {
        let addresses = service.get(1)?.as_array()?;
        let secure = |address: &&str| address.starts_with("https:");
        let texts = || addresses.iter().filter_map(serde_json::Value::as_str);
        let Some(address) = texts().find(secure).or_else(|| texts().next()) else { continue };
        for domain in service.get(0)?.as_array()?.iter().filter_map(serde_json::Value::as_str) {
            servers.insert(domain.to_ascii_lowercase(), address.to_owned());
        }
    }
    Some(servers)
}

fn missing(why: &str) -> Failure {
    Failure::new(Reason::RegistryUnavailable, format!("{MISSING}: {why}"))
}

#[cfg(test)]
mod tests {
    use monitor_core::Timestamp;
    use monitor_core::outcome::Verdict;
    use test_support::targets::{Answer, answering};

    use super::*;
    use crate::OutboundConfig;
    use crate::trace::Wanted;

    /// In the form of RFC 9224, section 3.
    const FILE: &str = r#"{
        "version": "1.0",
        "services": [
            [["example", "test"], ["http://old.invalid/", "https://registry.invalid/rdap/"]],
            [["co.example"], ["https://co.invalid/"]],
            [["empty"], []]
        ]
    }"#;

    async fn server_of(bootstrap: &Bootstrap, name: &str) -> Result<String, String> {
        let config = OutboundConfig { allow_private: true, ca_file: None, user_agent: "Watchword/test".into() };
        let outbound = Outbound::new(&config).unwrap();
        let mut trace = Trace::start(Timestamp::from_millis(0), Duration::from_secs(10), Wanted::default());
        let server = bootstrap.server_of(name, &outbound, &mut trace).await;
        server.map_err(|failure| {
            assert_eq!(failure.reason.verdict(), Verdict::Inconclusive);
            failure.message
        })
    }

    #[tokio::test]
    async fn the_file_names_the_server_and_is_kept() {
        let iana = answering(Answer::ok(FILE)).await;
        let bootstrap = Bootstrap::new(&iana.url());
        for (name, server) in [
            ("shop.example", "https://registry.invalid/rdap/"),
            ("www.shop.co.example", "https://co.invalid/"),
            ("xco.example", "https://registry.invalid/rdap/"),
        ] {
            assert_eq!(server_of(&bootstrap, name).await.as_deref(), Ok(server));
        }
        for name in ["shop.empty", "shop.invalid"] {
            let error = server_of(&bootstrap, name).await.unwrap_err();
            assert!(error.starts_with("IANA names no RDAP server for ."), "{error}");
        }
        assert_eq!(iana.requests(), 1);
    }

    #[tokio::test]
    async fn without_the_file_nothing_is_known() {
        let iana = answering(Answer::status(503)).await;
        let bootstrap = Bootstrap::new(&iana.url());
        let missing = "IANA's list of registries, which says whom to ask, could not be had: ";
        for (answer, why) in [
            (Answer::status(503), "the answer has status 503"),
            (Answer::ok("<html>"), "it cannot be read"),
            (Answer::ok("{}"), "it cannot be read"),
        ] {
            iana.set(answer);
            assert_eq!(server_of(&bootstrap, "shop.example").await, Err(format!("{missing}{why}")));
        }
        iana.set(Answer::ok(FILE));
        assert!(server_of(&bootstrap, "shop.example").await.is_ok());
    }
}
