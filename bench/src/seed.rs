//! Data that is there before the program starts.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use monitor_core::Timestamp;
use monitor_core::heartbeat::{HeartbeatSpec, Schedule, Uuid, random_uuid};
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

/// A GET of that address.
pub(crate) fn http(url: &str) -> anyhow::Result<CheckSpec> {
    Ok(CheckSpec::Http(HttpSpec::get(url)?))
}

/// Settings with all defaults but the interval, for [`monitors`].
pub(crate) fn settings(spec: CheckSpec, interval: Duration) -> anyhow::Result<Settings> {
    Ok(Settings { interval, ..Settings::new(MonitorName::new("m")?, spec) })
}

/// Adds monitors called `m-1`, `m-2` and so on that differ in nothing but their names; they were added at `now`.
pub(crate) async fn monitors(
    store: &Store,
    count: usize,
    settings: &Settings,
    now: Timestamp,
) -> anyhow::Result<(Actor, Vec<MonitorId>)> {
    monitors_of(store, count, |_| Ok(settings.clone()), now).await
}

/// The same, with settings for each number.
pub(crate) async fn monitors_of(
    store: &Store,
    count: usize,
    settings: impl Fn(usize) -> anyhow::Result<Settings>,
    now: Timestamp,
) -> anyhow::Result<(Actor, Vec<MonitorId>)> {
    let actor = store.bootstrap(now).await?;
    let numbers: Vec<usize> = (1..=count).collect();
    let mut ids = Vec::new();
    for numbers in numbers.chunks(AT_ONCE) {
        let tx = store.begin().await?;
        for number in numbers {
            let settings = Settings { name: MonitorName::new(&format!("m-{number}"))?, ..settings(*number)? };
            let added = tx.insert_monitor(actor.organisation, actor.person, &settings, now).await?;
            ids.push(added.context("the name is taken")?);
        }
        tx.commit().await?;
    }
    Ok((actor, ids))
}

/// Adds heartbeats that are expected once a day; the first one's address is [`ping_address`] of 0.
pub(crate) async fn heartbeats(store: &Store, count: usize, now: Timestamp) -> anyhow::Result<()> {
    let day = Duration::from_secs(86_400);
    let spec = HeartbeatSpec::new(Schedule::Every(day), HeartbeatSpec::DEFAULT_GRACE);
    let (_, ids) = monitors(store, count, &settings(CheckSpec::Heartbeat(spec), day)?, now).await?;
    let addressed: Vec<_> = ids.into_iter().zip(0..).collect();
    for addressed in addressed.chunks(AT_ONCE) {
        let tx = store.begin().await?;
        for (id, number) in addressed {
            tx.insert_heartbeat(*id, ping_address(*number)).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

/// The address of a heartbeat by its number. Whoever pings finds it by the same rule.
pub(crate) fn ping_address(number: u64) -> Uuid {
    random_uuid(u128::from(number).to_be_bytes())
}

/// Tells the incidents of monitors in a conversation of the chat page.
pub(crate) async fn subscribe(
    store: &Store,
    (actor, monitors): &(Actor, Vec<MonitorId>),
    conversation: &str,
    now: Timestamp,
) -> anyhow::Result<()> {
    let conversation = store.conversation(actor.organisation, "web", conversation, now).await?;
    for monitors in monitors.chunks(AT_ONCE) {
        let tx = store.begin().await?;
        for monitor in monitors {
            tx.subscribe(*monitor, conversation).await?;
        }
        tx.commit().await?;
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_heartbeat_has_an_address_of_its_own() {
        let addresses: HashSet<Uuid> = (0..100_000).map(ping_address).collect();
        assert_eq!(addresses.len(), 100_000);
    }
}
