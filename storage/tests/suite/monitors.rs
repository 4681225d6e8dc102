use std::time::Duration;

use monitor_core::health::{Policy, Status};
use monitor_core::http::HttpSpec;
use monitor_core::monitor::{CheckSpec, Monitor, MonitorId, MonitorName, Settings};
use monitor_core::outcome::Reason;
use monitor_core::people::OrganisationId;
use monitor_core::schedule::{next_slot, phase_ms};
use storage::StoreError;
use test_support::both;
use test_support::builders::outcome;
use test_support::database::{KEY, TestDatabase};

use crate::support::{NOW, Raw, add, later, settings};

both!(a_monitor_is_stored_as_configured, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let settings = Settings {
        interval: Duration::from_secs(1),
        timeout: Duration::from_millis(150),
        policy: Policy { retries: 0, needed: 2, of: 3, recover: 4 },
        ..settings("Shop.Example")
    };
    let id = add(store, owner, &settings).await.unwrap();
    let expected =
        Monitor { id, organisation: owner.organisation, settings, paused: false, revision: 1, created_at: NOW };
    assert_eq!(store.monitor(owner.organisation, "shop.example").await.unwrap(), Some(expected));
    assert_eq!(store.monitor(OrganisationId(owner.organisation.0 + 1), "shop.example").await.unwrap(), None);
    assert_eq!(store.monitor(owner.organisation, "shop\0").await.unwrap(), None);
});

both!(a_new_monitor_is_due_at_its_first_slot, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let settings = settings("shop");
    let id = add(store, owner, &settings).await.unwrap();
    let state = store.state(id).await.unwrap().unwrap();
    assert_eq!(state.next_due, Some(next_slot(phase_ms(id.0, settings.interval), settings.interval, NOW)));
    assert_eq!((state.status, state.since, state.running), (Status::Unknown, None, false));
    assert_eq!(store.state(MonitorId(id.0 + 1)).await.unwrap(), None);
});

both!(a_name_is_taken_whatever_its_case, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let shop = add(store, owner, &settings("Bücher")).await.unwrap();
    let blog = add(store, owner, &settings("blog")).await.unwrap();
    assert_eq!(add(store, owner, &settings("BÜCHER")).await, None);

    let tx = store.begin().await.unwrap();
    assert!(!tx.update_monitor(blog, &settings("bücher"), NOW).await.unwrap());
    // The transaction can go on, and a monitor may change the case of its own name.
    assert!(tx.update_monitor(shop, &settings("BÜCHER"), NOW).await.unwrap());
    assert!(!tx.update_monitor(MonitorId(9_999), &settings("new"), NOW).await.unwrap());
    tx.commit().await.unwrap();

    let names = store.monitor_names(owner.organisation, "", 10).await.unwrap();
    assert_eq!(names, ["blog", "BÜCHER"]);
    assert_eq!(store.monitors_by_id(&[blog]).await.unwrap()[0].revision, 1);
});

both!(changed_settings_are_a_new_revision_on_a_new_schedule, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let id = add(store, owner, &settings("shop")).await.unwrap();
    let changed = Settings {
        name: MonitorName::new("blog").unwrap(),
        spec: CheckSpec::Http(HttpSpec::get("https://blog.example/health").unwrap()),
        interval: Duration::from_secs(86_400),
        ..settings("shop")
    };
    let tx = store.begin().await.unwrap();
    assert!(tx.update_monitor(id, &changed, later(60)).await.unwrap());
    tx.commit().await.unwrap();

    let monitor = &store.monitors_by_id(&[id]).await.unwrap()[0];
    assert_eq!((&monitor.settings, monitor.revision, monitor.created_at), (&changed, 2, NOW));
    let next_due = store.state(id).await.unwrap().unwrap().next_due;
    assert_eq!(next_due, Some(next_slot(phase_ms(id.0, changed.interval), changed.interval, later(60))));
    assert_eq!(Raw::open(&database).await.number("SELECT CAST(revision AS bigint) FROM monitor_state").await, 2);
});

/// Does what a claim does: the lease stands where the next due time stood.
async fn lease(raw: &Raw) {
    raw.run("UPDATE monitor_state SET due_ms = next_due_ms, lease_ms = 42, next_due_ms = 42").await;
}

both!(a_running_check_keeps_its_lease_whatever_is_changed, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let id = add(store, owner, &settings("shop")).await.unwrap();
    let raw = Raw::open(&database).await;
    lease(&raw).await;

    let tx = store.begin().await.unwrap();
    assert!(
        tx.update_monitor(id, &Settings { interval: Duration::from_secs(5), ..settings("shop") }, NOW).await.unwrap()
    );
    tx.set_paused(id, true, NOW).await.unwrap();
    tx.set_paused(id, false, NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(raw.number("SELECT count(*) FROM monitor_state WHERE lease_ms = 42 AND next_due_ms = 42").await, 1);
    let state = store.state(id).await.unwrap().unwrap();
    assert!(state.running && state.next_due > Some(NOW), "{state:?}");
});

both!(a_paused_monitor_is_not_due_and_a_resumed_one_is_at_once, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let id = add(store, owner, &settings("shop")).await.unwrap();
    for (paused, next_due) in [(true, None), (false, Some(later(5)))] {
        let tx = store.begin().await.unwrap();
        tx.set_paused(id, paused, later(5)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.state(id).await.unwrap().unwrap().next_due, next_due);
        assert_eq!(store.monitors_by_id(&[id]).await.unwrap()[0].paused, paused);
    }
});

both!(a_deleted_monitor_takes_all_of_its_own_along_and_its_id_is_not_given_again, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let id = add(store, owner, &settings("shop")).await.unwrap();
    let conversation = store.conversation(owner.organisation, "web", "x", NOW).await.unwrap();
    let raw = Raw::open(&database).await;
    raw.run(&format!("INSERT INTO flip (monitor_id, at_ms, from_status, to_status) VALUES ({id}, 1, 'up', 'down')"))
        .await;

    let tx = store.begin().await.unwrap();
    tx.subscribe(id, conversation).await.unwrap();
    tx.subscribe(id, conversation).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(raw.number("SELECT count(*) FROM subscription").await, 1);

    let tx = store.begin().await.unwrap();
    tx.delete_monitor(id).await.unwrap();
    tx.delete_monitor(id).await.unwrap();
    tx.commit().await.unwrap();
    for table in ["monitor", "monitor_state", "subscription", "flip"] {
        assert_eq!(raw.number(&format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
    }
    assert_ne!(add(store, owner, &settings("shop")).await, Some(id));
});

both!(a_monitor_outlives_the_person_who_added_it, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    add(store, owner, &settings("shop")).await.unwrap();
    Raw::open(&database).await.run("DELETE FROM person").await;
    assert!(store.monitor(owner.organisation, "shop").await.unwrap().is_some());
});

both!(names_are_found_by_how_they_begin, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    for name in ["shop-eu", "Shop_us", "shopping", "shoq", "a", "ähre"] {
        add(store, owner, &settings(name)).await.unwrap();
    }
    let names = async |prefix: &str, limit| store.monitor_names(owner.organisation, prefix, limit).await.unwrap();
    assert_eq!(names("shop", 10).await, ["shop-eu", "Shop_us", "shopping"]);
    assert_eq!(names("shop_", 10).await, ["Shop_us"]);
    assert_eq!(names("%", 10).await, Vec::<String>::new());
    assert_eq!(names("ä", 10).await, ["ähre"]);
    assert_eq!(names("", 2).await, ["a", "shop-eu"]);
    assert_eq!(names("shop\0", 10).await, Vec::<String>::new());
    assert_eq!(store.monitor_names(OrganisationId(9_999), "", 10).await.unwrap(), Vec::<String>::new());
});

both!(many_monitors_are_loaded_by_id_and_missing_ones_are_passed_over, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let a = add(store, owner, &settings("a")).await.unwrap();
    let b = add(store, owner, &settings("b")).await.unwrap();
    let found = store.monitors_by_id(&[b, MonitorId(9_999), a, b]).await.unwrap();
    assert_eq!(found.iter().map(|monitor| monitor.id).collect::<Vec<_>>(), [a, b]);
    assert_eq!(store.monitors_by_id(&[]).await.unwrap(), []);
});

both!(a_row_that_does_not_read_back_is_named, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let id = add(store, owner, &settings("shop")).await.unwrap();
    let raw = Raw::open(&database).await;
    for (expected, change) in [
        ("spec", "spec = '{\"kind\":\"http\"}'"),
        ("spec", "spec = '{\"kind\":\"carrier-pigeon\"}'"),
        ("policy", "policy = '7'"),
        ("name", "name = 'two words'"),
        ("interval_ms", "interval_ms = -1"),
    ] {
        let before = raw.texts("SELECT spec FROM monitor").await;
        raw.run(&format!("UPDATE monitor SET {change}")).await;
        let error = store.monitor(owner.organisation, "shop").await.unwrap_err();
        assert!(
            matches!(&error, StoreError::Corrupt { table: "monitor", column, id: row } if *column == expected && *row == id.to_string()),
            "{change}: {error:?}"
        );
        assert_eq!(error.to_string(), format!("monitor {id} has an unreadable {expected} in the database"));
        let repaired = format!(
            "spec = '{}', policy = '{{\"retries\":2,\"needed\":1,\"of\":1,\"recover\":1}}', name = 'shop', interval_ms = 60000",
            before[0]
        );
        raw.run(&format!("UPDATE monitor SET {repaired}")).await;
    }
});

both!(a_monitor_may_be_renamed_while_its_results_are_written, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(NOW).await.unwrap();
    let id = add(store, owner, &settings("shop")).await.unwrap();
    let writing = store.begin().await.unwrap();
    writing.health(id).await.unwrap().unwrap();

    let renaming = database.open_again(KEY).await;
    let renaming = tokio::spawn(async move {
        let tx = renaming.begin().await?;
        let renamed = tx.update_monitor(id, &settings("blog"), NOW).await?;
        tx.commit().await?;
        Ok::<bool, StoreError>(renamed)
    });
    let raw = Raw::open(&database).await;
    let waiting = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while database.is_postgres() && raw.number(waiting).await == 0 {
        tokio::task::yield_now().await;
    }
    // Asks for the monitor's row, which the other one must not hold while it waits.
    writing.insert_results(&[(id, &outcome(NOW, Reason::Ok))]).await.unwrap();
    writing.commit().await.unwrap();
    assert!(renaming.await.unwrap().unwrap());
});
