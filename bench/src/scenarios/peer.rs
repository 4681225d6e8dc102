//! Debian's prometheus-blackbox-exporter, asked for HTTP probes of the same target at the same rate.

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

const CONFIG: &str = "modules:\n  http_2xx:\n    prober: http\n    http:\n      preferred_ip_protocol: ip4\n";

pub(super) async fn run(setup: &Setup, board: &mut Board) -> anyhow::Result<()> {
    let Ok(version) = Command::new(PROGRAM).arg("--version").output().await else {
        board.not_measured.push(format!("peer: not installed: apt-get install {PROGRAM}"));
        return Ok(());
    };
    let version = [version.stdout, version.stderr].concat();
    let version = String::from_utf8_lossy(&version);
    let version =
        version.split_ascii_whitespace().skip_while(|word| *word != "version").nth(1).unwrap_or("of unknown version");

    let folder = setup.folder("peer")?;
    let config = folder.join("blackbox.yml");
    std::fs::write(&config, CONFIG)?;
    let address = format!("127.0.0.1:{}", free_port()?);
    let mut command = Command::new(PROGRAM);
    command.arg(format!("--config.file={}", config.display())).arg(format!("--web.listen-address={address}"));
    let mut process = Process::start(command, &folder.join("peer.log"))?;
    let query = [("module", "http_2xx"), ("target", &setup.target.check())];
    let probe = Url::parse_with_params(&format!("http://{address}/probe"), query)?;
    process.wait_for(&setup.http, probe.as_str()).await?;

    for rate in RATES {
        let mut runs = Vec::new();
        for _ in 0..setup.plan.windows {
            runs.push(window(setup, &process, &probe, rate).await?.cpu_per_thousand());
        }
        let name = format!("blackbox_exporter {version}, {rate}/s");
        board.add(Figure::runs(format!("peer.{rate}.cpu"), name, CPU, runs));
    }
    let memory = process.memory()?.peak;
    board.add(Figure::once("peer.memory", "blackbox_exporter, memory at most", MB, memory));
    process.stop().await
}

async fn window(setup: &Setup, process: &Process, probe: &Url, rate: u32) -> anyhow::Result<Window> {
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
    let sent = pace::run(Rate::PerSecond(rate), Duration::from_secs(setup.plan.paced_s), request).await;
    let cpu_seconds = process.cpu_seconds()? - before;
    ensure!(sent.failed == 0, "{} of {} probes failed", sent.failed, sent.failed + sent.answered);
    let window = Window { units: sent.answered, seconds: start.elapsed().as_secs_f64(), cpu_seconds };
    (window.units > 0).then_some(window).context("nothing was probed")
}
