//! What makes audits: the worker beside the program, or one that runs elsewhere.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lighthouse_bridge::Bridge;
use monitor_core::audit::spec::AuditSpec;
use probes::Outbound;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use services::{AuditError, Audited, Auditor, PrintError, Progress, Sought};
use tokio_util::sync::CancellationToken;

use crate::config::{Config, set_path};

/// How long it is waited before what was not found is looked for again.
const AGAIN: Duration = Duration::from_secs(15);

/// How many times as long as looking took, where programs of this machine are tried out for it.
const SHARE: u32 = 20;

/// Looks for the worker, which takes some seconds, and tells what was found. What is missing of this machine may be installed
/// meanwhile, and a worker that runs elsewhere may start later or go away: it is looked for until it is there.
pub(crate) async fn seek(
    config: lighthouse_bridge::Config,
    outbound: Outbound,
    sought: Arc<Sought>,
    available: Gauge,
    stop: CancellationToken,
) {
    loop {
        let begun = Instant::now();
        let Some(found) = stop.run_until_cancelled(Box::pin(Bridge::find(&config))).await else { return };
        match found {
            Ok(bridge) => {
                let versions = bridge.versions();
                tracing::info!(lighthouse = versions.lighthouse, chromium = versions.chromium, "pages can be audited");
                let worker = Worker { bridge, outbound: outbound.clone(), sought: Arc::downgrade(&sought) };
                sought.found(Arc::new(worker));
                available.set(1);
                stop.run_until_cancelled(sought.gone()).await;
                available.set(0);
            }
            Err(unavailable) => {
                let unavailable = unavailable.to_string();
                // Once for each reason, however often it is looked.
                if sought.missing(&unavailable) {
                    tracing::warn!(%unavailable, "pages cannot be audited here; everything else works");
                }
                let took = if config.remote.is_some() { Duration::ZERO } else { begun.elapsed() };
                stop.run_until_cancelled(tokio::time::sleep(AGAIN.max(took * SHARE))).await;
            }
        }
    }
}

/// What operators see of that.
pub(crate) fn register(registry: &mut Registry) -> Gauge {
    let available = Gauge::default();
    registry.register(
        "audits_available",
        "Whether pages can be audited and reports printed: 1 or 0",
        available.clone(),
    );
    available
}

/// How the worker is used. No page is led to where this program listens.
pub(crate) fn bridge(config: &Config, listening: Vec<SocketAddr>) -> lighthouse_bridge::Config {
    let audits = &config.audits;
    let scratch = set_path(&audits.scratch).unwrap_or_else(|| scratch(config));
    lighthouse_bridge::Config {
        node: set_path(&audits.node),
        chromium: set_path(&audits.chromium),
        isolation: audits.isolation,
        remote: audits.url.clone().zip(audits.token.clone()),
        memory_bytes: audits.memory_mb * 1_000_000,
        forbidden: listening,
        ..lighthouse_bridge::Config::new(audits.folder(), scratch)
    }
}

/// A folder with a short name, as sockets below it need, of this data folder alone.
fn scratch(config: &Config) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    let data = &config.server.data_dir;
    std::path::absolute(data).unwrap_or_else(|_| data.clone()).hash(&mut hasher);
    std::env::temp_dir().join(format!("watchword-{:08x}", hasher.finish() & 0xffff_ffff))
}

struct Worker {
    bridge: Bridge,
    outbound: Outbound,
    /// Who is told when the worker has gone away.
    sought: Weak<Sought>,
}

impl Worker {
    fn tell(&self, error: &lighthouse_bridge::AuditError) {
        if let (lighthouse_bridge::AuditError::Away(why), Some(sought)) = (error, self.sought.upgrade()) {
            sought.missing(why);
        }
    }
}

impl Auditor for Worker {
    fn audit<'a>(
        &'a self,
        spec: &'a AuditSpec,
        progress: &'a (dyn Fn(Progress) + Send + Sync),
        cancel: &'a CancellationToken,
    ) -> BoxFuture<'a, Result<Audited, AuditError>> {
        let tell = |news: lighthouse_bridge::Progress| progress(Progress { fraction: news.fraction, text: news.text });
        async move {
            let audited = self.bridge.audit(spec, &self.outbound, tell, cancel).await;
            let audited = audited.inspect_err(|error| self.tell(error)).map_err(explained)?;
            Ok(Audited {
                lhrs: audited.lhrs,
                pwa: audited.pwa,
                screenshot: audited.screenshot,
                denied: audited.denied.into_iter().map(|denied| denied.why).collect(),
                chromium: audited.versions.chromium,
                took: audited.took,
            })
        }
        .boxed()
    }

    fn print<'a>(&'a self, html: &'a str, cancel: &'a CancellationToken) -> BoxFuture<'a, Result<Vec<u8>, PrintError>> {
        async move { self.bridge.print(html, cancel).await.inspect_err(|error| self.tell(error)).map_err(unprinted) }
            .boxed()
    }
}

fn explained(error: lighthouse_bridge::AuditError) -> AuditError {
    use lighthouse_bridge::AuditError as Error;
    match error {
        Error::Page { code, message } => AuditError::Page { code, message },
        Error::Deadline => AuditError::Deadline,
        Error::Cancelled => AuditError::Cancelled,
        Error::Memory => AuditError::Memory,
        Error::Refused { why, .. } => AuditError::Refused(why),
        Error::Away(why) => AuditError::Away(why),
        Error::Bridge(why) => AuditError::Broken(why),
    }
}

fn unprinted(error: lighthouse_bridge::AuditError) -> PrintError {
    use lighthouse_bridge::AuditError as Error;
    match error {
        Error::Deadline => PrintError::Deadline,
        Error::Cancelled => PrintError::Cancelled,
        Error::Memory => PrintError::Memory,
        Error::Page { message: why, .. } | Error::Refused { why, .. } | Error::Away(why) | Error::Bridge(why) => {
            PrintError::Broken(why)
        }
    }
}
