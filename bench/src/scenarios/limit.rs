//! The bare loop, which nothing that checks can beat by much.

use anyhow::Context;

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
    loops(setup, (&setup.target.at.check(), rate, seconds), &[]).await
}

/// What the bare loop takes for an address at a rate, in windows of so many seconds, with further arguments of its own.
pub(super) async fn loops(
    setup: &Setup,
    (url, rate, seconds): (&str, &str, u64),
    more: &[&str],
) -> anyhow::Result<Vec<Window>> {
    let (seconds, windows) = (seconds.to_string(), setup.plan.windows.to_string());
    let mut arguments = vec!["bare", "--url", url, "--rate", rate, "--seconds", &seconds, "--windows", &windows];
    arguments.extend(more);
    setup.child(&arguments).await.context("the bare loop")
}
