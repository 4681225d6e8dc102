//! What all measurements share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use reqwest::Client;
use serde::de::DeserializeOwned;
use tempfile::TempDir;
use tokio::process::Command;

use crate::plan::Plan;
use crate::process::{Process, free_port};
use crate::target::{CA_FILE, Delivery, Ports, State};

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

    /// Runs this program again, as a process of its own, and answers the lines of JSON that it prints.
    pub(crate) async fn child<T: DeserializeOwned>(&self, arguments: &[&str]) -> anyhow::Result<Vec<T>> {
        let mut command = Command::new(&self.bench);
        let output = command.args(arguments).kill_on_drop(true).output().await.context("cannot start")?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
        let text = String::from_utf8(output.stdout)?;
        text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
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

/// What the target is asked by.
pub(crate) struct Addresses {
    /// The address of HTTP, without a slash at the end.
    pub(crate) base: String,
    pub(crate) ports: Ports,
}

impl Addresses {
    /// Always answers as expected.
    pub(crate) fn check(&self) -> String {
        format!("{}/check", self.base)
    }

    /// Fails when it is told to.
    pub(crate) fn flip(&self) -> String {
        format!("{}/flip", self.base)
    }

    /// Always answers as expected, over TLS.
    pub(crate) fn secure(&self) -> String {
        format!("https://127.0.0.1:{}/check", self.ports.tls)
    }

    /// Lets requests wait when it is told to.
    pub(crate) fn storm(&self) -> String {
        format!("{}/storm", self.base)
    }

    /// Fails when its number is told to.
    pub(crate) fn member(&self, number: usize) -> String {
        format!("{}/member/{number}", self.base)
    }

    /// Takes webhooks, and keeps what they say.
    pub(crate) fn hook(&self) -> String {
        format!("{}/hook", self.base)
    }

    /// Takes whatever is posted, and counts it.
    pub(crate) fn sink(&self) -> String {
        format!("{}/sink", self.base)
    }

    /// Answers a GraphQL query.
    pub(crate) fn graphql(&self) -> String {
        format!("{}/graphql", self.base)
    }
}

/// The target, in a process of its own.
pub(crate) struct Target {
    pub(crate) at: Addresses,
    /// The authority behind its certificate: a PEM file.
    pub(crate) ca: PathBuf,
    http: Client,
    process: Process,
}

impl Target {
    async fn start(bench: &Path, folder: &Path, http: Client) -> anyhow::Result<Self> {
        let port = free_port()?;
        let mut command = Command::new(bench);
        command.arg("target").arg(port.to_string()).arg(folder);
        let mut process = Process::start(command, &folder.join("target.log"))?;
        let base = format!("http://127.0.0.1:{port}");
        process.wait_for(&http, &format!("{base}/control/state")).await?;
        let ports = http.get(format!("{base}/control/ports")).send().await?.error_for_status()?.json().await?;
        Ok(Self { at: Addresses { base, ports }, ca: folder.join(CA_FILE), http, process })
    }

    /// The processor time it has used, in seconds.
    pub(crate) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        self.process.cpu_seconds()
    }

    /// Lets so many requests of [`Addresses::storm`] wait for each other, and then fails them all, or none.
    pub(crate) async fn gather(&self, count: usize, failing: bool) -> anyhow::Result<()> {
        self.control(&format!("gather/{count}/{}", if failing { "fail" } else { "ok" })).await.map(drop)
    }

    /// Makes [`Addresses::flip`] fail, or not.
    pub(crate) async fn switch(&self, failing: bool) -> anyhow::Result<()> {
        self.control(if failing { "fail" } else { "ok" }).await.map(drop)
    }

    /// Forgets when [`Addresses::check`] was asked first.
    pub(crate) async fn reset(&self) -> anyhow::Result<()> {
        self.control("reset").await.map(drop)
    }

    /// From now on [`Addresses::member`] fails for these numbers, and no others.
    pub(crate) async fn fail_members(&self, failing: &[usize]) -> anyhow::Result<()> {
        let url = format!("{}/control/members", self.at.base);
        self.http.post(url).json(failing).send().await?.error_for_status()?;
        Ok(())
    }

    /// When each of them was answered first since [`Target::fail_members`], in microseconds since 1970.
    pub(crate) async fn first_answers(&self) -> anyhow::Result<BTreeMap<usize, u64>> {
        Ok(self.control("members").await?.json().await?)
    }

    /// What [`Addresses::hook`] was told since [`Target::forget_deliveries`].
    pub(crate) async fn deliveries(&self) -> anyhow::Result<Vec<Delivery>> {
        Ok(self.control("hook").await?.json().await?)
    }

    /// Forgets what [`Addresses::hook`] was told.
    pub(crate) async fn forget_deliveries(&self) -> anyhow::Result<()> {
        self.control("hook/forget").await.map(drop)
    }

    pub(crate) async fn state(&self) -> anyhow::Result<State> {
        Ok(self.control("state").await?.json().await?)
    }

    async fn control(&self, what: &str) -> anyhow::Result<reqwest::Response> {
        let response = self.http.get(format!("{}/control/{what}", self.at.base)).send().await?;
        Ok(response.error_for_status()?)
    }
}
