//! A platform that notifications are sent to: it keeps every request and answers as it was told to, well or badly.

use std::collections::VecDeque;
use std::future::pending;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::targets::answering::read_request;
use crate::targets::{Answer, Received, Target};

/// How long a test waits for something that has to happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// What becomes of a request.
#[derive(Debug, Clone)]
pub enum Reaction {
    /// It is answered so.
    Answer(Answer),
    /// It is answered with that status, and with all that came: request line, headers and body stand in each text of a
    /// JSON object that has the names that platforms give their errors.
    Echo(u16),
    /// It is never answered.
    Hang,
    /// The connection is reset.
    Reset,
}

impl From<Answer> for Reaction {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}

/// A running receiver. It stops when it is dropped.
#[derive(Debug)]
pub struct Receiver {
    target: Target,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    next: Mutex<VecDeque<Reaction>>,
    otherwise: Mutex<Reaction>,
    requests: Mutex<Vec<Received>>,
    count: watch::Sender<usize>,
}

impl Receiver {
    /// Starts one that answers everything with 200 and `{}`.
    pub async fn start() -> Self {
        let state = Arc::new(State {
            next: Mutex::default(),
            otherwise: Mutex::new(Answer::ok("{}").into()),
            requests: Mutex::default(),
            count: watch::Sender::new(0),
        });
        let shared = Arc::clone(&state);
        let target = Target::serve("http", move |stream| {
            let state = Arc::clone(&shared);
            async move { state.serve(stream).await }
        });
        Self { target: target.await, state }
    }

    /// Its address, ending in a slash: `http://127.0.0.1:40001/`.
    #[must_use]
    pub fn url(&self) -> String {
        self.target.url()
    }

    /// Says what becomes of the next request for which nothing is said yet.
    pub fn then(&self, reaction: impl Into<Reaction>) {
        lock(&self.state.next).push_back(reaction.into());
    }

    /// Says what becomes of every request for which nothing else is said.
    pub fn otherwise(&self, reaction: impl Into<Reaction>) {
        *lock(&self.state.otherwise) = reaction.into();
    }

    /// All requests so far, in the order in which they came.
    #[must_use]
    pub fn requests(&self) -> Vec<Received> {
        lock(&self.state.requests).clone()
    }

    /// The last request.
    ///
    /// # Panics
    /// When none has come.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test that misses its request has failed")]
    pub fn last(&self) -> Received {
        lock(&self.state.requests).last().cloned().expect("a request has come")
    }

    /// Waits until that many requests have come.
    ///
    /// # Panics
    /// When they have not come within a minute.
    pub async fn reached(&self, requests: usize) {
        let mut count = self.state.count.subscribe();
        let reached = tokio::time::timeout(PATIENCE, count.wait_for(|count| *count >= requests)).await;
        assert!(reached.is_ok(), "{} of {requests} requests have come", self.requests().len());
    }
}

impl State {
    async fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut buffer = Vec::new();
        while let Some(request) = read_request(&mut stream, &mut buffer).await? {
            let close = request.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
            lock(&self.requests).push(request.clone());
            self.count.send_modify(|count| *count += 1);
            let reaction = lock(&self.next).pop_front();
            let answer = match reaction.unwrap_or_else(|| lock(&self.otherwise).clone()) {
                Reaction::Answer(answer) => answer,
                Reaction::Echo(status) => echo(status, &request),
                Reaction::Hang => pending().await,
                Reaction::Reset => return stream.set_zero_linger(),
            };
            stream.write_all(&answer.to_bytes(false)).await?;
            if close {
                break;
            }
        }
        stream.shutdown().await
    }
}

/// An answer that holds all of the request.
fn echo(status: u16, request: &Received) -> Answer {
    let text = format!("{}\n{}", request.head, String::from_utf8_lossy(&request.body));
    let names = ["error", "message", "description", "reason", "errors", "detail", "title"];
    let fields: Vec<String> = names.iter().map(|name| format!("{}:{}", quoted(name), quoted(&text))).collect();
    Answer::status(status).with_body(format!("{{{}}}", fields.join(",")))
}

/// A text as JSON writes it.
fn quoted(text: &str) -> String {
    let escaped = text.chars().map(|c| match c {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        c if c.is_control() => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
