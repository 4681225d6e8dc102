//! What it costs to deliver notifications, many of which are due at once.

use std::time::{Duration, Instant};

use anyhow::ensure;
use monitor_core::Timestamp;
use monitor_core::alerting::{DestinationId, Event, MemberBrief, Notification, Severity};
use monitor_core::outcome::Reason;
use monitor_core::people::Actor;
use monitor_core::secret::Secret;
use storage::{Budget, DestinationSettings, NewIncident, NewNotification, Store};

use super::{CPU, PER_CPU_SECOND, PER_SECOND, limit};
use crate::bare::Window;
use crate::board::{Board, Figure};
use crate::clock::now;
use crate::setup::Setup;
use crate::watchword::Watchword;
use crate::{hook, progress, seed};

/// More than can be told at once of all destinations together.
const DESTINATIONS: usize = 8;

/// As many as there can be, so that none waits for the budget of its destination.
const RATE: Budget = Budget { burst: 60_000, per_minute: 60_000 };

/// How long the start echoes.
const SETTLE: Duration = Duration::from_secs(2);

/// How long the deliveries of one window may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often it is looked whether all were delivered.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Writes notifications beside the running server, which finds them within a second.
pub(super) async fn run(setup: &Setup, board: &mut Board) -> anyhow::Result<()> {
    let posts = limit::loops(setup, (&setup.target.at.sink(), "flat", setup.plan.flat_s), &["--post"]).await?;
    add(board, "limit.post", "bare loop of POSTs, flat out", &posts, None);

    let data = setup.folder("outbox")?;
    let store = seed::open(&data).await?;
    let actor = store.bootstrap(now()).await?;
    let destinations = destinations(setup, &store, actor).await?;
    let watchword = Watchword::start(setup, &data).await?;
    tokio::time::sleep(SETTLE).await;
    let (sunk, mut windows) = (setup.target.state().await?.sunk, Vec::new());
    for _ in 0..setup.plan.windows {
        progress(&format!("  writing {} notifications", setup.plan.outbox));
        let due = notifications(&store, actor, &destinations, setup.plan.outbox).await?;
        let before = watchword.process.cpu_seconds()?;
        let tx = store.begin().await?;
        tx.enqueue(&due, now()).await?;
        tx.commit().await?;
        let seconds = delivered(&store, due.len() as u64).await?.as_secs_f64();
        let cpu_seconds = watchword.process.cpu_seconds()? - before;
        windows.push(Window { units: due.len() as u64, seconds, cpu_seconds });
    }
    watchword.process.stop().await?;
    let arrived = setup.target.state().await?.sunk - sunk;
    hook::count(&store, actor.organisation, usize::try_from(arrived)?).await?;
    store.close().await;
    add(board, "outbox", "outbox deliveries", &windows, Some("limit.post"));
    Ok(())
}

/// Waits until all are delivered, and answers how long that took from the first one on.
async fn delivered(store: &Store, due: u64) -> anyhow::Result<Duration> {
    let until = Instant::now() + PATIENCE;
    let mut first = None;
    loop {
        let left = store.outbox_depth().await?;
        let now = Instant::now();
        if left < due {
            let first = *first.get_or_insert(now);
            if left == 0 {
                return Ok(now - first);
            }
        }
        ensure!(now < until, "{left} of {due} notifications were not delivered within {PATIENCE:?}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Adds the figures, beside those of another one that were added before.
fn add(board: &mut Board, key: &str, name: &str, windows: &[Window], beside: Option<&str>) {
    let cpu: Vec<f64> = windows.iter().map(Window::cpu_per_thousand).collect();
    let per_cpu_second = cpu.iter().map(|cpu| 1_000.0 / cpu.max(f64::MIN_POSITIVE)).collect();
    let rates = windows.iter().map(Window::rate).collect();
    for (what, unit, runs) in
        [("cpu", CPU, cpu), ("per_cpu_second", PER_CPU_SECOND, per_cpu_second), ("rate", PER_SECOND, rates)]
    {
        let limit = beside.and_then(|limit| board.value(&format!("{limit}.{what}")));
        board.add(Figure::runs(format!("{key}.{what}"), name, unit, runs).beside(limit, None));
    }
}

/// Adds destinations that no route leads to.
async fn destinations(setup: &Setup, store: &Store, actor: Actor) -> anyhow::Result<Vec<DestinationId>> {
    let fields = serde_json::json!({ "url": setup.target.at.sink() }).to_string();
    let tx = store.begin().await?;
    let mut ids = Vec::new();
    for number in 1..=DESTINATIONS {
        let settings = DestinationSettings {
            name: format!("sink-{number}"),
            kind: "webhook".to_owned(),
            fields: Secret::new(fields.clone()),
            rate: Some(RATE),
            fallback: None,
        };
        ids.extend(tx.insert_destination(actor.organisation, actor.person, &settings, now()).await?);
    }
    tx.commit().await?;
    Ok(ids)
}

/// Opens incidents, and answers what is to be told of them: each to one destination.
async fn notifications(
    store: &Store,
    actor: Actor,
    destinations: &[DestinationId],
    count: usize,
) -> anyhow::Result<Vec<NewNotification>> {
    let (at, message) = (now(), "the status is 503, not one of 200..299");
    let tx = store.begin().await?;
    let mut due = Vec::with_capacity(count);
    for (number, destination) in (1..=count).zip(destinations.iter().cycle()) {
        let new = NewIncident {
            organisation: actor.organisation,
            title: &format!("m-{number} is down"),
            severity: Severity::Critical,
            at,
            reason: Some(Reason::UnexpectedStatus),
            message,
            declared_by: None,
        };
        let incident = tx.insert_incident(&new).await?;
        let mut brief = tx.incident_brief(incident).await?;
        if let Some(brief) = &mut brief {
            brief.members.push(member(number, at, message));
        }
        due.push(NewNotification {
            organisation: actor.organisation,
            destination: *destination,
            incident: Some(incident),
            event: Event::Opened,
            severity: Severity::Critical,
            not_before: at,
            content: Notification {
                key: format!("bench-{incident}"),
                event: Event::Opened,
                at,
                incident: brief,
                text: String::new(),
            },
        });
    }
    tx.commit().await?;
    Ok(due)
}

fn member(number: usize, since: Timestamp, why: &str) -> MemberBrief {
    MemberBrief {
        name: format!("m-{number}"),
        target: "https://shop.example/health".to_owned(),
        since,
        until: None,
        why: why.to_owned(),
    }
}
