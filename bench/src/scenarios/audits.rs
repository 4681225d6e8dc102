//! Audits of a page of 4 MB with Lighthouse, as people ask for them: from the command to the PDF.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::process::Command;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{MB, PER_HOUR, SECONDS};
use crate::board::{Board, Figure};
use crate::chat::Chat;
use crate::procfs;
use crate::setup::Setup;
use crate::stats::median;
use crate::watchword::Watchword;

/// Where `scripts/bench.sh` has fetched the worker's packages to.
const BRIDGE: &str = "WATCHWORD_AUDITS_BRIDGE";

/// How long an audit may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// How often it is asked for the report, and looked how much memory there is.
const EVERY: Duration = Duration::from_millis(50);

pub(super) async fn run(setup: &Setup, board: &mut Board) -> anyhow::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "what the script says that starts this")]
    let bridge = std::env::var(BRIDGE).with_context(|| format!("{BRIDGE} names no worker; run `make bench`"))?;
    let alone = lighthouse(setup, Path::new(&bridge)).await.context("Lighthouse by itself")?;
    let limit = median(&alone);
    board.add(Figure::runs("limit.audit", "Lighthouse by itself, 4 MB", SECONDS, alone));
    let settings = [(BRIDGE, bridge.as_str()), ("PATH", "/usr/local/bin:/usr/bin:/bin")];
    let watchword = Watchword::start_with(setup, &setup.folder("audits")?, &settings).await?;
    let chat = Chat::new(setup, &watchword);
    // The worker is looked for when the program starts.
    let began = Instant::now();
    while !watchword.read().await?.metrics.audits_available {
        ensure!(began.elapsed() < PATIENCE, "{bridge} makes no audits; `watchword doctor` says why");
        tokio::time::sleep(EVERY).await;
    }
    for (runs, count) in [(1, setup.plan.audits), (3, setup.plan.audits)] {
        let stop = CancellationToken::new();
        let memory = tokio::spawn(most_memory(watchword.process.id(), stop.clone()));
        let mut times = Vec::new();
        for _ in 0..count {
            times.push(audit(setup, &chat, runs).await?.as_secs_f64());
        }
        stop.cancel();
        let name = format!("audit of 4 MB, {runs} run{}", if runs == 1 { "" } else { "s" });
        let key = format!("audit.{runs}");
        board.add(Figure::once(
            format!("{key}.hour"),
            format!("{name}, one after the other"),
            PER_HOUR,
            3_600.0 / median(&times),
        ));
        board.add(Figure::once(
            format!("{key}.memory"),
            format!("{name}, memory of all processes at most"),
            MB,
            memory.await?,
        ));
        if runs == 1 {
            let over = times.iter().map(|time| time - limit).collect();
            board.add(Figure::runs(
                format!("{key}.over"),
                format!("{name}, more than Lighthouse alone"),
                SECONDS,
                over,
            ));
        }
        board.add(Figure::runs(format!("{key}.pdf"), format!("{name}, command to PDF"), SECONDS, times));
    }
    watchword.process.stop().await
}

/// How long Lighthouse's own command takes for the page, in seconds, from its start to its end, with the browser's.
async fn lighthouse(setup: &Setup, bridge: &Path) -> anyhow::Result<Vec<f64>> {
    let binaries = bridge.join("node_modules/.bin");
    let report = setup.folder("lighthouse")?.join("report.json");
    let mut times = Vec::new();
    for _ in 0..setup.plan.audits {
        let began = Instant::now();
        let mut command = Command::new(binaries.join("node"));
        command
            .arg(binaries.join("lighthouse"))
            .args([&format!("{}/page", setup.target.at.base), "--quiet", "--output=json"])
            .args(["--only-categories=performance,accessibility,best-practices,seo"])
            .args(["--chrome-flags=--headless=new --no-sandbox", "--output-path"])
            .arg(&report)
            .env("CHROME_PATH", "/usr/bin/chromium")
            .stdout(Stdio::null())
            .kill_on_drop(true);
        let ended = tokio::time::timeout(PATIENCE, command.status()).await.context("it did not end")??;
        ensure!(ended.success(), "it ended with {ended}");
        times.push(began.elapsed().as_secs_f64());
    }
    Ok(times)
}

/// Has the page audited and its report fetched; answers how long that took.
async fn audit(setup: &Setup, chat: &Chat, runs: u8) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let line = format!("audit {}/page runs {runs}", setup.target.at.base);
    let said = chat.say(&line).await?;
    // `Audit 7 of …`
    let text = said[0]["text"].as_str().context("nothing was said")?;
    let audit = text.split_inclusive(' ').take(2).collect::<String>();
    let link = tokio::time::timeout(PATIENCE, chat.report(&audit)).await.context("no report came")??;
    let pdf = setup.http.get(&link).send().await?.error_for_status()?.bytes().await?;
    ensure!(pdf.starts_with(b"%PDF-"), "{link} is no PDF");
    Ok(began.elapsed())
}

/// The most memory that a program and all that it starts take together, in megabytes.
async fn most_memory(pid: u32, stop: CancellationToken) -> f64 {
    let mut most = 0.0_f64;
    while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
        most = most.max(procfs::family_memory(pid));
    }
    most
}
