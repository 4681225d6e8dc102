//! The adapter over real services and a real database, in a workspace that is connected, with a person who is linked.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use adapter_slack::{Config, Mode, StartError, serve};
use bot_core::{Engine, Place, Visitor};
use monitor_core::Timestamp;
use monitor_core::people::Actor;
use monitor_core::report::Retention;
use monitor_core::secret::Secret;
use probes::{Outbound, OutboundConfig};
use services::{Clock, Services};
use test_support::builders::START;
use test_support::database::TestDatabase;
use test_support::platforms::slack::{ADA, APP_TOKEN, BOT_TOKEN, Fake, OPS, SIGNING_SECRET, TEAM};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Starts when tests do, and moves when they say so.
pub(crate) struct TestClock(pub(crate) AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        START + Duration::from_secs(self.0.load(Ordering::SeqCst).unsigned_abs())
    }
}

pub(crate) struct World {
    pub(crate) fake: Fake,
    pub(crate) services: Services,
    pub(crate) engine: Arc<Engine>,
    pub(crate) owner: Actor,
    pub(crate) database: TestDatabase,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) shutdown: CancellationToken,
}

impl World {
    /// A workspace in which nothing runs yet: it is connected, and Ada is its owner.
    pub(crate) async fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let database = TestDatabase::sqlite().await;
        let owner = database.store.bootstrap(START).await.unwrap();
        let clock = Arc::new(TestClock(AtomicI64::new(0)));
        let config = OutboundConfig { allow_private: true, ca_file: None, user_agent: "Watchword".into() };
        let outbound = Outbound::new(&config).unwrap();
        let clock_of_services: Arc<TestClock> = Arc::clone(&clock);
        let services = Services::new(database.store.clone(), outbound, clock_of_services, Retention::default());
        let engine = Arc::new(Engine::new(services.clone()));
        let world = Self {
            fake: Fake::start().await,
            services,
            engine,
            owner,
            database,
            clock,
            shutdown: CancellationToken::new(),
        };
        world.let_in().await;
        world
    }

    /// The same with Socket Mode running.
    pub(crate) async fn start() -> Self {
        let world = Self::new().await;
        world.serve(world.socket_mode());
        world.fake.connected(2).await;
        world
    }

    async fn let_in(&self) {
        let place = Place {
            platform: "slack",
            workspace: Some(TEAM),
            workspace_name: "Example",
            conversation: OPS,
            title: "#ops",
        };
        let visitor = Visitor { scope: TEAM, user: ADA, name: "Ada Lovelace", roles: &[] };
        let code = self.services.code_to_connect(&self.owner, "slack").await.unwrap();
        self.services.connect(&place, &code.code).await.unwrap();
        let code = self.services.code_to_link(&self.owner, "slack").await.unwrap();
        self.services.link(&place, &visitor, &code.code).await.unwrap();
    }

    pub(crate) fn config(&self, mode: Mode) -> Config {
        Config {
            bot_token: Secret::new(BOT_TOKEN),
            mode,
            command: "/watchword".to_owned(),
            api_url: Some(self.fake.api_url()),
        }
    }

    pub(crate) fn socket_mode(&self) -> Config {
        self.config(Mode::Socket { app_token: Secret::new(APP_TOKEN) })
    }

    pub(crate) fn http_mode(&self) -> Config {
        self.config(Mode::Http { signing_secret: Secret::new(SIGNING_SECRET) })
    }

    pub(crate) fn serve(&self, config: Config) -> JoinHandle<Result<(), StartError>> {
        let (engine, services) = (Arc::clone(&self.engine), self.services.clone());
        tokio::spawn(serve(config, engine, services, self.shutdown.clone()))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}
