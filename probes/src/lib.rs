//! Checks targets: one module per check kind, and the one outbound client of the program.
//!
//! A failing target is data, not an error: [`run`] always gives an [`Outcome`], whose reason says what was wrong, and
//! it gives it within the check's timeout.
//!
//! ```no_run
//! # use std::time::Duration;
//! # use monitor_core::{Timestamp, http::HttpSpec, monitor::CheckSpec};
//! # use probes::{Check, Outbound, OutboundConfig};
//! # async fn example(now: Timestamp) -> Result<(), Box<dyn std::error::Error>> {
//! let outbound = Outbound::new(&OutboundConfig {
//!     allow_private: false,
//!     ca_file: None,
//!     user_agent: "Watchword/1.0".into(),
//! })?;
//! let check = Check::compile(&CheckSpec::Http(HttpSpec::get("https://shop.example/health")?))?;
//! let outcome = probes::run(&check, &outbound, now, Duration::from_secs(10)).await;
//! # Ok(()) }
//! ```
//!
//! To add a check kind: its spec becomes a variant of [`CheckSpec`], a module here compiles and runs it, and [`Check`]
//! and [`run`] get an arm, which the compiler asks for. It reaches its target through [`Outbound`], which holds the
//! [`address_policy`].

pub mod address_policy;
mod connect;
mod failure;
mod http;
mod outbound;
mod resolve;
mod tls;
mod trace;

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::http::SpecError;
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::Outcome;

pub use crate::http::HttpCheck;
pub use crate::outbound::{Outbound, OutboundConfig, OutboundError};

/// A check ready to run: a spec compiled once for many runs.
#[derive(Debug, Clone)]
pub enum Check {
    /// An HTTP(S) request.
    Http(HttpCheck),
}

impl Check {
    /// Prepares a check for many runs.
    ///
    /// # Errors
    /// The [`SpecError`] of the first option that does not work.
    pub fn compile(spec: &CheckSpec) -> Result<Self, SpecError> {
        match spec {
            CheckSpec::Http(spec) => HttpCheck::compile(spec).map(Self::Http),
        }
    }
}

/// Runs one check, which started at `at`. Returns within `timeout`, whatever the target does.
pub async fn run(check: &Check, outbound: &Outbound, at: Timestamp, timeout: Duration) -> Outcome {
    match check {
        Check::Http(check) => check.run(outbound, at, timeout).await,
    }
}
