//! An HTTP server that has an answer for each request.

use std::io;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Target;
use super::answering::{Answer, Received, read_request};

type Answers = dyn Fn(&Received) -> Option<Answer> + Send + Sync;

/// A running site.
#[derive(Debug)]
pub struct Site {
    target: Target,
    log: Arc<Log>,
}

#[derive(Debug, Default)]
struct Log {
    requests: Mutex<Vec<Received>>,
    open: AtomicUsize,
    most_open: AtomicUsize,
}

/// Starts a site that answers each request so.
pub async fn site(answer: impl Fn(&Received) -> Answer + Send + Sync + 'static) -> Site {
    Site::start("http", answer, |stream| async move { Ok(stream) }).await
}

/// Starts a site that answers each request so, and breaks off where it has no answer.
pub async fn reluctant(answer: impl Fn(&Received) -> Option<Answer> + Send + Sync + 'static) -> Site {
    Site::serve("http", Arc::new(answer), |stream| async move { Ok(stream) }).await
}

impl Site {
    /// Starts one, `prepare` making of each connection what is spoken on.
    pub(crate) async fn start<P, F, S>(
        scheme: &'static str,
        answer: impl Fn(&Received) -> Answer + Send + Sync + 'static,
        prepare: P,
    ) -> Self
    where
        P: Fn(TcpStream) -> F + Send + Sync + 'static,
        F: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        Self::serve(scheme, Arc::new(move |request: &Received| Some(answer(request))), prepare).await
    }

    async fn serve<P, F, S>(scheme: &'static str, answer: Arc<Answers>, prepare: P) -> Self
    where
        P: Fn(TcpStream) -> F + Send + Sync + 'static,
        F: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let log = Arc::new(Log::default());
        let shared = Arc::clone(&log);
        let target = Target::serve(scheme, move |stream| {
            let (log, answer) = (Arc::clone(&shared), Arc::clone(&answer));
            let (open, prepared) = (Open::begin(log), stream.set_nodelay(true).map(|()| prepare(stream)));
            async move { serve(prepared?.await?, &open.0, &*answer).await }
        });
        Self { target: target.await, log }
    }

    /// All requests so far, in their order.
    #[must_use]
    pub fn requests(&self) -> Vec<Received> {
        self.log.requests().clone()
    }

    /// Their first lines without the protocol: `GET /path`.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        let line = |request: &Received| {
            let line = request.request_line();
            line.rsplit_once(' ').map_or(line, |(line, _)| line).to_owned()
        };
        self.log.requests().iter().map(line).collect()
    }

    /// The largest number of connections that were open at the same time.
    #[must_use]
    pub fn most_open(&self) -> usize {
        self.log.most_open.load(Ordering::SeqCst)
    }
}

impl Deref for Site {
    type Target = Target;

    fn deref(&self) -> &Target {
        &self.target
    }
}

impl Log {
    fn requests(&self) -> MutexGuard<'_, Vec<Received>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a connection as open until it is dropped.
struct Open(Arc<Log>);

impl Open {
    fn begin(log: Arc<Log>) -> Self {
        let now = log.open.fetch_add(1, Ordering::SeqCst) + 1;
        log.most_open.fetch_max(now, Ordering::SeqCst);
        Self(log)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, log: &Log, answer: &Answers) -> io::Result<()> {
    let mut buffer = Vec::new();
    while let Some(request) = read_request(&mut stream, &mut buffer).await? {
        let head_only = request.head.starts_with("HEAD ");
        let close = request.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
        let answer = answer(&request);
        log.requests().push(request);
        let Some(answer) = answer else { break };
        let bytes = answer.to_bytes(head_only);
        stream.write_all(&bytes).await?;
        stream.flush().await?;
        if close {
            break;
        }
    }
    stream.shutdown().await
}
