//! Where jobs report in, what is remembered of them, and their latest pings.

use std::time::Duration;

use monitor_core::health::Status;
use monitor_core::heartbeat::{HeartbeatSpec, Ping, PingMethod, Schedule, Signal, Uuid};
use monitor_core::monitor::{CheckSpec, MonitorId};
use monitor_core::outcome::Reason;
use monitor_core::people::Actor;
use monitor_core::report::Window;
use monitor_core::rollup::Resolution;
use storage::{Awaited, NEVER, NewPing, Scope, Store};
use test_support::both;
use test_support::builders::outcome;
use test_support::database::TestDatabase;

use crate::support::{NOW, Raw, add, later, settings};

const ADDRESS: Uuid = Uuid::from_u128(0x5bf6_6975_d4c7_4bf5_bcc8_b8d8_a82e_a278);

async fn heartbeat(store: &Store, name: &str) -> (Actor, MonitorId) {
    let owner = store.bootstrap(NOW).await.unwrap();
    let spec = HeartbeatSpec::new(Schedule::Every(Duration::from_secs(60)), Duration::from_secs(60));
    let mut settings = settings(name);
    settings.spec = CheckSpec::Heartbeat(spec);
    let id = add(store, owner, &settings).await.unwrap();
    let tx = store.begin().await.unwrap();
    tx.insert_heartbeat(id, ADDRESS).await.unwrap();
    tx.commit().await.unwrap();
    (owner, id)
}

fn ping(number: u64, signal: Signal) -> Ping {
    Ping {
        number,
        at: later(number),
        signal,
        run: number.is_multiple_of(2).then(|| Uuid::from_u128(u128::from(number))),
        duration: signal.succeeded().map(|_| Duration::from_micros(1_500)),
        method: PingMethod::Post,
        remote: "192.0.2.1".into(),
        user_agent: "curl/8.0".into(),
        body_bytes: 3,
    }
}

async fn keep(store: &Store, monitor: MonitorId, keep: u16, pings: &[Ping], body: &[u8]) {
    let tx = store.begin().await.unwrap();
    let new: Vec<_> = pings.iter().map(|ping| NewPing { monitor, keep, ping: ping.clone(), body }).collect();
    tx.insert_pings(&new).await.unwrap();
    tx.commit().await.unwrap();
}

both!(pings_are_read_back_as_they_came_with_whatever_was_sent, async |database: TestDatabase| {
    let store = &database.store;
    let (_, id) = heartbeat(store, "nightly").await;
    let signals = [Signal::Success, Signal::Start, Signal::Fail, Signal::Log, Signal::Exit(0), Signal::Exit(255)];
    let pings: Vec<Ping> = (1..).zip(signals).map(|(number, signal)| ping(number, signal)).collect();
    let body = b"\0\xff\xfe not text \x80";
    keep(store, id, 100, &pings[..5], body).await;
    keep(store, id, 100, &pings[5..], b"").await;
    let kept: Vec<Ping> = store.pings(id, 100).await.unwrap().into_iter().rev().collect();
    assert_eq!(kept, pings);
    assert_eq!(store.ping_body(id, 1).await.unwrap().as_deref(), Some(&body[..]));
    assert_eq!(store.ping_body(id, 6).await.unwrap(), None);
    assert_eq!(store.ping_body(id, 7).await.unwrap(), None);
});

both!(only_the_latest_pings_are_kept, async |database: TestDatabase| {
    let store = &database.store;
    let (_, id) = heartbeat(store, "nightly").await;
    let numbers = async || -> Vec<u64> { store.pings(id, 100).await.unwrap().iter().map(|ping| ping.number).collect() };
    for number in 1..=7 {
        keep(store, id, 3, &[ping(number, Signal::Success)], b"x").await;
    }
    assert_eq!(numbers().await, [7, 6, 5]);
    let raw = Raw::open(&database).await;
    assert_eq!(raw.number("SELECT count(*) FROM ping").await, 3);
    let tx = store.begin().await.unwrap();
    tx.trim_pings(id, 1).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(raw.number("SELECT count(*) FROM ping").await, 1);
    let tx = store.begin().await.unwrap();
    tx.delete_monitor(id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(raw.number("SELECT count(*) FROM ping").await, 0, "they go with their monitor");
});

both!(a_heartbeat_is_found_by_its_address_and_by_key_and_name, async |database: TestDatabase| {
    let store = &database.store;
    let (owner, id) = heartbeat(store, "Nightly").await;
    add(store, owner, &settings("shop")).await.unwrap();
    let unknown = Uuid::from_u128(7);
    assert_eq!(store.heartbeats_at(&[unknown, ADDRESS]).await.unwrap(), [(ADDRESS, id)]);
    assert_eq!(store.heartbeat_address(id).await.unwrap(), Some(ADDRESS));
    assert_eq!(store.owner_by_ping_key("first").await.unwrap(), None);
    assert_eq!(store.ping_key(owner.organisation, "first", false).await.unwrap(), "first");
    assert_eq!(store.ping_key(owner.organisation, "second", false).await.unwrap(), "first", "it is made once");
    assert_eq!(store.owner_by_ping_key("first").await.unwrap(), Some(owner));
    let names = [("first", "nightly"), ("first", "shop"), ("wrong", "nightly"), ("a\0b", "c\0d")];
    let found = store.heartbeats_named(&names).await.unwrap();
    assert_eq!(found, [(("first".to_owned(), "nightly".to_owned()), id)], "only heartbeats, and only with the key");
    assert_eq!(store.ping_key(owner.organisation, "second", true).await.unwrap(), "second");
    assert!(store.heartbeats_named(&names).await.unwrap().is_empty());
});

both!(a_heartbeat_is_due_at_its_deadline_and_a_report_ends_the_lease, async |database: TestDatabase| {
    let store = &database.store;
    let (_, id) = heartbeat(store, "nightly").await;
    let save = async |deadline| {
        let tx = store.begin().await.unwrap();
        let mut row = tx.heartbeats(&[id]).await.unwrap().remove(0);
        row.health.observe(Default::default(), NOW, Reason::Ok);
        row.beats.count(NOW);
        let awaited = Awaited { monitor: id, health: &row.health, beats: &row.beats, deadline };
        tx.save_heartbeats(&[awaited]).await.unwrap();
        tx.commit().await.unwrap();
    };
    let claim = async |at| store.claim(at, at, 10, Duration::ZERO).await.unwrap();
    save(None).await;
    assert!(claim(later(1_000_000)).await.is_empty(), "nothing is awaited");
    assert_eq!(store.state(id).await.unwrap().unwrap().next_due, None);
    save(Some(later(60))).await;
    let state = store.state(id).await.unwrap().unwrap();
    assert_eq!((state.next_due, state.status), (Some(later(60)), Status::Up));
    assert!(claim(later(59)).await.is_empty());
    let [claimed] = claim(later(60)).await[..] else { panic!("it is due") };
    let tx = store.begin().await.unwrap();
    let row = tx.heartbeats(&[id, MonitorId(999)]).await.unwrap().remove(0);
    assert_eq!((row.lease, row.beats.pings(), row.active), (Some(claimed.lease), 2, true));
    drop(tx);
    save(Some(later(120))).await;
    assert_eq!(claim(later(119)).await, [], "the report came before anybody had looked");
    assert_eq!(claim(NEVER).await.len(), 1);
});

both!(what_is_remembered_and_cannot_be_read_is_made_anew, async |database: TestDatabase| {
    let store = &database.store;
    let (_, id) = heartbeat(store, "nightly").await;
    Raw::open(&database).await.run("UPDATE monitor_state SET heartbeat = 'from the future'").await;
    let tx = store.begin().await.unwrap();
    assert_eq!(tx.heartbeats(&[id]).await.unwrap()[0].beats.pings(), 0);
});

both!(
    a_write_that_is_refused_takes_back_what_came_before_and_stops_what_comes_after,
    async |database: TestDatabase| {
        let store = &database.store;
        let (_, id) = heartbeat(store, "nightly").await;
        let new = |monitor| [NewPing { monitor, keep: 5, ping: ping(1, Signal::Success), body: b"" }];
        let tx = store.begin().await.unwrap();
        tx.insert_pings(&new(id)).await.unwrap();
        // It is told of here, or with what is asked next.
        let write = tx.insert_pings(&new(MonitorId(999))).await;
        let read = tx.heartbeats(&[id]).await;
        assert!(write.is_err() || read.is_err());
        assert!(tx.heartbeats(&[id]).await.is_err(), "nothing more is done");
        drop(tx);
        assert_eq!(store.pings(id, 10).await.unwrap(), []);

        let tx = store.begin().await.unwrap();
        tx.insert_pings(&new(id)).await.unwrap();
        let write = tx.insert_pings(&new(MonitorId(999))).await;
        assert!(write.is_err() || tx.commit().await.is_err(), "a commit tells of it as well");
        assert_eq!(store.pings(id, 10).await.unwrap(), []);
        keep(store, id, 5, &[ping(1, Signal::Success)], b"").await;
        assert_eq!(store.pings(id, 10).await.unwrap().len(), 1, "the next transaction knows nothing of it");
    }
);

both!(what_was_written_is_seen_by_what_is_read_behind_it, async |database: TestDatabase| {
    let store = &database.store;
    let (_, id) = heartbeat(store, "nightly").await;
    let tx = store.begin().await.unwrap();
    let mut row = tx.heartbeats(&[id]).await.unwrap().remove(0);
    row.beats.count(NOW);
    let awaited = Awaited { monitor: id, health: &row.health, beats: &row.beats, deadline: None };
    tx.save_heartbeats(&[awaited]).await.unwrap();
    assert_eq!(tx.heartbeats(&[id]).await.unwrap()[0].beats.pings(), 1);
    tx.commit().await.unwrap();
});

both!(a_result_that_a_heartbeat_brings_too_late_is_rolled_up_as_well, async |database: TestDatabase| {
    let store = &database.store;
    let (_, id) = heartbeat(store, "nightly").await;
    let minute = NOW.floor(Resolution::Minute.length());
    store.roll_up(Resolution::Minute, minute).await.unwrap();
    let (late, timely) = (outcome(minute - Duration::from_secs(1), Reason::Ok), outcome(minute, Reason::Ok));
    let tx = store.begin().await.unwrap();
    assert_eq!(tx.heartbeats(&[id]).await.unwrap().len(), 1);
    tx.insert_results(&[(id, &late), (id, &timely)]).await.unwrap();
    tx.commit().await.unwrap();
    let window = Window { from: minute - Duration::from_secs(600), to: later(600) };
    let rollups = store.rollups(Scope::Monitor(id), Resolution::Minute, window).await.unwrap();
    let [(_, tally)] = &rollups[..] else { panic!("{rollups:?}") };
    assert_eq!(tally.ok, 1, "only what no rolling up will find");
    assert_eq!(store.latest_results(id, 10).await.unwrap().len(), 2);
});
