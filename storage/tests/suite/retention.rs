//! Forgetting what is old.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::health::{Flip, Status};
use monitor_core::incident::Resolution as Ended;
use monitor_core::outcome::Reason;
use monitor_core::report::{Retention, Window};
use monitor_core::rollup::Resolution;
use storage::{Cards, Forgotten, IncidentFilter, Scope, Store};
use test_support::both;
use test_support::builders::{START, monitors, open_incident, outcome, resolve_incident};
use test_support::database::TestDatabase;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
const RETENTION: Retention =
    Retention { raw: HOUR, minute: Duration::from_secs(2 * 3_600), hour: DAY, day: Duration::from_secs(5 * 86_400) };

/// Forgets until nothing is left to forget.
async fn forget_all(store: &Store, now: Timestamp, batch: u64) -> (u32, Forgotten) {
    let (mut rounds, mut all) = (0, Forgotten::default());
    loop {
        let batch = store.forget(now, &RETENTION, batch).await.unwrap();
        if batch == Forgotten::default() {
            return (rounds, all);
        }
        rounds += 1;
        all.results += batch.results;
        all.rollups += batch.rollups;
        all.flips += batch.flips;
        all.incidents += batch.incidents;
        all.dialogs += batch.dialogs;
    }
}

both!(results_and_rollups_are_forgotten_when_they_are_older_than_their_retention, async |database: TestDatabase| {
    let store = &database.store;
    let (actor, ids) = monitors(store, &[MINUTE; 2]).await;
    let scope = Scope::Organisation(actor.organisation);
    let outcomes: Vec<_> = (0..300).map(|minute| outcome(START + MINUTE * minute, Reason::Ok)).collect();
    let tx = store.begin().await.unwrap();
    let results: Vec<_> = outcomes.iter().flat_map(|outcome| ids.iter().map(move |id| (*id, outcome))).collect();
    tx.insert_results(&results).await.unwrap();
    tx.commit().await.unwrap();
    let now = START + HOUR * 5;
    let all = Window { from: START, to: now };
    let left = async || {
        let results = store.samples(scope, all).await.unwrap();
        let minutes = store.rollups(scope, Resolution::Minute, all).await.unwrap();
        let hours = store.rollups(scope, Resolution::Hour, all).await.unwrap();
        (results.first().map(|sample| sample.at), minutes.first().map(|(at, _)| *at), hours.len())
    };

    assert_eq!(store.forget(now, &RETENTION, 1_000).await.unwrap().results, 0, "nothing is rolled up yet");
    store.roll_up(Resolution::Minute, now).await.unwrap();
    store.roll_up(Resolution::Hour, START + HOUR).await.unwrap();
    let (rounds, forgotten) = forget_all(store, now, 100).await;
    assert_eq!((rounds, forgotten.results, forgotten.rollups), (5, 2 * 240, 2 * 60));
    assert_eq!(left().await, (Some(START + HOUR * 4), Some(START + HOUR), 1));

    store.roll_up(Resolution::Hour, now).await.unwrap();
    let (_, forgotten) = forget_all(store, now + SECOND * 59, 100).await;
    assert_eq!((forgotten.results, forgotten.rollups), (2, 2 * 120));
    assert_eq!(left().await, (Some(START + HOUR * 4 + MINUTE), Some(START + HOUR * 3), 5));

    store.roll_up(Resolution::Minute, START + DAY).await.unwrap();
    store.roll_up(Resolution::Hour, START + DAY).await.unwrap();
    store.roll_up(Resolution::Day, START + DAY).await.unwrap();
    forget_all(store, START + DAY * 3, 100).await;
    assert_eq!(left().await, (None, None, 0));
    let day = Window { from: START, to: START + DAY };
    assert_eq!(store.rollups(scope, Resolution::Day, day).await.unwrap()[0].1.ok, 600);
    let (_, forgotten) = forget_all(store, START + DAY * 6, 100).await;
    assert_eq!(forgotten, Forgotten { rollups: 2, ..Forgotten::default() });
});

both!(the_open_incident_and_the_last_flip_before_are_kept, async |database: TestDatabase| {
    let store = &database.store;
    let (actor, ids) = monitors(store, &[MINUTE; 2]).await;
    let scope = Scope::Organisation(actor.organisation);
    let conversation = store.conversation(actor.organisation, "terminal", "ada", START).await.unwrap();
    let flip = |at, from, to| Flip { at, from, to };
    let tx = store.begin().await.unwrap();
    tx.subscribe(ids[0], conversation).await.unwrap();
    let mut incidents = Vec::new();
    for (id, from, to) in [(ids[0], START, Some(HOUR)), (ids[0], START + HOUR, Some(DAY)), (ids[1], START, None)] {
        incidents.push(open_incident(&tx, id, from, Reason::Ok, "").await.unwrap());
        tx.post_incident(incidents[incidents.len() - 1], Cards::All, from).await.unwrap();
        if let Some(after) = to {
            resolve_incident(&tx, id, from + after, Ended::Recovered).await;
        }
    }
    tx.insert_flips(&[
        (ids[0], flip(START, Status::Unknown, Status::Up)),
        (ids[0], flip(START + MINUTE, Status::Up, Status::Down)),
        (ids[0], flip(START + HOUR, Status::Down, Status::Up)),
        (ids[0], flip(START + DAY, Status::Up, Status::Down)),
        (ids[1], flip(START, Status::Unknown, Status::Up)),
    ])
    .await
    .unwrap();
    tx.commit().await.unwrap();

    let now = START + DAY * 6;
    let (_, forgotten) = forget_all(store, now, 1).await;
    assert_eq!(forgotten, Forgotten { flips: 2, incidents: 2, ..Forgotten::default() });
    let kept = store.incidents(scope, &IncidentFilter::default(), 10).await.unwrap();
    let kept: Vec<_> = kept.iter().map(|named| named.incident.id).collect();
    assert_eq!(kept, [incidents[1], incidents[2]]);
    let cards = store.messages_after(conversation, 0, 10).await.unwrap();
    assert_eq!(cards.iter().map(|card| card.incident.incident.id).collect::<Vec<_>>(), [incidents[1]]);
    let statuses = store.statuses_before(scope, now - RETENTION.day).await.unwrap();
    assert_eq!(statuses, [(ids[0], Status::Up), (ids[1], Status::Up)]);
    let flips = store.flips(scope, Window { from: START, to: now }).await.unwrap();
    let kept: Vec<_> = flips.iter().map(|(monitor, flip)| (*monitor, flip.at)).collect();
    assert_eq!(kept, [(ids[0], START + HOUR), (ids[0], START + DAY), (ids[1], START)]);
});

both!(dialogs_and_buttons_are_forgotten_when_they_expire, async |database: TestDatabase| {
    let store = &database.store;
    let actor = store.bootstrap(START).await.unwrap();
    let conversation = store.conversation(actor.organisation, "terminal", "ada", START).await.unwrap();
    store.save_dialog(conversation, actor.person, "state", START + MINUTE).await.unwrap();
    store.save_action("old", conversation, "pause shop", START + MINUTE).await.unwrap();
    store.save_action("new", conversation, "pause shop", START + HOUR).await.unwrap();
    assert_eq!(store.forget(START, &RETENTION, 10).await.unwrap(), Forgotten::default());
    let forgotten = store.forget(START + MINUTE + SECOND, &RETENTION, 10).await.unwrap();
    assert_eq!(forgotten, Forgotten { dialogs: 2, ..Forgotten::default() });
    assert!(store.action("new", conversation, START + MINUTE).await.unwrap().is_some());
});
