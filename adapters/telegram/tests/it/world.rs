use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use adapter_telegram::{Config, StartError, Webhook, serve};
use bot_core::Engine;
use monitor_core::Timestamp;
use monitor_core::health::Policy;
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::Reason;
use monitor_core::people::Actor;
use monitor_core::report::Retention;
use monitor_core::secret::Secret;
use probes::{Outbound, OutboundConfig};
use services::{Clock, Finished, LEASE_SLACK, Services};
use test_support::builders::{START, outcome};
use test_support::database::TestDatabase;
use test_support::platforms::telegram::{Fake, TOKEN};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) const ADA: i64 = 5;
pub(crate) const BOB: i64 = 6;
pub(crate) const OPS: i64 = -1_001_234_567_890;
/// A small group, and what it becomes.
pub(crate) const TEAM: i64 = -77;
pub(crate) const SUPER_TEAM: i64 = -1_009_876_543_210;

/// Starts when tests do.
pub(crate) struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        START + Duration::from_secs(self.0.load(Ordering::SeqCst).unsigned_abs())
    }
}

/// Ada, who owns the organisation and has a private chat with the bot, Bob, and the group Ops, of which the bot is a member.
pub(crate) struct World {
    pub(crate) fake: Fake,
    pub(crate) services: Services,
    pub(crate) engine: Arc<Engine>,
    pub(crate) owner: Actor,
    pub(crate) shutdown: CancellationToken,
    pub(crate) serving: Option<JoinHandle<Result<(), StartError>>>,
    _database: TestDatabase,
    clock: Arc<TestClock>,
}

impl World {
    /// All of it, but the adapter does not run yet.
    pub(crate) async fn asleep() -> Self {
        let database = TestDatabase::sqlite().await;
        let clock = Arc::new(TestClock(AtomicI64::new(0)));
        let config = OutboundConfig { allow_private: true, ca_file: None, user_agent: "Watchword".into() };
        let now = Arc::clone(&clock);
        let services =
            Services::new(database.store.clone(), Outbound::new(&config).unwrap(), now, Retention::default());
        let owner = database.store.bootstrap(START).await.unwrap();
        let engine = Arc::new(Engine::new(services.clone()));
        let fake = Fake::start(START.as_millis() / 1_000).await;
        fake.person(ADA, "Ada");
        fake.person(BOB, "Bob");
        fake.group(OPS, "Ops", true);
        let shutdown = CancellationToken::new();
        Self { fake, services, engine, owner, shutdown, serving: None, _database: database, clock }
    }

    /// The adapter runs, by long polling.
    pub(crate) async fn start() -> Self {
        let mut world = Self::asleep().await;
        world.wake(None);
        world
    }

    /// The adapter runs, and Ada is known to it.
    pub(crate) async fn with_ada() -> Self {
        let world = Self::start().await;
        world.link(ADA).await;
        world
    }

    pub(crate) fn config(&self, webhook: Option<Webhook>) -> Config {
        Config { token: Secret::new(TOKEN), api_url: Some(self.fake.url().parse().unwrap()), webhook }
    }

    pub(crate) fn wake(&mut self, webhook: Option<Webhook>) {
        let (config, engine) = (self.config(webhook), Arc::clone(&self.engine));
        let serving = serve(config, engine, self.services.clone(), self.shutdown.clone());
        self.serving = Some(tokio::spawn(Box::pin(serving)));
    }

    /// Stops the adapter and returns how it ended.
    pub(crate) async fn stop(&mut self) -> Result<(), StartError> {
        self.shutdown.cancel();
        let ended = self.serving.take().unwrap().await.unwrap();
        self.shutdown = CancellationToken::new();
        ended
    }

    /// Lets a person say the code by which the owner is known, in the private chat.
    pub(crate) async fn link(&self, person: i64) {
        let code = self.services.code_to_link(&self.owner, "telegram").await.unwrap();
        let before = self.fake.said(person).len();
        self.fake.say(person, person, &format!("link {}", code.code));
        self.fake.hears(person, before + 1).await;
    }

    /// Lets Ada connect the group Ops.
    pub(crate) async fn connect(&self) {
        self.connect_at(OPS).await;
    }

    /// Lets Ada connect a group.
    pub(crate) async fn connect_at(&self, group: i64) {
        let code = self.services.code_to_connect(&self.owner, "telegram").await.unwrap();
        let before = self.fake.said(group).len();
        self.fake.say(group, ADA, &format!("/connect@its_bot {}", code.code));
        self.fake.hears(group, before + 1).await;
    }

    /// Sees to it that what became of the group Team is the one place that is connected.
    pub(crate) async fn is_at_super_team_alone(&self) {
        let connections = self.services.connections(&self.owner).await.unwrap();
        let connected: Vec<&str> = connections.workspaces.iter().map(|row| row.external_id.as_str()).collect();
        assert_eq!(connected, [SUPER_TEAM.to_string()]);
        let places = connections.places.iter().filter(|place| place.workspace.is_some()).count();
        assert_eq!(places, 1, "{connections:?}");
    }

    /// Waits until so many conversations cannot be written in.
    pub(crate) async fn is_closed(&self, count: usize) {
        let closed = async {
            loop {
                let places = self.services.connections(&self.owner).await.unwrap().places;
                if places.iter().filter(|place| place.closed_at.is_some()).count() == count {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        let patience = Duration::from_secs(60);
        assert!(tokio::time::timeout(patience, closed).await.is_ok(), "{count} were to be closed");
    }

    /// Lets a check of a monitor fail.
    pub(crate) async fn fail(&self, monitor: MonitorId) {
        self.pass(Duration::from_secs(60));
        let now = self.services.now();
        let claim = self.services.store().claim_one(monitor, now, LEASE_SLACK).await.unwrap().unwrap();
        let policy = Policy { retries: 0, ..Policy::default() };
        let outcome = outcome(now, Reason::ConnectionRefused);
        self.services.record(&[Finished { claim, policy, outcome }]).await.unwrap();
    }

    pub(crate) fn pass(&self, time: Duration) {
        let seconds = i64::try_from(time.as_secs()).unwrap();
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
        self.fake.set_time(self.services.now().as_millis() / 1_000);
    }

    /// What the bot answers to what a person says in a chat: all that it says until it has said so many things more.
    pub(crate) async fn ask(&self, chat: i64, person: i64, text: &str) -> String {
        let before = self.fake.said(chat).len();
        self.fake.say(chat, person, text);
        self.fake.hears(chat, before + 1).await.split_off(before).join("\n---\n")
    }

    /// The number of the last message of a chat.
    pub(crate) fn last(&self, chat: i64) -> i64 {
        self.fake.messages(chat).last().unwrap()["message_id"].as_i64().unwrap()
    }
}
