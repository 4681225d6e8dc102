//! Every check against a real local server, behaving or not.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod answers;
mod faults;
mod redirects;
mod secrets;
mod tls;

use std::net::SocketAddr;
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::http::{Header, HeaderValue, HttpSpec};
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::Outcome;
use monitor_core::secret::Secret;
use probes::{Check, Outbound, OutboundConfig};

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

async fn run_with(spec: HttpSpec, outbound: &Outbound, timeout: Duration) -> Outcome {
    let check = Check::compile(&CheckSpec::Http(spec)).unwrap();
    probes::run(&check, outbound, Timestamp::from_millis(7), timeout).await
}

async fn run(spec: HttpSpec) -> Outcome {
    run_with(spec, &outbound(), AMPLE).await
}

async fn get(url: &str) -> Outcome {
    run(spec(url)).await
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
