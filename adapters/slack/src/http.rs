//! The second mode: Slack sends signed requests.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use serde_json::Value;
use slack_morphism::signature_verifier::SlackEventSignatureVerifier;
use url::form_urlencoded;

use crate::app::App;
use crate::event::Event;

/// Longest request; Slack's are some kilobytes long.
const LONGEST: usize = 1 << 20;

#[derive(Clone)]
struct Door {
    app: App,
    verifier: SlackEventSignatureVerifier,
}

/// `/slack/commands`, `/slack/interactions` and `/slack/events`.
pub(crate) fn router(app: App, signing_secret: &str) -> Router {
    let door = Door { app, verifier: SlackEventSignatureVerifier::new(&signing_secret.into()) };
    Router::new()
        .route("/slack/commands", post(command))
        .route("/slack/interactions", post(interaction))
        .route("/slack/events", post(event))
        .layer(DefaultBodyLimit::max(LONGEST))
        .with_state(door)
}

async fn command(State(door): State<Door>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(body) = door.verified(&headers, &body) else { return refused() };
    let fields =
        form_urlencoded::parse(body.as_bytes()).map(|(name, value)| (name.into(), Value::String(value.into())));
    door.take(Event::command(Value::Object(fields.collect())).map(Some))
}

async fn interaction(State(door): State<Door>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(body) = door.verified(&headers, &body) else { return refused() };
    let payload = form_urlencoded::parse(body.as_bytes()).find(|(name, _)| name == "payload");
    let payload = payload.map(|(_, payload)| payload).unwrap_or_default();
    door.take(serde_json::from_str(&payload).and_then(Event::interaction))
}

async fn event(State(door): State<Door>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(body) = door.verified(&headers, &body) else { return refused() };
    let Ok(payload) = serde_json::from_str::<Value>(body) else { return StatusCode::BAD_REQUEST.into_response() };
    match payload["type"].as_str() {
        Some("url_verification") => payload["challenge"].as_str().unwrap_or_default().to_owned().into_response(),
        Some("event_callback") => door.take(Event::callback(payload)),
        _ => StatusCode::OK.into_response(),
    }
}

impl Door {
    /// The body of a request that Slack signed within the last five minutes.
    fn verified<'a>(&self, headers: &HeaderMap, body: &'a Bytes) -> Option<&'a str> {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let hash = header(SlackEventSignatureVerifier::SLACK_SIGNED_HASH_HEADER)?;
        let at = header(SlackEventSignatureVerifier::SLACK_SIGNED_TIMESTAMP)?;
        let body = std::str::from_utf8(body).ok()?;
        self.verifier.verify(hash, body, at).is_ok().then_some(body)
    }

    /// Acknowledges at once. An empty answer shows nothing, and closes a modal.
    fn take(&self, event: serde_json::Result<Option<Event>>) -> Response {
        match event {
            Ok(Some(event)) => self.app.take(event),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, "an event of slack could not be read");
                return StatusCode::BAD_REQUEST.into_response();
            }
        }
        StatusCode::OK.into_response()
    }
}

fn refused() -> Response {
    tracing::warn!("a request that says it is slack's is not signed as it has to be");
    (StatusCode::UNAUTHORIZED, "not signed by Slack, or more than five minutes ago").into_response()
}
