//! Audits pages with Lighthouse and prints documents in Chromium.
//!
//! Both are done by the worker beside this crate, a program for Node: one process for each job, in walls of its own, which
//! is killed with all its descendants when its time or its memory is used up. Or a worker in a container of its own does
//! them and is spoken to by HTTP. In either case the pages reach what the address policy allows and nothing else, because
//! all their connections come out of a forward proxy of the program's own. The protocol stands in `PROTOCOL.md`.
//!
//! ```no_run
//! # use lighthouse_bridge::{Bridge, Config};
//! # use monitor_core::audit::spec::AuditSpec;
//! # use tokio_util::sync::CancellationToken;
//! # async fn example(spec: AuditSpec, outbound: probes::Outbound) -> Result<(), Box<dyn std::error::Error>> {
//! let bridge = Bridge::find(&Config::new("/usr/lib/watchword/lighthouse-bridge", "/var/tmp/watchword")).await?;
//! let cancel = CancellationToken::new();
//! let audited = bridge.audit(&spec, &outbound, |progress| println!("{}", progress.text), &cancel).await?;
//! println!("{} runs with Lighthouse {}", audited.lhrs.len(), audited.versions.lighthouse);
//! # Ok(()) }
//! ```

mod bridge;
mod config;
mod event;
mod examine;
mod failure;
mod follow;
mod job;
mod local;
mod remote;

pub use crate::bridge::{Audited, Bridge, Denied};
pub use crate::config::{Config, Isolation, Unavailable};
pub use crate::event::{Progress, Stage, Versions};
pub use crate::examine::{Examined, examine};
pub use crate::failure::AuditError;
