use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use adapter_common::{Backoff, Keeper};
use bot_core::Engine;
use serenity::http::Route;
use services::Services;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::api::{Api, ApiError};
use crate::courier::DiscordCourier;
use crate::handler::Handler;
use crate::{Config, PLATFORM, StartError, commands, endpoint, gateway};

/// Speaks to Discord until shutdown: registers the commands, keeps the cards, and, without a public key, listens to the gateway.
/// While Discord cannot be reached it is tried again and again.
///
/// # Errors
/// [`StartError`] when the configuration cannot work.
pub async fn serve(
    config: Config,
    engine: Arc<Engine>,
    services: Services,
    shutdown: CancellationToken,
) -> Result<(), StartError> {
    if config.public_key.is_some() {
        endpoint::verifier(&config)?;
    }
    let api = Api::new(&config);
    let Some(me) = introduce(&api, &shutdown).await? else { return Ok(()) };
    tracing::info!(platform = PLATFORM, application_id = me.application, "known to Discord as {}", me.name);
    let ends = shutdown.child_token();
    let registering = register(&api, me.application, config.guild, &ends);
    let keeping = Keeper::run(Arc::new(DiscordCourier::new(api.clone())), services, ends.clone());
    let listening = async {
        if config.public_key.is_none() {
            let handler = Handler::new(engine, api.clone(), TaskTracker::new());
            let listened = gateway::listen(&config, Arc::clone(&handler), me.user, &ends).await;
            handler.finish().await;
            return listened;
        }
        ends.cancelled().await;
        Ok(())
    };
    let (listened, (), ()) = tokio::join!(ending(listening, &ends), registering, keeping);
    listened
}

/// When one part cannot go on, all end.
async fn ending<T>(work: impl Future<Output = T>, ends: &CancellationToken) -> T {
    let done = work.await;
    ends.cancel();
    done
}

/// Who the bot is.
struct Me {
    application: u64,
    user: u64,
    name: String,
}

/// Asks Discord who the bot is; `None`: it is time to stop.
async fn introduce(api: &Api, shutdown: &CancellationToken) -> Result<Option<Me>, StartError> {
    let mut backoff = Backoff::default();
    loop {
        let asked = tokio::select! {
            () = shutdown.cancelled() => return Ok(None),
            asked = ask(api) => asked,
        };
        match asked {
            Ok(me) => return Ok(Some(me)),
            Err(error) if error.is_wrong_token() => return Err(StartError::Token),
            Err(error) => tracing::warn!(platform = PLATFORM, %error, "cannot speak to Discord yet"),
        }
        if !backoff.wait(Duration::ZERO, shutdown).await {
            return Ok(None);
        }
    }
}

async fn ask(api: &Api) -> Result<Me, ApiError> {
    let application = api.get(Route::Oauth2ApplicationCurrent).await?;
    let user = api.get(Route::UserMe).await?;
    let id = |value: &serde_json::Value| {
        let id = value["id"].as_str().and_then(|id| id.parse().ok()).filter(|id| *id > 0);
        id.ok_or_else(|| ApiError::unreachable("what answered does not say who the bot is"))
    };
    let name = user["username"].as_str().unwrap_or_default().to_owned();
    Ok(Me { application: id(&application)?, user: id(&user)?, name })
}

/// Registers the commands, however long Discord cannot be reached.
async fn register(api: &Api, application: u64, guild: Option<NonZeroU64>, shutdown: &CancellationToken) {
    let (mut backoff, mut is_told) = (Backoff::default(), false);
    loop {
        let registered = tokio::select! {
            () = shutdown.cancelled() => return,
            registered = commands::register(api, application, guild) => registered,
        };
        match registered {
            Ok(changes) => {
                let commands::Changes { added, changed, removed } = changes;
                tracing::info!(platform = PLATFORM, added, changed, removed, "slash commands are registered");
                return;
            }
            Err(error) if guild.is_some() && error.is_elsewhere() => {
                let guild = guild.map(NonZeroU64::get);
                if !std::mem::replace(&mut is_told, true) {
                    tracing::error!(
                        platform = PLATFORM,
                        guild,
                        "the bot is not in the guild of discord.guild yet: invite it"
                    );
                } else {
                    tracing::debug!(platform = PLATFORM, guild, %error, "the bot is not in the guild yet");
                }
            }
            // Discord will say the same again.
            Err(error) if matches!(error.status, Some(400..=499)) && error.status != Some(429) => {
                tracing::error!(platform = PLATFORM, %error, "Discord refuses the slash commands");
                return;
            }
            Err(error) => tracing::warn!(platform = PLATFORM, %error, "could not register the slash commands yet"),
        }
        if !backoff.wait(Duration::ZERO, shutdown).await {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use monitor_core::secret::Secret;
    use test_support::platforms::discord::{APPLICATION, Failure, Fake, GUILD, TOKEN};
    use tracing::field::{Field, Visit};
    use tracing::span::{Attributes, Id, Record};
    use tracing::{Event, Level, Metadata, Subscriber};

    use super::*;

    /// What is logged as an error.
    #[derive(Clone, Default)]
    struct Errors(Arc<Mutex<Vec<String>>>);

    impl Subscriber for Errors {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            *metadata.level() == Level::ERROR
        }

        fn new_span(&self, _: &Attributes<'_>) -> Id {
            Id::from_u64(1)
        }

        fn record(&self, _: &Id, _: &Record<'_>) {}

        fn record_follows_from(&self, _: &Id, _: &Id) {}

        fn event(&self, event: &Event<'_>) {
            event.record(&mut self.clone());
        }

        fn enter(&self, _: &Id) {}

        fn exit(&self, _: &Id) {}
    }

    impl Visit for Errors {
        fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
            if field.name() == "message" {
                self.0.lock().unwrap().push(format!("{value:?}"));
            }
        }
    }

    #[tokio::test]
    async fn that_the_bot_is_to_be_invited_is_said_once_whatever_went_wrong_before() {
        drop(rustls::crypto::ring::default_provider().install_default());
        let fake = Fake::start().await;
        let api_url = Some(fake.url().parse().unwrap());
        let guild = NonZeroU64::new(GUILD);
        let config = Config { token: Secret::new(TOKEN), public_key: None, guild, api_url, client: None };
        let of_guild = format!("/guilds/{GUILD}/commands");
        for failure in [Failure::Status(503), Failure::Refusal(403, 50001), Failure::Refusal(403, 50001)] {
            fake.fail_next(&of_guild, failure);
        }
        let errors = Errors::default();
        let _here = tracing::subscriber::set_default(errors.clone());
        register(&Api::new(&config), APPLICATION, guild, &CancellationToken::new()).await;
        assert_eq!(*errors.0.lock().unwrap(), ["the bot is not in the guild of discord.guild yet: invite it"]);
    }
}
