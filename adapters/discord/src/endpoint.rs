//! The second way to hear of interactions: Discord posts them, signed, to an address of ours.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use bot_core::Engine;
use serenity::interactions_endpoint::Verifier;
use serenity::model::application::Interaction;
use tokio_util::task::TaskTracker;

use crate::api::Api;
use crate::handler::{First, Handler, deadline};
use crate::{Config, StartError};

/// Where interactions are posted.
pub const PATH: &str = "/discord/interactions";

/// Most bytes of an interaction; Discord's have a few thousand.
const MAX_BYTES: usize = 1 << 20;

#[derive(Clone)]
struct Endpoint {
    verifier: Verifier,
    handler: Arc<Handler>,
    tasks: TaskTracker,
}

/// The route that takes signed interactions, at [`PATH`]. What is not signed with the application's key is answered with 401.
/// What follows a first answer is done among `tasks`: close them and wait for them before the program ends.
///
/// # Errors
/// [`StartError`] when the public key is missing or is none.
pub fn router(config: &Config, engine: Arc<Engine>, tasks: &TaskTracker) -> Result<Router, StartError> {
    let handler = Handler::new(engine, Api::new(config), tasks.clone());
    let endpoint = Endpoint { verifier: verifier(config)?, handler, tasks: tasks.clone() };
    let routes = Router::new().route(PATH, post(interaction));
    Ok(routes.layer(DefaultBodyLimit::max(MAX_BYTES)).with_state(endpoint))
}

pub(crate) fn verifier(config: &Config) -> Result<Verifier, StartError> {
    let key = config.public_key.as_deref().ok_or(StartError::PublicKey)?;
    Verifier::try_new(hex(key).ok_or(StartError::PublicKey)?).map_err(|_| StartError::PublicKey)
}

fn hex(text: &str) -> Option<[u8; 32]> {
    let text = text.trim();
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(bytes)
}

async fn interaction(State(endpoint): State<Endpoint>, headers: HeaderMap, body: Bytes) -> Response {
    let until = deadline();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (signature, timestamp) = (header("x-signature-ed25519"), header("x-signature-timestamp"));
    if endpoint.verifier.verify(signature, timestamp, &body).is_err() {
        return (StatusCode::UNAUTHORIZED, "the signature is not that of the application").into_response();
    }
    let Ok(interaction) = serde_json::from_slice::<Interaction>(&body) else {
        return (StatusCode::BAD_REQUEST, "this is no interaction").into_response();
    };
    let handler = endpoint.handler;
    let Some(First { callback, rest, .. }) = handler.first(interaction, false, until).await else {
        return (StatusCode::BAD_REQUEST, "this is none of our components").into_response();
    };
    if let Some(rest) = rest {
        endpoint.tasks.spawn(async move { handler.follow(rest).await });
    }
    axum::Json(callback).into_response()
}
