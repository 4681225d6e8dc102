//! All of many monitors flip at one moment: how long until the last card is in the conversation.

use std::time::{Duration, Instant};

use anyhow::ensure;
use monitor_core::health::Policy;
use monitor_core::monitor::Settings;

use super::MS;
use crate::board::{Board, Figure};
use crate::chat::{CONVERSATION, Cards, Chat};
use crate::clock::{ms_between, now};
use crate::setup::Setup;
use crate::stats::quantile;
use crate::watchword::Watchword;
use crate::{progress, seed};

const MONITORS: usize = 5_000;

/// All of them are asking within this time.
const INTERVAL: Duration = Duration::from_secs(3);

/// Longer than a check may have to wait for the others.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long the start echoes beyond the first interval.
const SETTLE: Duration = Duration::from_secs(2);

/// The server lowers how many checks may run at once to half of the files that may be open.
const FILES: u64 = 2 * (MONITORS as u64 + 500);

/// In each storm the target lets all monitors wait and fails them at once, and then the same the other way.
pub(super) async fn run(setup: &Setup, board: &mut Board) -> anyhow::Result<()> {
    let files = rlimit::Resource::NOFILE.get_hard()?;
    ensure!(files >= FILES, "{FILES} files have to be open, and the system allows {files}; raise it with `ulimit -Hn`");
    let data = setup.folder("storm")?;
    progress(&format!("  adding {MONITORS} monitors"));
    let store = seed::open(&data).await?;
    // Without retries, whose default of 2 would wait for two more failures.
    let policy = Policy { retries: 0, ..Policy::default() };
    let settings = seed::settings(seed::http(&setup.target.at.storm())?, INTERVAL)?;
    let settings = Settings { policy, timeout: TIMEOUT, ..settings };
    let seeded = seed::monitors(&store, MONITORS, &settings, now()).await?;
    seed::subscribe(&store, &seeded, CONVERSATION, now()).await?;
    store.close().await;

    let watchword = Watchword::start_with(setup, &data, &[("WATCHWORD_CHECKS_CONCURRENCY", "10000")]).await?;
    let warm = Instant::now() + INTERVAL + SETTLE;
    let mut cards = Chat::new(setup, &watchword).cards().await?;
    tokio::time::sleep_until(warm.into()).await;
    let (mut down, mut up) = (Vec::new(), Vec::new());
    for _ in 0..setup.plan.storms {
        down.push(flip(setup, &mut cards, true).await?);
        up.push(flip(setup, &mut cards, false).await?);
    }
    for (word, name, storms) in [("down", "wrong answers to", &down), ("up", "good answers to recovered", &up)] {
        for (key, share, which) in [("p50", 0.5, "p50"), ("last", 1.0, "the last")] {
            let runs = storms.iter().map(|storm| quantile(storm, share)).collect();
            let name = format!("storm of 5,000 flips, {name} card, {which}");
            board.add(Figure::runs(format!("storm.{word}.{key}"), name, MS, runs));
        }
    }
    watchword.process.stop().await
}

/// Flips all monitors and answers how many milliseconds after that each card came.
async fn flip(setup: &Setup, cards: &mut Cards, failing: bool) -> anyhow::Result<Vec<f64>> {
    setup.target.gather(MONITORS, failing).await?;
    let mut arrived = Vec::with_capacity(MONITORS);
    while arrived.len() < MONITORS {
        // A new incident has a new card; its end is the same card, changed.
        arrived.push(cards.wait(|card| (card.revision == 1) == failing).await?.arrived_us);
    }
    let released = setup.target.state().await?.released_us;
    ensure!(released > 0 && arrived.iter().all(|at| *at >= released), "a card came that the target gave no cause for");
    Ok(arrived.into_iter().map(|at| ms_between(released, at)).collect())
}
