//! The kinds, side by side.

use monitor_core::http::SpecError;
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::Reason;

use crate::failure::Failure;
use crate::outbound::Outbound;
use crate::trace::Trace;

/// Declares the probes once: each has `compile(&Spec)` and `probe(&self, outbound, trace)`.
macro_rules! probes {
    ($($variant:ident($probe:ty) $name:literal;)+) => {
        /// A check kind with its spec compiled.
        pub(crate) enum Probe {
            $(#[doc = $name] $variant($probe),)+
            /// Judged by pings and deadlines; nothing reaches out for it.
            Heartbeat,
        }

        impl Probe {
            pub(crate) fn compile(spec: &CheckSpec) -> Result<Self, SpecError> {
                match spec {
                    $(CheckSpec::$variant(spec) => <$probe>::compile(spec).map(Self::$variant),)+
                    CheckSpec::Heartbeat(_) => Ok(Self::Heartbeat),
                }
            }

            /// Probes the target once. What is found is left in the trace. The caller keeps the time.
            pub(crate) async fn run(&self, outbound: &Outbound, trace: &mut Trace) -> Result<(), Failure> {
                match self {
                    // Boxed, so that a check takes the room of its own kind and not of the largest.
                    $(Self::$variant(probe) => Box::pin(probe.probe(outbound, trace)).await,)+
                    Self::Heartbeat => Err(Failure::new(Reason::ProbeFailed, "a heartbeat is not probed")),
                }
            }
        }

        /// Says the kind and nothing of headers and secrets.
        impl std::fmt::Debug for Probe {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self { $(Self::$variant(_) => $name,)+ Self::Heartbeat => "heartbeat" })
            }
        }
    };
}

probes! {
    Http(crate::http::HttpProbe) "http";
    Tcp(crate::tcp::TcpProbe) "tcp";
    Icmp(crate::icmp::IcmpProbe) "icmp";
    Dns(crate::dns::DnsProbe) "dns";
    Tls(crate::tls_certificate::TlsProbe) "tls";
    Domain(crate::domain::DomainProbe) "domain";
    Grpc(crate::grpc::GrpcProbe) "grpc";
    GraphQl(crate::graphql::GraphQlProbe) "graphql";
    WebSocket(crate::websocket::WebSocketProbe) "websocket";
    Smtp(crate::smtp::SmtpProbe) "smtp";
    Imap(crate::imap::ImapProbe) "imap";
    Postgres(crate::postgres::PostgresProbe) "postgres";
    Mysql(crate::mysql::MysqlProbe) "mysql";
    Redis(crate::redis::RedisProbe) "redis";
    Mqtt(crate::mqtt::MqttProbe) "mqtt";
    Flow(crate::flow::FlowProbe) "flow";
}

impl Probe {
    /// Secrets in the forms in which they are sent, where that is another than their own.
    pub(crate) fn derived_secrets(&self) -> Vec<String> {
        match self {
            Self::Http(probe) => probe.derived_secrets(),
            Self::GraphQl(probe) => probe.derived_secrets(),
            Self::WebSocket(probe) => probe.derived_secrets(),
            Self::Smtp(probe) => probe.derived_secrets(),
            Self::Imap(probe) => probe.derived_secrets(),
            Self::Flow(probe) => probe.derived_secrets(),
            _ => Vec::new(),
        }
    }
}
