//! All of many monitors flip at one moment: how long until the one card tells of all, and until somebody outside is told.

use std::time::{Duration, Instant};

use anyhow::ensure;
use monitor_core::health::Policy;
use monitor_core::monitor::Settings;

use super::{MB, MS};
use crate::board::{Board, Figure};
use crate::chat::{CONVERSATION, Cards, Chat};
use crate::clock::{ms_between, now};
use crate::setup::Setup;
use crate::watchword::Watchword;
use crate::{hook, progress, seed};

const MONITORS: usize = 5_000;

/// All of them are asking within this time.
const INTERVAL: Duration = Duration::from_secs(3);

/// Longer than a check may have to wait for the others.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long the start echoes beyond the first interval.
const SETTLE: Duration = Duration::from_secs(2);

/// The server lowers how many checks may run at once to half of the files that may be open.
const FILES: u64 = 2 * (MONITORS as u64 + 500);

/// All checks may run at once, and every storm is an incident of its own.
const SETTINGS: [(&str, &str); 2] = [("WATCHWORD_CHECKS_CONCURRENCY", "10000"), ("WATCHWORD_INCIDENTS_REOPEN", "0s")];

/// What a storm took, in milliseconds from the moment at which the target answered all.
#[derive(Default)]
struct Storms {
    first_card: Vec<f64>,
    card_of_all: Vec<f64>,
    recovered_card: Vec<f64>,
    first_told: Vec<f64>,
    recovery_told: Vec<f64>,
    /// How many notifications there were in each.
    told: Vec<f64>,
}

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

    let watchword = Watchword::start_with(setup, &data, &SETTINGS).await?;
    let warm = Instant::now() + INTERVAL + SETTLE;
    let chat = Chat::new(setup, &watchword);
    hook::add(setup, &chat, "").await?;
    let mut cards = chat.cards().await?;
    tokio::time::sleep_until(warm.into()).await;
    let mut storms = Storms::default();
    for _ in 0..setup.plan.storms {
        storms.add(setup, &mut cards).await?;
    }
    let memory = watchword.process.memory()?.peak;
    let store = seed::open(&data).await?;
    hook::settled(&store).await?;
    watchword.process.stop().await?;
    storms.tell(board);
    board.add(Figure::once("storm.memory", "storm of 5,000 flips, memory at most", MB, memory));
    hook::count(&store, seeded.0.organisation, hook::distinct(&setup.target.deliveries().await?)).await?;
    store.close().await;
    Ok(())
}

impl Storms {
    /// Lets all monitors fail and recover.
    async fn add(&mut self, setup: &Setup, cards: &mut Cards) -> anyhow::Result<()> {
        setup.target.gather(MONITORS, true).await?;
        let first = cards.wait(|card| card.is_down).await?;
        let all = if first.members() == MONITORS {
            first.clone()
        } else {
            cards.wait(|card| card.is_down && card.members() == MONITORS).await?
        };
        let failed = released(setup).await?;
        let opened = hook::wait(setup, failed, |told| told.iter().any(|told| told.event == "opened")).await?;

        setup.target.gather(MONITORS, false).await?;
        let recovered = cards.wait(|card| !card.is_down && card.members() == MONITORS).await?;
        let ended = released(setup).await?;
        let is_last = |told: &crate::target::Delivery| told.event == "resolved" && told.members == MONITORS;
        let told = hook::wait(setup, failed, |told| told.iter().any(is_last)).await?;

        ensure!(
            failed <= first.arrived_us && ended <= recovered.arrived_us,
            "a card came that the target gave no cause for"
        );
        self.first_card.push(ms_between(failed, first.arrived_us));
        self.card_of_all.push(ms_between(failed, all.arrived_us));
        self.recovered_card.push(ms_between(ended, recovered.arrived_us));
        self.first_told.extend(opened.first().map(|told| ms_between(failed, told.arrived_us)));
        self.recovery_told
            .extend(told.iter().find(|told| is_last(told)).map(|told| ms_between(ended, told.arrived_us)));
        self.told.push(f64::from(u32::try_from(told.len())?));
        Ok(())
    }

    fn tell(self, board: &mut Board) {
        let mut add = |key: &str, name: &str, unit, runs| {
            board.add(Figure::runs(format!("storm.{key}"), format!("storm of 5,000 flips, {name}"), unit, runs));
        };
        add("down.first", "wrong answers to the first card", MS, self.first_card);
        add("down.all", "wrong answers to the card that tells of all", MS, self.card_of_all);
        add("up.all", "good answers to the card that tells that all recovered", MS, self.recovered_card);
        add("hook.first", "wrong answers to the first notification", MS, self.first_told);
        add("hook.recovered", "good answers to the notification that all recovered", MS, self.recovery_told);
        add("hook.count", "notifications to a destination", "per storm", self.told);
    }
}

/// When the target answered all at once.
async fn released(setup: &Setup) -> anyhow::Result<u64> {
    let released = setup.target.state().await?.released_us;
    ensure!(released > 0, "a card came before the target answered");
    Ok(released)
}
