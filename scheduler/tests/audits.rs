//! Audits, with the scheduler running as it does.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests say what they need by failing")]

use std::sync::Arc;
use std::time::Duration;

use monitor_core::audit::spec::AuditSpec;
use monitor_core::people::{Actor, ConversationId};
use probes::{Outbound, OutboundConfig};
use prometheus_client::registry::Registry;
use scheduler::{Metrics, Scheduler, SchedulerConfig};
use services::testing::{Act, Scripted, Sight, Sites};
use services::view::{AuditFilter, AuditState, SecurityFilter, TaskState};
use services::{Options, Services, SystemClock};
use storage::Store;
use test_support::both;
use test_support::database::{KEY, TestDatabase};

/// Longer than anything here takes; reached only when something is broken.
const PATIENCE: Duration = Duration::from_secs(60);

struct World {
    services: Services,
    scripted: Scripted,
    owner: Actor,
    conversation: ConversationId,
}

impl World {
    async fn new(database: &TestDatabase) -> Self {
        let scripted = Scripted::default();
        let services = services(&database.store, &scripted);
        let owner = services.local_owner().await.unwrap();
        let conversation = services.conversation(&owner, "web", "ops").await.unwrap();
        Self { services, scripted, owner, conversation }
    }

    async fn ask(&self, times: usize) {
        let page = AuditSpec::of("http://127.0.0.1:9/").unwrap();
        for _ in 0..times {
            self.services.audit(&self.owner, self.conversation, &page).await.unwrap();
        }
    }

    async fn states(&self) -> Vec<AuditState> {
        let (_, rows) = self.services.audits(&self.owner, &AuditFilter::default(), 0, 100).await.unwrap();
        rows.iter().map(|row| row.state).collect()
    }

    /// Waits until nothing is left to be made.
    async fn made(&self) {
        let done = async {
            while self.states().await.iter().any(|state| state.is_open()) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, done).await.expect("everything is made");
    }
}

fn services(store: &Store, scripted: &Scripted) -> Services {
    let config = OutboundConfig { allow_private: true, ca_file: None, user_agent: "test".into() };
    let options = Options { audits: scripted.options(), ..Options::default() };
    Services::with_options(store.clone(), Outbound::new(&config).unwrap(), Arc::new(SystemClock), options)
}

async fn start(services: &Services, grace: Duration) -> Scheduler {
    let metrics = Metrics::register(&mut Registry::default());
    Scheduler::start(services.clone(), metrics, SchedulerConfig { concurrency: 10, grace }).await.unwrap()
}

both!(what_is_asked_for_is_made_by_whichever_process_is_free, async |database: TestDatabase| {
    let world = World::new(&database).await;
    let other = services(&database.open_again(KEY).await, &world.scripted);
    let schedulers = [start(&world.services, PATIENCE).await, start(&other, PATIENCE).await];
    world.ask(6).await;
    world.made().await;
    for scheduler in schedulers {
        scheduler.stop().await;
    }
    assert_eq!(world.states().await, [AuditState::Done; 6]);
    assert_eq!(world.scripted.asked().len(), 6, "each once");
});

both!(one_is_made_at_a_time_and_a_stop_hands_it_back, async |database: TestDatabase| {
    let world = World::new(&database).await;
    world.scripted.then([Act::Hang]);
    world.ask(2).await;
    let scheduler = start(&world.services, PATIENCE).await;
    world.scripted.begun(1).await;
    assert_eq!(world.states().await, [AuditState::Queued, AuditState::Running]);
    scheduler.stop().await;
    assert_eq!(world.states().await, [AuditState::Queued, AuditState::Queued]);

    let scheduler = start(&world.services, PATIENCE).await;
    world.made().await;
    scheduler.stop().await;
    assert_eq!(world.scripted.asked().len(), 3, "the one that was handed back was begun twice");
});

both!(a_process_that_can_make_none_leaves_them_to_others, async |database: TestDatabase| {
    let world = World::new(&database).await;
    world.ask(1).await;
    let config = OutboundConfig { allow_private: true, ca_file: None, user_agent: "test".into() };
    let (store, outbound) = (database.open_again(KEY).await, Outbound::new(&config).unwrap());
    let without = Services::with_options(store, outbound, Arc::new(SystemClock), Options::default());
    assert!(without.claim_audit().await.unwrap().is_none());
    let scheduler = start(&without, PATIENCE).await;
    scheduler.stop().await;
    assert_eq!(world.states().await, [AuditState::Queued]);
});

both!(security_checks_are_made_several_at_once_beside_an_audit, async |database: TestDatabase| {
    let world = World::new(&database).await;
    let sites = Sites::default();
    let config = OutboundConfig { allow_private: true, ca_file: None, user_agent: "test".into() };
    let options = Options { audits: world.scripted.options(), security: sites.options(), ..Options::default() };
    let (store, outbound) = (database.open_again(KEY).await, Outbound::new(&config).unwrap());
    let services = Services::with_options(store, outbound, Arc::new(SystemClock), options);
    world.scripted.then([Act::Hang]);
    sites.then([Sight::Hang, Sight::Hang, Sight::Hang]);
    world.ask(1).await;
    for port in [9, 10, 11, 9, 12] {
        let page = format!("http://127.0.0.1:{port}/");
        services.check_security(&world.owner, world.conversation, &page, false).await.unwrap();
    }
    let scheduler = start(&services, PATIENCE).await;
    world.scripted.begun(1).await;
    sites.begun(3).await;
    let states = async || {
        let all = services.security_checks(&world.owner, &SecurityFilter::default(), 0, 10).await.unwrap().1;
        all.iter().rev().map(|row| row.state).collect::<Vec<_>>()
    };
    let (running, queued) = (TaskState::Running, TaskState::Queued);
    assert_eq!(states().await, [running, running, running, queued, queued]);
    scheduler.stop().await;
    assert_eq!(states().await, [queued; 5], "a stop hands them back");

    let scheduler = start(&services, PATIENCE).await;
    sites.begun(8).await;
    let done = async {
        while states().await != [TaskState::Done; 5] {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, done).await.expect("everything is made");
    scheduler.stop().await;
});
