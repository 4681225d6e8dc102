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
    // The same senders and a server that only says OK: what two cores leave to both.
    let limit = measure(setup, &setup.target.at.base, || setup.target.cpu_seconds()).await?;
    limit.add(board, ("limit.ping", "server that only says OK"), None);

    let data = setup.folder("heartbeats")?;
    progress(&format!("  adding {HEARTBEATS} heartbeats"));
    let store = seed::open(&data).await?;
    seed::heartbeats(&store, HEARTBEATS, now()).await?;
    store.close().await;
    let watchword = Watchword::start(setup, &data).await?;
    let pings = measure(setup, &watchword.base, || watchword.process.cpu_seconds()).await?;
    pings.add(board, ("ping", "5,000 heartbeats"), Some("limit.ping"));
    let memory = watchword.process.memory()?.peak;
    board.add(Figure::once("ping.memory", "5,000 heartbeats, memory at most", MB, memory));
    watchword.process.stop().await
}

/// What was measured of a server.
struct Measured {
    windows: Vec<Window>,
    answers: Vec<Answers>,
}

impl Measured {
    /// Adds the figures, beside those of another one that were added before.
    fn add(&self, board: &mut Board, (key, name): (&str, &str), beside: Option<&str>) {
        let (windows, answers) = (&self.windows, &self.answers);
        let figures: [(_, _, _, Vec<f64>); 4] = [
            ("p50", "ping to answer, p50", MS, answers.iter().map(|sent| sent.p50_ms).collect()),
            ("p99", "ping to answer, p99", MS, answers.iter().map(|sent| sent.p99_ms).collect()),
            ("cpu", "pings", CPU, windows.iter().map(Window::cpu_per_thousand).collect()),
            ("rate", "pings", PER_SECOND, windows.iter().map(Window::rate).collect()),
        ];
        for (what, told, unit, runs) in figures {
            let limit = beside.and_then(|limit| board.value(&format!("{limit}.{what}")));
            let figure = Figure::runs(format!("{key}.{what}"), format!("{name}, {told}"), unit, runs);
            board.add(figure.beside(limit, None));
        }
    }
}

/// Pings a server in all windows, once it is warm.
async fn measure(setup: &Setup, base: &str, cpu_seconds: impl Fn() -> anyhow::Result<f64>) -> anyhow::Result<Measured> {
    progress("  warming up");
    send(setup, base, WARM_UP_S).await?;
    let mut measured = Measured { windows: Vec::new(), answers: Vec::new() };
    for _ in 0..setup.plan.windows {
        let before = cpu_seconds()?;
        let sent = send(setup, base, setup.plan.pings_s).await?;
        let cpu_seconds = cpu_seconds()? - before;
        measured.windows.push(Window { units: sent.answered, seconds: sent.seconds, cpu_seconds });
        measured.answers.push(sent);
    }
    Ok(measured)
}

/// Pings for that long, from a process of its own.
async fn send(setup: &Setup, base: &str, seconds: u64) -> anyhow::Result<Answers> {
    let address = base.trim_start_matches("http://");
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
