//! Where destinations are told: webhooks that come in, and when.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use crate::clock::now_us;

/// A notification that came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Delivery {
    /// When, in microseconds since 1970.
    pub(crate) arrived_us: u64,
    /// The same for every attempt to deliver it.
    pub(crate) key: String,
    /// What happened: `opened`, `resolved`.
    pub(crate) event: String,
    /// The title of its incident.
    pub(crate) about: String,
    /// How many monitors its incident has.
    pub(crate) members: usize,
}

/// What is read of a webhook's body.
#[derive(Deserialize)]
struct Body {
    key: String,
    event: String,
    incident: Option<Incident>,
}

#[derive(Deserialize)]
struct Incident {
    title: String,
    member_count: usize,
}

/// What came in.
#[derive(Default)]
pub(super) struct Inbox {
    deliveries: Mutex<Vec<Delivery>>,
    sunk: AtomicU64,
}

impl Inbox {
    /// How many requests were only counted.
    pub(super) fn sunk(&self) -> u64 {
        self.sunk.load(Ordering::Relaxed)
    }

    fn count(&self) {
        self.sunk.fetch_add(1, Ordering::Relaxed);
    }

    fn take(&self, Body { key, event, incident }: Body) {
        let arrived_us = now_us();
        let (about, members) = incident.map(|incident| (incident.title, incident.member_count)).unwrap_or_default();
        self.lock().push(Delivery { arrived_us, key, event, about, members });
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Delivery>> {
        self.deliveries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `/hook` and `/sink`, and what the benchmark asks about them.
pub(super) fn router(inbox: &Arc<Inbox>) -> Router {
    let inbox = || Arc::clone(inbox);
    let (hook, sink, told, forget) = (inbox(), inbox(), inbox(), inbox());
    Router::new()
        .route("/hook", post(async move |Json(body): Json<Body>| hook.take(body)))
        .route("/sink", post(async move |_: Bytes| sink.count()))
        .route("/control/hook", get(async move || Json(told.lock().clone())))
        .route("/control/hook/forget", get(async move || forget.lock().clear()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_is_kept_with_what_it_is_about() {
        let inbox = Inbox::default();
        let body =
            r#"{"key": "k-1", "event": "opened", "at": "x", "incident": {"title": "m-1 is down", "member_count": 3}}"#;
        inbox.take(serde_json::from_str(body).unwrap());
        inbox.take(serde_json::from_str(r#"{"key": "k-2", "event": "test", "incident": null}"#).unwrap());
        let told = inbox.lock().clone();
        let facts: Vec<_> = told.iter().map(|told| (&*told.key, &*told.event, &*told.about, told.members)).collect();
        assert_eq!(facts, [("k-1", "opened", "m-1 is down", 3), ("k-2", "test", "", 0)]);
        assert!(told[0].arrived_us > 0 && told[0].arrived_us <= told[1].arrived_us);
    }
}
