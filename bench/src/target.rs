//! The target: answers 1 KiB of JSON, and can be told to fail.
//!
//! | path | answer |
//! |---|---|
//! | `/check` | 200, always |
//! | `/flip` | 200 or, after `/control/fail`, 503 |
//! | `/control/fail`, `/control/ok` | switches `/flip` |
//! | `/control/reset` | forgets the first request |
//! | `/control/state` | [`State`] as JSON |

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use axum::Router;
use axum::body::Bytes;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::ListenerExt;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::clock::now_us;

/// Bytes of every answer's body.
pub(crate) const BODY_BYTES: usize = 1_024;

/// What the target has seen. Times are microseconds since 1970.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct State {
    /// When `/check` was asked first since the reset; 0: not yet.
    pub(crate) first_check_us: u64,
    /// When `/flip` was answered first since it was switched; 0: not yet.
    pub(crate) first_answer_us: u64,
}

#[derive(Default)]
struct Seen {
    first_check_us: AtomicU64,
    flip: Mutex<Flip>,
}

#[derive(Default)]
struct Flip {
    failing: bool,
    first_answer_us: u64,
}

/// Answers until standard input ends, so that it does not outlive the benchmark.
pub(crate) async fn serve(port: u16) -> anyhow::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    let listener = listener.with_context(|| format!("cannot listen on port {port}"))?;
    // A connection that cannot be set up fails by itself.
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let app = router(Arc::default());
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

fn router(seen: Arc<Seen>) -> Router {
    let body = Bytes::from(format!("{{\"status\":\"ok\",\"filler\":\"{:x<1$}\"}}", "", BODY_BYTES - 27));
    let answer = move |status: StatusCode| -> Response {
        (status, [(header::CONTENT_TYPE, "application/json")], body.clone()).into_response()
    };
    let check = {
        let (seen, answer) = (Arc::clone(&seen), answer.clone());
        async move || {
            if seen.first_check_us.load(Ordering::Relaxed) == 0 {
                let first = (0, now_us());
                let _ = seen.first_check_us.compare_exchange(first.0, first.1, Ordering::Relaxed, Ordering::Relaxed);
            }
            answer(StatusCode::OK)
        }
    };
    let flip = {
        let seen = Arc::clone(&seen);
        async move || answer(if seen.flip_fails() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK })
    };
    let switch = |failing: bool| {
        let seen = Arc::clone(&seen);
        get(async move || seen.switch(failing))
    };
    let reset = Arc::clone(&seen);
    let (fail, ok) = (switch(true), switch(false));
    Router::new()
        .route("/check", get(check))
        .route("/flip", get(flip))
        .route("/control/fail", fail)
        .route("/control/ok", ok)
        .route("/control/reset", get(async move || reset.first_check_us.store(0, Ordering::Relaxed)))
        .route("/control/state", get(async move || axum::Json(seen.state())))
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
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
