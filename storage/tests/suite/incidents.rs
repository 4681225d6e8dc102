//! Flips, incidents, and their cards in conversations.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::health::{Flip, Status};
use monitor_core::incident::{IncidentId, Resolution};
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::Reason;
use monitor_core::people::ConversationId;
use monitor_core::report::Window;
use storage::{Cards, IncidentFilter, Scope, Store};
use test_support::both;
use test_support::builders::{START, monitors, open_incident, resolve_incident};
use test_support::database::{KEY, TestDatabase};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

async fn open(store: &Store, monitor: MonitorId, at: Timestamp) -> Option<IncidentId> {
    let tx = store.begin().await.unwrap();
    let opened = open_incident(&tx, monitor, at, Reason::ConnectionRefused, "nothing\0 listens").await;
    tx.commit().await.unwrap();
    opened
}

async fn resolve(store: &Store, monitor: MonitorId, at: Timestamp) -> Option<IncidentId> {
    let tx = store.begin().await.unwrap();
    let resolved = resolve_incident(&tx, monitor, at, Resolution::Recovered).await;
    tx.commit().await.unwrap();
    resolved
}

async fn post(store: &Store, incident: IncidentId, now: Timestamp) -> Vec<ConversationId> {
    let tx = store.begin().await.unwrap();
    let mut told = tx.post_incident(incident, Cards::All, now).await.unwrap();
    tx.commit().await.unwrap();
    told.sort_unstable();
    told
}

async fn subscribe(store: &Store, monitor: MonitorId, conversation: ConversationId) {
    let tx = store.begin().await.unwrap();
    tx.subscribe(monitor, conversation).await.unwrap();
    tx.commit().await.unwrap();
}

both!(a_monitor_has_one_open_incident_which_is_resolved_once, async |database: TestDatabase| {
    let store = &database.store;
    let (_, ids) = monitors(store, &[MINUTE; 2]).await;
    assert_eq!(resolve(store, ids[0], START).await, None);
    let first = open(store, ids[0], START).await.unwrap();
    assert_eq!(open(store, ids[0], START + MINUTE).await, None);
    assert!(open(store, ids[1], START + MINUTE).await.is_some());
    assert_eq!(resolve(store, ids[0], START + MINUTE).await, Some(first));
    assert_eq!(resolve(store, ids[0], START + HOUR).await, None);
    let second = open(store, ids[0], START + HOUR).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(open(store, MonitorId(ids[1].0 + 1), START).await, None, "there is no such monitor");

    let all = store.incidents(Scope::Monitor(ids[0]), &IncidentFilter::default(), 10).await.unwrap();
    let latest_first: Vec<_> = all.iter().map(|named| (named.incident.id, named.incident.resolved)).collect();
    assert_eq!(latest_first, [(second, None), (first, Some((START + MINUTE, Resolution::Recovered)))]);
    assert_eq!((all[0].only.as_deref(), all[0].incident.opened_at), (Some("m1"), START + HOUR));
    assert_eq!(
        (all[0].incident.reason, all[0].incident.message.as_str()),
        (Some(Reason::ConnectionRefused), "nothing\u{fffd} listens")
    );
});

both!(of_two_who_open_an_incident_at_the_same_time_one_does, async |database: TestDatabase| {
    let (_, ids) = monitors(&database.store, &[MINUTE]).await;
    let other = database.open_again(KEY).await;
    let (one, two) = tokio::join!(open(&database.store, ids[0], START), open(&other, ids[0], START));
    assert!(one.is_some() ^ two.is_some(), "{one:?} {two:?}");
});

both!(incidents_are_found_by_window_and_by_whether_they_are_open, async |database: TestDatabase| {
    let store = &database.store;
    let (actor, ids) = monitors(store, &[MINUTE; 2]).await;
    let early = open(store, ids[0], START).await.unwrap();
    resolve(store, ids[0], START + MINUTE).await;
    let long = open(store, ids[1], START + MINUTE).await.unwrap();
    let late = open(store, ids[0], START + HOUR).await.unwrap();
    let find = async |filter: IncidentFilter, limit| {
        let found = store.incidents(Scope::Organisation(actor.organisation), &filter, limit).await.unwrap();
        found.into_iter().map(|named| named.incident.id).collect::<Vec<_>>()
    };
    let within = |from, to| IncidentFilter { window: Some(Window { from, to }), open: None };
    assert_eq!(find(IncidentFilter::default(), 10).await, [late, long, early]);
    assert_eq!(find(IncidentFilter::default(), 1).await, [late]);
    assert_eq!(find(IncidentFilter { open: Some(true), window: None }, 10).await, [late, long]);
    assert_eq!(find(IncidentFilter { open: Some(false), window: None }, 10).await, [early]);
    assert_eq!(find(within(START + MINUTE * 2, START + HOUR), 10).await, [long]);
    assert_eq!(find(within(START + MINUTE, START + HOUR * 2), 10).await, [late, long, early]);
    assert_eq!(find(within(START, START + MINUTE), 10).await, [early]);
});

both!(an_incident_is_one_card_in_each_conversation_and_its_changes_come_last, async |database: TestDatabase| {
    let store = &database.store;
    let (actor, ids) = monitors(store, &[MINUTE; 2]).await;
    let conversation = async |name| store.conversation(actor.organisation, "terminal", name, START).await.unwrap();
    let (ada, bob, eve) = (conversation("ada").await, conversation("bob").await, conversation("eve").await);
    subscribe(store, ids[0], ada).await;
    subscribe(store, ids[0], bob).await;
    subscribe(store, ids[1], ada).await;
    let first = open(store, ids[0], START).await.unwrap();
    let second = open(store, ids[1], START).await.unwrap();
    assert_eq!(post(store, first, START).await, [ada, bob]);
    assert_eq!(post(store, second, START).await, [ada]);
    let seen = store.messages_after(ada, 0, 10).await.unwrap();
    let places = |messages: &[storage::Message]| {
        messages.iter().map(|message| (message.seq, message.revision, message.incident.incident.id)).collect::<Vec<_>>()
    };
    assert_eq!(places(&seen), [(1, 1, first), (2, 1, second)]);

    resolve(store, ids[0], START + MINUTE).await;
    assert_eq!(post(store, first, START + MINUTE).await, [ada, bob]);
    let changed = store.messages_after(ada, seen[1].seq, 10).await.unwrap();
    assert_eq!(places(&changed), [(3, 2, first)]);
    assert_eq!(changed[0].id, seen[0].id);
    assert_eq!((changed[0].created_at, changed[0].updated_at), (START, START + MINUTE));
    assert_eq!(changed[0].incident.incident.resolved, Some((START + MINUTE, Resolution::Recovered)));
    assert_eq!(places(&store.messages_after(ada, 0, 1).await.unwrap()), [(2, 1, second)]);
    assert_eq!(store.messages_after(ada, 3, 10).await.unwrap(), []);
    let last =
        [store.last_seq(ada).await.unwrap(), store.last_seq(bob).await.unwrap(), store.last_seq(eve).await.unwrap()];
    assert_eq!(last, [3, 2, 0]);
    assert_eq!(store.messages_after(eve, 0, 10).await.unwrap(), []);
});

both!(whoever_reads_on_from_the_last_place_misses_nothing, async |database: TestDatabase| {
    let (actor, ids) = monitors(&database.store, &[MINUTE; 24]).await;
    let conversation = database.store.conversation(actor.organisation, "terminal", "ada", START).await.unwrap();
    for id in &ids {
        subscribe(&database.store, *id, conversation).await;
    }
    let other = database.open_again(KEY).await;
    let posters: Vec<_> = ids
        .chunks(6)
        .zip([&database.store, &other].into_iter().cycle())
        .map(|(ids, store)| {
            let (ids, store) = (ids.to_vec(), store.clone());
            tokio::spawn(async move {
                for id in ids {
                    let tx = store.begin().await.unwrap();
                    let incident = open_incident(&tx, id, START, Reason::Ok, "").await.unwrap();
                    tx.post_incident(incident, Cards::All, START).await.unwrap();
                    tx.commit().await.unwrap();
                }
            })
        })
        .collect();
    let mut seen = Vec::new();
    while seen.len() < ids.len() {
        let after = seen.last().copied().unwrap_or(0);
        let messages = database.store.messages_after(conversation, after, 5).await.unwrap();
        seen.extend(messages.iter().map(|message| message.seq));
        tokio::task::yield_now().await;
    }
    assert_eq!(seen, (1..=24).collect::<Vec<_>>());
    for poster in posters {
        poster.await.unwrap();
    }
});

both!(flips_are_listed_by_monitor_and_say_what_the_status_was, async |database: TestDatabase| {
    let store = &database.store;
    let (actor, ids) = monitors(store, &[MINUTE; 3]).await;
    let flip = |at, from, to| Flip { at, from, to };
    let up = flip(START, Status::Unknown, Status::Up);
    let down = flip(START + MINUTE, Status::Up, Status::Down);
    let paused = flip(START + MINUTE, Status::Down, Status::Paused);
    let gone = MonitorId(ids[2].0 + 1);
    let tx = store.begin().await.unwrap();
    tx.insert_flips(&[(ids[1], up), (ids[0], up), (ids[0], down), (ids[0], paused), (gone, up)]).await.unwrap();
    tx.insert_flips(&[]).await.unwrap();
    tx.commit().await.unwrap();

    let all = Scope::Organisation(actor.organisation);
    let flips = async |scope, from, to| store.flips(scope, Window { from, to }).await.unwrap();
    let hour = START + HOUR;
    assert_eq!(flips(all, START, hour).await, [(ids[0], up), (ids[0], down), (ids[0], paused), (ids[1], up)]);
    assert_eq!(flips(all, START, START + MINUTE).await, [(ids[0], up), (ids[1], up)]);
    assert_eq!(flips(Scope::Monitor(ids[1]), START, hour).await, [(ids[1], up)]);

    let before = async |scope, at| store.statuses_before(scope, at).await.unwrap();
    let [a, b, c] = [ids[0], ids[1], ids[2]];
    assert_eq!(before(all, START).await, [(a, Status::Unknown), (b, Status::Unknown), (c, Status::Unknown)]);
    assert_eq!(before(all, START + MINUTE).await, [(a, Status::Up), (b, Status::Up), (c, Status::Unknown)]);
    assert_eq!(before(Scope::Monitor(a), hour).await, [(a, Status::Paused)]);
});
