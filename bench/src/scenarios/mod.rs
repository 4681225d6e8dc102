//! What is measured, one file for each kind of figure.

mod checks;
mod commands;
mod database;
mod flips;
mod limit;
mod peer;
mod reports;
mod small;

use tokio::time::Instant;

use crate::board::Board;
use crate::progress;
use crate::setup::Setup;

/// The units of figures.
pub(crate) const CPU: &str = "CPU s per 1,000";
pub(crate) const MS: &str = "ms";
pub(crate) const MB: &str = "MB";
pub(crate) const CORE: &str = "% of a core";
pub(crate) const PER_SECOND: &str = "per second";

/// Measures everything until the deadline. What cannot be measured does not keep the rest from it.
pub(crate) async fn run(setup: &Setup, board: &mut Board, deadline: Instant) {
    // The limit comes first, for others are held against it.
    attempt("limit", deadline, board, async |board| limit::run(setup, board).await).await;
    attempt("peer", deadline, board, async |board| peer::run(setup, board).await).await;
    attempt("idle, and one monitor that flips", deadline, board, async |board| small::run(setup, board).await).await;
    attempt("1,000 monitors", deadline, board, async |board| checks::thousand(setup, board).await).await;
    attempt("10,000 monitors", deadline, board, async |board| checks::ten_thousand(setup, board).await).await;
    attempt("checks flat out", deadline, board, async |board| checks::flat_out(setup, board).await).await;
    attempt("database", deadline, board, async |board| database::run(setup, board).await).await;
    attempt("reports", deadline, board, async |board| reports::run(setup, board).await).await;
}

async fn attempt(
    name: &str,
    deadline: Instant,
    board: &mut Board,
    scenario: impl AsyncFnOnce(&mut Board) -> anyhow::Result<()>,
) {
    progress(&format!("measuring: {name}"));
    let ended = tokio::time::timeout_at(deadline, Box::pin(scenario(board))).await;
    let why = match ended {
        Ok(Ok(())) => return,
        Ok(Err(error)) => format!("{error:#}"),
        Err(_) => "the time was up".to_owned(),
    };
    progress(&format!("  failed: {why}"));
    board.not_measured.push(format!("{name} (in part or in full): {why}"));
    board.failed = true;
}
