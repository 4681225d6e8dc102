//! Every check against a real local server, behaving or not.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod answers;
mod call;
mod databases;
mod dns;
mod domain;
mod faults;
mod flow;
mod graphql;
mod grpc;
mod http_connections;
mod http_logins;
mod http_proxy;
mod icmp;
mod imap;
mod mqtt;
mod mysql;
mod postgres;
mod redirects;
mod redis;
mod scripted;
mod secrets;
mod security;
mod smtp;
mod tcp;
mod tls;
mod tls_certificate;
mod websocket;
mod wrongs;

use std::net::SocketAddr;
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::assertion::Assertions;
use monitor_core::http::{Header, HeaderValue, HttpSpec};
use monitor_core::monitor::{CheckSpec, MonitorName, Settings};
use monitor_core::outcome::Outcome;
use monitor_core::secret::Secret;
use probes::{Check, Outbound, OutboundConfig};
use test_support::services;

/// Enough for any exchange on this machine.
const AMPLE: Duration = Duration::from_secs(10);

/// Soon over, for checks whose time has to run out.
const SHORT: Duration = Duration::from_millis(300);

fn config(allow_private: bool) -> OutboundConfig {
    OutboundConfig { allow_private, ca_file: None, user_agent: "Watchword/test".into() }
}

fn outbound() -> Outbound {
    Outbound::new(&config(true)).unwrap()
}

fn spec(url: &str) -> HttpSpec {
    HttpSpec::get(url).unwrap()
}

/// An outbound client that trusts the authority of [`test_support::services`].
fn services_outbound() -> Outbound {
    Outbound::new(&OutboundConfig { ca_file: Some(services::ca()), ..config(true) }).unwrap()
}

/// A monitor with that check and those assertions.
fn settings(spec: CheckSpec, assertions: &[&str]) -> Settings {
    let assertions = assertions.iter().map(|text| text.parse().unwrap()).collect();
    let assertions = Assertions::new(assertions).unwrap();
    Settings { assertions, ..Settings::new(MonitorName::new("target").unwrap(), spec) }
}

/// Checks once.
async fn run_settings(settings: &Settings, outbound: &Outbound, timeout: Duration) -> Outcome {
    run_at(settings, outbound, Timestamp::from_millis(7), timeout).await
}

/// Checks once at that time.
async fn run_at(settings: &Settings, outbound: &Outbound, at: Timestamp, timeout: Duration) -> Outcome {
    settings.validate().unwrap();
    let check = Check::compile(settings).unwrap();
    probes::run(&check, outbound, at, timeout).await
}

/// The reason of an outcome, and its message when there is one.
fn told(outcome: &Outcome) -> String {
    match outcome.message.as_str() {
        "" => outcome.reason.code().to_owned(),
        message => format!("{}: {message}", outcome.reason.code()),
    }
}

async fn run_with(spec: HttpSpec, outbound: &Outbound, timeout: Duration) -> Outcome {
    run_settings(&settings(CheckSpec::Http(spec), &[]), outbound, timeout).await
}

async fn run(spec: HttpSpec) -> Outcome {
    run_with(spec, &outbound(), AMPLE).await
}

async fn get(url: &str) -> Outcome {
    run(spec(url)).await
}

/// Gets that address and holds the answer against these assertions.
async fn expecting(url: &str, assertions: &[&str]) -> Outcome {
    run_settings(&settings(CheckSpec::Http(spec(url)), assertions), &outbound(), AMPLE).await
}

fn url_of(addr: SocketAddr) -> String {
    format!("http://{addr}/")
}

fn plain(name: &str, value: &str) -> Header {
    Header { name: name.into(), value: HeaderValue::Plain(value.into()) }
}

fn secret(name: &str, value: &str) -> Header {
    Header { name: name.into(), value: HeaderValue::Secret(Secret::new(value)) }
}
