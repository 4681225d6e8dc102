//! A server with nothing to do, and then one monitor that flips.

use std::time::Duration;

use super::{CORE, MB, flips};
use crate::board::{Board, Figure};
use crate::chat::Chat;
use crate::progress;
use crate::setup::Setup;
use crate::watchword::Watchword;

/// How long the start may echo.
const SETTLE: Duration = Duration::from_secs(2);

pub(super) async fn run(setup: &Setup, board: &mut Board) -> anyhow::Result<()> {
    let watchword = Watchword::start_with(setup, &setup.folder("small")?, &flips::SETTINGS).await?;
    tokio::time::sleep(SETTLE).await;
    let (mut core, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..setup.plan.windows {
        let before = watchword.process.cpu_seconds()?;
        tokio::time::sleep(Duration::from_secs(setup.plan.idle_s)).await;
        let cpu = watchword.process.cpu_seconds()? - before;
        core.push(100.0 * cpu / Duration::from_secs(setup.plan.idle_s).as_secs_f64());
        memory.push(watchword.process.memory()?.resident);
    }
    // A hundredth of a second is the least that is told, so the windows are taken together.
    let whole = core.iter().sum::<f64>() / f64::from(setup.plan.windows);
    board.add(Figure::once("idle.core", "no monitors, processor", CORE, whole).spread(core));
    board.add(Figure::runs("idle.memory", "no monitors, memory", MB, memory));

    progress("  one monitor flips");
    flips::run(setup, board, &Chat::new(setup, &watchword), "alone", "one monitor").await?;
    watchword.process.stop().await
}
