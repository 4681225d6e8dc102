//! Single monitors flip, each for itself, while many others stay up: how long until somebody outside is told.

use std::time::Duration;

use anyhow::{Context, ensure};
use monitor_core::health::Policy;
use monitor_core::monitor::Settings;

use super::commands;
use crate::board::Board;
use crate::chat::{CONVERSATION, Chat};
use crate::clock::{ms_between, now, now_us};
use crate::setup::Setup;
use crate::watchword::Watchword;
use crate::{hook, progress, seed};

const MONITORS: usize = 1_000;

const INTERVAL: Duration = Duration::from_secs(10);

/// Every so many monitors one flips. Their checks lie evenly in the interval, so that they flip one after the other.
const EVERY: usize = 10;

/// How long the start echoes beyond the first interval.
const SETTLE: Duration = Duration::from_secs(2);

/// Every failure is an incident of its own, however many there are.
const SETTINGS: [(&str, &str); 2] = [("WATCHWORD_INCIDENTS_STORM", "10000"), ("WATCHWORD_INCIDENTS_REOPEN", "0s")];

/// As many as there are, so that none waits for the budget of its destination.
const RATE: &str = "60000/m:60000";

/// Lets one monitor of ten fail and recover, then others.
pub(super) async fn run(setup: &Setup, board: &mut Board) -> anyhow::Result<()> {
    let data = setup.folder("alerts")?;
    progress(&format!("  adding {MONITORS} monitors"));
    let store = seed::open(&data).await?;
    // Without retries, whose default of 2 would wait for two more failures.
    let policy = Policy { retries: 0, ..Policy::default() };
    let settings = |number| -> anyhow::Result<Settings> {
        Ok(Settings { policy, ..seed::settings(seed::http(&setup.target.at.member(number))?, INTERVAL)? })
    };
    setup.target.fail_members(&[]).await?;
    let seeded = seed::monitors_of(&store, MONITORS, settings, now()).await?;
    seed::subscribe(&store, &seeded, CONVERSATION, now()).await?;
    store.close().await;

    let watchword = Watchword::start_with(setup, &data, &SETTINGS).await?;
    let chat = Chat::new(setup, &watchword);
    hook::add(setup, &chat, "").await?;
    chat.say(&format!("edit-destination hook rate {RATE}")).await?;
    tokio::time::sleep(INTERVAL + SETTLE).await;

    let (mut down, mut up) = (Vec::new(), Vec::new());
    for round in 0..setup.plan.alert_rounds {
        let flipping: Vec<usize> = (1..=MONITORS).filter(|number| number % EVERY == round % EVERY).collect();
        down.extend(flip(setup, &flipping, "opened", &flipping).await?);
        up.extend(flip(setup, &[], "resolved", &flipping).await?);
    }
    let store = seed::open(&data).await?;
    hook::settled(&store).await?;
    watchword.process.stop().await?;
    commands::add(board, "alert.down", "1,000 monitors, wrong answer to notification", &down);
    commands::add(board, "alert.up", "1,000 monitors, good answer to notification of the recovery", &up);

    let told = hook::distinct(&setup.target.deliveries().await?);
    let sent = hook::count(&store, seeded.0.organisation, told).await?;
    let flips = u64::try_from(down.len() + up.len())?;
    ensure!(sent == flips, "{flips} flips were told by {sent} notifications");
    store.close().await;
    Ok(())
}

/// Switches the target so that these monitors fail and no others, and answers how many milliseconds after the target's
/// first answer to each of those that flip by that its notification came.
async fn flip(setup: &Setup, failing: &[usize], event: &str, flipping: &[usize]) -> anyhow::Result<Vec<f64>> {
    let switched = now_us();
    setup.target.fail_members(failing).await?;
    let told = hook::wait(setup, switched, |told| hook::distinct(told) >= flipping.len()).await?;
    let answers = setup.target.first_answers().await?;
    let mut times = Vec::with_capacity(flipping.len());
    for number in flipping {
        let about = format!("m-{number} is down");
        let told = told.iter().find(|told| told.about == about && told.event == event);
        let told = told.with_context(|| format!("nothing was told of m-{number}"))?;
        let answered = answers.get(number).copied().unwrap_or(u64::MAX);
        ensure!(answered <= told.arrived_us, "m-{number} was told of without cause");
        times.push(ms_between(answered, told.arrived_us));
    }
    Ok(times)
}
