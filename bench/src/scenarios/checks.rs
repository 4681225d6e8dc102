//! What checks cost and how punctual they are.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use super::{CORE, CPU, MB, MS, PER_CPU_SECOND, PER_SECOND, commands, flips};
use crate::bare::Window;
use crate::board::{Board, Figure};
use crate::chat::Chat;
use crate::clock::{ms_between, now};
use crate::exposition::Histogram;
use crate::progress;
use crate::seed;
use crate::setup::Setup;
use crate::watchword::Watchword;

/// How often the monitors are checked.
const INTERVAL: Duration = Duration::from_secs(30);

/// How long the start echoes beyond the first interval.
const SETTLE: Duration = Duration::from_secs(2);

/// How long a server that is asked for more than it can do needs to get into its stride.
const STRIDE: Duration = Duration::from_secs(4);

/// How often the start is measured.
const STARTS: u32 = 3;

/// One monitor that flips beside 1,000 others, and then those alone.
pub(super) async fn thousand(setup: &Setup, board: &mut Board) -> anyhow::Result<()> {
    let data = setup.folder("thousand")?;
    let seeded = seed(setup, &data, 1_000, INTERVAL).await?;
    let watchword = Watchword::start_with(setup, &data, &flips::SETTINGS).await?;
    let warm = Instant::now() + INTERVAL + SETTLE;
    progress("  one more monitor flips");
    let chat = Chat::new(setup, &watchword);
    flips::run(setup, board, &chat, "1000", "1,000 monitors").await?;
    chat.say("delete-monitor flip --yes").await?;
    steady(setup, board, &watchword, (1_000, 33), warm).await?;
    watchword.process.stop().await?;
    growth(board, &data, seeded, 1_000).await
}

/// 10,000 monitors, and then chat commands beside their checks.
pub(super) async fn ten_thousand(setup: &Setup, board: &mut Board) -> anyhow::Result<()> {
    let data = setup.folder("ten-thousand")?;
    let seeded = seed(setup, &data, 10_000, INTERVAL).await?;
    let mut starts = Vec::new();
    let mut watchword = start_to_first_check(setup, &data, &mut starts).await?;
    for _ in 1..STARTS {
        watchword.process.stop().await?;
        watchword = start_to_first_check(setup, &data, &mut starts).await?;
    }
    board.add(Figure::runs("checks.10000.start", "10,000 monitors, start to first check", MS, starts));
    let warm = Instant::now() + INTERVAL + SETTLE;
    steady(setup, board, &watchword, (10_000, 333), warm).await?;
    progress("  chat commands");
    commands::run(setup, board, &Chat::new(setup, &watchword)).await?;
    watchword.process.stop().await?;
    growth(board, &data, seeded, 10_000).await
}

/// More checks than can be made: 10,000 monitors at 1 s. As many may run at once as there are, for the default holds
/// back before the processor does.
pub(super) async fn flat_out(setup: &Setup, board: &mut Board) -> anyhow::Result<()> {
    let data = setup.folder("flat-out")?;
    seed(setup, &data, 10_000, Duration::from_secs(1)).await?;
    let settings = [("WATCHWORD_CHECKS_CONCURRENCY", "10000")];
    let watchword = Watchword::start_with(setup, &data, &settings).await?;
    tokio::time::sleep(STRIDE).await;
    let seconds = Duration::from_secs(setup.plan.flat_s);
    let (windows, _) = windows(&watchword, setup.plan.windows, seconds).await?;
    let cpu = windows.iter().map(Window::cpu_per_thousand).collect();
    let limit = board.value("limit.flat.cpu");
    board.add(Figure::runs("checks.flat.cpu", "checks flat out", CPU, cpu).beside(limit, None));
    let rate = windows.iter().map(Window::rate).collect();
    let limit = board.value("limit.flat.rate");
    board.add(Figure::runs("checks.flat.rate", "checks flat out", PER_SECOND, rate).beside(limit, None));
    watchword.process.stop().await
}

async fn seed(setup: &Setup, data: &Path, monitors: usize, interval: Duration) -> anyhow::Result<u64> {
    progress(&format!("  adding {monitors} monitors"));
    let store = seed::open(data).await?;
    seed::monitors(&store, monitors, &seed::settings(seed::http(&setup.target.at.check())?, interval)?, now()).await?;
    let size = store.size_bytes().await?;
    store.close().await;
    Ok(size)
}

/// Starts a server and notes how long it took until the target was asked.
async fn start_to_first_check(setup: &Setup, data: &Path, starts: &mut Vec<f64>) -> anyhow::Result<Watchword> {
    setup.target.reset().await?;
    let watchword = Watchword::start(setup, data).await?;
    let until = Instant::now() + INTERVAL;
    loop {
        let first = setup.target.state().await?.first_check_us;
        if first > 0 {
            starts.push(ms_between(watchword.started_us, first));
            return Ok(watchword);
        }
        ensure!(Instant::now() < until, "nothing was checked within {INTERVAL:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Measures a server from when it is warm.
async fn steady(
    setup: &Setup,
    board: &mut Board,
    watchword: &Watchword,
    (monitors, rate): (u32, u32),
    warm: Instant,
) -> anyhow::Result<()> {
    progress("  warming up");
    tokio::time::sleep_until(warm.into()).await;
    let length = Duration::from_secs(setup.plan.checks_s);
    let (windows, lateness) = windows(watchword, setup.plan.windows, length).await?;
    let memory = watchword.process.memory()?;
    let name = |what: &str| format!("{} monitors, {what}", if monitors == 1_000 { "1,000" } else { "10,000" });
    let key = |what: &str| format!("checks.{monitors}.{what}");

    let cpu: Vec<f64> = windows.iter().map(Window::cpu_per_thousand).collect();
    let per_cpu_second = cpu.iter().map(|cpu| 1_000.0 / cpu.max(f64::MIN_POSITIVE)).collect();
    let beside = (board.value(&format!("limit.{rate}.cpu")), board.value(&format!("peer.{rate}.cpu")));
    board.add(Figure::runs(key("cpu"), name("checks"), CPU, cpu).beside(beside.0, beside.1));
    board.add(Figure::runs(key("per_cpu_second"), name("checks"), PER_CPU_SECOND, per_cpu_second));
    let rates = windows.iter().map(Window::rate).collect();
    board.add(Figure::runs(key("rate"), name("checks"), PER_SECOND, rates));
    let core = windows.iter().map(|window| 100.0 * window.cpu_seconds / window.seconds).collect();
    board.add(Figure::runs(key("core"), name("processor"), CORE, core));
    for (share, percent) in [(0.5, "p50"), (0.99, "p99")] {
        let spread: Option<Vec<f64>> = lateness.iter().skip(1).map(|part| part.quantile_ms(share)).collect();
        let whole = lateness.first().and_then(|whole| whole.quantile_ms(share));
        let (whole, spread) = whole.zip(spread).context("nothing was checked")?;
        let figure = Figure::once(key(&format!("lateness_{percent}")), name(&format!("lateness {percent}")), MS, whole);
        board.add(figure.spread(spread));
    }
    board.add(Figure::once(key("memory"), name("memory at most"), MB, memory.peak));
    board.add(Figure::once(key("resident"), name("memory at the end"), MB, memory.resident));
    Ok(())
}

/// Watches a server over several windows. The lateness is that of all windows together, and then of each.
pub(super) async fn windows(
    watchword: &Watchword,
    count: u32,
    length: Duration,
) -> anyhow::Result<(Vec<Window>, Vec<Histogram>)> {
    let start = watchword.read().await?;
    let mut readings = vec![start];
    for _ in 0..count {
        tokio::time::sleep(length).await;
        readings.push(watchword.read().await?);
    }
    let (Some(first), Some(last)) = (readings.first(), readings.last()) else { return Ok(Default::default()) };
    let mut lateness = vec![last.metrics.lateness.since(&first.metrics.lateness)];
    let mut windows = Vec::new();
    for pair in readings.windows(2) {
        let [before, after] = pair else { continue };
        let checks = after.metrics.checks - before.metrics.checks;
        let ok = after.metrics.checks_ok - before.metrics.checks_ok;
        ensure!(checks > 0.0, "nothing was checked");
        let why = after.metrics.wrong_since(&before.metrics);
        let wrong = checks - ok;
        ensure!(wrong <= checks / 1_000.0, "{wrong} of {checks} checks did not find what was expected: {why}");
        lateness.push(after.metrics.lateness.since(&before.metrics.lateness));
        windows.push(Window {
            units: whole(checks),
            seconds: (after.at - before.at).as_secs_f64(),
            cpu_seconds: after.cpu_seconds - before.cpu_seconds,
        });
    }
    Ok((windows, lateness))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a counter")]
fn whole(count: f64) -> u64 {
    count as u64
}

/// What the database grew by, over all that was checked since it was seeded.
#[expect(clippy::cast_precision_loss, reason = "sizes stay far below 2^52")]
async fn growth(board: &mut Board, data: &Path, seeded: u64, monitors: u32) -> anyhow::Result<()> {
    let store = seed::open(data).await?;
    let size = store.size_bytes().await?;
    let sizes = store.table_sizes().await?;
    store.close().await;
    let results = sizes.iter().find(|size| size.table == "check_result").context("there is no table of results")?;
    ensure!(results.rows > 0, "no result was stored");
    let per_thousand = size.saturating_sub(seeded) as f64 * 1_000.0 / results.rows as f64;
    let name = format!("{} monitors, database growth", if monitors == 1_000 { "1,000" } else { "10,000" });
    board.add(Figure::once(format!("checks.{monitors}.database"), name, "bytes per 1,000 checks", per_thousand));
    Ok(())
}
