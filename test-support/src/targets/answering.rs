//! A well-behaved HTTP server whose answer can be changed while it runs.

use std::io;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;

use super::Target;

/// Largest request that is read, in bytes.
const MAX_REQUEST_BYTES: usize = 1024 * 1024;

/// How long a test waits for something that has to happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// What an answering target says.
#[derive(Debug, Clone)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Arc<[u8]>,
    delay: Duration,
}

impl Answer {
    /// Status 200 with that body.
    #[must_use]
    pub fn ok(body: impl AsRef<[u8]>) -> Self {
        Self { status: 200, headers: Vec::new(), body: body.as_ref().into(), delay: Duration::ZERO }
    }

    /// That status with an empty body.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::ok("") }
    }

    /// A redirect to that location.
    #[must_use]
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::status(status).header("Location", location)
    }

    /// The same with that body.
    #[must_use]
    pub fn with_body(self, body: impl AsRef<[u8]>) -> Self {
        Self { body: body.as_ref().into(), ..self }
    }

    /// The same with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same, sent that much later.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    pub(crate) fn to_bytes(&self, head_only: bool) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} Status\r\nContent-Length: {}\r\n", self.status, self.body.len());
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        let mut bytes = head.into_bytes();
        // Answers without a body by definition: RFC 9112, section 6.3.
        if !head_only && !matches!(self.status, 204 | 304) {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }
}

/// A request as it arrived.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Received {
    /// The request line and the headers, one per line.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Received {
    /// The first line: `GET /path HTTP/1.1`.
    #[must_use]
    pub fn request_line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// The value of the first header of that name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        headers.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// A running [`answering`] target.
#[derive(Debug)]
pub struct Answering {
    target: Target,
    state: Arc<State>,
}

/// What the connections of one answering target share.
#[derive(Debug)]
pub(crate) struct State {
    answer: Mutex<Answer>,
    last: Mutex<Received>,
    requests: watch::Sender<usize>,
    running: AtomicUsize,
    most_running: AtomicUsize,
}

/// Starts a server that gives that answer to every request, until it is told another.
pub async fn answering(answer: Answer) -> Answering {
    let state = State::new(answer);
    let shared = Arc::clone(&state);
    let target = Target::serve("http", move |stream| {
        let state = Arc::clone(&shared);
        async move {
            stream.set_nodelay(true)?;
            state.serve(stream).await
        }
    });
    Answering { target: target.await, state }
}

impl Answering {
    pub(crate) fn new(target: Target, state: Arc<State>) -> Self {
        Self { target, state }
    }

    /// Changes the answer from the next request on.
    pub fn set(&self, answer: Answer) {
        *lock(&self.state.answer) = answer;
    }

    /// Changes only the status, so that a target can fail and recover.
    pub fn set_status(&self, status: u16) {
        lock(&self.state.answer).status = status;
    }

    /// How many requests have come.
    #[must_use]
    pub fn requests(&self) -> usize {
        *self.state.requests.borrow()
    }

    /// Waits until that many requests have come.
    ///
    /// # Panics
    /// When they have not come within a minute.
    pub async fn reached(&self, requests: usize) {
        let mut count = self.state.requests.subscribe();
        let reached = tokio::time::timeout(PATIENCE, count.wait_for(|count| *count >= requests)).await;
        assert!(reached.is_ok(), "{} of {requests} requests have come", self.requests());
    }

    /// The largest number of requests that were being answered at the same time.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.state.most_running.load(Ordering::SeqCst)
    }

    /// The last request that came; empty before the first.
    #[must_use]
    pub fn last_request(&self) -> Received {
        lock(&self.state.last).clone()
    }
}

impl Deref for Answering {
    type Target = Target;

    fn deref(&self) -> &Target {
        &self.target
    }
}

impl State {
    pub(crate) fn new(answer: Answer) -> Arc<Self> {
        Arc::new(Self {
            answer: Mutex::new(answer),
            last: Mutex::default(),
            requests: watch::Sender::new(0),
            running: AtomicUsize::new(0),
            most_running: AtomicUsize::new(0),
        })
    }

    /// Answers request after request until the client closes or asks to.
    pub(crate) async fn serve<S: AsyncRead + AsyncWrite + Unpin>(&self, mut stream: S) -> io::Result<()> {
        let mut buffer = Vec::new();
        while let Some(request) = read_request(&mut stream, &mut buffer).await? {
            let head_only = request.head.starts_with("HEAD ");
            let close = request.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
            *lock(&self.last) = request;
            let _running = Running::begin(self);
            self.requests.send_modify(|requests| *requests += 1);
            let answer = lock(&self.answer).clone();
            if !answer.delay.is_zero() {
                tokio::time::sleep(answer.delay).await;
            }
            stream.write_all(&answer.to_bytes(head_only)).await?;
            stream.flush().await?;
            if close {
                break;
            }
        }
        stream.shutdown().await
    }
}

/// Counts a request as running until it is dropped, also when its connection is aborted.
struct Running<'a>(&'a State);

impl<'a> Running<'a> {
    fn begin(state: &'a State) -> Self {
        let now = state.running.fetch_add(1, Ordering::SeqCst) + 1;
        state.most_running.fetch_max(now, Ordering::SeqCst);
        Self(state)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Reads one request; what comes after it stays in the buffer. `None`: the client has closed.
pub(crate) async fn read_request<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffer: &mut Vec<u8>,
) -> io::Result<Option<Received>> {
    let head_end = loop {
        if let Some(end) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if !read_more(stream, buffer).await? {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&buffer[..head_end]).into_owned();
    let mut request = Received { head, body: Vec::new() };
    let length: usize = request.header("content-length").and_then(|value| value.parse().ok()).unwrap_or(0);
    while buffer.len() < head_end + 4 + length {
        if !read_more(stream, buffer).await? {
            return Ok(None);
        }
    }
    request.body = buffer[head_end + 4..head_end + 4 + length].to_vec();
    buffer.drain(..head_end + 4 + length);
    Ok(Some(request))
}

async fn read_more<S: AsyncRead + Unpin>(stream: &mut S, buffer: &mut Vec<u8>) -> io::Result<bool> {
    buffer.reserve(4 * 1024);
    Ok(buffer.len() < MAX_REQUEST_BYTES && stream.read_buf(buffer).await? > 0)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
