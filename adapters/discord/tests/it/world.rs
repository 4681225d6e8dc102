//! The adapter between a fake Discord and an engine over a real database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use adapter_discord::{Config, StartError, serve};
use bot_core::{Engine, Place, Visitor};
use monitor_core::Timestamp;
use monitor_core::health::Policy;
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::Reason;
use monitor_core::people::Actor;
use monitor_core::report::Retention;
use monitor_core::secret::Secret;
use probes::{Outbound, OutboundConfig};
use serde_json::Value;
use services::{Clock, Finished, LEASE_SLACK, Services};
use test_support::builders::{START, outcome};
use test_support::database::TestDatabase;
use test_support::platforms::discord::{ADA, CHANNEL, DIRECT, Deed, Fake, GUILD, TOKEN};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long a test waits for the adapter to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// Starts when tests do, and moves a second with every check.
#[derive(Default)]
struct TestClock(AtomicU64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        START + Duration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) struct World {
    pub(crate) fake: Fake,
    pub(crate) database: TestDatabase,
    pub(crate) services: Services,
    pub(crate) engine: Arc<Engine>,
    pub(crate) owner: Actor,
    pub(crate) shutdown: CancellationToken,
    clock: Arc<TestClock>,
}

impl World {
    /// A Discord whose guild is connected, and in which Ada is the owner.
    pub(crate) async fn start() -> Self {
        let world = Self::strange().await;
        world.connect().await;
        world
    }

    /// One that knows neither the guild nor Ada.
    pub(crate) async fn strange() -> Self {
        drop(rustls::crypto::ring::default_provider().install_default());
        let database = TestDatabase::sqlite().await;
        let config = OutboundConfig { allow_private: true, ca_file: None, user_agent: "Watchword".into() };
        let outbound = Outbound::new(&config).unwrap();
        let clock = Arc::new(TestClock::default());
        let at = Arc::clone(&clock) as Arc<dyn Clock>;
        let services = Services::new(database.store.clone(), outbound, at, Retention::default());
        let owner = database.store.bootstrap(START).await.unwrap();
        let engine = Arc::new(Engine::new(services.clone()));
        Self { fake: Fake::start().await, database, services, engine, owner, shutdown: CancellationToken::new(), clock }
    }

    async fn connect(&self) {
        let (guild, channel, user) = (GUILD.to_string(), CHANNEL.to_string(), ADA.to_string());
        let place = Place {
            platform: "discord",
            workspace: Some(&guild),
            workspace_name: "Shop",
            conversation: &channel,
            title: "#ops",
        };
        let visitor = Visitor { scope: "", user: &user, name: "Ada L.", roles: &[] };
        let code = self.services.code_to_connect(&self.owner, "discord").await.unwrap();
        self.services.connect(&place, &code.code).await.unwrap();
        let code = self.services.code_to_link(&self.owner, "discord").await.unwrap();
        self.services.link(&place, &visitor, &code.code).await.unwrap();
    }

    /// Lets a check of a monitor end like that.
    pub(crate) async fn check(&self, monitor: MonitorId, reason: Reason) {
        self.clock.0.fetch_add(1, Ordering::SeqCst);
        let now = self.services.now();
        let policy = Policy { retries: 0, ..Policy::default() };
        let claim = self.services.store().claim_one(monitor, now, LEASE_SLACK).await.unwrap().unwrap();
        self.services.record(&[Finished { claim, policy, outcome: outcome(now, reason) }]).await.unwrap();
    }

    pub(crate) fn config(&self) -> Config {
        Config {
            token: Secret::new(TOKEN),
            public_key: None,
            guild: None,
            api_url: Some(self.fake.url().parse().unwrap()),
            client: None,
        }
    }

    /// Starts the adapter.
    pub(crate) fn serve(&self, config: Config) -> Serving {
        let (engine, services) = (Arc::clone(&self.engine), self.services.clone());
        let shutdown = self.shutdown.child_token();
        let task = tokio::spawn(serve(config, engine, services, shutdown.clone()));
        Serving { task, shutdown }
    }

    /// Starts the adapter and waits until it is connected to the gateway.
    pub(crate) async fn serving(&self) -> Serving {
        let serving = self.serve(self.config());
        self.fake.connected(1).await;
        serving
    }

    /// Says a slash command in the channel, and waits for its answer.
    pub(crate) async fn slash(&self, name: &str, options: &[(&str, Value)]) -> Value {
        let asked = self.fake.act(CHANNEL, Deed::Slash(name, options));
        self.fake.answer(asked).await
    }

    /// Writes to the bot alone, and waits for as many messages of it as there are then.
    pub(crate) async fn write(&self, text: &str) -> Value {
        let before = self.fake.with(|state| state.of_bot(DIRECT).len());
        self.fake.say(DIRECT, text);
        self.fake.messages(DIRECT, before + 1).await.pop().unwrap()
    }
}

/// The adapter while it runs.
pub(crate) struct Serving {
    task: JoinHandle<Result<(), StartError>>,
    shutdown: CancellationToken,
}

impl Serving {
    /// Ends it.
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        assert_eq!(self.ended().await, Ok(()));
    }

    /// Waits until it ends by itself.
    pub(crate) async fn ended(self) -> Result<(), StartError> {
        tokio::time::timeout(PATIENCE, self.task).await.expect("the adapter ends").unwrap()
    }
}

/// The text of a message: of itself and of all its boxes.
pub(crate) fn text(message: &Value) -> String {
    let mut all = vec![message["content"].as_str().unwrap_or_default().to_owned()];
    for embed in message["embeds"].as_array().unwrap() {
        all.extend([&embed["title"], &embed["description"]].iter().filter_map(|part| part.as_str()).map(str::to_owned));
        for field in embed["fields"].as_array().into_iter().flatten() {
            all.push(format!("{}: {}", field["name"].as_str().unwrap(), field["value"].as_str().unwrap()));
        }
    }
    all.retain(|part| !part.is_empty());
    all.join("\n")
}

/// The id of the component of a message on which that stands.
pub(crate) fn component(message: &Value, label: &str) -> String {
    let rows = message["components"].as_array().unwrap().iter();
    let all: Vec<&Value> = rows.flat_map(|row| row["components"].as_array().unwrap()).collect();
    let found = all.iter().find(|one| one["label"] == label || one["placeholder"] == label);
    found.unwrap_or_else(|| panic!("no {label} in {all:#?}"))["custom_id"].as_str().unwrap().to_owned()
}

pub(crate) fn id(message: &Value) -> u64 {
    message["id"].as_str().unwrap().parse().unwrap()
}

/// Whether only one person sees a message.
pub(crate) fn is_quiet(message: &Value) -> bool {
    message["flags"].as_u64().unwrap() & 64 == 64
}
