//! The conversation over HTTP: the chat page, the API that it and the terminal talk to, and the stream of what arrives later.
//!
//! | route | what it does |
//! |---|---|
//! | `GET /`, `GET /assets/…` | the chat page |
//! | `POST /api/v1/chat` | says something, answers with the replies |
//! | `GET /api/v1/chat/completions` | completes a line |
//! | `GET /api/v1/conversations/{conversation}/events` | server-sent events: incident cards, how everything stands |
//!
//! What is said, `{"text"}` of 8,000 characters at most or the token of a button as `{"action"}`, is answered with `{"conversation",
//! "replies"}`. A reply has `ok`, `text`, `blocks` and `actions`; `code` when it is not `ok`; and `sensitive: true` when what was said
//! may hold a secret (a bearer token, a password, a secret header). A client that keeps lines, to recall or to show them again, does
//! not keep such a line, nor one that was never answered.
//!
//! Whoever reaches this server is its owner until there are accounts to sign in with. It therefore listens on loopback only, and
//! [`guard`] keeps other sites that the same browser has open from reaching it.

mod chat;
mod completions;
mod conversation;
mod error;
mod events;
mod guard;
mod page;
mod wire;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::{get, post};
use bot_core::Engine;
use services::Services;
use tokio_util::sync::CancellationToken;

use error::ApiError;

/// What the routes need.
#[derive(Clone)]
pub struct WebState {
    /// Answers what is said.
    pub engine: Arc<Engine>,
    /// The use cases.
    pub services: Services,
    /// Ends the event streams, which would otherwise hold up a graceful shutdown.
    pub shutdown: CancellationToken,
}

/// The routes of this crate. Every answer that is not a success is `{"error": {"code", "message"}}`, unknown routes included.
pub fn router(state: WebState) -> Router {
    Router::new()
        .merge(page::routes())
        .route("/api/v1/chat", post(chat::say))
        .route("/api/v1/chat/completions", get(completions::complete))
        .route("/api/v1/conversations/{conversation}/events", get(events::follow))
        .fallback(async || ApiError::NoRoute)
        .method_not_allowed_fallback(async || ApiError::WrongMethod)
        .layer(DefaultBodyLimit::max(chat::MOST_BYTES))
        .layer(from_fn(guard::guard))
        .with_state(state)
}
