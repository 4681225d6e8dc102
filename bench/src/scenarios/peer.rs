//! Debian's prometheus-blackbox-exporter, asked for probes of the same target at the same rate.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use reqwest::Url;
use tokio::process::Command;

use super::{CPU, MB, limit::RATES};
use crate::bare::Window;
use crate::board::{Board, Figure};
use crate::pace::{self, Rate};
use crate::process::{Process, free_port};
use crate::setup::{Setup, client};

const PROGRAM: &str = "prometheus-blackbox-exporter";

const CONFIG: &str = "modules:\n  http_2xx:\n    prober: http\n    http:\n      preferred_ip_protocol: ip4\n  \
    tcp_connect:\n    prober: tcp\n    tcp:\n      preferred_ip_protocol: ip4\n";

pub(super) async fn run(setup: &Setup, board: &mut Board) -> anyhow::Result<()> {
    let Some(peer) = Peer::start(setup, board, "peer").await? else { return Ok(()) };
    for rate in RATES {
        let runs = peer.cpu(setup, ("http_2xx", &setup.target.at.check()), rate, setup.plan.paced_s).await?;
        board.add(Figure::runs(format!("peer.{rate}.cpu"), format!("{}, {rate}/s", peer.name), CPU, runs));
    }
    let memory = peer.process.memory()?.peak;
    board.add(Figure::once("peer.memory", "blackbox_exporter, memory at most", MB, memory));
    peer.process.stop().await
}

/// A running blackbox_exporter.
pub(super) struct Peer {
    pub(super) process: Process,
    /// What it is called, with its version.
    pub(super) name: String,
    base: String,
}

impl Peer {
    /// Starts it; `None` when it is not installed, which the board is told.
    pub(super) async fn start(setup: &Setup, board: &mut Board, folder: &str) -> anyhow::Result<Option<Self>> {
        let Ok(version) = Command::new(PROGRAM).arg("--version").output().await else {
            board.not_measured.push(format!("{folder}: not installed: apt-get install {PROGRAM}"));
            return Ok(None);
        };
        let version = [version.stdout, version.stderr].concat();
        let version = String::from_utf8_lossy(&version);
        let mut words = version.split_ascii_whitespace().skip_while(|word| *word != "version");
        let name = format!("blackbox_exporter {}", words.nth(1).unwrap_or("of unknown version"));

        let folder = setup.folder(folder)?;
        let config = folder.join("blackbox.yml");
        std::fs::write(&config, CONFIG)?;
        let address = format!("127.0.0.1:{}", free_port()?);
        let mut command = Command::new(PROGRAM);
        command.arg(format!("--config.file={}", config.display())).arg(format!("--web.listen-address={address}"));
        let mut process = Process::start(command, &folder.join("peer.log"))?;
        let base = format!("http://{address}");
        process.wait_for(&setup.http, &format!("{base}/-/healthy")).await?;
        Ok(Some(Self { process, name, base }))
    }

    /// Processor seconds per 1,000 probes of a module at a rate, in each window of so many seconds.
    pub(super) async fn cpu(
        &self,
        setup: &Setup,
        (module, target): (&str, &str),
        rate: u32,
        seconds: u64,
    ) -> anyhow::Result<Vec<f64>> {
        let query = [("module", module), ("target", target)];
        let probe = Url::parse_with_params(&format!("{}/probe", self.base), query)?;
        let mut runs = Vec::new();
        for _ in 0..setup.plan.windows {
            runs.push(window(&self.process, &probe, rate, seconds).await?.cpu_per_thousand());
        }
        Ok(runs)
    }
}

async fn window(process: &Process, probe: &Url, rate: u32, seconds: u64) -> anyhow::Result<Window> {
    let http = client(usize::MAX)?;
    let probe = probe.clone();
    let request = move || {
        let request = http.get(probe.clone());
        async move {
            let Ok(response) = request.send().await else { return false };
            response.text().await.is_ok_and(|text| text.contains("\nprobe_success 1"))
        }
    };
    let (start, before) = (Instant::now(), process.cpu_seconds()?);
    let sent = pace::run(Rate::PerSecond(rate), Duration::from_secs(seconds), request).await;
    let cpu_seconds = process.cpu_seconds()? - before;
    ensure!(sent.failed == 0, "{} of {} probes failed", sent.failed, sent.failed + sent.answered);
    let window = Window { units: sent.answered, seconds: start.elapsed().as_secs_f64(), cpu_seconds };
    (window.units > 0).then_some(window).context("nothing was probed")
}
