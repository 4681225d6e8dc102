//! `watchword migrate`

use std::process::ExitCode;

use crate::cli::Direction;
use crate::config::Config;
use crate::{database, print};

pub(crate) async fn run(config: &Config, direction: Direction) -> anyhow::Result<ExitCode> {
    let store = database::open(config).await?;
    match direction {
        Direction::Up => store.migrate().await?,
        Direction::Down(steps) => store.migrate_down(steps).await?,
        Direction::Status => {}
    }
    let migrations = store.migrations().await?;
    let lines: Vec<String> = migrations
        .iter()
        .map(|(name, applied)| format!("{} {name}", if *applied { "applied" } else { "missing" }))
        .collect();
    print(&lines.join("\n"))
}
