//! The target: answers 1 KiB of JSON, and can be told to fail. What else it speaks stands in [`protocols`].
//!
//! | path | answer |
//! |---|---|
//! | `/check` | 200, always |
//! | `/ping/UUID` | 200 and two letters, always |
//! | `/graphql` | 200, always, as a GraphQL service |
//! | `/flip` | 200 or, after `/control/fail`, 503 |
//! | `/storm` | 200 or 503; lets requests wait after `/control/gather/COUNT/fail` or `/ok` |
//! | `/member/NUMBER` | 200 or, while its number is among those posted to `/control/members`, 503 |
//! | POST `/hook` | 200; what came in is kept for `/control/hook`, until `/control/hook/forget` |
//! | POST `/sink` | 200; only counted |
//! | `/control/fail`, `/control/ok` | switches `/flip` |
//! | `/control/reset` | forgets the first request |
//! | `/control/state` | [`State`] as JSON |
//! | `/control/members` | when each was answered first since they were posted, as JSON |
//! | `/control/ports` | [`Ports`] as JSON |

mod http2;
mod inbox;
mod members;
mod page;
mod protocols;
mod storm;

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::extract;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::clock::now_us;
use inbox::Inbox;
use storm::Storm;

pub(crate) use inbox::Delivery;
pub(crate) use protocols::{CA_FILE, Ports};

/// Bytes of every answer's body.
pub(crate) const BODY_BYTES: usize = 1_024;

/// What the target has seen. Times are microseconds since 1970.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct State {
    /// When `/check` was asked first since the reset; 0: not yet.
    pub(crate) first_check_us: u64,
    /// When `/flip` was answered first since it was switched; 0: not yet.
    pub(crate) first_answer_us: u64,
    /// When the requests that waited for each other at `/storm` were answered; 0: not yet.
    pub(crate) released_us: u64,
    /// How many requests `/sink` has had.
    pub(crate) sunk: u64,
}

#[derive(Default)]
struct Seen {
    first_check_us: AtomicU64,
    flip: Mutex<Flip>,
    storm: Storm,
    inbox: Arc<Inbox>,
}

#[derive(Default)]
struct Flip {
    failing: bool,
    first_answer_us: u64,
}

/// Answers until standard input ends, so that it does not outlive the benchmark. Writes [`CA_FILE`] into the folder.
pub(crate) async fn serve(port: u16, folder: &Path) -> anyhow::Result<()> {
    // Each request that waits holds a file. As many as the system gives will do.
    let _ = rlimit::increase_nofile_limit(1 << 20);
    let ports = protocols::open(folder, body()).await?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    let listener = listener.with_context(|| format!("cannot listen on port {port}"))?;
    // A connection that cannot be set up fails by itself.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let app = router(Arc::default(), ports);
    let (input, input_ends) = oneshot::channel();
    // A thread of its own, for a runtime waits for its own threads when it ends.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = input.send(());
    });
    tokio::select! {
        served = axum::serve(listener, app) => served.context("the target cannot serve"),
        _ = input_ends => Ok(()),
    }
}

/// [`BODY_BYTES`] of JSON.
pub(crate) fn body() -> Bytes {
    Bytes::from(format!("{{\"status\":\"ok\",\"filler\":\"{:x<1$}\"}}", "", BODY_BYTES - 27))
}

/// The answer to a request that fails, or not.
fn answer(body: &Bytes, fails: bool) -> Response {
    let status = if fails { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    (status, [(header::CONTENT_TYPE, "application/json")], body.clone()).into_response()
}

fn router(seen: Arc<Seen>, ports: Ports) -> Router {
    let body = body();
    let others = members::router(body.clone()).merge(inbox::router(&seen.inbox)).merge(page::router());
    let answer = move |fails: bool| answer(&body, fails);
    let check = {
        let (seen, answer) = (Arc::clone(&seen), answer.clone());
        async move || {
            if seen.first_check_us.load(Ordering::Relaxed) == 0 {
                let first = (0, now_us());
                let _ = seen.first_check_us.compare_exchange(first.0, first.1, Ordering::Relaxed, Ordering::Relaxed);
            }
            answer(false)
        }
    };
    let flip = {
        let (seen, answer) = (Arc::clone(&seen), answer.clone());
        async move || answer(seen.flip_fails())
    };
    let storm = {
        let seen = Arc::clone(&seen);
        async move || answer(seen.storm.fails().await)
    };
    let graphql = async || ([(header::CONTENT_TYPE, "application/json")], r#"{"data":{"__typename":"Query"}}"#);
    let switch = |failing: bool| {
        let seen = Arc::clone(&seen);
        get(async move || seen.switch(failing))
    };
    let gather = {
        let seen = Arc::clone(&seen);
        async move |extract::Path((count, what)): extract::Path<(usize, String)>| {
            seen.storm.gather(count, what == "fail");
        }
    };
    let reset = Arc::clone(&seen);
    let (fail, ok) = (switch(true), switch(false));
    Router::new()
        .route("/check", get(check))
        .route("/ping/{uuid}", get(async || "OK"))
        .route("/graphql", post(graphql))
        .route("/flip", get(flip))
        .route("/storm", get(storm))
        .route("/control/gather/{count}/{what}", get(gather))
        .route("/control/fail", fail)
        .route("/control/ok", ok)
        .route("/control/reset", get(async move || reset.first_check_us.store(0, Ordering::Relaxed)))
        .route("/control/ports", get(async move || axum::Json(ports)))
        .route("/control/state", get(async move || axum::Json(seen.state())))
        .merge(others)
}

impl Seen {
    fn flip(&self) -> std::sync::MutexGuard<'_, Flip> {
        self.flip.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn switch(&self, failing: bool) {
        *self.flip() = Flip { failing, first_answer_us: 0 };
    }

    /// Whether `/flip` is to fail now; notes the time when it is the first answer since the switch.
    fn flip_fails(&self) -> bool {
        let mut flip = self.flip();
        if flip.first_answer_us == 0 {
            flip.first_answer_us = now_us();
        }
        flip.failing
    }

    fn state(&self) -> State {
        State {
            first_check_us: self.first_check_us.load(Ordering::Relaxed),
            first_answer_us: self.flip().first_answer_us,
            released_us: self.storm.released_us(),
            sunk: self.inbox.sunk(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::setup::Addresses;

    /// Starts it within this process.
    pub(crate) async fn start(folder: &Path) -> Addresses {
        let ports = protocols::open(folder, body()).await.unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, router(Arc::default(), ports)).into_future());
        Addresses { base, ports }
    }

    #[test]
    fn the_first_answer_is_the_first_after_the_switch() {
        let seen = Seen::default();
        assert!(!seen.flip_fails());
        let before = seen.state().first_answer_us;
        assert!(before > 0);
        seen.switch(true);
        assert_eq!(seen.state().first_answer_us, 0);
        assert!(seen.flip_fails());
        let first = seen.state().first_answer_us;
        assert!(first >= before);
        assert!(seen.flip_fails());
        assert_eq!(seen.state().first_answer_us, first);
    }
}
