use std::num::NonZeroU64;

use monitor_core::secret::Secret;
use url::Url;

/// How Discord is spoken to.
#[derive(Debug, Clone)]
pub struct Config {
    /// The bot's token.
    pub token: Secret,
    /// The application's public key, in 64 hexadecimal digits. With it interactions are taken from the signed endpoint, and the
    /// gateway is not connected to; without it, the other way round.
    pub public_key: Option<String>,
    /// The guild for which the commands are registered, where they are known at once; `None`: for all guilds.
    pub guild: Option<NonZeroU64>,
    /// What is spoken to instead of `https://discord.com`: a proxy that knows Discord's rate limits, for then they are left to it.
    pub api_url: Option<Url>,
    /// The HTTP client that requests are made with, such as one that trusts an authority of your own; `None`: one that trusts
    /// the authorities that Mozilla trusts.
    pub client: Option<reqwest::Client>,
}

/// Why Discord cannot be spoken to, and what would mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    /// Discord does not know the token.
    #[error(
        "Discord does not know the bot's token: copy it anew from the page Bot of your application, and put it in discord.token"
    )]
    Token,
    /// The public key is none.
    #[error(
        "discord.public_key has to be the 64 hexadecimal digits from the page General Information of your application"
    )]
    PublicKey,
    /// Discord refuses what the bot wants to be told of.
    #[error("Discord refuses the bot's intents: look whether your application is allowed to connect to the gateway")]
    Intents,
}
