//! A monitor as its owner configured it.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::assertion::{AssertionError, Assertions, FactKind};
use crate::checks::{
    DnsSpec, DomainSpec, Family, FlowSpec, GraphQlSpec, GrpcSpec, IcmpSpec, MailSpec, MqttSpec, RedisSpec, Security,
    SqlSpec, TcpSpec, TlsSpec, WebSocketSpec,
};
use crate::code::ErrorCode;
use crate::duration;
use crate::health::Policy;
use crate::heartbeat::HeartbeatSpec;
use crate::http::{HttpSpec, SpecError, shorten};
use crate::labels::{Labels, MAX_LABELS};
use crate::people::{OrganisationId, id};
use crate::secret::Secret;

id! {
    /// Identifies a monitor.
    MonitorId
}

/// Why a monitor's settings are refused. The text says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MonitorError {
    /// The name is empty, too long, or has characters that a command could not take.
    #[error("`{0}` cannot be a name; use 1 to 60 letters, digits, dots, dashes or underscores")]
    Name(String),
    /// The interval is out of range.
    #[error("an interval of {0} is not possible; choose between 1s and 1d")]
    Interval(String),
    /// The timeout is out of range.
    #[error("a timeout of {0} is not possible; choose between 100ms and 60s")]
    Timeout(String),
    /// The label is not a key and a value.
    #[error("`{0}` is not a label; write it like env=prod")]
    Label(String),
    /// There are more labels or parents than may be.
    #[error("{0}")]
    TooMuch(String),
    /// An assertion does not work with the check.
    #[error(transparent)]
    Assertion(#[from] AssertionError),
    /// The confirmation policy does not fit together.
    #[error("{0}")]
    Policy(&'static str),
    /// The check's own settings do not work.
    #[error(transparent)]
    Spec(#[from] SpecError),
}

impl MonitorError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Name(_) => ErrorCode::InvalidName,
            Self::Interval(_) => ErrorCode::InvalidInterval,
            Self::Timeout(_) => ErrorCode::InvalidTimeout,
            Self::Label(_) => ErrorCode::InvalidLabel,
            Self::TooMuch(_) => ErrorCode::TooMuch,
            Self::Assertion(error) => error.code(),
            Self::Policy(_) => ErrorCode::InvalidPolicy,
            Self::Spec(error) => error.code(),
        }
    }
}

/// A monitor's name: unique in its organisation without regard to case, and one word, so that commands can name it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MonitorName(String);

impl MonitorName {
    /// Most characters of a name.
    pub const MAX_CHARS: usize = 60;

    /// Checks a name.
    ///
    /// # Errors
    /// [`MonitorError::Name`] unless it is 1 to 60 letters, digits, dots, dashes and underscores, with a letter or digit first.
    pub fn new(name: &str) -> Result<Self, MonitorError> {
        let name = name.trim();
        let fits = name.chars().count() <= Self::MAX_CHARS
            && name.chars().next().is_some_and(char::is_alphanumeric)
            && name.chars().all(|c| c.is_alphanumeric() || ".-_".contains(c));
        if fits { Ok(Self(name.to_owned())) } else { Err(MonitorError::Name(shorten(name, Self::MAX_CHARS))) }
    }

    /// A name for that address: its host without `www.`, and its last path segment when there is one.
    #[must_use]
    pub fn propose(url: &url::Url) -> Self {
        let host = url.host_str().unwrap_or("monitor");
        let host = host.strip_prefix("www.").unwrap_or(host);
        let port = url.port().map(|port| format!("-{port}")).unwrap_or_default();
        let segment =
            url.path_segments().and_then(|mut path| path.rfind(|segment| !segment.is_empty()).map(str::to_owned));
        let segment = segment.map(|segment| format!("-{segment}")).unwrap_or_default();
        let address = format!("{host}{port}{segment}");
        let words = address.split(|c: char| !c.is_alphanumeric() && !"._".contains(c)).filter(|word| !word.is_empty());
        let joined = words.collect::<Vec<_>>().join("-");
        let room = Self::MAX_CHARS - 4; // for a number, when the name is taken
        let name: String = joined.chars().skip_while(|c| !c.is_alphanumeric()).take(room).collect();
        Self(if name.is_empty() { "monitor".to_owned() } else { name })
    }

    /// The form in which names are compared.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }

    /// The name as given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MonitorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Declares the kinds once: variant, word, spec, what is watched, and which facts its checks find.
macro_rules! kinds {
    ($($variant:ident($spec:ty) $word:literal $target:expr, $secrets:expr, $facts:expr, $about:literal;)+) => {
        /// What is checked, one variant per check kind.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "kind")]
        pub enum CheckSpec {
            $(#[doc = $about] #[serde(rename = $word)] $variant($spec),)+
        }

        impl CheckSpec {
            /// The words of all kinds, each with a sentence about it.
            pub const KINDS: &'static [(&'static str, &'static str)] = &[$(($word, $about)),+];

            /// What is watched, for lists: an address without secrets.
            #[must_use]
            pub fn target(&self) -> String {
                match self { $(Self::$variant(spec) => { let target: fn(&$spec) -> String = $target; target(spec) })+ }
            }

            /// The kind's word.
            #[must_use]
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$variant(_) => $word,)+ }
            }

            /// Every secret of the spec, in an order that depends only on its shape.
            pub fn secrets_mut(&mut self) -> Vec<&mut Secret> {
                match self { $(Self::$variant(spec) => { let secrets: fn(&mut $spec) -> Vec<&mut Secret> = $secrets; secrets(spec) })+ }
            }

            /// What its checks find, and assertions can be about.
            #[must_use]
            pub fn facts(&self) -> &'static [FactKind] {
                match self { $(Self::$variant(_) => $facts,)+ }
            }

            /// Checks all that can be checked without asking the target.
            ///
            /// # Errors
            /// The [`SpecError`] of the first option that does not work.
            pub fn validate(&self) -> Result<(), SpecError> {
                match self { $(Self::$variant(spec) => spec.validate(),)+ }
            }
        }
    };
}

use FactKind as F;

const HTTP_FACTS: &[F] = &[
    F::Status,
    F::Header,
    F::Body,
    F::Json,
    F::Size,
    F::Protocol,
    F::Latency,
    F::LatencyDns,
    F::LatencyConnect,
    F::LatencyTls,
    F::LatencyFirstByte,
    F::CertificateDays,
    F::CertificateIssuer,
    F::CertificateSubject,
    F::CertificateNames,
    F::TlsProtocol,
    F::TlsCipher,
];
const STREAM_FACTS: &[F] = &[
    F::Body,
    F::Json,
    F::Size,
    F::Latency,
    F::LatencyDns,
    F::LatencyConnect,
    F::LatencyTls,
    F::CertificateDays,
    F::CertificateIssuer,
    F::CertificateSubject,
    F::CertificateNames,
    F::TlsProtocol,
    F::TlsCipher,
];
const MAIL_FACTS: &[F] = &[
    F::Banner,
    F::Latency,
    F::LatencyDns,
    F::LatencyConnect,
    F::LatencyTls,
    F::CertificateDays,
    F::CertificateIssuer,
    F::CertificateSubject,
    F::CertificateNames,
    F::TlsProtocol,
    F::TlsCipher,
];
const TLS_FACTS: &[F] = &[
    F::CertificateDays,
    F::CertificateIssuer,
    F::CertificateSubject,
    F::CertificateNames,
    F::TlsProtocol,
    F::TlsCipher,
    F::Protocol,
    F::Latency,
    F::LatencyDns,
    F::LatencyConnect,
    F::LatencyTls,
];
const QUERY_FACTS: &[F] =
    &[F::Result, F::Rows, F::Latency, F::LatencyDns, F::LatencyConnect, F::LatencyTls, F::CertificateDays];

kinds! {
    Http(HttpSpec) "http" |spec| spec.url.to_string(), HttpSpec::secrets_mut, HTTP_FACTS,
        "A website or an API: an HTTP(S) request and its answer.";
    Tcp(TcpSpec) "tcp" |spec| format!("tcp://{}", spec.endpoint), |_| Vec::new(), STREAM_FACTS,
        "A TCP port: it accepts connections, and answers what is sent.";
    Icmp(IcmpSpec) "icmp" |spec| format!("icmp://{}", spec.host), |_| Vec::new(), &[F::Latency, F::LatencyDns, F::Loss],
        "A host: it answers echo requests (ping).";
    Dns(DnsSpec) "dns" |spec| format!("dns://{}?type={}", spec.name, spec.record), |_| Vec::new(),
        &[F::Answers, F::Ttl, F::Dnssec, F::Latency],
        "A DNS record: a name server gives the expected answer.";
    Tls(TlsSpec) "tls" |spec| format!("tls://{}", spec.endpoint), |_| Vec::new(), TLS_FACTS,
        "A certificate: its chain, its names, the days it has left, and the TLS it is shown in.";
    Domain(DomainSpec) "domain" |spec| format!("domain:{}", spec.name), |_| Vec::new(),
        &[F::DomainDays, F::DomainRegistrar, F::Latency],
        "A domain's registration: when it ends, by RDAP.";
    Grpc(GrpcSpec) "grpc" |spec| format!("{}://{}/{}", if spec.tls { "grpcs" } else { "grpc" }, spec.endpoint, spec.service),
        GrpcSpec::secrets_mut,
        &[F::GrpcStatus, F::Latency, F::LatencyDns, F::LatencyConnect, F::LatencyTls, F::CertificateDays],
        "A gRPC service: what its health protocol says.";
    GraphQl(GraphQlSpec) "graphql" |spec| spec.http.url.to_string(), |spec| spec.http.secrets_mut(), HTTP_FACTS,
        "A GraphQL service: a query that is answered without errors.";
    WebSocket(WebSocketSpec) "websocket" |spec| spec.url.to_string(), WebSocketSpec::secrets_mut, STREAM_FACTS,
        "A WebSocket: it opens, and answers what is sent.";
    Smtp(MailSpec) "smtp" |spec| mail_target("smtp", spec), MailSpec::secrets_mut, MAIL_FACTS,
        "A mail server that takes mail: banner, STARTTLS, certificate, login.";
    Imap(MailSpec) "imap" |spec| mail_target("imap", spec), MailSpec::secrets_mut, MAIL_FACTS,
        "A mail server that hands out mail: banner, STARTTLS, certificate, login.";
    Postgres(SqlSpec) "postgres" |spec| sql_target("postgres", spec), SqlSpec::secrets_mut, QUERY_FACTS,
        "A PostgreSQL database: login and a query.";
    Mysql(SqlSpec) "mysql" |spec| sql_target("mysql", spec), SqlSpec::secrets_mut, QUERY_FACTS,
        "A MySQL or MariaDB database: login and a query.";
    Redis(RedisSpec) "redis" |spec| format!("{}://{}/{}", with_tls("redis", spec.tls), spec.endpoint, spec.database), RedisSpec::secrets_mut, QUERY_FACTS,
        "A Redis server: login and a command.";
    Mqtt(MqttSpec) "mqtt" |spec| format!("{}://{}/{}", with_tls("mqtt", spec.tls), spec.endpoint, spec.topic.as_deref().unwrap_or_default()),
        MqttSpec::secrets_mut, STREAM_FACTS,
        "An MQTT broker: login, and a message of a topic.";
    Flow(FlowSpec) "flow" |spec| flow_target(spec), FlowSpec::secrets_mut,
        &[F::Steps, F::Status, F::Header, F::Body, F::Json, F::Size, F::Latency],
        "An API flow: several requests, where a later one uses what an earlier one answered.";
    Heartbeat(HeartbeatSpec) "heartbeat" HeartbeatSpec::target, |_| Vec::new(), &[F::Duration, F::ExitCode],
        "A job or worker that reports in: its pings have to come in time.";
}

impl CheckSpec {
    /// What is asserted of facts that the owner's assertions do not mention.
    #[must_use]
    pub fn default_assertions(&self) -> &'static [&'static str] {
        match self {
            Self::Http(_) => &["status in 200..299"],
            _ => &[],
        }
    }
}

/// A scheme, with an `s` where TLS is spoken from the first byte.
fn with_tls(scheme: &str, tls: bool) -> String {
    format!("{scheme}{}", if tls { "s" } else { "" })
}

fn mail_target(scheme: &str, spec: &MailSpec) -> String {
    format!("{}://{}", with_tls(scheme, spec.security == Security::Tls), spec.endpoint)
}

fn sql_target(scheme: &str, spec: &SqlSpec) -> String {
    format!("{scheme}://{}/{}", spec.endpoint, spec.database.as_deref().unwrap_or_default())
}

fn flow_target(spec: &FlowSpec) -> String {
    let first = spec.steps.first().map(|step| step.address.as_str()).unwrap_or_default();
    match spec.steps.len() {
        0 | 1 => first.to_owned(),
        more => format!("{first} and {} more", more - 1),
    }
}

/// What an owner chooses for a monitor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Its name.
    pub name: MonitorName,
    /// What is checked.
    pub spec: CheckSpec,
    /// How often, 1 s to 1 d.
    pub interval: Duration,
    /// How long one check may take in all, 100 ms to 60 s.
    pub timeout: Duration,
    /// When the health changes.
    pub policy: Policy,
    /// What else has to hold of what a check finds.
    pub assertions: Assertions,
    /// Which addresses of a name are tried.
    pub family: Family,
    /// What it belongs to, by key.
    pub labels: Labels,
    /// The group it is shown in, one word.
    pub group: Option<String>,
    /// Monitors that it depends on: while one of them is down, its own failures alert nobody.
    pub parents: Vec<MonitorId>,
}

impl Settings {
    /// How often a monitor is checked unless its owner says otherwise.
    pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(60);
    /// How long a check may take unless its owner says otherwise.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

    /// Most parents of a monitor.
    pub const MAX_PARENTS: usize = 16;

    /// A monitor of that name and check, with all defaults.
    #[must_use]
    pub fn new(name: MonitorName, spec: CheckSpec) -> Self {
        Self {
            name,
            spec,
            interval: Self::DEFAULT_INTERVAL,
            timeout: Self::DEFAULT_TIMEOUT,
            policy: Policy::default(),
            assertions: Assertions::default(),
            family: Family::default(),
            labels: Labels::default(),
            group: None,
            parents: Vec::new(),
        }
    }

    /// Checks every setting.
    ///
    /// # Errors
    /// The [`MonitorError`] of the first setting that does not work.
    pub fn validate(&self) -> Result<(), MonitorError> {
        let (second, day) = (Duration::from_secs(1), Duration::from_secs(86_400));
        if !(second..=day).contains(&self.interval) {
            return Err(MonitorError::Interval(duration::format(self.interval)));
        }
        if !(Duration::from_millis(100)..=Duration::from_secs(60)).contains(&self.timeout) {
            return Err(MonitorError::Timeout(duration::format(self.timeout)));
        }
        if self.labels.len() > MAX_LABELS || self.parents.len() > Self::MAX_PARENTS {
            let most = format!("a monitor has at most {MAX_LABELS} labels and {} parents", Self::MAX_PARENTS);
            return Err(MonitorError::TooMuch(most));
        }
        if let Some(group) = &self.group {
            MonitorName::new(group)?;
        }
        self.spec.validate()?;
        self.assertions.compile(self.spec.facts(), self.spec.default_assertions())?;
        self.policy.validate().map_err(MonitorError::Policy)
    }
}

/// A monitor as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Monitor {
    /// Its id.
    pub id: MonitorId,
    /// Whose it is.
    pub organisation: OrganisationId,
    /// What its owner chose.
    pub settings: Settings,
    /// Whether checks are stopped.
    pub paused: bool,
    /// Grows with every change of the settings, so that workers know when theirs are stale.
    pub revision: i32,
    /// When it was added.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Auth, Header, HeaderValue};

    fn propose(address: &str) -> String {
        MonitorName::propose(&HttpSpec::get(address).unwrap().url).to_string()
    }

    #[test]
    fn proposes_names_that_are_valid_and_recognisable() {
        assert_eq!(propose("https://www.shop.example"), "shop.example");
        assert_eq!(propose("https://shop.example/api/health?x=1"), "shop.example-health");
        assert_eq!(propose("http://localhost:8080/"), "localhost-8080");
        assert_eq!(propose("http://[::1]:9/a b"), "1-9-a-20b");
        for address in ["http://[::]", "https://bücher.example/ä/", &format!("https://x.example/{}", "y".repeat(200))]
        {
            let name = propose(address);
            assert!(MonitorName::new(&name).is_ok(), "{name}");
        }
    }

    #[test]
    fn names_are_one_word() {
        for name in ["shop", "shop.example-2", "Bücher_1", "7"] {
            assert!(MonitorName::new(name).is_ok(), "{name}");
        }
        for name in ["", " ", "two words", "--yes", "-x", "a/b", "a:b", "a=b", "`x`", &"x".repeat(61), "a\nb"] {
            assert!(matches!(MonitorName::new(name), Err(MonitorError::Name(_))), "{name:?}");
        }
    }

    fn settings(spec: HttpSpec) -> Settings {
        Settings::new(MonitorName::new("shop").unwrap(), CheckSpec::Http(spec))
    }

    #[test]
    fn a_request_is_authorized_once() {
        let mut spec = HttpSpec::get("shop.example").unwrap();
        for value in [HeaderValue::Plain("x".into()), HeaderValue::Secret(Secret::new("x"))] {
            spec.headers = vec![Header { name: "AUTHORIZATION".into(), value }];
            spec.auth = None;
            assert_eq!(settings(spec.clone()).validate(), Ok(()));
            spec.auth = Some(Auth::Bearer(Secret::new("y")));
            assert_eq!(settings(spec.clone()).validate(), Err(MonitorError::Spec(SpecError::AuthorizedTwice)));
        }
    }

    #[test]
    fn settings_out_of_range_are_refused_by_name() {
        let good = settings(HttpSpec::get("shop.example").unwrap());
        assert_eq!(good.validate(), Ok(()));
        for interval in [0, 999, 86_400_001, 31_536_000_000] {
            let bad = Settings { interval: Duration::from_millis(interval), ..good.clone() };
            assert_eq!(bad.validate().unwrap_err().code(), ErrorCode::InvalidInterval, "{interval}");
        }
        for timeout in [0, 99, 60_001] {
            let bad = Settings { timeout: Duration::from_millis(timeout), ..good.clone() };
            assert_eq!(bad.validate().unwrap_err().code(), ErrorCode::InvalidTimeout, "{timeout}");
        }
    }
}
