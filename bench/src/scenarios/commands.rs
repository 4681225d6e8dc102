//! How long chat commands take while 10,000 monitors are checked.

use std::time::Instant;

use super::MS;
use crate::board::{Board, Figure};
use crate::chat::Chat;
use crate::setup::Setup;
use crate::stats::quantile;

/// The key of a command's figures and what is said.
const COMMANDS: [(&str, &str); 4] = [
    ("list", "list-monitors"),
    ("status", "status"),
    ("show", "show-monitor m-5000"),
    ("report", "show-report m-5000 24h"),
];

const LINE: &str = "show-monitor m-5";

pub(super) async fn run(setup: &Setup, board: &mut Board, chat: &Chat) -> anyhow::Result<()> {
    let count = setup.plan.commands;
    for (key, text) in COMMANDS {
        let times = timed(count, async || chat.say(text).await.map(drop)).await?;
        add(board, &format!("chat.{key}"), &format!("10,000 monitors, `{text}`"), &times);
    }
    let times = timed(count, async || chat.complete(LINE).await.map(drop)).await?;
    add(board, "chat.complete", &format!("10,000 monitors, completing `{LINE}`"), &times);
    Ok(())
}

/// How many milliseconds each of several calls took, one after the other, after one that is not counted.
pub(super) async fn timed(count: usize, call: impl AsyncFn() -> anyhow::Result<()>) -> anyhow::Result<Vec<f64>> {
    call().await?;
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let start = Instant::now();
        call().await?;
        times.push(start.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(times)
}

/// Adds the median and the 99th percentile; their spread is that of three parts, one after the other.
pub(super) fn add(board: &mut Board, key: &str, name: &str, times: &[f64]) {
    for (share, percent) in [(0.5, "p50"), (0.99, "p99")] {
        let parts = times.chunks(times.len().div_ceil(3).max(1));
        let spread = parts.map(|part| quantile(part, share)).collect();
        let figure = Figure::once(format!("{key}.{percent}"), format!("{name}, {percent}"), MS, quantile(times, share));
        board.add(figure.spread(spread));
    }
}
