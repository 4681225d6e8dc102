//! Slack: a slash command with the whole grammar, mentions, direct messages, buttons, modals, the app home, and the cards of
//! incidents with their threads.
//!
//! [`serve`] keeps Socket Mode and the cards; [`router`] is the second mode, signed requests. Both make the same events of what
//! they are told, acknowledge at once and answer when the engine has.

mod api;
mod app;
mod config;
mod courier;
mod doctor;
mod event;
mod home;
mod http;
mod manifest;
mod markup;
mod names;
pub mod render;
mod seen;
mod send;
mod socket;

use std::sync::Arc;
use std::time::Duration;

use adapter_common::Keeper;
use axum::Router;
use bot_core::Engine;
use serde_json::Value;
use services::Services;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use api::{Api, Refusal};
use app::App;
pub use config::{Config, Mode, StartError};
use courier::SlackCourier;
pub use doctor::examine;
pub use manifest::{SCOPES, Scope, manifest};

/// The platform's name.
pub(crate) const PLATFORM: &str = "slack";

/// How long answers that are on their way are waited for at the end.
const FAREWELL: Duration = Duration::from_secs(10);

/// Keeps the cards of incidents, and Socket Mode where that is the mode, until `shutdown`. While Slack cannot be reached it
/// tries again and again.
///
/// # Errors
/// [`StartError`] when Slack does not accept a token, or TLS cannot be set up.
pub async fn serve(
    config: Config,
    engine: Arc<Engine>,
    services: Services,
    shutdown: CancellationToken,
) -> Result<(), StartError> {
    let api = Arc::new(Api::new(&config)?);
    let Some(accepted) = shutdown.run_until_cancelled(introduce(&api, &config)).await else { return Ok(()) };
    accepted?;
    let courier = Arc::new(SlackCourier::from(Arc::clone(&api)));
    let cards = Keeper::run(courier, services, shutdown.clone());
    let listen = async {
        if let Some(app_token) = config.app_token() {
            let app = App::new(Arc::clone(&api), engine, &config.command, TaskTracker::new());
            socket::run(&app, &api, app_token, &shutdown).await;
            app.finish(FAREWELL).await;
        }
    };
    tokio::join!(cards, listen);
    Ok(())
}

/// The routes for Slack's signed requests: `/slack/commands`, `/slack/interactions`, `/slack/events`. What is not signed is
/// answered with 401. What is acknowledged is worked on among `tasks`: close them and wait for them before the program ends.
///
/// # Errors
/// [`StartError`] when the configuration has no signing secret, or TLS cannot be set up.
pub fn router(config: &Config, engine: Arc<Engine>, tasks: &TaskTracker) -> Result<Router, StartError> {
    let Mode::Http { signing_secret } = &config.mode else {
        return Err(StartError::Config("Slack's signed requests need `slack.signing_secret`, which is not set"));
    };
    let app = App::new(Arc::new(Api::new(config)?), engine, &config.command, tasks.clone());
    Ok(http::router(app, signing_secret.expose()))
}

/// Finds out whether Slack accepts the tokens, for as long as it takes to reach it.
async fn introduce(api: &Api, config: &Config) -> Result<(), StartError> {
    let nothing = Value::Object(Default::default());
    let hello = until_reached(|| api.call("auth.test", &nothing)).await;
    let hello = hello.map_err(|code| StartError::Token {
        token: "the bot's token",
        code,
        mend: "copy the Bot User OAuth Token (xoxb-…) from OAuth & Permissions of the app",
    })?;
    if let Some(app_token) = config.app_token() {
        let opened = until_reached(|| api.open_socket(app_token)).await;
        opened.map_err(|code| StartError::Token {
            token: "the app's token",
            code,
            mend: "make an app-level token (xapp-…) with the scope connections:write, and switch Socket Mode on",
        })?;
    }
    tracing::info!(workspace = hello["team"].as_str(), bot = hello["user"].as_str(), "slack is spoken to");
    Ok(())
}

/// Asks until Slack answers, and gives its code when it refuses.
async fn until_reached<T, F>(ask: impl Fn() -> F) -> Result<T, String>
where
    F: Future<Output = Result<T, Refusal>>,
{
    let mut attempt = 0;
    loop {
        let refusal = match ask().await {
            Ok(answer) => return Ok(answer),
            Err(refusal) => refusal,
        };
        let Some(pause) = refusal.pause(attempt) else { return Err(refusal.code().to_owned()) };
        tracing::warn!(%refusal, pause_ms = pause.as_millis(), "slack is tried again");
        tokio::time::sleep(pause).await;
        attempt += 1;
    }
}
