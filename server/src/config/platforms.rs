//! The chat platforms in the configuration. A platform is spoken to when it has a token.

use std::net::SocketAddr;
use std::num::NonZeroU64;

use monitor_core::secret::Secret;
use serde::Deserialize;
use url::Url;

use super::sections::{listen_if_set, secret};

/// `[chat]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Chat {
    #[serde(deserialize_with = "listen_if_set")]
    pub(crate) listen: Option<SocketAddr>,
}

/// `[discord]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Discord {
    #[serde(deserialize_with = "secret")]
    pub(crate) token: Option<Secret>,
    pub(crate) mode: DiscordMode,
    pub(crate) public_key: String,
    pub(crate) guild: String,
    #[serde(deserialize_with = "url_if_set")]
    pub(crate) api_url: Option<Url>,
}

/// How events of Discord arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DiscordMode {
    #[default]
    Gateway,
    Http,
}

/// `[slack]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Slack {
    #[serde(deserialize_with = "secret")]
    pub(crate) bot_token: Option<Secret>,
    #[serde(deserialize_with = "secret")]
    pub(crate) app_token: Option<Secret>,
    #[serde(deserialize_with = "secret")]
    pub(crate) signing_secret: Option<Secret>,
    pub(crate) mode: SlackMode,
    pub(crate) command: String,
    #[serde(deserialize_with = "url_if_set")]
    pub(crate) api_url: Option<Url>,
}

impl Default for Slack {
    fn default() -> Self {
        Self {
            bot_token: None,
            app_token: None,
            signing_secret: None,
            mode: SlackMode::default(),
            command: "/watchword".to_owned(),
            api_url: None,
        }
    }
}

/// How events of Slack arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SlackMode {
    #[default]
    Socket,
    Http,
}

/// `[telegram]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Telegram {
    #[serde(deserialize_with = "secret")]
    pub(crate) token: Option<Secret>,
    pub(crate) mode: TelegramMode,
    #[serde(deserialize_with = "url_if_set")]
    pub(crate) webhook_url: Option<Url>,
    #[serde(deserialize_with = "url_if_set")]
    pub(crate) api_url: Option<Url>,
}

/// How updates of Telegram arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TelegramMode {
    #[default]
    Polling,
    Webhook,
}

type Refused = Result<(), (&'static str, String)>;

/// Checks what types alone cannot say; names the field and what to do.
pub(super) fn validate(chat: &Chat, discord: &Discord, slack: &Slack, telegram: &Telegram) -> Refused {
    let listens = chat.listen.is_some();
    let needs_listen = |platform: &str| {
        format!(
            "{platform} sends its events to an address of ours: say where to listen, like 0.0.0.0:8082, and put HTTPS before it"
        )
    };
    if discord.token.is_some() && discord.mode == DiscordMode::Http {
        if discord.public_key.len() != 64 || !discord.public_key.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let why = "the mode `http` needs the application's public key: 64 hexadecimal digits, on its page \"General Information\"";
            return Err(("discord.public_key", why.to_owned()));
        }
        if !listens {
            return Err(("chat.listen", needs_listen("Discord")));
        }
    }
    if !discord.guild.is_empty() && discord.guild.parse::<NonZeroU64>().is_err() {
        let why = "write the server's id, some 18 digits and nothing else; Discord shows it in developer mode under \"Copy Server ID\"";
        return Err(("discord.guild", why.to_owned()));
    }
    validate_slack(slack, listens.then_some(()).ok_or_else(|| needs_listen("Slack")))?;
    if telegram.token.is_some() && telegram.mode == TelegramMode::Webhook {
        if telegram.webhook_url.as_ref().is_none_or(|url| url.scheme() != "https") {
            let why = "the mode `webhook` needs the https:// address under which Telegram reaches us, like https://watch.example";
            return Err(("telegram.webhook_url", why.to_owned()));
        }
        if !listens {
            return Err(("chat.listen", needs_listen("Telegram")));
        }
    }
    Ok(())
}

fn validate_slack(slack: &Slack, listens: Result<(), String>) -> Refused {
    if slack.bot_token.is_none() {
        let lonely = slack.app_token.is_some() || slack.signing_secret.is_some();
        let why = "Slack needs the bot token as well, which begins with xoxb-; \"OAuth & Permissions\" shows it once the app is installed";
        return if lonely { Err(("slack.bot_token", why.to_owned())) } else { Ok(()) };
    }
    let name = slack.command.strip_prefix('/').unwrap_or(&slack.command);
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    if !(1..=31).contains(&name.len()) || !name.bytes().all(is_name) {
        let why = "a slash command is / and up to 31 of a-z, 0-9, - and _, like /watchword";
        return Err(("slack.command", why.to_owned()));
    }
    match slack.mode {
        SlackMode::Socket if slack.app_token.is_none() => {
            let why =
                "the mode `socket` needs an app-level token with the scope connections:write, which begins with xapp-";
            Err(("slack.app_token", why.to_owned()))
        }
        SlackMode::Http if slack.signing_secret.is_none() => {
            let why = "the mode `http` needs the signing secret, on the app's page \"Basic Information\"";
            Err(("slack.signing_secret", why.to_owned()))
        }
        SlackMode::Http => listens.map_err(|why| ("chat.listen", why)),
        SlackMode::Socket => Ok(()),
    }
}

pub(super) fn url_if_set<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Url>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    let url = Url::parse(&text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    url.map(Some).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no address like https://watch.example")))
}
