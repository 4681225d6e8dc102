//! The chat platforms: each that has a token is spoken to, whatever becomes of the others.

use std::sync::Arc;
use std::time::Duration;

use adapter_common::Finding;
use anyhow::{Context, ensure};
use axum::Router;
use bot_core::Engine;
use monitor_core::Timestamp;
use monitor_core::secret::Secret;
use services::Services;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::{Host, Url};

use crate::config::{Config, DiscordMode, SlackMode, TelegramMode};
use crate::pings;

/// Where Telegram's updates arrive, below `telegram.webhook_url` and on `chat.listen`.
const TELEGRAM_PATH: &str = "/telegram/webhook";

/// How long what was acknowledged may still take at the stop.
const FAREWELL: Duration = Duration::from_secs(5);

/// The platforms that have a token.
struct Chosen {
    discord: Option<adapter_discord::Config>,
    slack: Option<adapter_slack::Config>,
    telegram: Option<adapter_telegram::Config>,
}

/// Speaks on every platform that has a token, until the stop. A platform that cannot be spoken to says why in one line.
pub(crate) async fn start(
    config: &Config,
    engine: &Arc<Engine>,
    services: &Services,
    stop: &CancellationToken,
) -> anyhow::Result<JoinSet<()>> {
    let mut tasks = JoinSet::new();
    let Chosen { discord, slack, telegram } = Chosen::read(config)?;
    let (mut routes, acknowledged) = (Router::new(), TaskTracker::new());
    // What one of them lacks is its own business alone.
    let signed = [
        discord.as_ref().filter(|config| config.public_key.is_some()).map(|config| {
            adapter_discord::router(config, Arc::clone(engine), &acknowledged).map_err(anyhow::Error::from)
        }),
        slack.as_ref().filter(|config| matches!(config.mode, adapter_slack::Mode::Http { .. })).map(|config| {
            adapter_slack::router(config, Arc::clone(engine), &acknowledged).map_err(anyhow::Error::from)
        }),
        telegram.as_ref().filter(|config| config.webhook.is_some()).and_then(|config| {
            let (engine, services) = (Arc::clone(engine), services.clone());
            // What its configuration lacks is said below, by the one that speaks to it.
            adapter_telegram::router(config, engine, services, &acknowledged).ok().map(Ok)
        }),
    ];
    for router in signed.into_iter().flatten() {
        match router {
            Ok(router) => routes = routes.merge(router),
            Err(error) => tracing::error!(%error, "a chat platform cannot reach this program; the others can"),
        }
    }
    macro_rules! speak {
        ($adapter:ident, $config:expr) => {
            if let Some(config) = $config {
                let (engine, services, stop) = (Arc::clone(engine), services.clone(), stop.clone());
                tasks.spawn(async move {
                    if let Err(error) = Box::pin($adapter::serve(config, engine, services, stop)).await {
                        tracing::error!(%error, "a chat platform is not spoken to; the others are");
                    }
                });
            }
        };
    }
    speak!(adapter_discord, discord);
    speak!(adapter_slack, slack);
    speak!(adapter_telegram, telegram);
    if let Some(address) = config.chat.listen {
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("chat.listen: cannot listen on {address}; is it in use?"))?;
        tasks.spawn(answer(listener, routes, acknowledged, stop.clone()));
    }
    Ok(tasks)
}

/// Serves the routes until the stop, and then waits for what they have acknowledged, for nobody sends it again.
async fn answer(listener: TcpListener, routes: Router, acknowledged: TaskTracker, stop: CancellationToken) {
    pings::serve(listener, routes, stop).await;
    acknowledged.close();
    if tokio::time::timeout(FAREWELL, acknowledged.wait()).await.is_err() {
        tracing::warn!("what was said last in chats may not have been answered");
    }
}

/// Looks at every platform that has a token, at this time.
pub(crate) async fn examine(config: &Config, now: Timestamp, patience: Duration) -> Vec<Finding> {
    let Chosen { discord, slack, telegram } = match Chosen::read(config) {
        Ok(chosen) => chosen,
        Err(error) => return vec![Finding::wrong(format!("the chat platforms: {error:#}"), "mend that setting")],
    };
    let mut findings = Vec::new();
    macro_rules! look {
        ($name:literal, $config:expr, $examine:expr) => {
            match $config {
                None => findings.push(Finding::ok(concat!($name, ": no token, so it is not spoken to"))),
                Some(config) => match tokio::time::timeout(patience, $examine(&config)).await {
                    Ok(found) => findings.extend(found),
                    Err(_) => {
                        let what = format!(concat!($name, " did not answer within {:?}"), patience);
                        findings.push(Finding::wrong(what, "see that this machine reaches it, by a proxy if need be"));
                    }
                },
            }
        };
    }
    look!("Discord", discord, adapter_discord::examine);
    look!("Slack", slack, |config| adapter_slack::examine(config, now));
    look!("Telegram", telegram, adapter_telegram::examine);
    findings
}

impl Chosen {
    fn read(config: &Config) -> anyhow::Result<Self> {
        Ok(Self { discord: discord(config), slack: slack(config), telegram: telegram(config)? })
    }
}

fn discord(config: &Config) -> Option<adapter_discord::Config> {
    let discord = &config.discord;
    let public_key = (discord.mode == DiscordMode::Http).then(|| discord.public_key.clone());
    let (guild, api_url) = (discord.guild.parse().ok(), discord.api_url.clone());
    Some(adapter_discord::Config { token: discord.token.clone()?, public_key, guild, api_url, client: None })
}

fn slack(config: &Config) -> Option<adapter_slack::Config> {
    let slack = &config.slack;
    let mode = match slack.mode {
        SlackMode::Socket => adapter_slack::Mode::Socket { app_token: slack.app_token.clone()? },
        SlackMode::Http => adapter_slack::Mode::Http { signing_secret: slack.signing_secret.clone()? },
    };
    let (command, api_url) = (slack.command.clone(), slack.api_url.clone());
    Some(adapter_slack::Config { bot_token: slack.bot_token.clone()?, mode, command, api_url })
}

fn telegram(config: &Config) -> anyhow::Result<Option<adapter_telegram::Config>> {
    let telegram = &config.telegram;
    let Some(token) = telegram.token.clone() else { return Ok(None) };
    let webhook = match (telegram.mode, &telegram.webhook_url) {
        (TelegramMode::Webhook, Some(url)) => Some(webhook(url)?),
        _ => None,
    };
    Ok(Some(adapter_telegram::Config { token, api_url: telegram.api_url.clone(), webhook }))
}

/// The address that is told to Telegram, with a secret that only this process and Telegram know.
fn webhook(url: &Url) -> anyhow::Result<adapter_telegram::Webhook> {
    let mut url = url.clone();
    url.set_path(&format!("{}{TELEGRAM_PATH}", url.path().trim_end_matches('/')));
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| anyhow::anyhow!("this system gives no random numbers: {error}"))?;
    let secret = secret.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    Ok(adapter_telegram::Webhook { url, secret: Secret::new(secret) })
}

/// The manifest to create the Slack app from; with an address for signed requests, otherwise for Socket Mode.
///
/// # Errors
/// When Slack cannot call that address.
pub(crate) fn slack_manifest(config: &Config, url: Option<&str>) -> anyhow::Result<String> {
    let url = url.map(callable).transpose()?;
    let manifest = adapter_slack::manifest(&config.slack.command, url.as_ref());
    Ok(serde_json::to_string_pretty(&manifest)?)
}

/// An address that Slack can call, to which paths are added.
fn callable(url: &str) -> anyhow::Result<Url> {
    let url = Url::parse(url).context("--url: write an address like https://watch.example")?;
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let is_https = url.scheme() == "https" || (url.scheme() == "http" && is_here);
    ensure!(is_https, "--url: Slack calls addresses with https:// alone, like https://watch.example");
    let is_bare = url.query().is_none() && url.fragment().is_none();
    ensure!(is_bare, "--url: write the address without what begins with ? or #, for paths are added to it");
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_slack_cannot_call_is_refused() {
        for url in
            ["https://watch.example", "https://watch.example:8443/chat/", "http://localhost:8082", "http://[::1]/x"]
        {
            assert!(callable(url).is_ok(), "{url}");
        }
        for (url, why) in [
            ("watch.example", "write an address"),
            ("ftp://watch.example", "https://"),
            ("http://watch.example", "https://"),
            ("https://watch.example/?team=1", "? or #"),
            ("https://watch.example/#a", "? or #"),
        ] {
            let error = callable(url).unwrap_err().to_string();
            assert!(error.starts_with("--url: ") && error.contains(why), "{url}: {error}");
        }
    }
}
