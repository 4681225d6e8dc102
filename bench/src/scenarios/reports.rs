//! Reports over 90 days.

use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use monitor_core::Timestamp;
use monitor_core::health::{Flip, Status};
use monitor_core::incident::Resolution as Ending;
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::Reason;
use monitor_core::report::{DAY, Retention, Window};
use monitor_core::rollup::Resolution;
use probes::{Outbound, OutboundConfig};
use services::{Services, SystemClock};
use storage::Store;
use test_support::builders::{open_incident, resolve_incident};

use super::commands::{add, timed};
use crate::board::Board;
use crate::chat::Chat;
use crate::clock::now;
use crate::setup::Setup;
use crate::watchword::Watchword;
use crate::{progress, seed};

const DAYS: u32 = 90;

/// The monitor's interval is a day, so that it is not checked while it is asked about; its history has a check every
/// five minutes.
const STEP: Duration = Duration::from_secs(300);

/// Every so many checks the target was down, for [`OUTAGE`] of them.
const OUTAGES: u64 = 1_440;
const OUTAGE: u64 = 4;

/// Results stored in one transaction.
const AT_ONCE: usize = 1_000;

/// The seeded monitor.
const MONITOR: &str = "m-1";

pub(super) async fn run(setup: &Setup, board: &mut Board) -> anyhow::Result<()> {
    let data = setup.folder("reports")?;
    progress("  writing 90 days of history");
    let store = seed::open(&data).await?;
    let now = now();
    let from = (now - DAY * DAYS).floor(STEP);
    let settings = seed::settings(seed::http(&setup.target.at.check())?, DAY)?;
    let (actor, monitors) = seed::monitors(&store, 1, &settings, from).await?;
    for monitor in monitors {
        history(&store, monitor, from, now).await?;
    }

    let outbound = OutboundConfig { allow_private: true, ca_file: None, user_agent: "bench".to_owned() };
    let services = Services::new(store.clone(), Outbound::new(&outbound)?, Arc::new(SystemClock), Retention::default());
    let window = Window { from: now - DAY * DAYS, to: now };
    let report = services.report(&actor, Some(MONITOR), window).await?.report;
    ensure!(report.incidents.len() > 10 && report.days.len() > 80, "the history is not what was written");
    let report = async || {
        services.report(&actor, Some(MONITOR), window).await?;
        Ok(())
    };
    let times = timed(setup.plan.reports, report).await?;
    add(board, "report.service", "90 days, report without its text", &times);
    store.close().await;

    let watchword = Watchword::start(setup, &data).await?;
    let chat = Chat::new(setup, &watchword);
    for (key, text) in
        [("chat", format!("show-report {MONITOR} 90d")), ("png", format!("show-report {MONITOR} 90d as png"))]
    {
        let replies = chat.say(&text).await?.to_string();
        ensure!(key != "png" || replies.contains("image/png"), "`{text}` was answered without a picture");
        let times = timed(setup.plan.reports, async || chat.say(&text).await.map(drop)).await?;
        add(board, &format!("report.{key}"), &format!("90 days, `{text}`"), &times);
    }
    watchword.process.stop().await
}

/// Writes what would be there had the program run all the time: results, flips, incidents and rollups, without what is
/// not kept that long.
async fn history(store: &Store, monitor: MonitorId, from: Timestamp, to: Timestamp) -> anyhow::Result<()> {
    let fails = |number: u64| number % OUTAGES >= OUTAGES - OUTAGE;
    let mut at = from;
    let mut outcomes = Vec::new();
    let mut status = Status::Unknown;
    let tx = store.begin().await?;
    for number in 0.. {
        if at >= to {
            break;
        }
        let failed = fails(number);
        let next = if failed { Status::Down } else { Status::Up };
        if next != status {
            tx.insert_flips(&[(monitor, Flip { at, from: status, to: next })]).await?;
            if failed {
                open_incident(&tx, monitor, at, Reason::UnexpectedStatus, "the status is 503").await;
            } else {
                resolve_incident(&tx, monitor, at, Ending::Recovered).await;
            }
            status = next;
        }
        outcomes.push((monitor, seed::outcome(at, number, failed)));
        at = at + STEP;
    }
    for outcomes in outcomes.chunks(AT_ONCE) {
        let outcomes: Vec<_> = outcomes.iter().map(|(monitor, outcome)| (*monitor, outcome)).collect();
        tx.insert_results(&outcomes).await?;
    }
    tx.commit().await?;
    for resolution in Resolution::ALL {
        store.roll_up(resolution, to.floor(resolution.length())).await?;
    }
    loop {
        let forgotten = store.forget(to, &Retention::default(), 5_000).await?;
        if forgotten.results + forgotten.rollups == 0 {
            return Ok(());
        }
    }
}
