//! A server that takes Telegram's part: the Bot API over HTTP, as one that is self-hosted, which delivers to `http://` as well.
//!
//! It keeps chats, messages, commands, presses and files, finds what of a text is something, refuses what Telegram refuses in
//! Telegram's words, and fails on request. Tests speak as people with [`Fake::say`] and [`Fake::press`].
#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot be set up has failed")]

mod deliver;
mod html;
mod http;
mod markup;
mod messages;
mod methods;
mod params;
mod people;
mod state;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use state::State;

/// The token of the bot.
pub const TOKEN: &str = "7204518396:AAGf3kXw9ZqTn5VbYc2LrJd8MhPs6Eu1KoI";

/// The name of the bot, without `@`.
pub const BOT: &str = "its_bot";

/// The id of the bot.
pub const BOT_ID: i64 = 7_204_518_396;

/// How long a test waits for something that has to happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server. It stops when it is dropped.
#[derive(Debug)]
pub struct Fake {
    url: String,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

/// What the server and its test share.
#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// Counts what has changed, to wake whoever waits.
    changed: watch::Sender<u64>,
}

/// A call of a method.
#[derive(Debug, Clone)]
pub struct Call {
    /// The method as it was written: `SendMessage` and `sendMessage` are the same one.
    pub method: String,
    /// What it was called with, texts that are JSON read.
    pub params: Value,
    /// The files that came with it.
    pub files: Vec<Upload>,
    /// What was answered; null when it was to fail.
    pub answer: Value,
}

/// A file that came with a call.
#[derive(Debug, Clone)]
pub struct Upload {
    /// The part that holds it.
    pub field: String,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// How a call fails.
#[derive(Debug, Clone)]
pub enum Failure {
    /// Refused with that status and those words.
    Refused(u16, &'static str),
    /// Too many calls: to be tried again after so many seconds.
    TooMany(u64),
    /// The group is a supergroup with this id now.
    Moved(i64),
    /// A page that is not the Bot API's, with that status: something in between has failed.
    Page(u16),
    /// Never answered.
    Hang,
    /// The connection breaks in the middle of the answer.
    Break,
}

impl Fake {
    /// Starts one whose clock stands at so many seconds since 1970.
    ///
    /// # Panics
    /// When no port can be had.
    pub async fn start(now: i64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port can be had");
        let url = format!("http://{}", listener.local_addr().expect("it has an address"));
        let shared = Arc::new(Shared { state: Mutex::new(State::new(now)), changed: watch::Sender::new(0) });
        let router = http::router(Arc::clone(&shared));
        let delivering = Arc::clone(&shared);
        let serving = tokio::spawn(async move {
            let serve = async { axum::serve(listener, router).await };
            let _ = tokio::join!(serve, deliver::deliver(delivering));
        });
        Self { url, shared, serving }
    }

    /// Its address, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// All calls so far but for those that ask for updates, in their order.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.iter().filter(|call| !call.is("getUpdates")).cloned().collect()
    }

    /// All calls of a method so far, in their order.
    #[must_use]
    pub fn calls_of(&self, method: &str) -> Vec<Call> {
        self.state().calls.iter().filter(|call| call.is(method)).cloned().collect()
    }

    /// Lets the next call of a method fail that is not to fail otherwise; `*`: whichever it is.
    pub fn fail(&self, method: &str, failure: Failure) {
        self.state().failures.push((method.to_ascii_lowercase(), failure));
    }

    /// Takes the token away: every call is refused from now on.
    pub fn revoke(&self) {
        self.change(|state| state.revoked = true);
    }

    /// The messages of a chat that are there, oldest first.
    #[must_use]
    pub fn messages(&self, chat: i64) -> Vec<Value> {
        self.state().messages.iter().filter(|message| message["chat"]["id"] == chat).cloned().collect()
    }

    /// The texts and captions of what the bot has said in a chat and not taken back.
    #[must_use]
    pub fn said(&self, chat: i64) -> Vec<String> {
        let own = self.messages(chat).into_iter().filter(|message| message["from"]["id"] == BOT_ID);
        let text = |message: Value| {
            let text = message["text"].as_str().or_else(|| message["caption"].as_str());
            text.unwrap_or_default().to_owned()
        };
        own.map(text).collect()
    }

    /// The commands of a scope, such as `default`, or null.
    #[must_use]
    pub fn commands(&self, scope: &str) -> Value {
        self.commands_in(scope, "")
    }

    /// The commands of a scope for those with a language, such as `en`, or null.
    #[must_use]
    pub fn commands_in(&self, scope: &str, language: &str) -> Value {
        self.state().commands.get(&(scope.to_owned(), language.to_owned())).cloned().unwrap_or_default()
    }

    /// Offers a command in a scope and a language, as another program with the same token has left it.
    pub fn leave_command(&self, scope: &str, language: &str, name: &str) {
        let left = json!([{ "command": name, "description": "Of another program" }]);
        self.change(|state| state.commands.insert((scope.to_owned(), language.to_owned()), left));
    }

    /// Where updates are delivered; empty: nowhere.
    #[must_use]
    pub fn webhook(&self) -> String {
        self.state().webhook.url.clone()
    }

    /// The statuses with which deliveries were answered, in their order; 0 for no answer.
    #[must_use]
    pub fn deliveries(&self) -> Vec<u16> {
        self.state().webhook.answers.clone()
    }

    /// Whether a press was answered.
    #[must_use]
    pub fn is_heard(&self, press: &str) -> bool {
        self.state().presses.get(press).is_some_and(|answered| *answered)
    }

    /// Updates that were neither fetched and confirmed nor delivered.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.state().updates.len()
    }

    /// Waits until something is so.
    ///
    /// # Panics
    /// When it is not within a minute; says what has been called until then.
    pub async fn until(&self, what: &str, mut so: impl FnMut(&Self) -> bool) {
        let mut changed = self.shared.changed.subscribe();
        let waiting = async {
            while !so(self) {
                changed.changed().await.expect("the server runs");
            }
        };
        let done = tokio::time::timeout(PATIENCE, waiting).await;
        let calls: Vec<String> =
            self.state().calls.iter().map(|call| format!("{} {}", call.method, call.params)).collect();
        assert!(done.is_ok(), "it was to be that {what}; called was:\n{}", calls.join("\n"));
    }

    /// Waits until the bot has said so many things in a chat, and returns them.
    ///
    /// # Panics
    /// Like [`Fake::until`].
    pub async fn hears(&self, chat: i64, count: usize) -> Vec<String> {
        self.until(&format!("{count} messages are in {chat}"), |fake| fake.said(chat).len() >= count).await;
        self.said(chat)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.lock()
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.state());
        self.shared.wake();
        changed
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        self.changed.send_modify(|count| *count += 1);
    }
}

impl Call {
    /// Whether it is of that method.
    #[must_use]
    pub fn is(&self, method: &str) -> bool {
        self.method.eq_ignore_ascii_case(method)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
