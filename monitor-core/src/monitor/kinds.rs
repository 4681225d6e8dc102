//! The check kinds: one declaration of each, and all that follows from it.

use serde::{Deserialize, Serialize};

use super::facts::{HTTP_FACTS, MAIL_FACTS, QUERY_FACTS, STREAM_FACTS, TLS_FACTS};
use crate::assertion::FactKind;
use crate::assertion::FactKind as F;
use crate::checks::{
    DnsSpec, DomainSpec, FlowSpec, GraphQlSpec, GrpcSpec, IcmpSpec, MailSpec, MqttSpec, RedisSpec, Security, SqlSpec,
    TcpSpec, TlsSpec, WebSocketSpec,
};
use crate::heartbeat::HeartbeatSpec;
use crate::http::{HttpSpec, SpecError};
use crate::secret::Secret;

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
