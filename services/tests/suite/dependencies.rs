//! Monitors that depend on each other: whose failures alert.

use std::time::Duration;

use monitor_core::health::Status;
use monitor_core::monitor::{Monitor, Settings};
use monitor_core::outcome::Reason;
use services::ServiceError;
use services::view::Withheld;
use test_support::both;
use test_support::database::TestDatabase;

use crate::common::{World, watching};

impl World {
    async fn below(&self, name: &str, parents: &[&Monitor]) -> Monitor {
        let parents = parents.iter().map(|parent| parent.id).collect();
        let url = format!("https://{name}.example");
        self.add_with(Settings { parents, ..watching(name, &url) }).await
    }

    /// Why nobody was told of the latest incident of that monitor.
    async fn withheld(&self, name: &str) -> Option<Withheld> {
        let shown = self.services.show(&self.owner, name).await.unwrap();
        shown.outage.unwrap().withheld
    }

    /// Of whom there are cards, in their order.
    async fn told(&self) -> Vec<String> {
        let cards = self.cards().await;
        cards.iter().map(|card| card.incident().unwrap().only.clone().unwrap_or_default()).collect()
    }
}

both!(a_parents_trouble_keeps_its_childrens_alerts_back_and_not_their_checks, async |database: TestDatabase| {
    let world = World::new(database).await;
    let router = world.below("router", &[]).await;
    let host = world.below("host", &[&router]).await;
    let shop = world.below("shop", &[&host]).await;
    world.check(&router, Reason::NoReply).await;
    world.check(&shop, Reason::ConnectTimeout).await;
    world.check(&host, Reason::ConnectTimeout).await;
    assert_eq!((world.status(&shop).await, world.results(&shop).await), (Status::Down, 1));
    assert_eq!(world.incidents().await.len(), 3);
    assert_eq!(world.told().await, ["router"]);
    let host_is_down = Some(Withheld { parent: "host".into(), down: true, maintenance: false });
    assert_eq!(world.withheld("shop").await, host_is_down);
    let router_is_down = Some(Withheld { parent: "router".into(), down: true, maintenance: false });
    assert_eq!(world.withheld("host").await, router_is_down);
    assert_eq!(world.withheld("router").await, None);
    let shown = world.services.show(&world.owner, "host").await.unwrap();
    assert_eq!(shown.outage.unwrap().withheld, router_is_down);

    // What ends with the parent's trouble was never told, and its end is not either.
    world.check(&host, Reason::Ok).await;
    assert_eq!(world.told().await, ["router"]);
    // What seems to be so still is checked again first, at once.
    world.check(&router, Reason::Ok).await;
    assert_eq!(world.told().await, ["router"]);
    assert_eq!(world.state(&shop).await.next_due, Some(world.now()));
    world.check(&host, Reason::Ok).await;
    assert_eq!(world.withheld("shop").await, None, "nothing explains it any more");
    world.check(&shop, Reason::ConnectTimeout).await;
    assert_eq!(world.told().await, ["router", "shop"]);
    world.check(&shop, Reason::Ok).await;
    let last = world.cards().await.pop().unwrap();
    assert!(last.incident().unwrap().incident.resolved.is_some());
});

both!(a_parent_that_is_paused_or_deleted_keeps_nothing_back, async |database: TestDatabase| {
    let world = World::new(database).await;
    for (name, child) in [("router", "a"), ("switch", "b")] {
        let parent = world.below(name, &[]).await;
        let child = world.below(child, &[&parent]).await;
        world.check(&parent, Reason::NoReply).await;
        world.check(&child, Reason::ConnectTimeout).await;
    }
    assert_eq!(world.told().await, ["router", "switch"]);
    world.services.pause_monitor(&world.owner, "router").await.unwrap();
    world.services.delete_monitor(&world.owner, "switch").await.unwrap();
    for child in ["a", "b"] {
        let child = world.services.monitor(&world.owner, child).await.unwrap();
        world.check(&child, Reason::ConnectTimeout).await;
    }
    let told = world.told().await;
    assert!(told.ends_with(&["a".to_owned(), "b".to_owned()]), "{told:?}");
});

both!(monitors_cannot_depend_on_each_other_in_a_circle, async |database: TestDatabase| {
    let world = World::new(database).await;
    let router = world.below("router", &[]).await;
    let host = world.below("host", &[&router]).await;
    for parent in [&router, &host] {
        let settings = Settings { parents: vec![parent.id], ..router.settings.clone() };
        let refused = world.services.edit_monitor(&world.owner, "router", &settings).await;
        assert!(matches!(refused, Err(ServiceError::DependsInCircle { .. })), "{refused:?}");
    }
    let unknown = Settings { parents: vec![monitor_core::monitor::MonitorId(999)], ..host.settings.clone() };
    let refused = world.services.edit_monitor(&world.owner, "host", &unknown).await;
    assert!(matches!(refused, Err(ServiceError::MonitorNotFound { .. })), "{refused:?}");
});

both!(a_child_is_not_told_before_its_parents_were_looked_at, async |database: TestDatabase| {
    let world = World::new(database).await;
    let router = world.below("router", &[]).await;
    let shop = world.below("shop", &[&router]).await;
    world.check(&router, Reason::Ok).await;
    world.check(&shop, Reason::ConnectTimeout).await;
    assert_eq!(world.told().await, [] as [&str; 0]);
    assert_eq!(world.state(&router).await.next_due, Some(world.now()));
    // It was fine, so it is the child's own.
    let finished = world.finished(&router, Reason::Ok).await;
    world.services.record(&[finished]).await.unwrap();
    world.clock.advance(Duration::from_secs(1));
    let finished = world.finished(&shop, Reason::ConnectTimeout).await;
    world.services.record(&[finished]).await.unwrap();
    assert_eq!(world.told().await, ["shop"]);
});

both!(what_was_withheld_is_told_when_it_depends_on_nothing_any_more, async |database: TestDatabase| {
    let world = World::new(database).await;
    let router = world.below("router", &[]).await;
    let shop = world.below("shop", &[&router]).await;
    world.check(&router, Reason::NoReply).await;
    world.check(&shop, Reason::ConnectTimeout).await;
    let alone = Settings { parents: Vec::new(), ..shop.settings.clone() };
    world.services.edit_monitor(&world.owner, "shop", &alone).await.unwrap();
    world.check(&shop, Reason::ConnectTimeout).await;
    assert_eq!(world.told().await, ["router", "shop"]);
});
