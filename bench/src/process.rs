//! Processes that are measured. Each is killed when it is dropped.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use reqwest::Client;
use tokio::process::{Child, Command};
use tokio::time::Instant;

use crate::procfs::{self, Memory};

/// How long a process may take until it answers.
const START: Duration = Duration::from_secs(30);

/// How often it is asked until then.
const EVERY: Duration = Duration::from_millis(5);

/// A running process that answers over HTTP on this machine.
pub(crate) struct Process {
    child: Child,
    pid: u32,
    name: String,
    log: PathBuf,
}

impl Process {
    /// Starts a program; what it says goes into a file. It is told nothing by the environment but what is given here.
    pub(crate) fn start(mut command: Command, log: &Path) -> anyhow::Result<Self> {
        let name = command.as_std().get_program().to_string_lossy().into_owned();
        let output = std::fs::File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let child = command
            .stdin(Stdio::piped())
            .stdout(output.try_clone()?)
            .stderr(output)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        let pid = child.id().context("the process ended at once")?;
        Ok(Self { child, pid, name, log: log.to_owned() })
    }

    /// Waits until an address answers with success.
    pub(crate) async fn wait_for(&mut self, http: &Client, url: &str) -> anyhow::Result<()> {
        let until = Instant::now() + START;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended ({status}): {}", self.name, self.last_words());
            }
            if http.get(url).send().await.is_ok_and(|response| response.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(EVERY).await;
        }
        Err(anyhow!("{} did not answer at {url} within {START:?}: {}", self.name, self.last_words()))
    }

    /// The processor time it has used, in seconds.
    pub(crate) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        procfs::cpu_seconds(self.pid)
    }

    pub(crate) fn id(&self) -> u32 {
        self.pid
    }

    pub(crate) fn memory(&self) -> anyhow::Result<Memory> {
        procfs::memory(self.pid)
    }

    /// Kills it and waits until it is gone.
    pub(crate) async fn stop(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }

    fn last_words(&self) -> String {
        last_words(&self.log)
    }
}

/// The last lines of a log.
pub(crate) fn last_words(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.trim().lines().collect();
    lines[lines.len().saturating_sub(5)..].join(" | ")
}

/// A port of this machine that is free now.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free")?;
    Ok(listener.local_addr()?.port())
}
