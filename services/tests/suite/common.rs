//! What the tests stand in: a database, a clock that obeys, and the services over both.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::health::{Flip, Health, Policy, Status};
use monitor_core::http::HttpSpec;
use monitor_core::monitor::{CheckSpec, Monitor, MonitorId, Settings};
use monitor_core::outcome::Reason;
use monitor_core::people::{Actor, ConversationId};
use monitor_core::report::{Retention, Window};
use probes::{Check, Outbound, OutboundConfig};
use services::view::{IncidentFilter, MonitorState, Post};
use services::{AuditOptions, Clock, Finished, LEASE_SLACK, Options, Recorded, SecurityOptions, Services};
use storage::{NamedAlert, Scope, Store};
use test_support::builders::{START, outcome, settings};
use test_support::database::{KEY, TestDatabase};

/// All of time.
pub(crate) const EVER: Window = Window { from: Timestamp::from_millis(0), to: Timestamp::from_millis(i64::MAX) };

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn set(&self, now: Timestamp) {
        self.0.store(now.as_millis(), Ordering::SeqCst);
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.set(self.now() + by);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Services over one database at [`START`], their owner, and a conversation that is told about new monitors.
pub(crate) struct World {
    pub(crate) services: Services,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) owner: Actor,
    pub(crate) conversation: ConversationId,
    pub(crate) database: TestDatabase,
    retention: Retention,
}

impl World {
    pub(crate) async fn new(database: TestDatabase) -> Self {
        Self::keeping(database, Retention::default()).await
    }

    pub(crate) async fn keeping(database: TestDatabase, retention: Retention) -> Self {
        let clock = Arc::new(TestClock(AtomicI64::new(START.as_millis())));
        let services = services(database.store.clone(), &clock, retention, true);
        let owner = services.local_owner().await.unwrap();
        let conversation = services.conversation(&owner, "web", "ops").await.unwrap();
        Self { services, clock, owner, conversation, database, retention }
    }

    /// Goes on as a new process does after the one before was killed: with nothing but the database.
    pub(crate) async fn restart(&mut self) {
        self.services = services(self.database.open_again(KEY).await, &self.clock, self.retention, true);
    }

    /// Goes on as a process that believes these witnesses.
    pub(crate) fn believe(&mut self, witnesses: Vec<Check>) {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let options = Options { witnesses, ..Options::default() };
        let outbound = self.services.outbound().clone();
        self.services = Services::with_options(self.store().clone(), outbound, clock, options);
    }

    /// Another process over the same database.
    pub(crate) fn beside(&self, store: Store) -> Services {
        services(store, &self.clock, self.retention, true)
    }

    /// Another process over the same database, which makes audits like this.
    pub(crate) fn auditing(&self, store: Store, audits: AuditOptions) -> Services {
        let config = OutboundConfig { allow_private: true, ca_file: None, user_agent: "Watchword/test".into() };
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let options = Options { retention: self.retention, audits, ..Options::default() };
        Services::with_options(store, Outbound::new(&config).unwrap(), clock, options)
    }

    /// Another process over the same database, which looks at sites like this, and may reach private addresses or not.
    pub(crate) fn inspecting(&self, store: Store, security: SecurityOptions, allow_private: bool) -> Services {
        let config = OutboundConfig { allow_private, ca_file: None, user_agent: "Watchword/test".into() };
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let options = Options { retention: self.retention, security, ..Options::default() };
        Services::with_options(store, Outbound::new(&config).unwrap(), clock, options)
    }

    /// The same, but refusing private addresses.
    pub(crate) fn among_strangers(&self) -> Services {
        services(self.store().clone(), &self.clock, self.retention, false)
    }

    pub(crate) fn store(&self) -> &Store {
        self.services.store()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.services.now()
    }

    /// Adds a monitor of every minute whose first failure counts.
    pub(crate) async fn add(&self, name: &str) -> Monitor {
        self.add_with(Settings { policy: strict(), ..settings(name, Duration::from_secs(60)) }).await
    }

    pub(crate) async fn add_with(&self, settings: Settings) -> Monitor {
        self.services.add_monitor(&self.owner, &settings, self.conversation).await.unwrap()
    }

    /// Adds a monitor that watches that address.
    pub(crate) async fn watch(&self, name: &str, url: &str) -> Monitor {
        self.add_with(watching(name, url)).await
    }

    /// A check of that monitor that has just ended so.
    pub(crate) async fn finished(&self, monitor: &Monitor, reason: Reason) -> Finished {
        let claim = self.store().claim_one(monitor.id, self.now(), LEASE_SLACK).await.unwrap().unwrap();
        Finished { claim, policy: monitor.settings.policy, outcome: outcome(self.now(), reason) }
    }

    /// Ten seconds later a check of that monitor ends so.
    pub(crate) async fn check(&self, monitor: &Monitor, reason: Reason) -> Recorded {
        self.clock.advance(Duration::from_secs(10));
        let finished = self.finished(monitor, reason).await;
        self.services.record(&[finished]).await.unwrap()
    }

    pub(crate) async fn state(&self, monitor: &Monitor) -> MonitorState {
        self.store().state(monitor.id).await.unwrap().unwrap()
    }

    /// What is remembered of a monitor between two checks.
    pub(crate) async fn health(&self, monitor: &Monitor) -> Health {
        let tx = self.store().begin().await.unwrap();
        tx.health(monitor.id).await.unwrap().unwrap()
    }

    pub(crate) async fn status(&self, monitor: &Monitor) -> Status {
        self.state(monitor).await.status
    }

    /// How many results are stored of that monitor, 1,000 at most.
    pub(crate) async fn results(&self, monitor: &Monitor) -> usize {
        self.store().latest_results(monitor.id, 1_000).await.unwrap().len()
    }

    /// All flips of a monitor, which have to lead in order and without a gap from unknown to its present status.
    pub(crate) async fn flips(&self, monitor: MonitorId) -> Vec<Flip> {
        let flips = self.store().flips(Scope::Monitor(monitor), EVER).await.unwrap();
        let flips: Vec<Flip> = flips.into_iter().map(|(_, flip)| flip).collect();
        let mut status = Status::Unknown;
        for flip in &flips {
            assert_eq!(flip.from, status, "{flips:#?}");
            status = flip.to;
        }
        assert!(flips.is_sorted_by_key(|flip| flip.at), "{flips:#?}");
        assert_eq!(self.store().state(monitor).await.unwrap().unwrap().status, status, "{flips:#?}");
        flips
    }

    /// The statuses that a monitor went through.
    pub(crate) async fn history(&self, monitor: &Monitor) -> Vec<Status> {
        self.flips(monitor.id).await.iter().map(|flip| flip.to).collect()
    }

    /// All times of being down, the latest first.
    pub(crate) async fn incidents(&self) -> Vec<NamedAlert> {
        let all = Scope::Organisation(self.owner.organisation);
        self.store().outages(all, &IncidentFilter::default(), 1_000).await.unwrap()
    }

    /// The cards of the conversation.
    pub(crate) async fn cards(&self) -> Vec<Post> {
        self.services.messages_after(&self.owner, self.conversation, 0).await.unwrap()
    }
}

/// The first failure counts.
pub(crate) fn strict() -> Policy {
    Policy { retries: 0, ..Policy::default() }
}

pub(crate) fn watching(name: &str, url: &str) -> Settings {
    let spec = CheckSpec::Http(HttpSpec::get(url).unwrap());
    Settings { spec, policy: strict(), ..settings(name, Duration::from_secs(60)) }
}

fn services(store: Store, clock: &Arc<TestClock>, retention: Retention, allow_private: bool) -> Services {
    let config = OutboundConfig { allow_private, ca_file: None, user_agent: "Watchword/test".into() };
    Services::new(store, Outbound::new(&config).unwrap(), Arc::clone(clock) as Arc<dyn Clock>, retention)
}
