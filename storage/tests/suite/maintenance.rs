//! Maintenance windows, and which monitors are in them.

use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::alerting::{MaintenanceId, Occurrence, Progress, Selector, When, Zone};
use monitor_core::monitor::MonitorId;
use monitor_core::people::Actor;
use storage::{NewMaintenance, Store};
use test_support::both;
use test_support::database::TestDatabase;

use crate::support::{NOW, add, later, settings};

async fn plan(store: &Store, owner: Actor, from: Timestamp, until: Timestamp) -> MaintenanceId {
    let when = When::once(from, until, Zone::new("Europe/Berlin").unwrap(), NOW).unwrap();
    let new = NewMaintenance {
        organisation: owner.organisation,
        created_by: owner.person,
        words: "env=prod",
        selector: &Selector::default(),
        reason: "move",
        when: &when,
        next: from,
    };
    let tx = store.begin().await.unwrap();
    let id = tx.insert_maintenance(&new, NOW).await.unwrap();
    tx.commit().await.unwrap();
    id
}

fn on(from: Timestamp, until: Timestamp) -> Progress {
    Progress { begun: Some(from), on: Some(Occurrence { from, until }) }
}

both!(a_window_is_kept_as_it_was_made_and_as_far_as_it_has_come, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let (from, until) = (later(60), later(3_660));
    let id = plan(store, owner, from, until).await;
    let row = store.maintenance(owner.organisation).await.unwrap().remove(0);
    assert_eq!((row.id, row.words.as_str(), row.reason.as_str()), (id, "env=prod", "move"));
    assert_eq!((row.progress, row.next, row.monitors, row.is_on()), (Progress::default(), Some(from), 0, false));
    assert_eq!(row.upcoming(NOW, 5), [Occurrence { from, until }]);

    assert!(store.maintenance_at_work(later(59)).await.unwrap().is_empty());
    assert_eq!(store.maintenance_at_work(from).await.unwrap(), [(id, true)]);
    let tx = store.begin().await.unwrap();
    tx.save_progress(id, on(from, until), Some(until), from).await.unwrap();
    tx.commit().await.unwrap();
    let row = store.maintenance(owner.organisation).await.unwrap().remove(0);
    assert_eq!((row.progress, row.upcoming(from, 5)), (on(from, until), Vec::new()));
    assert_eq!(store.maintenance_at_work(later(70)).await.unwrap(), [(id, false)], "it is on, and nothing is due");
    store.review_maintenance(later(70)).await.unwrap();
    assert_eq!(store.maintenance_at_work(later(70)).await.unwrap(), [(id, true)]);

    let tx = store.begin().await.unwrap();
    tx.save_progress(id, Progress { on: None, ..on(from, until) }, None, until).await.unwrap();
    tx.commit().await.unwrap();
    assert!(store.maintenance(owner.organisation).await.unwrap().is_empty());
    assert!(store.maintenance_at_work(later(9_999)).await.unwrap().is_empty());
});

both!(of_several_windows_that_a_monitor_is_in_the_longest_is_said, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let shop = add(store, owner, &settings("shop")).await.unwrap();
    let blog = add(store, owner, &settings("blog")).await.unwrap();
    let short = plan(store, owner, NOW, later(3_600)).await;
    let long = plan(store, owner, NOW, later(7_200)).await;
    let tx = store.begin().await.unwrap();
    for (id, until) in [(short, later(3_600)), (long, later(7_200))] {
        tx.save_progress(id, on(NOW, until), Some(until), NOW).await.unwrap();
        tx.enter_maintenance(id, &[shop, MonitorId(99_999)], NOW).await.unwrap();
        tx.enter_maintenance(id, &[shop], NOW).await.unwrap();
    }
    tx.commit().await.unwrap();
    let found = store.in_maintenance(&[shop, blog]).await.unwrap();
    let found: Vec<_> = found.iter().map(|it| (it.monitor, it.window, it.until, it.reason.as_str())).collect();
    assert_eq!(found, [(shop, long, later(7_200), "move")]);
    assert_eq!(store.maintenance(owner.organisation).await.unwrap()[0].monitors, 1);

    let tx = store.begin().await.unwrap();
    assert!(tx.leave_maintenance(long, &[shop]).await.unwrap().is_empty(), "it is in another one");
    assert_eq!(tx.leave_maintenance(short, &[shop]).await.unwrap(), [shop]);
    tx.commit().await.unwrap();
});

both!(a_monitor_that_is_deleted_leaves_and_a_window_that_is_off_lets_go, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let shop = add(store, owner, &settings("shop")).await.unwrap();
    let id = plan(store, owner, later(60), later(3_660)).await;
    let tx = store.begin().await.unwrap();
    tx.enter_maintenance(id, &[shop], NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.maintenance_at_work(NOW).await.unwrap(), [(id, true)]);
    let tx = store.begin().await.unwrap();
    tx.delete_monitor(shop).await.unwrap();
    assert!(tx.maintained(id).await.unwrap().is_empty());
    tx.commit().await.unwrap();
});

both!(windows_are_forgotten_long_after_they_are_over, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let id = plan(store, owner, NOW, later(60)).await;
    let tx = store.begin().await.unwrap();
    tx.save_progress(id, Progress::default(), None, later(60)).await.unwrap();
    assert!(tx.maintenance_window(id).await.unwrap().is_some());
    tx.commit().await.unwrap();
    let much_later = NOW + Duration::from_secs(401 * 86_400);
    let when = When::once(much_later, much_later + Duration::from_secs(60), Zone::new("UTC").unwrap(), much_later);
    let new = NewMaintenance {
        organisation: owner.organisation,
        created_by: owner.person,
        words: "all",
        selector: &Selector::default(),
        reason: "",
        when: &when.unwrap(),
        next: much_later,
    };
    let tx = store.begin().await.unwrap();
    tx.insert_maintenance(&new, much_later).await.unwrap();
    assert!(tx.maintenance_window(id).await.unwrap().is_none());
    tx.commit().await.unwrap();
});
