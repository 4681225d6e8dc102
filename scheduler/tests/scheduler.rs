//! The whole way from a due monitor to its card, against real targets and both databases.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests say what they need by failing")]

use std::sync::Arc;
use std::time::Duration;

use monitor_core::health::{Policy, Status};
use monitor_core::http::HttpSpec;
use monitor_core::monitor::{CheckSpec, Monitor, MonitorName, Settings};
use monitor_core::people::{Actor, ConversationId};
use monitor_core::report::Retention;
use probes::{Outbound, OutboundConfig};
use prometheus_client::registry::Registry;
use scheduler::{Metrics, Scheduler, SchedulerConfig};
use services::view::Post;
use services::{Services, SystemClock};
use storage::{IncidentFilter, Scope, Store};
use test_support::both;
use test_support::database::TestDatabase;
use test_support::targets::{Answer, answering};

/// Longer than anything here takes; reached only when something is broken.
const PATIENCE: Duration = Duration::from_secs(60);

struct World {
    services: Services,
    owner: Actor,
    conversation: ConversationId,
}

impl World {
    async fn new(database: &TestDatabase) -> Self {
        let services = services(&database.store);
        let owner = services.local_owner().await.unwrap();
        let conversation = services.conversation(&owner, "web", "ops").await.unwrap();
        Self { services, owner, conversation }
    }

    async fn monitor(&self, name: &str, url: &str, interval_s: u64, timeout: Duration) -> Monitor {
        let spec = CheckSpec::Http(HttpSpec::get(url).unwrap());
        let settings = Settings {
            interval: Duration::from_secs(interval_s),
            timeout,
            policy: Policy { retries: 1, ..Policy::default() },
            ..Settings::new(MonitorName::new(name).unwrap(), spec)
        };
        self.services.add_monitor(&self.owner, &settings, self.conversation).await.unwrap()
    }

    async fn start(&self, grace: Duration) -> Scheduler {
        start(&self.services, grace).await
    }

    /// The next card after `seq`.
    async fn card_after(&self, seq: i64) -> Post {
        let mut changes = self.services.changes();
        let card = async {
            loop {
                let cards = self.services.messages_after(&self.owner, self.conversation, seq).await.unwrap();
                if let Some(card) = cards.into_iter().next() {
                    return card;
                }
                changes.changed().await.unwrap();
            }
        };
        tokio::time::timeout(PATIENCE, card).await.expect("a card is posted")
    }
}

fn services(store: &Store) -> Services {
    let config = OutboundConfig { allow_private: true, ca_file: None, user_agent: "test".into() };
    Services::new(store.clone(), Outbound::new(&config).unwrap(), Arc::new(SystemClock), Retention::default())
}

async fn start(services: &Services, grace: Duration) -> Scheduler {
    let metrics = Metrics::register(&mut Registry::default());
    Scheduler::start(services.clone(), metrics, SchedulerConfig { concurrency: 100, grace }).await.unwrap()
}

both!(a_failing_target_is_told_once_and_its_card_turns_into_recovered, async |database: TestDatabase| {
    let world = World::new(&database).await;
    let target = answering(Answer::ok("fine")).await;
    let monitor = world.monitor("shop", &target.url(), 1, Duration::from_secs(5)).await;
    let scheduler = world.start(Duration::from_secs(5)).await;
    target.reached(2).await;

    target.set_status(503);
    let down = world.card_after(0).await;
    assert_eq!((down.revision, down.incident().unwrap().only.as_deref()), (1, Some("shop")));
    assert!(down.incident().unwrap().incident.resolved.is_none());
    target.reached(target.requests() + 2).await;

    target.set_status(200);
    let recovered = world.card_after(down.seq).await;
    assert_eq!((&recovered.id, recovered.revision), (&down.id, 2));
    assert!(recovered.incident().unwrap().incident.resolved.is_some());
    scheduler.stop().await;

    let store = world.services.store();
    let incidents = store.incidents(Scope::Monitor(monitor.id), &IncidentFilter::default(), 10).await.unwrap();
    assert_eq!(incidents.len(), 1);
    let results = store.latest_results(monitor.id, 1_000).await.unwrap();
    assert_eq!(results.len(), target.requests(), "every check that was made is on record");
    assert_eq!(store.state(monitor.id).await.unwrap().unwrap().status, Status::Up);
});

both!(a_check_never_runs_twice_at_once_even_with_two_schedulers, async |database: TestDatabase| {
    let world = World::new(&database).await;
    let slow = answering(Answer::ok("fine").after(Duration::from_millis(1_300))).await;
    world.monitor("slow", &slow.url(), 1, Duration::from_secs(5)).await;
    let schedulers =
        [world.start(Duration::from_secs(5)).await, start(&services(&database.store), Duration::from_secs(5)).await];
    slow.reached(4).await;
    for scheduler in schedulers {
        scheduler.stop().await;
    }
    assert_eq!(slow.most_at_once(), 1);
});

both!(a_check_that_outlives_the_grace_is_handed_back, async |database: TestDatabase| {
    let world = World::new(&database).await;
    let stuck = answering(Answer::ok("never").after(PATIENCE)).await;
    let monitor = world.monitor("stuck", &stuck.url(), 86_400, PATIENCE).await;
    let scheduler = world.start(Duration::ZERO).await;
    stuck.reached(1).await;
    scheduler.stop().await;

    let now = world.services.now();
    let due = world.services.store().claim(now, now, 10, Duration::ZERO).await.unwrap();
    assert_eq!(due.iter().map(|claim| claim.monitor).collect::<Vec<_>>(), [monitor.id], "it is due again at once");
});

both!(stopping_records_what_was_running, async |database: TestDatabase| {
    let world = World::new(&database).await;
    let target = answering(Answer::ok("fine").after(Duration::from_millis(300))).await;
    let monitor = world.monitor("shop", &target.url(), 86_400, Duration::from_secs(5)).await;
    let scheduler = world.start(Duration::from_secs(30)).await;
    target.reached(1).await;
    scheduler.stop().await;
    assert_eq!(world.services.store().latest_results(monitor.id, 10).await.unwrap().len(), 1);
});

both!(an_edit_takes_effect_with_the_next_check, async |database: TestDatabase| {
    let world = World::new(&database).await;
    let (before, after) = (answering(Answer::ok("a")).await, answering(Answer::ok("b")).await);
    let monitor = world.monitor("shop", &before.url(), 1, Duration::from_secs(5)).await;
    let scheduler = world.start(Duration::from_secs(5)).await;
    before.reached(1).await;
    let settings = Settings { spec: CheckSpec::Http(HttpSpec::get(&after.url()).unwrap()), ..monitor.settings };
    world.services.edit_monitor(&world.owner, "shop", &settings).await.unwrap();
    after.reached(2).await;
    scheduler.stop().await;
});

both!(monitors_of_all_intervals_run_side_by_side, async |database: TestDatabase| {
    let world = World::new(&database).await;
    let (often, seldom) = (answering(Answer::ok("1s")).await, answering(Answer::ok("1d")).await);
    world.monitor("often", &often.url(), 1, Duration::from_secs(5)).await;
    world.monitor("seldom", &seldom.url(), 86_400, Duration::from_secs(5)).await;
    let scheduler = world.start(Duration::from_secs(5)).await;
    often.reached(3).await;
    scheduler.stop().await;
    assert_eq!(seldom.requests(), 1, "a new monitor is checked at once, and then at its slots");
});

both!(a_result_that_the_database_refuses_does_not_stop_the_others, async |database: TestDatabase| {
    let world = World::new(&database).await;
    let (refused, taken) = (answering(Answer::ok("a")).await, answering(Answer::ok("b")).await);
    let refused_id = world.monitor("refused", &refused.url(), 1, Duration::from_secs(5)).await.id;
    let taken_id = world.monitor("taken", &taken.url(), 1, Duration::from_secs(5)).await.id;
    let obstacle = match database.is_postgres() {
        true => format!("ALTER TABLE check_result ADD CONSTRAINT none CHECK (monitor_id <> {refused_id})"),
        false => format!(
            "CREATE TRIGGER none BEFORE INSERT ON check_result WHEN NEW.monitor_id = {refused_id}
             BEGIN SELECT RAISE(ABORT, 'refused'); END"
        ),
    };
    database.execute(&obstacle).await;
    let scheduler = world.start(Duration::from_secs(5)).await;
    refused.reached(1).await;
    taken.reached(3).await;
    scheduler.stop().await;
    let store = world.services.store();
    assert!(store.latest_results(refused_id, 10).await.unwrap().is_empty());
    assert!(store.latest_results(taken_id, 10).await.unwrap().len() >= 3);
});
