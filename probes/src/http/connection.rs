//! One connection to a target, with HTTP/1.1 or HTTP/2 on it, moved by whoever waits for something from it.

use std::error::Error;
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::rt::Executor;
use hyper_util::rt::TokioIo;
use monitor_core::Timestamp;
use monitor_core::outcome::Reason;

use super::exchange::Exchange;
use super::hop::Hop;
use crate::connect::Stream;
use crate::failure::Failure;
use crate::trace::{Phase, Trace};

/// Most bytes of an answer's headers. Browsers and servers end between 8 and 256 KiB. Their number ends at 100 in
/// HTTP/1.1, which is hyper's default and the number that it reads without allocating.
const MAX_HEADER_BYTES: u32 = 64 * 1024;

type Io = TokioIo<Stream>;
type Payload = Full<Bytes>;

/// How a request is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// To the target by HTTP/1.1: path and query, and `Host`.
    Origin,
    /// To a proxy by HTTP/1.1: the whole address, and the login there.
    Proxied(Option<HeaderValue>),
    /// By HTTP/2: the whole address, without `Host`. Whether the target has said that it speaks it.
    Http2 { offered: bool },
}

/// A connection on which a request can be sent.
pub(super) struct Connection {
    sender: Sender,
    pub(super) driver: Driver,
    form: Form,
    /// Whether it stays open after an answer, if the target agrees.
    lasting: bool,
    pub(super) opened: Instant,
    /// What was learned of the target while it was made.
    peer: Option<IpAddr>,
    certificate_not_after: Option<Timestamp>,
}

enum Sender {
    Http1(http1::SendRequest<Payload>),
    Http2(http2::SendRequest<Payload>),
}

impl Connection {
    /// Begins to speak HTTP on a stream.
    pub(super) async fn open(stream: Stream, form: Form, lasting: bool, trace: &mut Trace) -> Result<Self, Failure> {
        trace.enter(Phase::Send);
        let io = TokioIo::new(stream);
        let (sender, driver) = match form {
            Form::Http2 { .. } => {
                let tasks = Tasks::default();
                let mut builder = http2::Builder::new(tasks.clone());
                builder.max_header_list_size(MAX_HEADER_BYTES);
                let (sender, main) = Box::pin(builder.handshake(io)).await.map_err(|error| failed(&error))?;
                let driver = Http2 { main, done: false, running: Vec::new(), spawned: tasks };
                (Sender::Http2(sender), Driver::Http2(Box::new(driver)))
            }
            Form::Origin | Form::Proxied(_) => {
                let mut builder = http1::Builder::new();
                builder.max_buf_size(MAX_HEADER_BYTES as usize);
                let (sender, connection) = builder.handshake(io).await.map_err(|error| failed(&error))?;
                (Sender::Http1(sender), Driver::Http1(Box::new(connection)))
            }
        };
        let (peer, certificate_not_after) = (trace.details.peer, trace.details.certificate_not_after);
        Ok(Self { sender, driver, form, lasting, opened: Instant::now(), peer, certificate_not_after })
    }

    /// Sends a request and waits for the headers of the answer.
    pub(super) async fn send(
        mut self,
        hop: &Hop,
        user_agent: &HeaderValue,
        trace: &mut Trace,
    ) -> Result<Exchange, Failure> {
        let request = hop.request(&self.form, self.lasting, user_agent)?;
        trace.enter(Phase::Send);
        let response = match &mut self.sender {
            Sender::Http1(sender) => answer(pin!(sender.send_request(request)), &mut self.driver, trace).await,
            Sender::Http2(sender) => answer(pin!(sender.send_request(request)), &mut self.driver, trace).await,
        };
        let response = response.map_err(|error| match self.form {
            Form::Http2 { offered: false } if is_other_protocol(&error) => {
                Failure::new(Reason::ProtocolMismatch, "what came back is not HTTP/2; does the port speak HTTP/1.1?")
            }
            _ => failed(&error),
        })?;
        if matches!(self.form, Form::Proxied(_)) && response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            return Err(Failure::new(Reason::ProxyFailed, "the proxy does not accept the login"));
        }
        Ok(Exchange::new(response, self))
    }

    /// Lets the connection do what it can do now, and says whether another request can be sent on it.
    pub(super) async fn is_usable(&mut self) -> bool {
        self.driver.turn().await;
        self.lasting
            && match &self.sender {
                Sender::Http1(sender) => sender.is_ready(),
                Sender::Http2(sender) => sender.is_ready(),
            }
    }

    /// Notes what was learned when the connection was made, for a check that found it made.
    pub(super) fn describe(&self, trace: &mut Trace) {
        trace.details.peer = self.peer;
        trace.details.certificate_not_after = self.certificate_not_after;
    }
}

fn failed(error: &hyper::Error) -> Failure {
    Failure::http(error, "waiting for its answer")
}

/// Whether what came back has not even the form of HTTP/2.
fn is_other_protocol(error: &hyper::Error) -> bool {
    let cause = error.source().and_then(|source| source.downcast_ref::<h2::Error>());
    cause.is_some_and(|error| {
        let form = matches!(error.reason(), Some(h2::Reason::PROTOCOL_ERROR | h2::Reason::FRAME_SIZE_ERROR));
        form && error.is_go_away() && !error.is_remote()
    })
}

async fn answer<F: Future<Output = hyper::Result<Response<Incoming>>>>(
    mut response: Pin<&mut F>,
    driver: &mut Driver,
    trace: &mut Trace,
) -> hyper::Result<Response<Incoming>> {
    driver.turn().await;
    trace.enter(Phase::FirstByte);
    driver.beside(response.as_mut()).await
}

/// Moves the bytes of a connection. Polled by whoever waits for something from it, so that no task is spawned and nothing
/// is left when the check is over.
pub(super) enum Driver {
    Http1(Box<http1::Connection<Io, Payload>>),
    Http2(Box<Http2>),
    Done,
}

impl Driver {
    fn poll(&mut self, cx: &mut Context<'_>) {
        // Errors reach whoever waits for the answer or the body.
        let done = match self {
            Self::Http1(connection) => Pin::new(connection).poll(cx).is_ready(),
            Self::Http2(connection) => connection.poll(cx),
            Self::Done => false,
        };
        if done {
            *self = Self::Done;
        }
    }

    /// Lets the connection do what it can do now: it writes the request.
    async fn turn(&mut self) {
        poll_fn(|cx| {
            self.poll(cx);
            Poll::Ready(())
        })
        .await;
    }

    /// Waits for something that comes by this connection.
    pub(super) async fn beside<F: Future>(&mut self, mut wanted: Pin<&mut F>) -> F::Output {
        poll_fn(|cx| {
            self.poll(cx);
            wanted.as_mut().poll(cx)
        })
        .await
    }
}

/// An HTTP/2 connection: several futures that are polled together.
pub(super) struct Http2 {
    main: http2::Connection<Io, Payload, Tasks>,
    /// Whether `main` has ended. The others may have something to do still.
    done: bool,
    running: Vec<Task>,
    spawned: Tasks,
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Http2 {
    /// Says whether all has ended.
    fn poll(&mut self, cx: &mut Context<'_>) -> bool {
        loop {
            self.done = self.done || Pin::new(&mut self.main).poll(cx).is_ready();
            self.running.retain_mut(|task| task.as_mut().poll(cx).is_pending());
            let spawned = self.spawned.take();
            if spawned.is_empty() {
                return self.done && self.running.is_empty();
            }
            self.running.extend(spawned);
        }
    }
}

impl Drop for Http2 {
    fn drop(&mut self) {
        // They hold what would hold them.
        drop(self.spawned.take());
    }
}

/// Takes the futures that hyper wants to be run.
#[derive(Clone, Default)]
struct Tasks(Arc<Mutex<Vec<Task>>>);

impl Tasks {
    fn take(&self) -> Vec<Task> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Tasks {
    fn execute(&self, future: F) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Box::pin(future));
    }
}
