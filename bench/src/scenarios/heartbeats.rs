//! How fast pings of heartbeats are answered, and what they cost.

use anyhow::{Context, ensure};

use super::{CPU, MB, MS, PER_SECOND};
use crate::bare::Window;
use crate::board::{Board, Figure};
use crate::clock::now;
use crate::pings::Answers;
use crate::setup::Setup;
use crate::watchword::Watchword;
use crate::{progress, seed};

/// How many heartbeats there are. Each is pinged once a second.
const HEARTBEATS: usize = 5_000;

/// Pings a second.
const RATE: u64 = 5_000;

/// Connections that the senders keep.
const CONNECTIONS: u64 = 64;

/// How long is pinged before anything is measured: once for each heartbeat's first ping, which makes it up, and again.
const WARM_UP_S: u64 = 3;

pub(super) async fn run(setup: &Setup, board: &mut Board) -> anyhow::Result<()> {
    let data = setup.folder("heartbeats")?;
    progress(&format!("  adding {HEARTBEATS} heartbeats"));
    let store = seed::open(&data).await?;
    seed::heartbeats(&store, HEARTBEATS, now()).await?;
    store.close().await;
    let watchword = Watchword::start(setup, &data).await?;
    progress("  warming up");
    send(setup, &watchword, WARM_UP_S).await?;

    let (mut windows, mut answers) = (Vec::new(), Vec::new());
    for _ in 0..setup.plan.windows {
        let before = watchword.process.cpu_seconds()?;
        let sent = send(setup, &watchword, setup.plan.pings_s).await?;
        let cpu_seconds = watchword.process.cpu_seconds()? - before;
        windows.push(Window { units: sent.answered, seconds: sent.seconds, cpu_seconds });
        answers.push(sent);
    }
    let add = |board: &mut Board, key: &str, name: &str, unit, runs| {
        board.add(Figure::runs(format!("ping.{key}"), format!("5,000 heartbeats, {name}"), unit, runs));
    };
    add(board, "p50", "ping to answer, p50", MS, answers.iter().map(|sent| sent.p50_ms).collect());
    add(board, "p99", "ping to answer, p99", MS, answers.iter().map(|sent| sent.p99_ms).collect());
    add(board, "cpu", "pings", CPU, windows.iter().map(Window::cpu_per_thousand).collect());
    add(board, "rate", "pings", PER_SECOND, windows.iter().map(Window::rate).collect());
    let memory = watchword.process.memory()?.peak;
    board.add(Figure::once("ping.memory", "5,000 heartbeats, memory at most", MB, memory));
    watchword.process.stop().await
}

/// Pings for that long, from a process of its own.
async fn send(setup: &Setup, watchword: &Watchword, seconds: u64) -> anyhow::Result<Answers> {
    let address = watchword.base.trim_start_matches("http://");
    let numbers = [HEARTBEATS as u64, RATE, RATE * seconds, CONNECTIONS].map(|number| number.to_string());
    let [heartbeats, rate, pings, connections] = numbers.each_ref().map(String::as_str);
    let arguments = [
        "pings",
        "--address",
        address,
        "--heartbeats",
        heartbeats,
        "--rate",
        rate,
        "--pings",
        pings,
        "--connections",
        connections,
    ];
    let answers: Vec<Answers> = setup.child(&arguments).await.context("the senders")?;
    let answers = answers.first().copied().context("the senders said nothing")?;
    ensure!(answers.refused == 0, "{} of {} pings were refused", answers.refused, answers.answered);
    Ok(answers)
}
