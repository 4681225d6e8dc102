//! The bare loop, which nothing that checks can beat by much.

use anyhow::{Context, ensure};
use tokio::process::Command;

use super::{CPU, PER_SECOND};
use crate::bare::Window;
use crate::board::{Board, Figure};
use crate::setup::Setup;

/// The rates of 1,000 and of 10,000 monitors at 30 s.
pub(crate) const RATES: [u32; 2] = [33, 333];

pub(super) async fn run(setup: &Setup, board: &mut Board) -> anyhow::Result<()> {
    let windows = bare(setup, "flat", setup.plan.flat_s).await?;
    let cpu = windows.iter().map(Window::cpu_per_thousand).collect();
    board.add(Figure::runs("limit.flat.cpu", "bare loop, flat out", CPU, cpu));
    let rates = windows.iter().map(Window::rate).collect();
    board.add(Figure::runs("limit.flat.rate", "bare loop, flat out", PER_SECOND, rates));
    for rate in RATES {
        let windows = bare(setup, &rate.to_string(), setup.plan.paced_s).await?;
        let cpu = windows.iter().map(Window::cpu_per_thousand).collect();
        board.add(Figure::runs(format!("limit.{rate}.cpu"), format!("bare loop, {rate}/s"), CPU, cpu));
    }
    Ok(())
}

async fn bare(setup: &Setup, rate: &str, seconds: u64) -> anyhow::Result<Vec<Window>> {
    let (seconds, windows) = (seconds.to_string(), setup.plan.windows.to_string());
    let mut command = Command::new(&setup.bench);
    command.args([
        "bare",
        "--url",
        &setup.target.check(),
        "--rate",
        rate,
        "--seconds",
        &seconds,
        "--windows",
        &windows,
    ]);
    let output = command.kill_on_drop(true).output().await.context("cannot start the bare loop")?;
    ensure!(output.status.success(), "the bare loop: {}", String::from_utf8_lossy(&output.stderr).trim());
    let text = String::from_utf8(output.stdout)?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}
