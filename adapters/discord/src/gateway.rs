//! The first way to hear of what is said: a connection of ours to Discord's gateway, which serenity keeps up.

use std::sync::Arc;
use std::time::Duration;

use adapter_common::Backoff;
use serenity::all::{
    Client, ClientBuilder, Context, EventHandler, GatewayIntents, Guild, GuildChannel, Interaction, Message,
    PartialGuild,
};
use serenity::async_trait;
use serenity::gateway::GatewayError;
use serenity::http::Route;
use serenity::model::id::ShardId;
use tokio_util::sync::CancellationToken;

use crate::handler::{First, Handler, deadline};
use crate::{Config, StartError, api};

/// What the gateway tells of: guilds with their channels and threads, and messages. None of these has to be asked for; what is
/// written to others is not read, for of messages that do not mention the bot Discord sends no text.
/// Source: <https://discord.com/developers/docs/events/gateway#list-of-intents>.
pub const INTENTS: GatewayIntents =
    GatewayIntents::GUILDS.union(GatewayIntents::GUILD_MESSAGES).union(GatewayIntents::DIRECT_MESSAGES);

/// How a connection is closed whose session is over.
/// Source: <https://discord.com/developers/docs/events/gateway#disconnecting>.
const GOING_AWAY: u16 = 1000;

/// Listens until shutdown. A connection that ends is made anew, however often.
pub(crate) async fn listen(
    config: &Config,
    handler: Arc<Handler>,
    me: u64,
    shutdown: &CancellationToken,
) -> Result<(), StartError> {
    let mut backoff = Backoff::default();
    loop {
        let url = tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            answer = handler.api.get(Route::GatewayBot) => match answer {
                Ok(gateway) => gateway["url"].as_str().map(str::to_owned),
                Err(error) if error.is_wrong_token() => return Err(StartError::Token),
                Err(_) => None,
            },
        };
        if let Some(url) = url {
            match session(config, &handler, me, url, shutdown).await {
                Err(serenity::Error::Gateway(GatewayError::InvalidAuthentication)) => return Err(StartError::Token),
                Err(serenity::Error::Gateway(
                    GatewayError::InvalidGatewayIntents | GatewayError::DisallowedGatewayIntents,
                )) => return Err(StartError::Intents),
                _ if shutdown.is_cancelled() => return Ok(()),
                _ => tracing::warn!("the connection to Discord's gateway ended"),
            }
        }
        if !backoff.wait(Duration::ZERO, shutdown).await {
            return Ok(());
        }
    }
}

/// One client of serenity's, which connects and resumes by itself.
async fn session(
    config: &Config,
    handler: &Arc<Handler>,
    me: u64,
    url: String,
    shutdown: &CancellationToken,
) -> serenity::Result<()> {
    let events = Events { handler: Arc::clone(handler), me };
    let building = ClientBuilder::new_with_http(api::http(config), INTENTS).event_handler(events).into_future();
    let mut client: Client = tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        client = building => client?,
    };
    // Where serenity is not told the address of the gateway it takes one that it knows by heart, whatever the API's is.
    *client.ws_url.lock().await = url;
    let shards = Arc::clone(&client.shard_manager);
    let ended = tokio::select! {
        () = shutdown.cancelled() => Ok(()),
        ended = client.start() => ended,
    };
    if shutdown.is_cancelled() {
        shards.shutdown(ShardId(0), GOING_AWAY).await;
    }
    ended
}

struct Events {
    handler: Arc<Handler>,
    me: u64,
}

#[async_trait]
impl EventHandler for Events {
    async fn message(&self, _: Context, message: Message) {
        self.handler.message(message, self.me);
    }

    async fn interaction_create(&self, _: Context, interaction: Interaction) {
        // serenity forgets the task that this runs in.
        let _under_way = self.handler.under_way();
        let until = deadline();
        let (id, token) = (interaction.id().get(), interaction.token().to_owned());
        let Some(First { callback, files, rest }) = self.handler.first(interaction, true, until).await else { return };
        if let Err(error) = self.handler.api.respond((id, &token), &callback, &files).await {
            tracing::warn!(%error, "could not answer an interaction on Discord");
            return;
        }
        if let Some(rest) = rest {
            self.handler.follow(rest).await;
        }
    }

    async fn guild_create(&self, _: Context, guild: Guild, _: Option<bool>) {
        self.handler.directory.call_guild(guild.id.get(), guild.name);
    }

    async fn guild_update(&self, _: Context, _: Option<Guild>, guild: PartialGuild) {
        self.handler.directory.call_guild(guild.id.get(), guild.name);
    }

    async fn channel_update(&self, _: Context, _: Option<GuildChannel>, channel: GuildChannel) {
        self.handler.directory.forget_channel(channel.id.get());
    }
}
