//! A worker in a container of its own, spoken to by HTTP.
//!
//! Its pages reach the world through this program's forward proxy as well, although nothing listens here: while a job runs,
//! connections are *lent* to it. Each is a request to the worker that asks to become something else, after which the
//! worker's end is the browser's and this end is the proxy's.

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use futures_util::TryStreamExt;
use futures_util::future::join_all;
use monitor_core::secret::Secret;
use probes::ForwardProxy;
use reqwest::header::{CONNECTION, UPGRADE};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Upgraded};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_util::io::StreamReader;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::config::{Config, Unavailable};
use crate::event::{Events, Progress, Versions, events};
use crate::failure::{AuditError, Fault};
use crate::follow::{Finished, Follow};

/// Connections that are lent to a job at any time: as many as a browser opens to its proxy.
const LENT: usize = 32;

/// How long it is waited before a connection is lent again that was not taken.
const PAUSE: Duration = Duration::from_millis(500);

/// Longest event: a file of a result in base64.
const LONGEST_EVENT: usize = 64 * 1024 * 1024;

/// Longest time until the worker has said what it works with.
const PATIENCE: Duration = Duration::from_secs(30);

/// Most bytes of a refusal that are read.
const LONGEST_REFUSAL: usize = 1024;

/// The header that says which job a connection is lent to.
const JOB: &str = "Watchword-Job";

#[derive(Debug)]
pub(crate) struct Remote {
    http: Client,
    url: Url,
    token: Secret,
    deadline: Duration,
    memory_bytes: u64,
}

impl Remote {
    /// Asks the worker there what it works with.
    pub(crate) async fn find(url: &Url, token: &Secret, config: &Config) -> Result<(Self, Versions), Unavailable> {
        // HTTP/1.1, because requests become something else. Connections are not kept: one that is lent is never an old one.
        #[expect(clippy::disallowed_methods, reason = "talks to the operator's own worker, never to a target")]
        let http =
            Client::builder().no_proxy().http1_only().pool_max_idle_per_host(0).connect_timeout(PATIENCE).build();
        let mend = "check its address and token, and that `node src/serve.ts` runs there";
        let unavailable = |what: String| Unavailable::new(format!("the worker at {url} {what}"), mend);
        let http = http.map_err(|error| unavailable(format!("cannot be spoken to: {error}")))?;
        let Config { deadline, memory_bytes, .. } = *config;
        let remote = Self { http, url: url.clone(), token: token.clone(), deadline, memory_bytes };
        let asking = async {
            let answer = accepted(remote.request(Method::GET, "versions")?).await?;
            let (progress, _) = mpsc::channel(1);
            Follow { deadline: PATIENCE, proxy: None, progress: &progress }.until_done(read(answer)).await
        };
        let finished = timeout(PATIENCE, asking).await;
        let finished = finished.map_err(|_| unavailable("does not answer".into()))?;
        let said = |fault| AuditError::explain(fault, None, &[]).to_string();
        let versions = finished.map_err(|fault| unavailable(format!("is of no use: {}", said(fault))))?.versions;
        let versions = versions.ok_or_else(|| unavailable("does not say what it works with".into()))?;
        Ok((remote, versions))
    }

    /// Where the worker itself listens, as far as it is seen from here, which may change. A worker on this machine may be
    /// reached by any address of this machine.
    pub(crate) async fn addresses(&self) -> Result<Vec<SocketAddr>, AuditError> {
        let url = self.url.clone();
        let found = timeout(PATIENCE, spawn_blocking(move || url.socket_addrs(|| None))).await;
        let unresolved = |why: String| AuditError::Away(format!("the worker's address cannot be resolved: {why}"));
        let found = found.map_err(|_| unresolved("it took too long".into()))?;
        let found = found.map_err(io::Error::other).flatten().map_err(|error| unresolved(error.to_string()))?;
        let any = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
        let everywhere = |one: SocketAddr| if one.ip().is_loopback() { SocketAddr::new(any, one.port()) } else { one };
        Ok(found.into_iter().map(everywhere).collect())
    }

    /// Does a job. Closing the connection is what ends it there.
    pub(crate) async fn run(
        &self,
        mut job: Value,
        proxy: Option<&ForwardProxy>,
        progress: mpsc::Sender<Progress>,
        stop: &CancellationToken,
    ) -> Result<Finished, Fault> {
        let name = name()?;
        job["memory_mb"] = json!(self.memory_bytes / 1_000_000);
        let doing = async {
            let request = self.request(Method::POST, "jobs")?.json(&job);
            let request = if proxy.is_some() { request.header(JOB, &name) } else { request };
            let answer =
                timeout(PATIENCE, accepted(request)).await.map_err(|_| Fault::away("the worker does not answer"))??;
            let follow = Follow { deadline: self.deadline, proxy, progress: &progress };
            let lending = async {
                if let Some(proxy) = proxy {
                    join_all((0..LENT).map(|_| self.lend(&name, proxy))).await;
                }
                std::future::pending::<Infallible>().await
            };
            tokio::select! {
                finished = follow.until_done(read(answer)) => finished,
                never = lending => match never {},
            }
        };
        let done = stop.run_until_cancelled(Box::pin(doing)).await;
        done.unwrap_or(Err(Fault::Other(AuditError::Cancelled)))
    }

    /// Lends one connection after the other to a job.
    async fn lend(&self, name: &str, proxy: &ForwardProxy) -> Infallible {
        loop {
            match self.lent(name).await {
                // In a task of its own, because much may go through it.
                Ok(connection) => drop(tokio::spawn(proxy.serve(connection)).await),
                Err(fault) => {
                    tracing::debug!(?fault, "a connection was not lent to the worker");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }

    /// A connection that was lent: the worker's end is a browser's.
    async fn lent(&self, name: &str) -> Result<Upgraded, Fault> {
        let request = self.request(Method::GET, "proxy")?.header(JOB, name);
        let request = request.header(CONNECTION, "Upgrade").header(UPGRADE, "watchword-proxy");
        let answer = request.send().await.map_err(|error| unspoken(&error))?;
        if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(Fault::broken(format!(
                "the worker answered {} instead of taking a connection",
                answer.status()
            )));
        }
        answer.upgrade().await.map_err(|error| unspoken(&error))
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, Fault> {
        let mut url = self.url.clone();
        let segments = url.path_segments_mut().map(|mut segments| {
            segments.pop_if_empty().push(path);
        });
        segments.map_err(|()| Fault::broken(format!("{} is no address of a worker", self.url)))?;
        Ok(self.http.request(method, url).bearer_auth(self.token.expose()))
    }
}

/// Sends a request; gives the answer unless it is a refusal.
async fn accepted(request: RequestBuilder) -> Result<Response, Fault> {
    let mut answer = request.send().await.map_err(|error| unspoken(&error))?;
    let status = answer.status();
    if status == StatusCode::OK {
        return Ok(answer);
    }
    let mut body = Vec::new();
    while body.len() < LONGEST_REFUSAL
        && let Ok(Some(chunk)) = answer.chunk().await
    {
        body.extend_from_slice(&chunk[..chunk.len().min(LONGEST_REFUSAL - body.len())]);
    }
    let said = serde_json::from_slice(&body).ok().and_then(|body: Value| Some(body["error"].as_str()?.to_owned()));
    let said = said.map(|said| format!(": {said}")).unwrap_or_default();
    Err(Fault::broken(format!("the worker answered {}{said}", status.as_u16())))
}

fn read(answer: Response) -> Events<'static> {
    events(StreamReader::new(answer.bytes_stream().map_err(io::Error::other)), LONGEST_EVENT)
}

/// The innermost reason, which is the one that says something.
fn unspoken(error: &reqwest::Error) -> Fault {
    let mut reason: &dyn Error = error;
    while let Some(inner) = reason.source() {
        reason = inner;
    }
    Fault::away(format!("the worker could not be spoken to: {reason}"))
}

/// A name for a job, as secret as the token: whoever knows it decides what the job's pages reach.
fn name() -> Result<String, Fault> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Fault::broken(format!("there are no random numbers: {error}")))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
