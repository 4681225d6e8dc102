//! What all measurements share.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::Client;
use tempfile::TempDir;
use tokio::process::Command;

use crate::plan::Plan;
use crate::process::{Process, free_port};
use crate::target::State;

/// How long nothing may come from a server that is measured.
const SILENCE: Duration = Duration::from_secs(30);

/// The parts that every measurement uses.
pub(crate) struct Setup {
    pub(crate) plan: Plan,
    pub(crate) http: Client,
    pub(crate) target: Target,
    /// The program that is measured.
    pub(crate) watchword: PathBuf,
    /// This program.
    pub(crate) bench: PathBuf,
    /// Where build results lie; data is written below it, to the same disk.
    pub(crate) build_folder: PathBuf,
    scratch: TempDir,
}

impl Setup {
    /// Finds the program and starts the target.
    pub(crate) async fn new(plan: Plan) -> anyhow::Result<Self> {
        let bench = std::env::current_exe().context("where this program lies is not known")?;
        let watchword = bench.with_file_name("watchword");
        ensure!(watchword.is_file(), "there is no {}; run `make bench`, which builds it", watchword.display());
        let build_folder = bench.ancestors().nth(2).context("this program lies in no target folder")?.to_owned();
        let scratch = TempDir::with_prefix_in("bench-", &build_folder).context("cannot make a folder for data")?;
        let http = client(usize::MAX)?;
        let target = Target::start(&bench, scratch.path(), http.clone()).await?;
        Ok(Self { plan, http, target, watchword, bench, build_folder, scratch })
    }

    /// A new empty folder.
    pub(crate) fn folder(&self, name: &str) -> anyhow::Result<PathBuf> {
        let folder = self.scratch.path().join(name);
        std::fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder)
    }
}

/// A client that keeps at most so many idle connections. Whatever proxy is configured stays out of it.
pub(crate) fn client(idle: usize) -> anyhow::Result<Client> {
    #[expect(clippy::disallowed_methods, reason = "talks to servers that the benchmark started, on loopback")]
    let builder = Client::builder();
    Ok(builder.no_proxy().pool_max_idle_per_host(idle).read_timeout(SILENCE).build()?)
}

/// The target, in a process of its own.
pub(crate) struct Target {
    base: String,
    http: Client,
    _process: Process,
}

impl Target {
    async fn start(bench: &Path, folder: &Path, http: Client) -> anyhow::Result<Self> {
        let port = free_port()?;
        let mut command = Command::new(bench);
        command.arg("target").arg(port.to_string());
        let mut process = Process::start(command, &folder.join("target.log"))?;
        let base = format!("http://127.0.0.1:{port}");
        process.wait_for(&http, &format!("{base}/control/state")).await?;
        Ok(Self { base, http, _process: process })
    }

    /// Always answers as expected.
    pub(crate) fn check(&self) -> String {
        format!("{}/check", self.base)
    }

    /// Fails when it is told to.
    pub(crate) fn flip(&self) -> String {
        format!("{}/flip", self.base)
    }

    /// Makes [`Target::flip`] fail, or not.
    pub(crate) async fn switch(&self, failing: bool) -> anyhow::Result<()> {
        self.control(if failing { "fail" } else { "ok" }).await.map(drop)
    }

    /// Forgets when [`Target::check`] was asked first.
    pub(crate) async fn reset(&self) -> anyhow::Result<()> {
        self.control("reset").await.map(drop)
    }

    pub(crate) async fn state(&self) -> anyhow::Result<State> {
        Ok(self.control("state").await?.json().await?)
    }

    async fn control(&self, what: &str) -> anyhow::Result<reqwest::Response> {
        let response = self.http.get(format!("{}/control/{what}", self.base)).send().await?;
        Ok(response.error_for_status()?)
    }
}
