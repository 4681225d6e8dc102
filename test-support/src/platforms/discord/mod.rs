//! A server that takes Discord's part: the gateway and the REST API, version 10.
//!
//! It keeps commands, messages, threads and interactions as they are changed, refuses what Discord refuses of tokens, of double
//! answers and of what is not there, and tells of messages only what the bot's intents let it know. What is sent is held against
//! Discord's own schemas by `test-support/clients/discord/schemas.mjs`, and `client.cjs` drives it with discord.js.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot be set up has failed")]

mod gateway;
mod objects;
mod rest;
mod state;
mod tls;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::routing::any;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

pub use gateway::{Event, Order};
pub use state::{Failure, Received, State, Upload};
pub use tls::Tls;

/// The bot's token.
pub const TOKEN: &str = "MTEwMA.discord.fake";
/// The application's id.
pub const APPLICATION: u64 = 1_100_000_000_000_000_000;
/// The bot's user id.
pub const BOT: u64 = 1_100_000_000_000_000_001;
/// The guild that the bot is in.
pub const GUILD: u64 = 1_100_000_000_000_000_002;
/// Its channel `#ops`.
pub const CHANNEL: u64 = 1_100_000_000_000_000_003;
/// A role of the guild.
pub const ROLE: u64 = 1_100_000_000_000_000_004;
/// The direct conversation of [`ADA`] with the bot.
pub const DIRECT: u64 = 1_100_000_000_000_000_005;
/// Somebody.
pub const ADA: u64 = 1_100_000_000_000_000_006;

/// How long a test waits for something that has to happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running fake. It stops when it is dropped.
pub struct Fake {
    shared: Arc<Shared>,
    address: SocketAddr,
    server: tokio::task::JoinHandle<()>,
}

/// What the server and the test both see.
pub(crate) struct Shared {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
    key: SigningKey,
}

impl Shared {
    /// Looks at the state, or changes it, and wakes who waits for a change.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        let seen = look(&mut self.lock());
        self.changed.send_modify(|count| *count += 1);
        seen
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An interaction that was sent to the bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interaction {
    /// Its id.
    pub id: u64,
}

/// What somebody does with the bot.
#[derive(Debug, Clone, Copy)]
pub enum Deed<'a> {
    /// Says a slash command with options: text, or yes or no.
    Slash(&'a str, &'a [(&'a str, Value)]),
    /// Types into an option of a slash command.
    Types(&'a str, &'a str, &'a str),
    /// Presses a button: the message's id and the button's.
    Press(u64, &'a str),
    /// Picks from a menu: the message's id, the menu's, and the value.
    Pick(u64, &'a str, &'a str),
    /// Fills in a modal: its id and the text.
    Submit(&'a str, &'a str),
}

impl Fake {
    /// Starts one on a port of this machine.
    ///
    /// # Panics
    /// When no port can be had.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).expect("random bytes");
        let key = SigningKey::from_bytes(&seed);
        let state = State::new(format!("ws://{address}"), hex(key.verifying_key().as_bytes()));
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: watch::Sender::new(0), key });
        let router = router(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("a server");
        });
        Self { shared, address, server }
    }

    /// Where its REST API is, in place of `https://discord.com`: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The same with TLS and a certificate for `discord.com`.
    pub async fn tls(&self) -> Tls {
        tls::serve(router(Arc::clone(&self.shared))).await
    }

    /// The application's public key, in hexadecimal digits.
    #[must_use]
    pub fn public_key(&self) -> String {
        hex(self.shared.key.verifying_key().as_bytes())
    }

    /// The headers with which Discord would sign a request to the interactions endpoint: signature and timestamp.
    #[must_use]
    pub fn sign(&self, body: &str) -> (String, String) {
        let timestamp = "1767225600".to_owned();
        let signature = self.shared.key.sign(format!("{timestamp}{body}").as_bytes());
        (hex(&signature.to_bytes()), timestamp)
    }

    /// Looks at the state, or changes it.
    pub fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        self.shared.with(look)
    }

    /// Waits until the state has something to show.
    ///
    /// # Panics
    /// When it has not for a minute.
    pub async fn until<T>(&self, what: &str, mut look: impl FnMut(&mut State) -> Option<T>) -> T {
        let mut changed = self.shared.changed.subscribe();
        let seen = tokio::time::timeout(PATIENCE, async {
            loop {
                changed.mark_unchanged();
                if let Some(seen) = look(&mut self.shared.lock()) {
                    return seen;
                }
                changed.changed().await.expect("the fake runs");
            }
        });
        match seen.await {
            Ok(seen) => seen,
            Err(_) => panic!("waited for {what}, in vain; requests: {:#?}", self.shared.lock().log()),
        }
    }

    /// Waits until a bot has identified itself or resumed that many times in all.
    pub async fn connected(&self, times: usize) {
        let connects = |state: &mut State| {
            let count = state
                .events
                .iter()
                .filter(|event| matches!(event, Event::Identified { .. } | Event::Resumed { .. }))
                .count();
            (count >= times && state.is_connected()).then_some(())
        };
        self.until("a connection to the gateway", connects).await;
    }

    /// Lets the next request whose method and path contain the text fail.
    pub fn fail_next(&self, text: &str, failure: Failure) {
        self.with(|state| state.failures.push((text.to_owned(), failure)));
    }

    /// Writes a message as [`ADA`], and answers its id. The bot is told of it as far as its intents go.
    pub fn say(&self, channel: u64, text: &str) -> u64 {
        self.with(|state| {
            let message = state.written(channel, text);
            let id = objects::id(&message);
            state.tell_of(message);
            id
        })
    }

    /// Does something with the bot as [`ADA`], who has the role [`ROLE`]; the bot is told by the gateway.
    pub fn act(&self, channel: u64, deed: Deed<'_>) -> Interaction {
        self.with(|state| {
            let (id, interaction) = state.interaction(channel, deed);
            state.dispatch("INTERACTION_CREATE", interaction);
            Interaction { id }
        })
    }

    /// The same without telling the bot: what would be posted to its interactions endpoint.
    #[must_use]
    pub fn act_by_post(&self, channel: u64, deed: Deed<'_>) -> (Interaction, String) {
        self.with(|state| {
            let (id, interaction) = state.interaction(channel, deed);
            (Interaction { id }, interaction.to_string())
        })
    }

    /// Takes what an interactions endpoint has answered as the first answer.
    pub fn posted(&self, interaction: Interaction, callback: &Value) {
        self.with(|state| state.called_back(interaction.id, callback.clone(), Vec::new()));
    }

    /// Waits for the first answer to an interaction.
    pub async fn first_answer(&self, to: Interaction) -> Value {
        self.until("a first answer", |state| state.callback(to.id)).await
    }

    /// Waits until an interaction has a message for an answer, and answers it as it is then.
    pub async fn answer(&self, to: Interaction) -> Value {
        self.until("an answer", |state| state.answered(to.id)).await
    }

    /// Waits until a channel has that many messages of the bot, and answers them.
    pub async fn messages(&self, channel: u64, count: usize) -> Vec<Value> {
        let look = |state: &mut State| {
            let own = state.of_bot(channel);
            (own.len() >= count).then_some(own)
        };
        self.until("messages of the bot", look).await
    }

    /// All requests that changed something, as `schemas.mjs` reads them.
    #[must_use]
    pub fn recorded(&self) -> Value {
        self.with(|state| {
            let sent = state.requests.iter().filter(|request| !request.body.is_null());
            sent.map(|request| json!({ "method": request.method, "path": request.path, "body": request.body }))
                .collect()
        })
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", any(gateway::upgrade))
        .fallback(rest::answer)
        .layer(axum::extract::DefaultBodyLimit::max(64 << 20))
        .with_state(shared)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
