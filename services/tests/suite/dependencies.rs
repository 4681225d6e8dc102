//! Monitors that depend on each other: whose failures alert.

use std::time::Duration;

use monitor_core::alerting::rule::Rule;
use monitor_core::health::{Policy, Status};
use monitor_core::monitor::{Monitor, Settings};
use monitor_core::outcome::Reason;
use services::view::Withheld;
use services::{LEASE_SLACK, PingAddress, ServiceError};
use test_support::both;
use test_support::database::TestDatabase;

use crate::common::{World, strict, watching};
use crate::heartbeats::{nightly, report};

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

    /// A monitor of every hour, of which nothing is above.
    async fn router(&self, policy: Policy) -> Monitor {
        let interval = Duration::from_secs(3_600);
        self.add_with(Settings { policy, interval, ..watching("router", "https://router.example") }).await
    }

    /// The same at once, not ten seconds later.
    async fn check_now(&self, monitor: &Monitor, reason: Reason) {
        let finished = self.finished(monitor, reason).await;
        self.services.record(&[finished]).await.unwrap();
    }

    /// A job below that monitor, which has reported and then fallen silent.
    async fn silent_job(&self, parent: &Monitor) -> Monitor {
        let job = self.add_with(Settings { parents: vec![parent.id], ..nightly("job") }).await;
        let address = self.store().heartbeat_address(job.id).await.unwrap().unwrap();
        self.services.receive_ping(report(PingAddress::Uuid(address), "")).await.unwrap();
        self.clock.advance(Duration::from_secs(25 * 3_600 - 60));
        self.check(parent, Reason::Ok).await;
        self.clock.advance(Duration::from_secs(50));
        self.store().beat(self.now()).await.unwrap();
        job
    }

    /// Looks at the deadline of a job.
    async fn look_at(&self, job: &Monitor) -> Option<Reason> {
        let claim = self.store().claim_one(job.id, self.now(), LEASE_SLACK).await.unwrap().unwrap();
        let (_, outcome) = self.services.judge_heartbeat(claim).await.unwrap();
        outcome.map(|outcome| outcome.reason)
    }

    /// A rule of one's own about a monitor that is degraded.
    async fn degraded_rule(&self, name: &str) {
        let selector = self.services.about(&self.owner, name).await.unwrap();
        let rule = Rule::new(selector, "degraded".parse().unwrap());
        self.services.add_alert(&self.owner, name, &rule).await.unwrap();
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

both!(an_alert_of_a_rule_that_fires_below_trouble_is_told_when_that_is_over, async |database: TestDatabase| {
    let world = World::new(database).await;
    let router = world.below("router", &[]).await;
    let shop = world.below("shop", &[&router]).await;
    world.degraded_rule("shop").await;
    world.check(&shop, Reason::Ok).await;
    world.check(&router, Reason::NoReply).await;
    world.check(&shop, Reason::Slow).await;
    world.services.tell_unexplained().await.unwrap();
    assert_eq!(world.told().await, ["router"]);
    // The shop does not fail, so no failure of it has it considered again.
    world.check(&router, Reason::Ok).await;
    assert_eq!(world.told().await, ["router", "shop"]);
});

both!(an_alert_of_a_rule_is_told_once_what_is_above_was_looked_at, async |database: TestDatabase| {
    let world = World::new(database).await;
    let router = world.below("router", &[]).await;
    let shop = world.below("shop", &[&router]).await;
    world.degraded_rule("shop").await;
    world.check(&shop, Reason::Ok).await;
    world.check(&router, Reason::Ok).await;
    world.check(&shop, Reason::Slow).await;
    assert_eq!(world.state(&router).await.next_due, Some(world.now()), "it is looked at first");
    world.services.tell_unexplained().await.unwrap();
    assert_eq!(world.told().await, [] as [&str; 0]);
    world.check_now(&router, Reason::Ok).await;
    world.services.tell_unexplained().await.unwrap();
    world.services.tell_unexplained().await.unwrap();
    assert_eq!(world.told().await, ["shop"]);
});

both!(what_fails_again_after_its_parents_trouble_has_all_its_alerts_told, async |database: TestDatabase| {
    let world = World::new(database).await;
    let router = world.below("router", &[]).await;
    let shop = world.below("shop", &[&router]).await;
    let selector = world.services.about(&world.owner, "shop").await.unwrap();
    let rule = Rule::new(selector, "down for 2 checks".parse().unwrap());
    world.services.add_alert(&world.owner, "shop", &rule).await.unwrap();
    world.check(&router, Reason::NoReply).await;
    world.check(&shop, Reason::ConnectTimeout).await;
    world.check(&shop, Reason::ConnectTimeout).await;
    world.check(&router, Reason::Ok).await;
    assert_eq!(world.told().await, ["router"], "it is checked again first");
    assert_eq!(world.state(&shop).await.next_due, Some(world.now()));
    world.services.tell_unexplained().await.unwrap();
    assert_eq!(world.told().await, ["router"]);
    world.check(&shop, Reason::ConnectTimeout).await;
    assert_eq!(world.told().await, ["router", "shop"]);
});

both!(a_parent_whose_failure_is_not_confirmed_yet_keeps_alerts_back, async |database: TestDatabase| {
    let world = World::new(database).await;
    let policy = Policy { needed: 2, of: 3, ..strict() };
    let router = world.router(policy).await;
    let shop = world.below("shop", &[&router]).await;
    world.check(&router, Reason::Ok).await;
    world.check(&router, Reason::NoReply).await;
    world.check(&shop, Reason::ConnectTimeout).await;
    assert_eq!(world.told().await, [] as [&str; 0]);
    let fails = Some(Withheld { parent: "router".into(), down: false, maintenance: false });
    assert_eq!(world.withheld("shop").await, fails);
    // What is still failing has it looked at soon, whatever its interval is.
    world.check(&shop, Reason::ConnectTimeout).await;
    assert_eq!(world.state(&router).await.next_due, Some(world.now()));
    world.check(&router, Reason::NoReply).await;
    world.check(&shop, Reason::ConnectTimeout).await;
    assert_eq!(world.told().await, ["router"]);

    // A failure that is outvoted explains nothing any more.
    world.check(&router, Reason::Ok).await;
    world.check(&shop, Reason::Ok).await;
    world.check(&router, Reason::NoReply).await;
    world.check(&shop, Reason::ConnectTimeout).await;
    assert_eq!(world.told().await, ["router"]);
    world.check(&router, Reason::Ok).await;
    assert_eq!(world.state(&shop).await.next_due, Some(world.now()));
    world.check(&shop, Reason::ConnectTimeout).await;
    assert_eq!(world.told().await, ["router", "shop"]);
});

both!(what_is_above_a_job_is_looked_at_before_its_silence_is_told, async |database: TestDatabase| {
    let world = World::new(database).await;
    let router = world.router(strict()).await;
    let job = world.silent_job(&router).await;
    assert_eq!(world.look_at(&job).await, Some(Reason::HeartbeatMissed));
    assert_eq!(world.told().await, [] as [&str; 0]);
    assert_eq!(world.state(&router).await.next_due, Some(world.now()));
    assert_eq!(world.state(&job).await.next_due, Some(world.now() + Duration::from_secs(1)));
    // It was fine, so it is the job's own.
    let next = world.now() + Duration::from_secs(24 * 3_600);
    world.check_now(&router, Reason::Ok).await;
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.look_at(&job).await, None, "nothing else is wrong");
    assert_eq!(world.told().await, ["job"]);
    assert_eq!(world.state(&job).await.next_due, Some(next));
});

both!(a_job_that_fails_again_is_told_once_what_is_above_was_looked_at, async |database: TestDatabase| {
    let world = World::new(database).await;
    let router = world.router(strict()).await;
    let job = world.add_with(Settings { parents: vec![router.id], ..nightly("job") }).await;
    let address = PingAddress::Uuid(world.store().heartbeat_address(job.id).await.unwrap().unwrap());
    world.check(&router, Reason::Ok).await;
    world.ping(&address, "").await;
    world.clock.advance(Duration::from_secs(60));
    world.ping(&address, "fail").await;
    assert_eq!(world.told().await, [] as [&str; 0]);
    assert_eq!(world.state(&router).await.next_due, Some(world.now()), "it is looked at first");
    world.check_now(&router, Reason::Ok).await;
    world.ping(&address, "fail").await;
    assert_eq!(world.told().await, ["job"]);
});

both!(the_silence_of_a_job_below_trouble_is_told_when_that_is_over, async |database: TestDatabase| {
    let world = World::new(database).await;
    let router = world.below("router", &[]).await;
    let job = world.silent_job(&router).await;
    world.look_at(&job).await;
    world.check_now(&router, Reason::NoReply).await;
    world.clock.advance(Duration::from_secs(1));
    world.look_at(&job).await;
    assert_eq!(world.told().await, ["router"]);
    world.check(&router, Reason::Ok).await;
    assert_eq!(world.told().await, ["router", "job"]);
});

both!(what_is_above_is_looked_at_although_it_was_by_a_clock_that_was_set_back, async |database: TestDatabase| {
    let world = World::new(database).await;
    let router = world.router(strict()).await;
    let shop = world.below("shop", &[&router]).await;
    for monitor in [&router, &shop] {
        world.check(monitor, Reason::Ok).await;
    }
    world.services.beat().await.unwrap();
    world.clock.set(world.now() - Duration::from_secs(600));
    world.services.beat().await.unwrap();
    world.check(&shop, Reason::ConnectTimeout).await;
    assert_eq!(world.told().await, [] as [&str; 0]);
    assert_eq!(world.state(&router).await.next_due, Some(world.now()));
    world.check_now(&router, Reason::NoReply).await;
    world.clock.advance(Duration::from_secs(1));
    world.check_now(&shop, Reason::ConnectTimeout).await;
    assert_eq!(world.told().await, ["router"]);
});
