//! The routes over real services and a real database, with a clock that the test moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use adapter_web::{WebState, router};
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::{Router, response::Response};
use bot_core::Engine;
use monitor_core::Timestamp;
use monitor_core::health::Policy;
use monitor_core::monitor::MonitorId;
use monitor_core::outcome::Reason;
use monitor_core::people::Actor;
use probes::{Outbound, OutboundConfig};
use serde_json::Value;
use services::testing::Scripted;
use services::{Clock, Finished, LEASE_SLACK, Options, Services};
use test_support::builders::{START, outcome};
use test_support::database::TestDatabase;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// Starts when tests do, and moves a second with every check.
pub(crate) struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        START + Duration::from_secs(self.0.load(Ordering::SeqCst).unsigned_abs())
    }
}

pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) services: Services,
    pub(crate) shutdown: CancellationToken,
    pub(crate) router: Router,
    clock: Arc<TestClock>,
}

impl World {
    pub(crate) async fn start() -> Self {
        let database = TestDatabase::sqlite().await;
        let clock = Arc::new(TestClock(AtomicI64::new(0)));
        let services = services(database.store.clone(), Arc::clone(&clock));
        let shutdown = CancellationToken::new();
        let engine = Arc::new(Engine::new(services.clone()));
        let state = WebState { engine, services: services.clone(), shutdown: shutdown.clone() };
        Self { database, services, shutdown, router: router(state), clock }
    }

    /// The same database as another process sees it.
    pub(crate) async fn other_process(&self) -> Services {
        services(self.database.open_again(test_support::database::KEY).await, Arc::clone(&self.clock))
    }

    /// Adds that many monitors that tell their incidents in a conversation of the page.
    pub(crate) async fn monitors(&self, count: usize, conversation: &str) -> (Actor, Vec<MonitorId>) {
        let store = &self.database.store;
        let (actor, ids) = test_support::builders::monitors(store, &vec![Duration::from_secs(30); count]).await;
        let conversation = self.services.conversation(&actor, "web", conversation).await.unwrap();
        let tx = store.begin().await.unwrap();
        for id in &ids {
            tx.subscribe(*id, conversation).await.unwrap();
        }
        tx.commit().await.unwrap();
        (actor, ids)
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.clock.0.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// Lets a check of each of the monitors end like that.
    pub(crate) async fn check(&self, services: &Services, monitors: &[MonitorId], reason: Reason) {
        self.clock.0.fetch_add(1, Ordering::SeqCst);
        let now = services.now();
        let policy = Policy { retries: 0, ..Policy::default() };
        let mut batch = Vec::new();
        for monitor in monitors {
            let claim = services.store().claim_one(*monitor, now, LEASE_SLACK).await.unwrap().unwrap();
            batch.push(Finished { claim, policy, outcome: outcome(now, reason) });
        }
        services.record(&batch).await.unwrap();
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, HeaderMap, String) {
        read(self.send(asking(path).body(Body::empty()).unwrap()).await).await
    }

    /// Posts a JSON text to the chat.
    pub(crate) async fn post(&self, body: impl Into<Body>) -> (StatusCode, Value) {
        let request = asking("/api/v1/chat").method("POST").header("content-type", "application/json");
        let (status, _, body) = read(self.send(request.body(body.into()).unwrap()).await).await;
        (status, serde_json::from_str(&body).unwrap())
    }

    /// Says something in the conversation `c`.
    pub(crate) async fn say(&self, text: &str) -> Value {
        let (status, answer) = self.post(serde_json::json!({ "text": text, "conversation": "c" }).to_string()).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        answer
    }
}

fn services(store: storage::Store, clock: Arc<TestClock>) -> Services {
    let config = OutboundConfig { allow_private: true, ca_file: None, user_agent: "Watchword".into() };
    let options = Options { audits: Scripted::default().options(), ..Options::default() };
    Services::with_options(store, Outbound::new(&config).unwrap(), clock, options)
}

/// A request as a program on this machine sends it.
pub(crate) fn asking(path: &str) -> axum::http::request::Builder {
    Request::builder().uri(path).header("host", "127.0.0.1:8080")
}

pub(crate) async fn read(response: Response) -> (StatusCode, HeaderMap, String) {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 1 << 24).await.unwrap();
    (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
}
