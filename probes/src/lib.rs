//! Checks targets: one module per check kind, and the one outbound client of the program.
//!
//! A failing target is data, not an error: [`run`] always gives an [`Outcome`], whose reason says what was wrong, and
//! it gives it within the check's timeout.
//!
//! ```no_run
//! # use std::time::Duration;
//! # use monitor_core::{Timestamp, http::HttpSpec, monitor::{CheckSpec, MonitorName, Settings}};
//! # use probes::{Check, Outbound, OutboundConfig};
//! # async fn example(now: Timestamp) -> Result<(), Box<dyn std::error::Error>> {
//! let outbound = Outbound::new(&OutboundConfig {
//!     allow_private: false,
//!     ca_file: None,
//!     user_agent: "Watchword/1.0".into(),
//! })?;
//! let spec = CheckSpec::Http(HttpSpec::get("https://shop.example/health")?);
//! let check = Check::compile(&Settings::new(MonitorName::new("shop")?, spec))?;
//! let outcome = probes::run(&check, &outbound, now, Duration::from_secs(10)).await;
//! # Ok(()) }
//! ```
//!
//! To add a check kind: its spec becomes a variant of [`monitor_core::monitor::CheckSpec`], a module here compiles it and
//! probes with it, and `probe` gets an arm, which the compiler asks for. It reaches its target through [`Outbound`],
//! which holds the [`address_policy`], and leaves what it finds in its trace.

pub mod address_policy;
mod certificate;
mod check;
mod connect;
mod database;
mod dial;
mod dns;
mod domain;
mod ending;
mod failure;
mod flow;
mod forward;
mod found;
mod graphql;
mod grpc;
mod http;
mod icmp;
mod imap;
mod lines;
mod mqtt;
mod mysql;
mod outbound;
mod postgres;
mod probe;
mod reach;
mod redis;
mod resolve;
mod secrets;
pub mod security;
mod smtp;
mod tcp;
mod tls;
mod tls_certificate;
mod trace;
mod websocket;

pub use crate::check::{Check, run};
pub use crate::dial::MailStream;
pub use crate::forward::{ForwardLimits, ForwardProxy, Unreached};
pub use crate::http::{Call, CallAnswer, CallError};
pub use crate::outbound::{Outbound, OutboundConfig, OutboundError};
pub use crate::reach::{Reach, is_here, is_lost, reach};
