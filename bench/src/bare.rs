//! The limit: a bare loop over an HTTP client, with a new connection for each request, as a check makes one.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Args;
use reqwest::Client;
use serde::{Deserialize, Serialize};

use crate::pace::{self, Rate};
use crate::target::BODY_BYTES;
use crate::{print, procfs, setup};

/// What is asked, how fast and how long.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The address
    #[arg(long)]
    url: String,
    /// `flat`, or how many a second
    #[arg(long)]
    rate: Rate,
    /// Seconds of a window
    #[arg(long)]
    seconds: u64,
    /// How many windows, one after the other
    #[arg(long, default_value_t = 1)]
    windows: u32,
}

/// What a window cost.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Window {
    /// Requests or checks.
    pub(crate) units: u64,
    pub(crate) seconds: f64,
    pub(crate) cpu_seconds: f64,
}

impl Window {
    /// Seconds of processor time for 1,000 units.
    pub(crate) fn cpu_per_thousand(&self) -> f64 {
        self.cpu_seconds * 1_000.0 / self.count().max(1.0)
    }

    /// Units a second.
    pub(crate) fn rate(&self) -> f64 {
        self.count() / self.seconds.max(f64::MIN_POSITIVE)
    }

    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^52")]
    fn count(&self) -> f64 {
        self.units as f64
    }
}

/// Runs the loop and prints a line of JSON for each window.
pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let client = setup::client(0)?;
    let request = {
        let url = reqwest::Url::parse(&options.url).context("--url")?;
        move || ask(client.clone(), url.clone())
    };
    // What happens only once is not part of what a request costs.
    pace::run(options.rate, Duration::from_millis(500), request.clone()).await;
    let pid = std::process::id();
    for _ in 0..options.windows {
        let (start, before) = (Instant::now(), procfs::cpu_seconds(pid)?);
        let sent = pace::run(options.rate, Duration::from_secs(options.seconds), request.clone()).await;
        let (seconds, cpu_seconds) = (start.elapsed().as_secs_f64(), procfs::cpu_seconds(pid)? - before);
        let most_failed = sent.answered / 1_000;
        ensure!(sent.failed <= most_failed, "{} of {} requests failed", sent.failed, sent.answered + sent.failed);
        print(&serde_json::to_string(&Window { units: sent.answered, seconds, cpu_seconds })?);
    }
    Ok(())
}

async fn ask(client: Client, url: reqwest::Url) -> bool {
    let Ok(response) = client.get(url).send().await else { return false };
    let succeeded = response.status().is_success();
    response.bytes().await.is_ok_and(|body| succeeded && body.len() == BODY_BYTES)
}
