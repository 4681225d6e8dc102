//! What a result and a rollup take in the database.

use std::time::Duration;

use anyhow::Context;
use monitor_core::Timestamp;
use monitor_core::rollup::Resolution;
use storage::Store;

use crate::board::{Board, Figure};
use crate::seed;
use crate::setup::Setup;

/// Many monitors take turns, so that pages are filled as they are in real life, where each monitor's results lie
/// together and new ones come in between.
const MONITORS: usize = 200;

/// Results of each monitor, 30 s apart.
const CHECKS: u32 = 500;

const INTERVAL: Duration = Duration::from_secs(30);

/// 2026-03-01T00:00:00Z
const START: Timestamp = Timestamp::from_millis(1_772_323_200_000);

pub(super) async fn run(setup: &Setup, board: &mut Board) -> anyhow::Result<()> {
    let store = seed::open(&setup.folder("database")?).await?;
    let settings = seed::settings(seed::http(&setup.target.at.check())?, INTERVAL)?;
    let (_, monitors) = seed::monitors(&store, MONITORS, &settings, START).await?;
    for number in 0..CHECKS {
        let at = START + INTERVAL * number;
        let outcomes: Vec<_> = monitors
            .iter()
            .map(|id| (*id, seed::outcome(at, u64::from(number) * 7_919 + id.0.cast_unsigned(), false)))
            .collect();
        let outcomes: Vec<_> = outcomes.iter().map(|(id, outcome)| (*id, outcome)).collect();
        let tx = store.begin().await?;
        tx.insert_results(&outcomes).await?;
        tx.commit().await?;
    }
    store.roll_up(Resolution::Minute, START + INTERVAL * CHECKS).await?;
    let unit = "bytes per row";
    board.add(Figure::once("database.raw", "a result in the database", unit, per_row(&store, "check_result").await?));
    board.add(Figure::once(
        "database.minute",
        "a minute's rollup in the database",
        unit,
        per_row(&store, "rollup").await?,
    ));
    store.close().await;
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "sizes stay far below 2^52")]
async fn per_row(store: &Store, table: &str) -> anyhow::Result<f64> {
    let sizes = store.table_sizes().await?;
    let size = sizes.iter().find(|size| size.table == table && size.rows > 0);
    let size = size.with_context(|| format!("there is nothing in the table {table}"))?;
    Ok(size.bytes as f64 / size.rows as f64)
}
