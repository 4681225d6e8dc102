//! The Bot API over HTTP: `/bot<token>/<method>`, in whichever case the method is written.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get};
use serde_json::{Value, json};

use super::params::Params;
use super::{Call, Failure, Shared, TOKEN, methods};

/// Why a call is refused.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) description: String,
    pub(super) parameters: Option<Value>,
}

impl Refusal {
    /// What is wrong with a request, in the server's words.
    pub(super) fn bad(words: impl std::fmt::Display) -> Self {
        Self { status: 400, description: format!("Bad Request: {words}"), parameters: None }
    }

    pub(super) fn new(status: u16, description: impl Into<String>) -> Self {
        Self { status, description: description.into(), parameters: None }
    }

    fn to_json(&self) -> Value {
        let mut body = json!({ "ok": false, "error_code": self.status, "description": self.description });
        if let Some(parameters) = &self.parameters {
            body["parameters"] = parameters.clone();
        }
        body
    }
}

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/file/{bot}/{*path}", get(file))
        .route("/{bot}/{method}", any(call))
        .fallback(|| async { answer(&Err(Refusal::new(404, "Not Found"))) })
        .with_state(shared)
}

async fn call(
    State(shared): State<Arc<Shared>>,
    Path((bot, method)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Infallible> {
    let known = bot.strip_prefix("bot").is_some_and(|token| token == TOKEN) && !shared.lock().revoked;
    if !known {
        return Ok(answer(&Err(Refusal::new(401, "Unauthorized"))));
    }
    let params = match Params::read(request).await {
        Ok(params) => params,
        Err(words) => return Ok(answer(&Err(Refusal::bad(words)))),
    };
    let (index, failure) = {
        let mut state = shared.lock();
        let (shown, files) = (params.shown(), params.files.clone());
        state.calls.push(Call { method: method.clone(), params: shown, files, answer: Value::Null });
        (state.calls.len() - 1, state.failure(&method))
    };
    shared.wake();
    if let Some(failure) = failure {
        return Ok(fail(failure).await);
    }
    let done = methods::run(&shared, &method, params).await;
    if let Ok(result) = &done {
        shared.lock().calls[index].answer = result.clone();
    }
    shared.wake();
    Ok(answer(&done))
}

async fn fail(failure: Failure) -> Response {
    let refused = |status, description: &str, parameters| {
        answer(&Err(Refusal { status, description: description.to_owned(), parameters }))
    };
    match failure {
        Failure::Refused(status, words) => refused(status, words, None),
        Failure::TooMany(seconds) => {
            let words = format!("Too Many Requests: retry after {seconds}");
            refused(429, &words, Some(json!({ "retry_after": seconds })))
        }
        Failure::Moved(to) => refused(
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
            Some(json!({ "migrate_to_chat_id": to })),
        ),
        Failure::Page(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            (status, [(header::CONTENT_TYPE, "text/html")], "<html><h1>nginx</h1></html>").into_response()
        }
        Failure::Hang => pending().await,
        Failure::Break => {
            let pieces = [Ok(Bytes::from_static(b"{\"ok\":tr")), Err(io::Error::from(io::ErrorKind::ConnectionReset))];
            Body::from_stream(futures_util::stream::iter(pieces)).into_response()
        }
    }
}

fn answer(done: &Result<Value, Refusal>) -> Response {
    let (status, body) = match done {
        Ok(result) => (200, json!({ "ok": true, "result": result })),
        Err(refusal) => (refusal.status, refusal.to_json()),
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

async fn file(State(shared): State<Arc<Shared>>, Path((bot, path)): Path<(String, String)>) -> Response {
    let known = bot.strip_prefix("bot").is_some_and(|token| token == TOKEN);
    let found = shared.lock().files.values().find(|(of, _)| *of == path).map(|(_, bytes)| bytes.clone());
    match found.filter(|_| known) {
        Some(bytes) => bytes.into_response(),
        None => answer(&Err(Refusal::new(404, "Not Found"))),
    }
}
