//! Data that is there before the program starts.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use monitor_core::Timestamp;
use monitor_core::health::Policy;
use monitor_core::http::HttpSpec;
use monitor_core::monitor::{CheckSpec, MonitorId, MonitorName, Settings};
use monitor_core::outcome::{Details, Outcome, Reason, Timings};
use monitor_core::people::Actor;
use storage::{ConnectOptions, SecretKey, Store};

use crate::target::BODY_BYTES;

/// Monitors added in one transaction.
const AT_ONCE: usize = 500;

/// Opens the database that `watchword serve` uses with that data folder.
pub(crate) async fn open(data: &Path) -> anyhow::Result<Store> {
    let key = SecretKey::from_file_or_create(&data.join("secret.key"))?;
    let url = format!("sqlite:{}", data.join("watchword.db").display());
    let store = Store::connect(&ConnectOptions::new(url), key).await?;
    store.migrate().await?;
    Ok(store)
}

/// Adds monitors called `m-1`, `m-2` and so on that watch one address; they were added at `now`.
pub(crate) async fn monitors(
    store: &Store,
    count: usize,
    url: &str,
    interval: Duration,
    now: Timestamp,
) -> anyhow::Result<(Actor, Vec<MonitorId>)> {
    let actor = store.bootstrap(now).await?;
    let numbers: Vec<usize> = (1..=count).collect();
    let mut ids = Vec::new();
    for numbers in numbers.chunks(AT_ONCE) {
        let tx = store.begin().await?;
        for number in numbers {
            let settings = Settings {
                name: MonitorName::new(&format!("m-{number}"))?,
                spec: CheckSpec::Http(HttpSpec::get(url)?),
                interval,
                timeout: Settings::DEFAULT_TIMEOUT,
                policy: Policy::default(),
            };
            let added = tx.insert_monitor(actor.organisation, actor.person, &settings, now).await?;
            ids.push(added.context("the name is taken")?);
        }
        tx.commit().await?;
    }
    Ok((actor, ids))
}

/// What a check of the target finds, with durations that differ from one to the next as real ones do.
pub(crate) fn outcome(at: Timestamp, number: u64, failed: bool) -> Outcome {
    let micros = |least: u64, spread: u64| Duration::from_micros(least + number.wrapping_mul(2_654_435_761) % spread);
    let timings = Timings {
        tcp_connection: Some(micros(60, 90)),
        send_request: Some(micros(20, 30)),
        time_to_first_byte: Some(micros(150, 2_000)),
        receive_response: Some(micros(10, 40)),
        ..Timings::default()
    };
    let (reason, message, status) = match failed {
        true => (Reason::UnexpectedStatus, "the status is 503, not one of 200..299", 503),
        false => (Reason::Ok, "", 200),
    };
    Outcome {
        at,
        reason,
        message: message.to_owned(),
        duration: timings.phases().into_iter().filter_map(|(_, phase)| phase).sum(),
        timings,
        http_status: Some(status),
        response_bytes: BODY_BYTES as u64,
        details: Details::default(),
    }
}
