//! Notifications on their way out, with the scheduler running as it does.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests say what they need by failing")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use monitor_core::alerting::{Event, Notification, Severity};
use monitor_core::people::Actor;
use monitor_core::report::Retention;
use probes::{Outbound, OutboundConfig};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use scheduler::{Metrics, Scheduler, SchedulerConfig};
use services::view::{NotificationFilter, NotificationState};
use services::{DestinationView, Fields, NewDestination, Services, SystemClock};
use storage::{NewNotification, Store};
use test_support::both;
use test_support::database::TestDatabase;
use test_support::receiver::{Reaction, Receiver};

/// Longer than anything here takes; reached only when something is broken.
const PATIENCE: Duration = Duration::from_secs(60);

struct World {
    services: Services,
    owner: Actor,
}

impl World {
    async fn new(database: &TestDatabase) -> Self {
        let services = services(&database.store);
        Self { owner: services.local_owner().await.unwrap(), services }
    }

    async fn destination(&self, receiver: &Receiver) -> DestinationView {
        let fields = Fields(BTreeMap::from([("url".to_owned(), receiver.url())]));
        let (name, kind) = ("ops".to_owned(), "webhook".to_owned());
        let new = NewDestination { name, kind, fields, ..NewDestination::default() };
        self.services.add_destination(&self.owner, &new).await.unwrap()
    }

    async fn tell(&self, to: &DestinationView, keys: &[&str]) {
        let now = self.services.now();
        let new = |key: &&str| NewNotification {
            organisation: self.owner.organisation,
            destination: to.id,
            incident: None,
            event: Event::Notice,
            severity: Severity::Info,
            not_before: now,
            content: Notification {
                key: (*key).to_owned(),
                event: Event::Notice,
                at: now,
                incident: None,
                text: "maintenance".to_owned(),
            },
        };
        let new: Vec<_> = keys.iter().map(new).collect();
        let tx = self.services.store().begin().await.unwrap();
        tx.enqueue(&new, now).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Waits until nothing is left to be delivered.
    async fn delivered(&self) {
        let done = async {
            while self.services.store().outbox_depth().await.unwrap() > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, done).await.expect("everything is delivered");
    }
}

fn services(store: &Store) -> Services {
    let config = OutboundConfig { allow_private: true, ca_file: None, user_agent: "test".into() };
    Services::new(store.clone(), Outbound::new(&config).unwrap(), Arc::new(SystemClock), Retention::default())
}

async fn start(services: &Services, registry: &mut Registry, grace: Duration) -> Scheduler {
    let metrics = Metrics::register(registry);
    Scheduler::start(services.clone(), metrics, SchedulerConfig { concurrency: 10, grace }).await.unwrap()
}

both!(what_is_committed_is_delivered_and_counted, async |database: TestDatabase| {
    let world = World::new(&database).await;
    let receiver = Receiver::start().await;
    let ops = world.destination(&receiver).await;
    let mut registry = Registry::default();
    let scheduler = start(&world.services, &mut registry, PATIENCE).await;
    world.tell(&ops, &["a", "b", "c"]).await;
    receiver.reached(3).await;
    world.delivered().await;
    scheduler.stop().await;
    assert_eq!(receiver.requests().len(), 3);
    let mut page = String::new();
    encode(&mut page, &registry).unwrap();
    assert!(page.contains(r#"deliveries_total{kind="webhook",outcome="sent"} 3"#), "{page}");
    assert!(page.contains("delivery_latency_seconds_count 3"), "{page}");
});

both!(what_another_process_commits_is_delivered_too, async |database: TestDatabase| {
    let world = World::new(&database).await;
    let receiver = Receiver::start().await;
    let ops = world.destination(&receiver).await;
    let scheduler = start(&world.services, &mut Registry::default(), PATIENCE).await;
    let other = World { services: services(&database.open_again(test_support::database::KEY).await), ..world };
    other.tell(&ops, &["a"]).await;
    receiver.reached(1).await;
    other.delivered().await;
    scheduler.stop().await;
});

both!(two_processes_deliver_everything_once, async |database: TestDatabase| {
    let world = World::new(&database).await;
    let receiver = Receiver::start().await;
    let ops = world.destination(&receiver).await;
    let other = services(&database.open_again(test_support::database::KEY).await);
    let schedulers = [
        start(&world.services, &mut Registry::default(), PATIENCE).await,
        start(&other, &mut Registry::default(), PATIENCE).await,
    ];
    let keys: Vec<String> = (0..50).map(|number| number.to_string()).collect();
    world.tell(&ops, &keys.iter().map(String::as_str).collect::<Vec<_>>()).await;
    receiver.reached(keys.len()).await;
    world.delivered().await;
    for scheduler in schedulers {
        scheduler.stop().await;
    }
    assert_eq!(receiver.requests().len(), keys.len());
});

both!(a_stop_lets_a_delivery_end_or_hands_it_back, async |database: TestDatabase| {
    let world = World::new(&database).await;
    let receiver = Receiver::start().await;
    let ops = world.destination(&receiver).await;
    receiver.then(Reaction::Hang);
    let scheduler = start(&world.services, &mut Registry::default(), Duration::ZERO).await;
    world.tell(&ops, &["a"]).await;
    receiver.reached(1).await;
    scheduler.stop().await;
    let all = NotificationFilter::default();
    let (_, rows) = world.services.notifications(&world.owner, &all, 0, 10).await.unwrap();
    assert_eq!((rows[0].state, rows[0].running), (NotificationState::Due, false), "nobody has to wait for its lease");

    let scheduler = start(&world.services, &mut Registry::default(), PATIENCE).await;
    receiver.reached(2).await;
    scheduler.stop().await;
    assert_eq!(world.services.store().outbox_depth().await.unwrap(), 0, "what was under way has ended");
});
