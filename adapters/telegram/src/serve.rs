use std::sync::Arc;
use std::time::Duration;

use adapter_common::Keeper;
use adapter_common::courier::Rest;
use bot_core::Engine;
use services::Services;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::api::Api;
use crate::bot::Bot;
use crate::config::{Config, StartError};
use crate::courier::TelegramCourier;
use crate::patience::persist;
use crate::{commands, poll, webhook};

/// How long what is being answered may still take when the program stops.
const FINISH: Duration = Duration::from_secs(5);

/// Speaks to Telegram until `shutdown`: answers what is said, unless it is delivered to the [`crate::router`], offers the commands,
/// and keeps the cards. While Telegram cannot be reached it tries again.
///
/// # Errors
/// The configuration cannot work, or the token is wrong or not valid any more.
pub async fn serve(
    config: Config,
    engine: Arc<Engine>,
    services: Services,
    shutdown: CancellationToken,
) -> Result<(), StartError> {
    let api = Api::new(&config)?;
    let bot = Bot::new(api.clone(), engine, services.clone(), TaskTracker::new());
    let me = match persist("begin", &shutdown, || bot.me()).await {
        None => return Ok(()),
        Some(Err(error)) if error.is_token() => return Err(StartError::Token),
        Some(Err(error)) => return Err(StartError::Client(error.to_string())),
        Some(Ok(me)) => me.clone(),
    };
    tracing::info!(bot = %me.username, webhook = config.webhook.is_some(), "telegram answers");

    // Whatever ends listening ends the rest as well.
    let rest = shutdown.child_token();
    let _ended = rest.clone().drop_guard();
    let courier = TelegramCourier { api: api.clone(), services: services.clone(), rest: Rest::default() };
    let listening = async {
        match &config.webhook {
            None => poll::poll(&bot, &me, &shutdown).await,
            Some(webhook) => webhook::keep(&api, webhook, &shutdown).await,
        }
    };
    let registering = commands::register(&api, &rest);
    let keeping = Keeper::run(Arc::new(courier), services, rest.clone());
    let listened = async {
        let listened = listening.await;
        rest.cancel();
        listened
    };
    let (listened, (), ()) = tokio::join!(listened, registering, keeping);
    bot.lanes.finish(FINISH).await;
    listened
}
