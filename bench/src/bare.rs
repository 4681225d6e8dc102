//! The limit: a bare loop over an HTTP client, with a new connection for each request, as a check and a webhook make one.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Args;
use reqwest::Client;
use serde::{Deserialize, Serialize};

use crate::bare_tls::Asker;
use crate::pace::{self, Rate};
use crate::target::{self, BODY_BYTES};
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
    /// A PEM file with the authority to trust; with it, TLS is spoken, and no HTTP client is used
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Posts so much JSON as an answer to a check has, and takes any answer that is a success
    #[arg(long, conflicts_with = "ca")]
    post: bool,
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
    /// Several windows as one.
    pub(crate) fn sum(windows: &[Self]) -> Self {
        let start = Self { units: 0, seconds: 0.0, cpu_seconds: 0.0 };
        windows.iter().fold(start, |sum, window| Self {
            units: sum.units + window.units,
            seconds: sum.seconds + window.seconds,
            cpu_seconds: sum.cpu_seconds + window.cpu_seconds,
        })
    }

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
    if let Some(ca) = &options.ca {
        let asker = Arc::new(Asker::new(&options.url, ca)?);
        let request = move || {
            let asker = Arc::clone(&asker);
            async move { asker.ask().await.unwrap_or(false) }
        };
        return measure(options, request).await;
    }
    let client = setup::client(0)?;
    let url = reqwest::Url::parse(&options.url).context("--url")?;
    if options.post {
        return measure(options, move || tell(client.clone(), url.clone())).await;
    }
    measure(options, move || ask(client.clone(), url.clone())).await
}

async fn measure<R, F>(options: &Options, request: R) -> anyhow::Result<()>
where
    R: Fn() -> F + Clone + Send + 'static,
    F: Future<Output = bool> + Send + 'static,
{
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

async fn tell(client: Client, url: reqwest::Url) -> bool {
    let request = client.post(url).header(reqwest::header::CONTENT_TYPE, "application/json").body(target::body());
    let Ok(response) = request.send().await else { return false };
    let succeeded = response.status().is_success();
    succeeded && response.bytes().await.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_add_up() {
        let windows = [(100, 1.0, 0.1), (300, 2.0, 0.1)];
        let windows = windows.map(|(units, seconds, cpu_seconds)| Window { units, seconds, cpu_seconds });
        let sum = Window::sum(&windows);
        assert_eq!((sum.units, sum.seconds), (400, 3.0));
        assert_eq!(sum.cpu_per_thousand(), 0.5);
        assert_eq!(Window::sum(&[]).cpu_per_thousand(), 0.0);
    }
}
