//! The program that is measured.

use std::path::Path;
use std::time::Instant;

use reqwest::Client;
use tokio::process::Command;

use crate::clock::now_us;
use crate::exposition::Metrics;
use crate::process::{Process, free_port};
use crate::setup::Setup;

/// A running `watchword serve`.
pub(crate) struct Watchword {
    pub(crate) process: Process,
    /// Its address, without a slash at the end.
    pub(crate) base: String,
    /// When it was started, in microseconds since 1970.
    pub(crate) started_us: u64,
    http: Client,
}

/// What had happened by one moment.
pub(crate) struct Reading {
    pub(crate) at: Instant,
    pub(crate) cpu_seconds: f64,
    pub(crate) metrics: Metrics,
}

impl Watchword {
    /// Starts it with a data folder and, but for the targets that it may watch, with every default.
    pub(crate) async fn start(setup: &Setup, data: &Path) -> anyhow::Result<Self> {
        Self::start_with(setup, data, &[]).await
    }

    /// Starts it with these settings, by the names that they have in the environment.
    pub(crate) async fn start_with(setup: &Setup, data: &Path, settings: &[(&str, &str)]) -> anyhow::Result<Self> {
        let address = format!("127.0.0.1:{}", free_port()?);
        let mut command = Command::new(&setup.watchword);
        command
            .arg("serve")
            .current_dir(data)
            .env_clear()
            .env("WATCHWORD_LISTEN", &address)
            .env("WATCHWORD_DATA_DIR", data)
            .env("WATCHWORD_ALLOW_PRIVATE_TARGETS", "true")
            .envs(settings.iter().copied());
        let started_us = now_us();
        let mut process = Process::start(command, &data.join("watchword.log"))?;
        let base = format!("http://{address}");
        process.wait_for(&setup.http, &format!("{base}/readyz")).await?;
        Ok(Self { process, base, started_us, http: setup.http.clone() })
    }

    pub(crate) async fn read(&self) -> anyhow::Result<Reading> {
        let response = self.http.get(format!("{}/metrics", self.base)).send().await?;
        let metrics = Metrics::parse(&response.error_for_status()?.text().await?);
        Ok(Reading { at: Instant::now(), cpu_seconds: self.process.cpu_seconds()?, metrics })
    }
}
