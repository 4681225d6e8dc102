//! What is measured, one file for each kind of figure.

mod alerts;
mod audits;
mod checks;
mod commands;
mod database;
mod flips;
mod heartbeats;
mod kinds;
mod limit;
mod outbox;
mod peer;
mod platforms;
mod reports;
mod small;
mod storm;

use tokio::time::Instant;

use crate::board::Board;
use crate::progress;
use crate::setup::Setup;

/// The units of figures.
pub(crate) const CPU: &str = "CPU s per 1,000";
pub(crate) const MS: &str = "ms";
pub(crate) const MB: &str = "MB";
pub(crate) const CORE: &str = "% of a core";
pub(crate) const SECONDS: &str = "s";
pub(crate) const PER_HOUR: &str = "per hour";
pub(crate) const PER_SECOND: &str = "per second";
pub(crate) const PER_CPU_SECOND: &str = "per CPU second";

/// Measures everything whose name holds a text, until the deadline. What cannot be measured does not keep the rest from it.
pub(crate) async fn run(setup: &Setup, board: &mut Board, only: &str, deadline: Instant) {
    macro_rules! scenarios {
        ($($name:literal $scenario:path;)+) => {
            $(if $name.contains(only) {
                attempt($name, deadline, board, async |board| $scenario(setup, board).await).await;
            })+
        };
    }
    scenarios! {
        // The limit and the peer come first, for others are held against them.
        "limit" limit::run;
        "peer" peer::run;
        "idle, and one monitor that flips" small::run;
        "1,000 monitors" checks::thousand;
        "10,000 monitors" checks::ten_thousand;
        "checks flat out" checks::flat_out;
        "heartbeats" heartbeats::run;
        "storm" storm::run;
        "alerts" alerts::run;
        "outbox" outbox::run;
        "database" database::run;
        "reports" reports::run;
        "platforms" platforms::run;
        "audits" audits::run;
    }
    kinds::run(setup, board, only, deadline).await;
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
