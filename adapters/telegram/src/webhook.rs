//! Telegram delivers what happens to an address of ours.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use bot_core::Engine;
use monitor_core::secret::Secret;
use serde_json::{Value, json};
use services::Services;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::api::{Api, ApiError};
use crate::bot::Bot;
use crate::config::{Config, StartError, Webhook};
use crate::patience::persist;
use crate::poll::UPDATES;
use crate::wire::Update;

/// The header with which Telegram proves itself. Source: <https://core.telegram.org/bots/api#setwebhook>.
const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";

/// Most bytes of a delivery, which is one update.
const MAX_BODY: usize = 1 << 20;

/// Deliveries at the same time.
const CONNECTIONS: u8 = 20;

/// The route that Telegram delivers to, at the path of the webhook's address; empty when none is configured. Whoever does not
/// know the secret is answered 401. What is taken is answered among `tasks`: close them and wait for them before the program ends.
///
/// # Errors
/// The configuration cannot work.
pub fn router(
    config: &Config,
    engine: Arc<Engine>,
    services: Services,
    tasks: &TaskTracker,
) -> Result<Router, StartError> {
    let Some(webhook) = &config.webhook else { return Ok(Router::new()) };
    let bot = Bot::new(Api::new(config)?, engine, services, tasks.clone());
    let door = Arc::new(Door { bot, secret: webhook.secret.clone() });
    // The path is the operator's: nothing in it is a placeholder. Braces do not stand in an address unescaped.
    let router = Router::new().without_v07_checks().route(webhook.url.path(), post(deliver));
    Ok(router.layer(DefaultBodyLimit::max(MAX_BODY)).with_state(door))
}

struct Door {
    bot: Arc<Bot>,
    secret: Secret,
}

async fn deliver(State(door): State<Arc<Door>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let proof = headers.get(SECRET_HEADER).map_or(&[][..], |value| value.as_bytes());
    if !same(proof, door.secret.expose().as_bytes()) {
        return StatusCode::UNAUTHORIZED;
    }
    let Some(update) = serde_json::from_slice(&body).ok().and_then(Update::read) else {
        return StatusCode::BAD_REQUEST;
    };
    match door.bot.me().await {
        Ok(me) if door.bot.take(me, update) => StatusCode::OK,
        // There is no room. Telegram delivers it again.
        Ok(_) => StatusCode::SERVICE_UNAVAILABLE,
        // Telegram delivers it again.
        Err(error) => {
            tracing::warn!(%error, "telegram delivers, and does not say who the bot is");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

/// Compares in a time that tells nothing of where they differ.
fn same(one: &[u8], other: &[u8]) -> bool {
    let differ = one.iter().zip(other).fold(0, |differ, (a, b)| std::hint::black_box(differ | (a ^ b)));
    one.len() == other.len() && differ == 0
}

/// Has Telegram deliver to the address, until it is time to stop. That is said at every start: nobody can ask which secret it has.
pub(crate) async fn keep(api: &Api, webhook: &Webhook, shutdown: &CancellationToken) -> Result<(), StartError> {
    match persist("set the webhook", shutdown, || set(api, webhook)).await {
        Some(Err(error)) if error.is_token() => return Err(StartError::Token),
        Some(Err(ApiError::Refused { description, .. })) => {
            return Err(StartError::Webhook(format!("Telegram does not take the webhook's address: {description}")));
        }
        Some(Err(error)) => return Err(StartError::Client(error.to_string())),
        Some(Ok(())) | None => {}
    }
    shutdown.cancelled().await;
    Ok(())
}

async fn set(api: &Api, webhook: &Webhook) -> Result<(), ApiError> {
    let arguments = json!({
        "url": webhook.url,
        "secret_token": webhook.secret.expose(),
        "max_connections": CONNECTIONS,
        "allowed_updates": UPDATES,
    });
    api.tell::<Value>("SetWebhook", &arguments).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn only_the_same_secret_is_the_same() {
        assert!(same(b"abc", b"abc") && same(b"", b""));
        assert!(!same(b"abd", b"abc") && !same(b"ab", b"abc") && !same(b"abcd", b"abc") && !same(b"", b"abc"));
    }
}
