//! Monitors that depend on each other.

use std::time::Duration;

use monitor_core::alerting::{RuleId, Severity};
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::Reason;
use storage::{NewAlert, OverviewFilter, OverviewSort, Shelter, Store};
use test_support::both;
use test_support::builders::{START, open_alert, outcome};
use test_support::database::TestDatabase;

use crate::support::{add, settings};

async fn depending(store: &Store, name: &str, parents: &[MonitorId]) -> MonitorId {
    let owner = store.bootstrap(START).await.unwrap();
    let mut settings = settings(name);
    settings.parents = parents.to_vec();
    add(store, owner, &settings).await.unwrap()
}

/// Sets a monitor's status as a check would.
async fn status(database: &TestDatabase, monitor: MonitorId, status: &str, health: &str) {
    let set = format!("UPDATE monitor_state SET status = '{status}', health = '{health}' WHERE monitor_id = {monitor}");
    database.execute(&set).await;
}

both!(trouble_anywhere_above_shelters_a_monitor, async |database: TestDatabase| {
    let store = &database.store;
    let router = depending(store, "router", &[]).await;
    let host = depending(store, "host", &[router]).await;
    let shop = depending(store, "shop", &[host, MonitorId(999)]).await;
    use Shelter::{None, Trouble, Unknown};
    let shelter = async |monitor| {
        let tx = store.begin().await.unwrap();
        let shelter = tx.shelter(monitor, START, START).await.unwrap();
        tx.commit().await.unwrap();
        shelter
    };
    assert_eq!((shelter(router).await, shelter(host).await, shelter(shop).await), (None, Unknown, Unknown));
    let tx = store.begin().await.unwrap();
    let looked_at = [(router, &outcome(START, Reason::Ok)), (host, &outcome(START, Reason::Ok))];
    tx.insert_results(&looked_at).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((shelter(host).await, shelter(shop).await), (None, None));
    // Whatever is shown of it, what was confirmed counts.
    status(&database, router, "inconclusive", r#"{"c":"down","s":"inconclusive","v":["x"]}"#).await;
    assert_eq!((shelter(router).await, shelter(host).await, shelter(shop).await), (None, Trouble, Trouble));
    status(&database, router, "up", "{}").await;
    status(&database, host, "up", r#"{"c":"up","a":1}"#).await;
    assert_eq!((shelter(host).await, shelter(shop).await), (None, Trouble));

    // What failed last and is not confirmed yet may be what is wrong, as long as it is seen.
    for (health, expected) in [
        (r#"{"c":"up","v":["o","x"]}"#, Trouble),
        (r#"{"c":"degraded","v":["s","x"]}"#, Trouble),
        (r#"{"c":"up","v":["x","o"]}"#, None),
        (r#"{"c":"up","s":"inconclusive","v":["o","x"]}"#, None),
        (r#"{"c":"up","v":["x","s"]}"#, None),
    ] {
        status(&database, host, "up", health).await;
        assert_eq!(shelter(shop).await, expected, "{health}");
    }

    assert!(store.is_above(router, shop).await.unwrap() && store.is_above(shop, shop).await.unwrap());
    assert!(!store.is_above(shop, router).await.unwrap());
});

both!(what_was_withheld_is_found_from_above, async |database: TestDatabase| {
    let store = &database.store;
    let router = depending(store, "router", &[]).await;
    let host = depending(store, "host", &[router]).await;
    let shop = depending(store, "shop", &[host]).await;
    let other = depending(store, "other", &[]).await;
    let tx = store.begin().await.unwrap();
    for monitor in [host, shop, other] {
        open_alert(&tx, monitor, START, Reason::NoReply, "").await.unwrap();
    }
    tx.commit().await.unwrap();
    for monitor in [host, shop, other] {
        status(&database, monitor, "down", r#"{"c":"down","v":["x"]}"#).await;
    }
    let tx = store.begin().await.unwrap();
    assert_eq!(tx.withheld_below(&[router]).await.unwrap(), [(host, false), (shop, false)]);
    assert_eq!(tx.withheld_below(&[host, other]).await.unwrap(), [(shop, false)]);
    assert_eq!(tx.withheld_below(&[]).await.unwrap(), []);
    let loose = tx.loose_alerts(&[shop, other]).await.unwrap();
    assert_eq!(
        loose.iter().map(|loose| (loose.alert.monitor, loose.parents.clone())).collect::<Vec<_>>(),
        [(shop, vec![host]), (other, vec![])]
    );
    tx.commit().await.unwrap();
    // What is down has its own pace.
    status(&database, host, "up", "{}").await;
    let before = store.state(router).await.unwrap().unwrap().next_due;
    status(&database, router, "down", r#"{"c":"down","v":["x"]}"#).await;
    let tx = store.begin().await.unwrap();
    tx.hurry_parents(&[shop], START - Duration::from_secs(1)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.state(router).await.unwrap().unwrap().next_due, before);
    let hurried = store.state(host).await.unwrap().unwrap().next_due;
    assert_eq!(hurried, Some(START - Duration::from_secs(1)));
});

both!(what_was_withheld_and_does_not_fail_is_quiet, async |database: TestDatabase| {
    let store = &database.store;
    let router = depending(store, "router", &[]).await;
    let shop = depending(store, "shop", &[router]).await;
    let api = depending(store, "api", &[router]).await;
    let tx = store.begin().await.unwrap();
    for (monitor, rule) in [(shop, None), (shop, Some(RuleId(1))), (api, Some(RuleId(1)))] {
        let (severity, at, reason) = (Severity::default(), START, Reason::Slow);
        tx.open_alerts(&[NewAlert { monitor, rule, severity, at, reason, message: "" }]).await.unwrap();
    }
    tx.commit().await.unwrap();
    status(&database, shop, "down", r#"{"c":"down","v":["x"]}"#).await;
    status(&database, api, "degraded", r#"{"c":"degraded","v":["s"]}"#).await;
    let below = async || {
        let tx = store.begin().await.unwrap();
        let below = tx.withheld_below(&[router]).await.unwrap();
        tx.commit().await.unwrap();
        below
    };
    assert_eq!(below().await, [(shop, false), (api, true)]);
    assert_eq!(store.quietly_untold(MonitorId(0), 10).await.unwrap(), [api]);
    assert_eq!(store.quietly_untold(api, 10).await.unwrap(), []);
    status(&database, shop, "up", r#"{"c":"up","v":["o"]}"#).await;
    assert_eq!(store.quietly_untold(MonitorId(0), 1).await.unwrap(), [shop]);
    assert_eq!(below().await, [(shop, true), (api, true)]);
});

both!(what_has_failed_without_being_confirmed_is_hurried, async |database: TestDatabase| {
    let store = &database.store;
    let router = depending(store, "router", &[]).await;
    let switch = depending(store, "switch", &[]).await;
    let shop = depending(store, "shop", &[router, switch]).await;
    status(&database, router, "up", r#"{"c":"up","v":["o","x"]}"#).await;
    let before = store.state(switch).await.unwrap().unwrap().next_due;
    let now = START - Duration::from_secs(1);
    let tx = store.begin().await.unwrap();
    tx.hurry_suspects(&[shop], now).await.unwrap();
    tx.commit().await.unwrap();
    let due = async |monitor| store.state(monitor).await.unwrap().unwrap().next_due;
    assert_eq!((due(router).await, due(switch).await), (Some(now), before));
    let tx = store.begin().await.unwrap();
    tx.hurry_parents(&[shop], now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(due(switch).await, Some(now));
});

both!(labels_and_groups_narrow_a_list_down_and_it_can_be_sorted, async |database: TestDatabase| {
    let store = &database.store;
    let owner = store.bootstrap(START).await.unwrap();
    for (name, labels, group) in
        [("a", "env=prod team=web", Some("Shop")), ("b", "env=prod", None), ("c", "env=Prod team=web", None)]
    {
        let mut settings = settings(name);
        labels.split(' ').for_each(|label| settings.labels.set(label.parse().unwrap()));
        settings.group = group.map(str::to_owned);
        add(store, owner, &settings).await.unwrap();
    }
    let names = async |labels: &str, group: Option<&str>, sort| {
        let mut filter = OverviewFilter { group: group.map(str::to_owned), sort, ..OverviewFilter::default() };
        labels.split_whitespace().for_each(|label| filter.labels.set(label.parse().unwrap()));
        let (total, rows) = store.overview(owner.organisation, &filter, 0, 10).await.unwrap();
        assert_eq!(total, rows.len() as u64);
        rows.into_iter().map(|row| row.name).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names("", None, OverviewSort::Name).await, "a b c");
    assert_eq!(names("env=prod", None, OverviewSort::Status).await, "a b");
    assert_eq!(names("env=prod team=web", None, OverviewSort::Latency).await, "a");
    assert_eq!(names("", Some("shop"), OverviewSort::Status).await, "a");
    assert_eq!(names("env=else", None, OverviewSort::Status).await, "");
});
