use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::health::Status;
use monitor_core::http::HttpSpec;
use monitor_core::monitor::{CheckSpec, Settings};
use monitor_core::people::{Actor, OrganisationId};
use storage::{OverviewFilter, Store};
use test_support::both;
use test_support::database::TestDatabase;

use crate::support::{NOW, Raw, add, later, settings};

/// One monitor of every status and two that are up.
async fn fill(database: &TestDatabase) -> Actor {
    let owner = database.store.bootstrap(NOW).await.unwrap();
    let raw = Raw::open(database).await;
    let monitors = [
        ("z-up", "up"),
        ("A_up", "up"),
        ("paused", "paused"),
        ("down", "down"),
        ("slow", "degraded"),
        ("unknown", "unknown"),
        ("care", "maintenance"),
        ("blind", "inconclusive"),
    ];
    for (name, status) in monitors {
        let id = add(&database.store, owner, &settings(name)).await.unwrap();
        raw.run(&format!("UPDATE monitor_state SET status = '{status}' WHERE monitor_id = {id}")).await;
    }
    owner
}

async fn names(store: &Store, owner: Actor, filter: OverviewFilter) -> Vec<String> {
    let (count, rows) = store.overview(owner.organisation, &filter, 0, 100).await.unwrap();
    assert_eq!(count, rows.len() as u64);
    rows.into_iter().map(|row| row.name).collect()
}

fn containing(text: &str) -> OverviewFilter {
    OverviewFilter { text: Some(text.to_owned()), ..OverviewFilter::default() }
}

both!(the_worst_come_first_and_then_the_names_decide, async |database: TestDatabase| {
    let owner = fill(&database).await;
    let all = names(&database.store, owner, OverviewFilter::default()).await;
    assert_eq!(all, ["down", "slow", "blind", "unknown", "A_up", "z-up", "care", "paused"]);
});

both!(pages_do_not_overlap_and_the_count_is_of_all, async |database: TestDatabase| {
    let owner = fill(&database).await;
    let mut paged = Vec::new();
    for offset in [0, 3, 6, 9] {
        let filter = OverviewFilter::default();
        let (count, rows) = database.store.overview(owner.organisation, &filter, offset, 3).await.unwrap();
        assert_eq!(count, 8);
        paged.extend(rows.into_iter().map(|row| row.name));
    }
    assert_eq!(paged, names(&database.store, owner, OverviewFilter::default()).await);
    let beyond =
        database.store.overview(owner.organisation, &OverviewFilter::default(), u64::MAX, u64::MAX).await.unwrap();
    assert_eq!(beyond, (8, Vec::new()));
});

both!(a_status_and_a_text_narrow_it_down, async |database: TestDatabase| {
    let owner = fill(&database).await;
    let store = &database.store;
    let up = OverviewFilter { status: Some(Status::Up), ..OverviewFilter::default() };
    assert_eq!(names(store, owner, up.clone()).await, ["A_up", "z-up"]);
    assert_eq!(names(store, owner, OverviewFilter { text: Some("Z".into()), ..up }).await, ["z-up"]);
    assert_eq!(names(store, owner, containing("")).await.len(), 8);
    assert_eq!(names(store, owner, containing("://PAUSED.example")).await, ["paused"]);
    assert_eq!(store.overview(OrganisationId(9_999), &OverviewFilter::default(), 0, 9).await.unwrap(), (0, Vec::new()));
});

both!(characters_that_are_wildcards_elsewhere_mean_themselves, async |database: TestDatabase| {
    let owner = fill(&database).await;
    let store = &database.store;
    let odd = CheckSpec::Http(HttpSpec::get("https://odd.example/100%25_?q=*&r=[a]").unwrap());
    add(store, owner, &Settings { spec: odd, ..settings("odd") }).await.unwrap();
    assert_eq!(names(store, owner, containing("_")).await, ["odd", "A_up"]);
    assert_eq!(names(store, owner, containing("%")).await, ["odd"]);
    assert_eq!(names(store, owner, containing("*")).await, ["odd"]);
    assert_eq!(names(store, owner, containing("[a]")).await, ["odd"]);
    for nowhere in ["'", "\\", "_%", "'; DROP TABLE monitor; --", "\0"] {
        assert_eq!(names(store, owner, containing(nowhere)).await, Vec::<String>::new(), "{nowhere:?}");
    }
});

both!(a_row_tells_since_when_and_what_the_latest_check_found, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let id = add(store, owner, &settings("shop")).await.unwrap();
    add(store, owner, &settings("new")).await.unwrap();
    let raw = Raw::open(&database).await;
    let empty = if database.is_postgres() { r"'\x'" } else { "x''" };
    for (at, status) in [(1_000, 500), (3_000, 200), (2_000, 404)] {
        raw.run(&format!(
            "INSERT INTO check_result (monitor_id, at_ms, reason, duration_us, http_status, bytes, timings)
             VALUES ({id}, {at}, 0, 1500, {status}, 7, {empty})"
        ))
        .await;
        raw.run(&format!(
            "INSERT INTO flip (monitor_id, at_ms, from_status, to_status) VALUES ({id}, {at}, 'up', 'down')"
        ))
        .await;
    }
    raw.run(&format!("UPDATE monitor_state SET status = 'down' WHERE monitor_id = {id}")).await;

    let (_, rows) = store.overview(owner.organisation, &OverviewFilter::default(), 0, 10).await.unwrap();
    let [shop, new] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((shop.id, shop.target.as_str(), shop.status), (id, "https://shop.example/", Status::Down));
    assert_eq!((shop.since, shop.interval), (Some(Timestamp::from_millis(3_000)), Duration::from_secs(60)));
    let last = shop.last.as_ref().unwrap();
    assert_eq!((last.at, last.http_status, last.response_bytes), (Timestamp::from_millis(3_000), Some(200), 7));
    assert_eq!((new.since, &new.last), (None, &None));
    assert_eq!(store.state(id).await.unwrap().unwrap().since, Some(Timestamp::from_millis(3_000)));
});

both!(statuses_are_counted, async |database: TestDatabase| {
    let owner = fill(&database).await;
    let mut counts = database.store.status_counts(owner.organisation).await.unwrap();
    counts.sort();
    let expected = [
        (Status::Up, 2),
        (Status::Degraded, 1),
        (Status::Down, 1),
        (Status::Paused, 1),
        (Status::Maintenance, 1),
        (Status::Unknown, 1),
        (Status::Inconclusive, 1),
    ];
    assert_eq!(counts, expected);
    assert_eq!(database.store.status_counts(OrganisationId(9_999)).await.unwrap(), []);
});

both!(what_is_being_written_does_not_stop_the_overview, async |database: TestDatabase| {
    let owner = fill(&database).await;
    let tx = database.store.begin().await.unwrap();
    tx.insert_monitor(owner.organisation, owner.person, &settings("new"), later(1)).await.unwrap();
    assert_eq!(names(&database.store, owner, OverviewFilter::default()).await.len(), 8);
    tx.commit().await.unwrap();
    assert_eq!(names(&database.store, owner, OverviewFilter::default()).await.len(), 9);
});
