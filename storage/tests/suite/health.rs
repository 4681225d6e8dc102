//! What is remembered of a monitor between two checks, and what happens when it cannot be read.

use std::time::Duration;

use monitor_core::health::{Health, Policy, Status};
use monitor_core::incident::Resolution;
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::{Details, Reason};
use storage::Store;
use test_support::both;
use test_support::builders::{START, monitors, open_incident, resolve_incident};
use test_support::database::TestDatabase;

const MINUTE: Duration = Duration::from_secs(60);
/// Not JSON, JSON of another kind, and a vote and a sight that this version does not know.
const UNREADABLE: [&str; 4] = ["garbage", "[1]", r#"{"c":"up","v":["z"]}"#, r#"{"s":"squinting"}"#];

/// Monitors of which each voted like the reason in its place, with an incident of those that are down.
async fn voted(database: &TestDatabase, reasons: &[Reason]) -> Vec<(MonitorId, Health)> {
    let (_, ids) = monitors(&database.store, &vec![MINUTE; reasons.len()]).await;
    let policy = Policy { retries: 0, ..Policy::default() };
    let tx = database.store.begin().await.unwrap();
    let mut healths = Vec::new();
    for (id, reason) in ids.into_iter().zip(reasons) {
        let mut health = Health::default();
        if health.observe(policy, START, *reason).incident.is_some() {
            open_incident(&tx, id, START, *reason, "").await.unwrap();
        }
        healths.push((id, health));
    }
    let saved: Vec<_> = healths.iter().map(|(id, health)| (*id, health)).collect();
    tx.save_health(&saved).await.unwrap();
    tx.commit().await.unwrap();
    healths
}

async fn set(database: &TestDatabase, monitor: MonitorId, column: &str, value: &str) {
    database.execute(&format!("UPDATE monitor_state SET {column} = '{value}' WHERE monitor_id = {monitor}")).await;
}

/// Ends what it reads in: left to be dropped, its locks would outlive the call and a claim would skip those rows.
async fn active_healths(store: &Store) -> Vec<(MonitorId, Health)> {
    let tx = store.begin().await.unwrap();
    let healths = tx.active_healths(MonitorId(0), 100).await.unwrap();
    tx.commit().await.unwrap();
    healths
}

both!(a_health_that_cannot_be_read_stops_neither_its_batch_nor_itself, async |database: TestDatabase| {
    let store = &database.store;
    let mut expected =
        voted(&database, &[Reason::Ok, Reason::Ok, Reason::ConnectionRefused, Reason::Slow, Reason::Ok]).await;
    let lost = [(Status::Up, false), (Status::Down, true), (Status::Degraded, false), (Status::Up, false)];
    for (((id, health), (status, open)), text) in expected.iter_mut().skip(1).zip(lost).zip(UNREADABLE) {
        set(&database, *id, "health", text).await;
        *health = Health::after_loss(status, open);
    }
    assert_eq!(active_healths(store).await, expected);

    let now = START + MINUTE;
    let claims = store.claim(now, now, 10, MINUTE).await.unwrap();
    let leases: Vec<_> = claims.iter().map(|claim| (claim.monitor, claim.lease)).collect();
    let tx = store.begin().await.unwrap();
    let mut completed = tx.complete(&leases, now).await.unwrap();
    completed.sort_unstable_by_key(|(id, _)| *id);
    assert_eq!(completed, expected);
    for (id, health) in &expected {
        assert_eq!(tx.health(*id).await.unwrap().as_ref(), Some(health));
    }

    // Once it is overwritten, nothing but what was written is read.
    let votes: Vec<_> = expected.iter().map(|(id, _)| (*id, &completed[0].1)).collect();
    tx.save_health(&votes).await.unwrap();
    tx.commit().await.unwrap();
    assert!(active_healths(store).await.iter().all(|(_, health)| *health == completed[0].1));
});

both!(an_incident_that_is_over_does_not_make_a_lost_health_down, async |database: TestDatabase| {
    let [(id, _)] = voted(&database, &[Reason::ConnectionRefused]).await[..] else { panic!("one monitor") };
    let tx = database.store.begin().await.unwrap();
    resolve_incident(&tx, id, START + MINUTE, Resolution::Recovered).await;
    tx.commit().await.unwrap();
    set(&database, id, "health", "garbage").await;
    set(&database, id, "status", "up").await;
    assert_eq!(active_healths(&database.store).await, [(id, Health::after_loss(Status::Up, false))]);
    set(&database, id, "status", "asleep").await;
    assert_eq!(active_healths(&database.store).await, [(id, Health::after_loss(Status::Unknown, false))]);
});

both!(a_monitor_is_shown_although_its_health_and_details_cannot_be_read, async |database: TestDatabase| {
    let [(id, _)] = voted(&database, &[Reason::Slow]).await[..] else { panic!("one monitor") };
    set(&database, id, "health", "garbage").await;
    for text in ["garbage", "[1]"] {
        set(&database, id, "details", text).await;
        let state = database.store.state(id).await.unwrap().unwrap();
        assert_eq!((state.status, state.details), (Status::Degraded, Details::default()));
    }
});
