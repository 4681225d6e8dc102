//! Which monitor is due, and who is checking it.

use std::collections::HashSet;
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::health::Health;
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::Reason;
use monitor_core::schedule::{next_slot, phase_ms};
use storage::{Claim, Store};
use test_support::both;
use test_support::builders::{START, monitors, outcome};
use test_support::database::{KEY, TestDatabase};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const SLACK: Duration = Duration::from_secs(5);
/// The timeout of the builders' monitors, and the slack.
const LEASE: Duration = Duration::from_secs(15);

async fn next_due(store: &Store, monitor: MonitorId) -> Timestamp {
    store.state(monitor).await.unwrap().unwrap().next_due.unwrap()
}

async fn complete(store: &Store, checks: &[(MonitorId, Timestamp)], now: Timestamp) -> Vec<(MonitorId, Health)> {
    let tx = store.begin().await.unwrap();
    let completed = tx.complete(checks, now).await.unwrap();
    tx.commit().await.unwrap();
    completed
}

async fn retry_at(store: &Store, monitor: MonitorId, at: Timestamp) {
    let tx = store.begin().await.unwrap();
    tx.retry_at(&[(monitor, at)]).await.unwrap();
    tx.commit().await.unwrap();
}

async fn set_paused(store: &Store, monitor: MonitorId, paused: bool, now: Timestamp) {
    let tx = store.begin().await.unwrap();
    tx.set_paused(monitor, paused, now).await.unwrap();
    tx.commit().await.unwrap();
}

/// Claims until nothing is due.
async fn claim_all(store: Store, now: Timestamp) -> Vec<Claim> {
    let mut all = Vec::new();
    loop {
        let claims = store.claim(now, now, 7, SLACK).await.unwrap();
        if claims.is_empty() {
            return all;
        }
        all.extend(claims);
    }
}

both!(what_is_due_is_claimed_once_by_whoever_comes_first, async |database: TestDatabase| {
    let (_, ids) = monitors(&database.store, &[MINUTE; 200]).await;
    let now = START + MINUTE;
    let other = database.open_again(KEY).await;
    let stores = [&database.store, &other].into_iter().cycle().take(8);
    let tasks: Vec<_> = stores.map(|store| tokio::spawn(claim_all(store.clone(), now))).collect();
    let mut claimed = Vec::new();
    for task in tasks {
        claimed.extend(task.await.unwrap());
    }
    let distinct: HashSet<MonitorId> = claimed.iter().map(|claim| claim.monitor).collect();
    assert_eq!((claimed.len(), distinct), (200, ids.into_iter().collect()));
});

both!(the_longest_due_is_claimed_first_with_a_lease_from_its_due_time, async |database: TestDatabase| {
    let store = &database.store;
    let (_, ids) = monitors(store, &[MINUTE; 5]).await;
    let mut due = Vec::new();
    for id in ids {
        due.push((next_due(store, id).await, id));
    }
    due.sort_unstable();
    let now = due[1].0;
    let claims = store.claim(now, START + MINUTE, 3, SLACK).await.unwrap();
    let expected: Vec<Claim> = due[..3]
        .iter()
        .map(|&(due, monitor)| Claim { monitor, revision: 1, due, lease: now.max(due) + LEASE })
        .collect();
    assert_eq!(claims, expected);
    assert!(store.claim(START, START, 9, SLACK).await.unwrap().is_empty(), "nothing is due yet");
});

both!(a_lease_that_runs_out_makes_the_monitor_due_again_and_not_earlier, async |database: TestDatabase| {
    let store = &database.store;
    let (_, ids) = monitors(store, &[MINUTE]).await;
    let now = START + MINUTE;
    let first = store.claim(now, now, 1, SLACK).await.unwrap()[0];
    assert_eq!(first.lease, now + LEASE);
    let far = now + HOUR;
    assert!(store.claim(now, far, 1, SLACK).await.unwrap().is_empty());
    assert!(store.claim(first.lease, far, 1, SLACK).await.unwrap().is_empty());
    assert_eq!(store.claim_one(ids[0], first.lease, SLACK).await.unwrap(), None);
    let later = first.lease + Duration::from_millis(1);
    let second = store.claim(later, later, 1, SLACK).await.unwrap()[0];
    assert_eq!((second.due, second.lease), (first.lease, later + LEASE));

    // The first one comes back after all.
    store.release(&[first]).await.unwrap();
    assert_eq!(complete(store, &[(ids[0], first.lease)], later).await, []);
    assert!(store.claim(second.lease, far, 1, SLACK).await.unwrap().is_empty());
    assert_eq!(complete(store, &[(ids[0], second.lease)], later).await, [(ids[0], Health::default())]);
    assert_eq!(complete(store, &[(ids[0], second.lease)], later).await, []);
});

both!(the_next_slot_is_the_one_that_the_core_says, async |database: TestDatabase| {
    let store = &database.store;
    let mut random = 1_u64;
    let mut random = |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 16) % below
    };
    let intervals: Vec<Duration> =
        (0..60).map(|_| Duration::from_millis(1_000 + random(86_399_001))).chain([SECOND, HOUR * 24]).collect();
    let (_, ids) = monitors(store, &intervals).await;
    for _ in 0..5 {
        let now = Timestamp::from_millis(i64::try_from(86_400_000 + random(4_000_000_000_000)).unwrap());
        let far = Timestamp::from_millis(9_000_000_000_000);
        let claims = store.claim(now, far, 100, SLACK).await.unwrap();
        assert_eq!(claims.len(), ids.len());
        let checks: Vec<_> = claims.iter().map(|claim| (claim.monitor, claim.lease)).collect();
        assert_eq!(complete(store, &checks, now).await.len(), ids.len());
        for (id, interval) in ids.iter().zip(&intervals) {
            assert_eq!(
                next_due(store, *id).await,
                next_slot(phase_ms(id.0, *interval), *interval, now),
                "{interval:?} {now}"
            );
        }
    }
});

both!(a_late_check_is_late_once, async |database: TestDatabase| {
    let store = &database.store;
    let (_, ids) = monitors(store, &[SECOND]).await;
    let now = START + HOUR;
    let claims = store.claim(now, now, 10, SLACK).await.unwrap();
    assert_eq!(claims.len(), 1);
    assert!(claims[0].due <= START + SECOND);
    complete(store, &[(ids[0], claims[0].lease)], now).await;
    assert!(store.claim(now, now, 10, SLACK).await.unwrap().is_empty());
    let next = next_due(store, ids[0]).await;
    assert!(next > now && next <= now + SECOND);
});

both!(a_paused_monitor_is_checked_only_when_somebody_asks, async |database: TestDatabase| {
    let store = &database.store;
    let (_, ids) = monitors(store, &[MINUTE]).await;
    set_paused(store, ids[0], true, START).await;
    let now = START + HOUR;
    assert!(store.claim(now, now, 10, SLACK).await.unwrap().is_empty());
    let claim = store.claim_one(ids[0], now, SLACK).await.unwrap().unwrap();
    assert_eq!(claim, Claim { monitor: ids[0], revision: 1, due: now, lease: now + LEASE });
    assert_eq!(store.claim_one(ids[0], now, SLACK).await.unwrap(), None);
    // Nor when the worker is killed.
    assert!(store.claim(now + HOUR, now + HOUR, 10, SLACK).await.unwrap().is_empty());
    assert_eq!(store.claim_one(MonitorId(ids[0].0 + 1), now, SLACK).await.unwrap(), None);
});

both!(a_claim_that_is_handed_back_is_due_as_before, async |database: TestDatabase| {
    let store = &database.store;
    let (_, ids) = monitors(store, &[MINUTE, MINUTE]).await;
    let before = [next_due(store, ids[0]).await, next_due(store, ids[1]).await];
    let now = START + MINUTE;
    let asked = store.claim_one(ids[0], now, SLACK).await.unwrap().unwrap();
    let due = store.claim(now, now, 10, SLACK).await.unwrap();
    assert_eq!(due.iter().map(|claim| claim.monitor).collect::<Vec<_>>(), [ids[1]]);
    store.release(&[asked, due[0]]).await.unwrap();
    assert_eq!([next_due(store, ids[0]).await, next_due(store, ids[1]).await], before);
    assert_eq!(store.claim(now, now, 10, SLACK).await.unwrap().len(), 2);
    store.release(&[]).await.unwrap();
});

both!(a_retry_moves_what_is_active_and_not_being_checked, async |database: TestDatabase| {
    let store = &database.store;
    let (_, ids) = monitors(store, &[HOUR, HOUR]).await;
    let soon = START + SECOND;
    retry_at(store, ids[0], soon).await;
    assert_eq!(next_due(store, ids[0]).await, soon);
    let claim = store.claim(soon, soon, 10, SLACK).await.unwrap()[0];
    retry_at(store, ids[0], soon).await;
    assert!(store.claim(claim.lease, claim.lease, 10, SLACK).await.unwrap().is_empty());
    set_paused(store, ids[1], true, START).await;
    retry_at(store, ids[1], soon).await;
    assert!(store.claim(soon, soon, 10, SLACK).await.unwrap().is_empty());
});

both!(a_monitor_may_be_deleted_while_its_results_are_written, async |database: TestDatabase| {
    let (_, ids) = monitors(&database.store, &[SECOND; 40]).await;
    let (store, doomed) = (database.store.clone(), ids.clone());
    let deleting = tokio::spawn(async move {
        for id in doomed {
            let tx = store.begin().await.unwrap();
            tx.delete_monitor(id).await.unwrap();
            tx.commit().await.unwrap();
        }
    });
    let mut now = START;
    loop {
        now = now + MINUTE;
        let claims = database.store.claim(now, now, 100, SLACK).await.unwrap();
        let checks: Vec<_> = claims.iter().map(|claim| (claim.monitor, claim.lease)).collect();
        let tx = database.store.begin().await.unwrap();
        tx.complete(&checks, now).await.unwrap();
        let outcome = outcome(now, Reason::Ok);
        let results: Vec<_> = ids.iter().map(|id| (*id, &outcome)).collect();
        tx.insert_results(&results).await.unwrap();
        tx.commit().await.unwrap();
        if deleting.is_finished() {
            break;
        }
    }
    deleting.await.unwrap();
    assert_eq!(database.store.latest_results(ids[0], 10).await.unwrap(), []);
});

both!(the_last_sign_of_life_is_remembered, async |database: TestDatabase| {
    let store = &database.store;
    assert_eq!(store.last_alive().await.unwrap(), None);
    store.beat(START).await.unwrap();
    store.beat(START + SECOND).await.unwrap();
    assert_eq!(store.last_alive().await.unwrap(), Some(START + SECOND));
});
