//! The kinds: what each is checked against, and what it is held against.

use anyhow::Context;
use monitor_core::assertion::Assertions;
use monitor_core::checks::{
    Capture, DnsSpec, Endpoint, FlowSpec, GraphQlSpec, GrpcSpec, IcmpSpec, Login, MailSpec, MqttSpec, RedisSpec,
    Security, Source, SqlSpec, Step, TcpSpec, TlsSpec, WebSocketSpec,
};
use monitor_core::http::{HttpSpec, Version};
use monitor_core::monitor::CheckSpec;
use monitor_core::secret::Secret;
use reqwest::Url;

use crate::setup::Addresses;

/// A kind of check, or one of several ways of it.
pub(super) struct Kind {
    /// What its figure is found by.
    pub(super) key: &'static str,
    /// What the table calls it.
    pub(super) name: &'static str,
    pub(super) from: From,
    pub(super) beside: Beside,
}

/// What is checked.
pub(super) enum From {
    /// The benchmark's own target.
    Target(fn(&Addresses) -> anyhow::Result<CheckSpec>),
    /// A real server, which a variable names.
    Server(&'static str, fn(&str) -> anyhow::Result<CheckSpec>),
}

/// What is measured before it, for it to be held against.
pub(super) enum Beside {
    Nothing,
    Loop,
    TlsLoop,
    TcpPeer,
}

impl Kind {
    /// What it is measured by: `kinds: redis`.
    pub(super) fn title(&self) -> String {
        format!("kinds: {}", self.key)
    }
}

const fn target(key: &'static str, name: &'static str, spec: fn(&Addresses) -> anyhow::Result<CheckSpec>) -> Kind {
    Kind { key, name, from: From::Target(spec), beside: Beside::Nothing }
}

const fn server(key: &'static str, variable: &'static str, spec: fn(&str) -> anyhow::Result<CheckSpec>) -> Kind {
    Kind { key, name: key, from: From::Server(variable, spec), beside: Beside::Nothing }
}

/// All of them, those that need real servers last.
pub(super) const KINDS: [Kind; 18] = [
    Kind { beside: Beside::Loop, ..target("http", "http, new connection", |target| http(&target.check(), |_| {})) },
    target("http-kept", "http, connection kept", |target| http(&target.check(), |spec| spec.keep_alive = true)),
    Kind { beside: Beside::TlsLoop, ..target("https", "https, new connection", https) },
    target("http2", "http/2 over TLS, new connection", |target| {
        http(&target.secure(), |spec| spec.version = Version::Http2)
    }),
    Kind {
        beside: Beside::TcpPeer,
        ..target("tcp", "tcp", |target| Ok(CheckSpec::Tcp(TcpSpec::new(local(target.ports.tcp)?))))
    },
    target("icmp", "icmp, three echo requests", |_| Ok(CheckSpec::Icmp(IcmpSpec::new("127.0.0.1")?))),
    target("tls", "tls", |target| Ok(CheckSpec::Tls(TlsSpec::new(local(target.ports.tls)?)))),
    target("grpc", "grpc", |target| Ok(CheckSpec::Grpc(GrpcSpec::new(local(target.ports.http2)?, false)))),
    target("graphql", "graphql", |target| Ok(CheckSpec::GraphQl(GraphQlSpec::new(&target.graphql())?))),
    target("websocket", "websocket, one message there and back", websocket),
    target("flow", "flow, three requests", flow),
    server("dns", "WATCHWORD_TEST_DNS", dns),
    server("smtp", "WATCHWORD_TEST_SMTP_URL", |url| mail(url).map(CheckSpec::Smtp)),
    server("imap", "WATCHWORD_TEST_IMAP_URL", |url| mail(url).map(CheckSpec::Imap)),
    server("postgres", "WATCHWORD_TEST_POSTGRES_URL", |url| sql(url).map(CheckSpec::Postgres)),
    server("mysql", "WATCHWORD_TEST_MYSQL_URL", |url| sql(url).map(CheckSpec::Mysql)),
    server("redis", "WATCHWORD_TEST_REDIS_URL", redis),
    server("mqtt", "WATCHWORD_TEST_MQTT_URL", mqtt),
];

fn local(port: u16) -> anyhow::Result<Endpoint> {
    Ok(Endpoint::parse("127.0.0.1", Some(port))?)
}

fn http(url: &str, change: impl FnOnce(&mut HttpSpec)) -> anyhow::Result<CheckSpec> {
    let mut spec = HttpSpec::get(url)?;
    change(&mut spec);
    Ok(CheckSpec::Http(spec))
}

/// HTTP/1.1 as the loop speaks it that it is held against.
fn https(target: &Addresses) -> anyhow::Result<CheckSpec> {
    http(&target.secure(), |spec| spec.version = Version::Http1)
}

fn websocket(target: &Addresses) -> anyhow::Result<CheckSpec> {
    let spec = WebSocketSpec::new(&format!("ws://127.0.0.1:{}/", target.ports.websocket))?;
    let said = Some("are you there?".to_owned());
    Ok(CheckSpec::WebSocket(WebSocketSpec { send: said.clone(), expect: said, ..spec }))
}

/// The second and the third request use what the first one answered.
fn flow(target: &Addresses) -> anyhow::Result<CheckSpec> {
    let address = target.check();
    let request = HttpSpec::get(&address)?;
    let captured = Capture { name: "state".to_owned(), from: Source::Json("$.status".to_owned()) };
    let step = |number: u8| Step {
        name: format!("step-{number}"),
        address: if number == 1 { address.clone() } else { format!("{address}?state={{{{state}}}}") },
        request: request.clone(),
        assertions: Assertions::default(),
        captures: if number == 1 { vec![captured.clone()] } else { Vec::new() },
    };
    Ok(CheckSpec::Flow(FlowSpec { steps: [1, 2, 3].map(step).into() }))
}

/// A name that the test zone has.
fn dns(address: &str) -> anyhow::Result<CheckSpec> {
    let resolver = Some(Endpoint::parse(address, Some(53))?);
    Ok(CheckSpec::Dns(DnsSpec { resolver, ..DnsSpec::new("www.watchword.test") }))
}

/// Without TLS, so that it is the kind that is measured and not the handshake.
fn mail(url: &str) -> anyhow::Result<MailSpec> {
    Ok(MailSpec::new(Server::parse(url)?.endpoint, Security::None))
}

fn sql(url: &str) -> anyhow::Result<SqlSpec> {
    let Server { endpoint, login, path } = Server::parse(url)?;
    Ok(SqlSpec { login, database: Some(path).filter(|path| !path.is_empty()), ..SqlSpec::new(endpoint) })
}

fn redis(url: &str) -> anyhow::Result<CheckSpec> {
    let Server { endpoint, login, .. } = Server::parse(url)?;
    Ok(CheckSpec::Redis(RedisSpec { login, ..RedisSpec::new(endpoint) }))
}

fn mqtt(url: &str) -> anyhow::Result<CheckSpec> {
    let Server { endpoint, login, .. } = Server::parse(url)?;
    Ok(CheckSpec::Mqtt(MqttSpec { login, ..MqttSpec::new(endpoint) }))
}

/// What the address of a server says.
#[derive(Debug, PartialEq)]
struct Server {
    endpoint: Endpoint,
    login: Option<Login>,
    path: String,
}

impl Server {
    fn parse(url: &str) -> anyhow::Result<Self> {
        // Without the address, which may hold a password.
        let url = Url::parse(url).context("the address of a server cannot be read")?;
        let endpoint = Endpoint::parse(url.host_str().unwrap_or_default(), url.port())?;
        let password = Secret::new(url.password().unwrap_or_default());
        let login = (!url.username().is_empty()).then(|| Login { user: url.username().to_owned(), password });
        Ok(Self { endpoint, login, path: url.path().trim_start_matches('/').to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bare_tls::Asker;
    use crate::clock::now;
    use crate::target::tests::start;
    use crate::target::{CA_FILE, Ports};
    use monitor_core::monitor::{MonitorName, Settings};
    use monitor_core::outcome::{Outcome, Reason};
    use probes::{Outbound, OutboundConfig};
    use std::collections::HashSet;
    use std::path::Path;
    use std::time::Duration;
    use tempfile::TempDir;

    #[test]
    fn every_kind_that_is_probed_is_measured_but_domains() {
        let url =
            |variable| if variable == "WATCHWORD_TEST_DNS" { "127.0.0.1:53" } else { "x://ada:secret@127.0.0.1:1/db" };
        let ports = Ports { tls: 1, http2: 2, tcp: 3, websocket: 4 };
        let addresses = Addresses { base: "http://127.0.0.1:5".to_owned(), ports };
        let mut measured = HashSet::new();
        for kind in &KINDS {
            let spec = match kind.from {
                From::Target(spec) => spec(&addresses),
                From::Server(variable, spec) => spec(url(variable)),
            };
            let spec = spec.unwrap();
            measured.insert(spec.kind());
            let settings = Settings::new(MonitorName::new("m").unwrap(), spec);
            assert_eq!(settings.validate(), Ok(()), "{}", kind.key);
        }
        let known = CheckSpec::KINDS.iter().map(|(word, _)| *word);
        let missing: Vec<&str> = known.filter(|word| !measured.contains(word)).collect();
        assert_eq!(missing, ["domain", "heartbeat"]);
    }

    /// What one check of it finds.
    async fn check(spec: CheckSpec, ca: &Path) -> Outcome {
        let settings = Settings::new(MonitorName::new("m").unwrap(), spec);
        let config =
            OutboundConfig { allow_private: true, ca_file: Some(ca.to_owned()), user_agent: "bench".to_owned() };
        let (outbound, check) = (Outbound::new(&config).unwrap(), probes::Check::compile(&settings).unwrap());
        probes::run(&check, &outbound, now(), Duration::from_secs(10)).await
    }

    #[tokio::test]
    async fn the_target_is_what_each_kind_expects() {
        let folder = TempDir::new().unwrap();
        let (addresses, ca) = (start(folder.path()).await, folder.path().join(CA_FILE));
        for kind in &KINDS {
            let From::Target(spec) = kind.from else { continue };
            let outcome = check(spec(&addresses).unwrap(), &ca).await;
            let permitted = outcome.reason != Reason::PermissionMissing;
            assert!(outcome.reason == Reason::Ok || !permitted, "{}: {}", kind.key, outcome.message);
        }
        assert!(Asker::new(&addresses.secure(), &ca).unwrap().ask().await.unwrap());
    }

    #[tokio::test]
    async fn the_servers_are_what_each_kind_expects() {
        for kind in &KINDS {
            let From::Server(variable, spec) = kind.from else { continue };
            #[expect(clippy::disallowed_methods, reason = "names the server that scripts/with-services.sh started")]
            let value = std::env::var(variable).expect("run `make test` or scripts/with-services.sh, which start it");
            let outcome = check(spec(&value).unwrap(), &test_support::services::ca()).await;
            assert_eq!(outcome.reason, Reason::Ok, "{}: {}", kind.key, outcome.message);
        }
    }

    #[test]
    fn the_address_of_a_server_says_who_logs_in() {
        let server = Server::parse("postgres://watchword@127.0.0.1:5433/postgres").unwrap();
        assert_eq!((server.endpoint.to_string().as_str(), server.path.as_str()), ("127.0.0.1:5433", "postgres"));
        let login = server.login.unwrap();
        assert_eq!((login.user.as_str(), login.password.expose()), ("watchword", ""));
        assert_eq!(Server::parse("smtp://127.0.0.1:25").unwrap().login, None);
        assert!(Server::parse("smtp://127.0.0.1").is_err(), "a port is needed");
    }
}
