//! What the rest of the program asks for.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use monitor_core::audit::pwa::Observed;
use monitor_core::audit::spec::AuditSpec;
use monitor_core::outcome::Reason;
use probes::{ForwardLimits, ForwardProxy, Outbound, Unreached};
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use crate::config::{Config, Unavailable};
use crate::event::{Progress, Versions};
use crate::failure::{AuditError, Fault};
use crate::follow::Finished;
use crate::job::Job;
use crate::local::Local;
use crate::remote::Remote;

/// Most connections of one job to its proxy. A browser opens 32, and those of web sockets beside.
const MAX_CONNECTIONS: usize = 256;

/// Longest time to resolve a host and connect to it, for a page.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);

/// Most documents that are printed at once.
const MAX_PRINTS: usize = 2;

/// A worker that does jobs. Cheap to clone: all clones share it. Audits are made one at a time, because they measure.
#[derive(Debug, Clone)]
pub struct Bridge(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    worker: Worker,
    versions: Versions,
    limits: ForwardLimits,
    audits: Arc<Semaphore>,
    prints: Arc<Semaphore>,
}

#[derive(Debug)]
enum Worker {
    Local(Local),
    Remote(Remote),
}

/// What was found of a page.
#[derive(Debug, Clone)]
pub struct Audited {
    /// Lighthouse's results of the runs that could be scored, the median first.
    pub lhrs: Vec<Value>,
    /// What Chromium says of the page as an app. `None`: it did not say.
    pub pwa: Option<Observed>,
    /// How the page looks, as JPEG.
    pub screenshot: Option<Vec<u8>>,
    /// What the page asked for and was refused.
    pub denied: Vec<Denied>,
    /// What measured it.
    pub versions: Versions,
    /// How long it took, without waiting for its turn.
    pub took: Duration,
    /// The most memory that the processes took at once, as far as it was seen. `None`: they ran elsewhere.
    pub peak_memory_bytes: Option<u64>,
}

/// A host that a page was kept from, or cut off from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Why, as one sentence for people.
    pub why: String,
}

impl Bridge {
    /// Finds the worker, removes what a killed program has left of jobs, and tries out what keeps pages in. Takes some
    /// seconds.
    ///
    /// # Errors
    /// What is missing.
    pub async fn find(config: &Config) -> Result<Self, Unavailable> {
        let (worker, versions) = match &config.remote {
            Some((url, token)) => {
                let (remote, versions) = Remote::find(url, token, config).await?;
                (Worker::Remote(remote), versions)
            }
            None => {
                let (local, versions) = Local::find(config, true).await?;
                (Worker::Local(local), versions)
            }
        };
        let limits = ForwardLimits {
            bytes: config.transfer_bytes,
            connections: MAX_CONNECTIONS,
            connect: CONNECT_TIMEOUT,
            forbidden: config.forbidden.clone(),
        };
        let (audits, prints) = (Arc::new(Semaphore::new(1)), Arc::new(Semaphore::new(MAX_PRINTS)));
        Ok(Self(Arc::new(Inner { worker, versions, limits, audits, prints })))
    }

    /// What the worker works with.
    #[must_use]
    pub fn versions(&self) -> &Versions {
        &self.0.versions
    }

    /// Audits a page, which reaches what this client reaches and nothing else. Waits for its turn. Whoever drops the future
    /// calls it off.
    ///
    /// # Errors
    /// [`AuditError::Page`] and [`AuditError::Refused`] are about the page, the others about this try.
    pub async fn audit(
        &self,
        spec: &AuditSpec,
        outbound: &Outbound,
        progress: impl Fn(Progress) + Send + Sync,
        cancel: &CancellationToken,
    ) -> Result<Audited, AuditError> {
        let turn = turn(&self.0.audits, cancel).await?;
        let started = Instant::now();
        let limits = cancel.run_until_cancelled(self.limits()).await.ok_or(AuditError::Cancelled)??;
        let proxy = Arc::new(ForwardProxy::new(outbound, limits));
        let run = self.run(Job::Audit(spec).to_json(), Some(Arc::clone(&proxy)), turn, cancel);
        let unreached = || proxy.unreached();
        let finished = run.told(progress).await.map_err(|fault| {
            let page = spec.url.host_str().zip(spec.url.port_or_known_default());
            AuditError::explain(fault, page, &unreached())
        })?;
        let Finished { done, mut files, versions, peak_memory_bytes } = finished;
        let lhrs = done.lhrs.iter().map(|name| {
            let lhr = files.remove(name).ok_or_else(|| missing(name))?;
            serde_json::from_slice(&lhr).map_err(|error| AuditError::Bridge(format!("{name} cannot be read: {error}")))
        });
        Ok(Audited {
            lhrs: lhrs.collect::<Result<_, _>>()?,
            pwa: done.pwa,
            screenshot: done.screenshot.and_then(|name| files.remove(&name)),
            denied: unreached().into_iter().filter_map(denied).collect(),
            versions: versions.unwrap_or_else(|| self.0.versions.clone()),
            took: started.elapsed(),
            peak_memory_bytes,
        })
    }

    /// Prints an HTML document as PDF. It may load nothing, and its scripts do not run.
    ///
    /// # Errors
    /// [`AuditError::Page`] when the document is none.
    pub async fn print(&self, html: &str, cancel: &CancellationToken) -> Result<Vec<u8>, AuditError> {
        let turn = turn(&self.0.prints, cancel).await?;
        let run = self.run(Job::Print(html).to_json(), None, turn, cancel);
        let mut finished = run.told(|_| ()).await.map_err(|fault| AuditError::explain(fault, None, &[]))?;
        let name = finished.done.pdf.unwrap_or_default();
        finished.files.remove(&name).ok_or_else(|| missing(&name))
    }

    /// What pages may reach. A worker that runs elsewhere is no more theirs than what this program listens on.
    async fn limits(&self) -> Result<ForwardLimits, AuditError> {
        let mut limits = self.0.limits.clone();
        if let Worker::Remote(remote) = &self.0.worker {
            limits.forbidden.extend(remote.addresses().await?);
        }
        Ok(limits)
    }

    /// Starts a job. It goes on by itself until it has cleaned up, also when nobody waits for it any more.
    fn run(
        &self,
        job: Value,
        proxy: Option<Arc<ForwardProxy>>,
        turn: OwnedSemaphorePermit,
        cancel: &CancellationToken,
    ) -> Run<impl Future<Output = Result<Finished, Fault>> + Send + use<>> {
        let (stop, inner) = (cancel.child_token(), Arc::clone(&self.0));
        let stopped = stop.clone();
        let (sender, progress) = mpsc::channel(16);
        let task = tokio::spawn(async move {
            let _turn = turn;
            match &inner.worker {
                Worker::Local(local) => local.run(job, proxy.as_deref(), sender, &stop).await,
                Worker::Remote(remote) => remote.run(job, proxy.as_deref(), sender, &stop).await,
            }
        });
        let ended = async move {
            let _called_off_when_dropped = stopped.drop_guard();
            task.await.unwrap_or_else(|_| Err(Fault::broken("the job broke off")))
        };
        Run { progress, ended }
    }
}

/// A job that was started.
struct Run<F> {
    progress: mpsc::Receiver<Progress>,
    ended: F,
}

impl<F: Future<Output = Result<Finished, Fault>>> Run<F> {
    /// Waits for its end, and tells how far it is meanwhile.
    async fn told(self, tell: impl Fn(Progress)) -> Result<Finished, Fault> {
        let Self { mut progress, ended } = self;
        let telling = async {
            while let Some(news) = progress.recv().await {
                tell(news);
            }
        };
        tokio::join!(telling, ended).1
    }
}

async fn turn(turns: &Arc<Semaphore>, cancel: &CancellationToken) -> Result<OwnedSemaphorePermit, AuditError> {
    let turn = cancel.run_until_cancelled(Arc::clone(turns).acquire_owned()).await;
    turn.ok_or(AuditError::Cancelled)?.map_err(|_| AuditError::Bridge("no jobs are done any more".into()))
}

fn missing(name: &str) -> AuditError {
    AuditError::Bridge(format!("the worker has not left `{name}`"))
}

/// What a page was refused, as opposed to what it could not reach.
fn denied(one: Unreached) -> Option<Denied> {
    let refused = matches!(one.reason, Reason::AddressRefused | Reason::BodyTooLarge);
    refused.then_some(Denied { host: one.host, port: one.port, why: one.why })
}
