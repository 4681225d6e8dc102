//! From a target's first wrong answer to the card in the conversation, and back.

use std::time::Duration;

use super::commands;
use crate::board::Board;
use crate::chat::{Cards, Chat};
use crate::clock::ms_between;
use crate::setup::Setup;

/// How long the new monitor is checked before its target begins to fail.
const SETTLE: Duration = Duration::from_secs(3);

/// Every failure opens an incident of its own: by default one that comes soon after another opens that one again.
pub(super) const SETTINGS: [(&str, &str); 1] = [("WATCHWORD_INCIDENTS_REOPEN", "0s")];

/// Adds a monitor at 1 s without retries, whose default of 2 would wait for two more failures, and flips its target.
pub(super) async fn run(setup: &Setup, board: &mut Board, chat: &Chat, key: &str, beside: &str) -> anyhow::Result<()> {
    setup.target.switch(false).await?;
    let mut cards = chat.cards().await?;
    chat.say(&format!("add-monitor {} name flip every 1s retries 0 --yes", setup.target.at.flip())).await?;
    tokio::time::sleep(SETTLE).await;

    let (mut down, mut up) = (Vec::new(), Vec::new());
    for _ in 0..setup.plan.flips {
        down.push(round(setup, &mut cards, true).await?);
        up.push(round(setup, &mut cards, false).await?);
    }
    for (word, name, times) in [("down", "wrong answer to card", &down), ("up", "good answer to recovered card", &up)] {
        commands::add(board, &format!("flip.{key}.{word}"), &format!("{beside}, {name}"), times);
    }
    Ok(())
}

/// Switches the target and answers how many milliseconds its first answer after that took to change the conversation.
async fn round(setup: &Setup, cards: &mut Cards, failing: bool) -> anyhow::Result<f64> {
    setup.target.switch(failing).await?;
    let card = cards.wait(|card| card.is_down == failing).await?;
    let first = setup.target.state().await?.first_answer_us;
    anyhow::ensure!(first > 0 && first <= card.arrived_us, "a card came that the target gave no cause for");
    Ok(ms_between(first, card.arrived_us))
}
