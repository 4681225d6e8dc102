//! Slack: its Web API, Socket Mode and signed requests, for one workspace with an app in it.
//!
//! The server keeps what a workspace keeps: messages, ephemeral ones, files, views, who may answer where and how often. It
//! refuses what Slack refuses ([`blocks`]), and fails on request. What people do there is told to whoever is connected.

mod api;
pub mod blocks;
mod people;
mod socket;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use url::Url;

pub use state::{Ack, Call, Failure, File, Message, State, View};

/// The bot's token.
pub const BOT_TOKEN: &str = "xoxb-1-test";
/// The app's token.
pub const APP_TOKEN: &str = "xapp-1-test";
/// What requests are signed with.
pub const SIGNING_SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
/// The workspace's id.
pub const TEAM: &str = "T0TEAM";
/// The app's id.
pub const APP: &str = "A0APP";
/// The user that the bot is.
pub const BOT: &str = "U0BOT";
/// A person of the workspace.
pub const ADA: &str = "U0ADA";
/// Another.
pub const BOB: &str = "U0BOB";
/// A public channel, `#ops`, that the bot is a member of.
pub const OPS: &str = "C0OPS";
/// A public channel, `#random`, that the bot is no member of.
pub const RANDOM: &str = "C0RANDOM";
/// The direct conversation of the bot with [`ADA`].
pub const ADA_DIRECT: &str = "D0ADA";
/// A direct conversation of [`ADA`] with [`BOB`], which the bot is not in.
pub const BETWEEN: &str = "D0BETWEEN";

/// How long a test waits for something that has to happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server. It stops when it is dropped.
#[derive(Debug)]
pub struct Fake {
    shared: Arc<Shared>,
    base: Url,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Told of every change.
    changed: watch::Sender<u64>,
    base: Url,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and tells who waits.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.state());
        self.changed.send_modify(|count| *count += 1);
        changed
    }

    /// Waits until there is what is looked for.
    async fn until<T>(&self, what: &str, find: impl Fn(&State) -> Option<T>) -> T {
        let mut changed = self.changed.subscribe();
        let looking = async {
            loop {
                changed.mark_unchanged();
                if let Some(found) = find(&self.state()) {
                    return found;
                }
                // The sender lives as long as this.
                let _ = changed.changed().await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, looking).await;
        let state = self.state();
        #[expect(clippy::panic, reason = "a test that misses something has failed")]
        found.unwrap_or_else(|_| panic!("{what} was to come; the calls were {:#?}", state.calls))
    }
}

impl Fake {
    /// Starts a workspace.
    ///
    /// # Panics
    /// When this system gives no port.
    #[expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let base = Url::parse(&format!("http://{address}")).expect("an address");
        let shared =
            Arc::new(Shared { state: Mutex::new(State::new()), changed: watch::Sender::new(0), base: base.clone() });
        let router: Router = api::router(Arc::clone(&shared)).merge(socket::router(Arc::clone(&shared)));
        let task = tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Self { shared, base, task }
    }

    /// Where its Web API is, without a slash at the end.
    ///
    /// # Panics
    /// Never.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the path is constant")]
    pub fn api_url(&self) -> Url {
        self.base.join("/api").expect("a path")
    }

    /// What is so now.
    pub fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.shared.state())
    }

    /// Waits until there is what is looked for; `what` names it when it does not come.
    ///
    /// # Panics
    /// When it has not come within a minute.
    pub async fn until<T>(&self, what: &str, find: impl Fn(&State) -> Option<T>) -> T {
        self.shared.until(what, find).await
    }

    /// Waits for that many messages of a channel, and gives them.
    ///
    /// # Panics
    /// When they have not come within a minute.
    pub async fn messages(&self, channel: &str, count: usize) -> Vec<Message> {
        let enough = |state: &State| {
            let found: Vec<Message> =
                state.messages.iter().filter(|message| message.channel == channel && message.by_bot).cloned().collect();
            (found.len() >= count).then_some(found)
        };
        self.until(&format!("{count} messages in {channel}"), enough).await
    }

    /// The last calls of a method, the latest last.
    #[must_use]
    pub fn calls(&self, method: &str) -> Vec<Call> {
        self.look(|state| state.calls.iter().filter(|call| call.method == method).cloned().collect())
    }

    /// Has the next call of a method fail; `respond` is what is sent to a `response_url`, `upload` what brings a file.
    pub fn fail(&self, method: &str, failure: Failure) {
        self.shared.change(|state| state.failures.entry(method.to_owned()).or_default().push_back(failure));
    }

    /// Has no call fail any more that was to fail.
    pub fn clear_failures(&self) {
        self.shared.change(|state| state.failures.clear());
    }

    /// Has every call fail from now on, or none any more.
    pub fn fail_all(&self, failure: Option<Failure>) {
        self.shared.change(|state| state.always = failure);
    }

    /// Takes a scope from the bot.
    pub fn revoke_scope(&self, scope: &str) {
        self.shared.change(|state| state.scopes.retain(|own| own != scope));
    }

    /// Has the bot's token, and the app's, be accepted no more.
    pub fn revoke_tokens(&self) {
        self.shared.change(|state| state.revoked = true);
    }

    /// A request as Slack signs it, for an app that is reached over HTTP, made at that time (in seconds).
    ///
    /// # Panics
    /// When the path is none.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]
    pub fn signed(path: &str, media_type: &str, body: String, at_s: i64) -> Request<Body> {
        let mut mac = Hmac::<Sha256>::new_from_slice(SIGNING_SECRET.as_bytes()).expect("any key will do");
        mac.update(format!("v0:{at_s}:{body}").as_bytes());
        let signature: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        Request::post(path)
            .header("content-type", media_type)
            .header("x-slack-request-timestamp", at_s.to_string())
            .header("x-slack-signature", format!("v0={signature}"))
            .body(Body::from(body))
            .expect("a request")
    }

    /// Fields as a form sends them.
    #[must_use]
    pub fn form(fields: &Value) -> String {
        let fields = fields.as_object().into_iter().flatten();
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields.map(|(name, value)| (name.clone(), text(value))))
            .finish()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}
