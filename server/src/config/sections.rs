//! The sections of the configuration as the program uses them.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use monitor_core::checks::Endpoint;
use monitor_core::incident::Grouping;
use monitor_core::report::Retention;
use monitor_core::secret::Secret;
use serde::{Deserialize, Deserializer};
use storage::Durability;

use super::audits::Audits;
use super::platforms::{self, Chat, Discord, Slack, Telegram};
use super::security::Security;

/// Everything that can be configured.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    pub(crate) server: Server,
    pub(crate) database: Database,
    pub(crate) secrets: Secrets,
    pub(crate) checks: Checks,
    pub(crate) pings: Pings,
    pub(crate) incidents: Incidents,
    pub(crate) audits: Audits,
    pub(crate) security: Security,
    pub(crate) outbound: Outbound,
    pub(crate) chat: Chat,
    pub(crate) discord: Discord,
    pub(crate) slack: Slack,
    pub(crate) telegram: Telegram,
    pub(crate) retention: Keep,
    pub(crate) log: Log,
}

/// `[server]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Server {
    #[serde(deserialize_with = "listen")]
    pub(crate) listen: SocketAddr,
    pub(crate) url: String,
    pub(crate) data_dir: PathBuf,
    #[serde(deserialize_with = "duration")]
    pub(crate) grace: Duration,
}

/// `[database]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Database {
    #[serde(deserialize_with = "secret")]
    pub(crate) url: Option<Secret>,
    pub(crate) readers: u32,
    #[serde(deserialize_with = "durability")]
    pub(crate) durability: Durability,
}

/// `[secrets]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Secrets {
    #[serde(deserialize_with = "secret")]
    pub(crate) key: Option<Secret>,
    pub(crate) key_file: Option<PathBuf>,
}

/// `[checks]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Checks {
    pub(crate) concurrency: u32,
    #[serde(deserialize_with = "endpoints")]
    pub(crate) witnesses: Vec<Endpoint>,
}

/// `[pings]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Pings {
    #[serde(deserialize_with = "listen_if_set")]
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) url: String,
    pub(crate) create: bool,
}

/// `[incidents]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Incidents {
    #[serde(deserialize_with = "duration")]
    pub(crate) group_window: Duration,
    #[serde(deserialize_with = "words")]
    pub(crate) group_by: Vec<String>,
    pub(crate) storm: u16,
    #[serde(deserialize_with = "duration")]
    pub(crate) reopen: Duration,
}

/// `[outbound]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Outbound {
    pub(crate) allow_private_targets: bool,
    pub(crate) ca_file: Option<PathBuf>,
    pub(crate) user_agent: String,
}

/// `[retention]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Keep {
    #[serde(deserialize_with = "duration")]
    pub(crate) raw: Duration,
    #[serde(deserialize_with = "duration")]
    pub(crate) minute: Duration,
    #[serde(deserialize_with = "duration")]
    pub(crate) hour: Duration,
    #[serde(deserialize_with = "duration")]
    pub(crate) day: Duration,
}

/// `[log]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    pub(crate) level: String,
    pub(crate) format: LogFormat,
    pub(crate) dir: Option<PathBuf>,
    pub(crate) keep_files: usize,
}

/// Libraries tell of their own routine at `info`, which is none of an operator's business.
const DEFAULT_LEVEL: &str = "info,sea_orm_migration=warn,apalis_core=warn";

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Auto,
    Text,
    Json,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            url: String::new(),
            data_dir: PathBuf::from("data"),
            grace: Duration::from_secs(10),
        }
    }
}

impl Default for Database {
    fn default() -> Self {
        Self { url: None, readers: 4, durability: Durability::Normal }
    }
}

impl Default for Checks {
    fn default() -> Self {
        Self { concurrency: 1_000, witnesses: Vec::new() }
    }
}

impl Default for Pings {
    fn default() -> Self {
        Self { listen: None, url: String::new(), create: true }
    }
}

impl Default for Incidents {
    fn default() -> Self {
        let Grouping { window, labels, storm, reopen } = Grouping::default();
        Self { group_window: window, group_by: labels, storm: u16::try_from(storm).unwrap_or(u16::MAX), reopen }
    }
}

impl Incidents {
    pub(crate) fn grouping(&self) -> Grouping {
        Grouping {
            window: self.group_window,
            labels: self.group_by.clone(),
            storm: self.storm.into(),
            reopen: self.reopen,
        }
    }
}

impl Default for Outbound {
    fn default() -> Self {
        let user_agent = concat!("Watchword/", env!("CARGO_PKG_VERSION")).to_owned();
        Self { allow_private_targets: false, ca_file: None, user_agent }
    }
}

impl Default for Keep {
    fn default() -> Self {
        let Retention { raw, minute, hour, day } = Retention::default();
        Self { raw, minute, hour, day }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { level: DEFAULT_LEVEL.to_owned(), format: LogFormat::Auto, dir: None, keep_files: 14 }
    }
}

impl Config {
    /// Checks what types alone cannot say; names the field and what to do.
    pub(super) fn validate(&self) -> Result<(), (&'static str, String)> {
        let refuse = |field, why: &str| Err((field, why.to_owned()));
        if !self.server.listen.ip().is_loopback() {
            return refuse(
                "server.listen",
                "only loopback addresses such as 127.0.0.1:8080 are possible: there is no signing in yet, so whoever \
                 reaches the port may do everything. To reach it from elsewhere, use an SSH tunnel: \
                 ssh -L 8080:127.0.0.1:8080 HOST",
            );
        }
        if self.secrets.key.is_some() && self.secrets.key_file.is_some() {
            return refuse("secrets.key", "set the key or the key's file, not both");
        }
        if !(1..=64).contains(&self.database.readers) {
            return refuse("database.readers", "choose 1 to 64");
        }
        if !(1..=20_000).contains(&self.checks.concurrency) {
            return refuse("checks.concurrency", "choose 1 to 20000");
        }
        for (field, url) in [("server.url", &self.server.url), ("pings.url", &self.pings.url)] {
            if !url.is_empty()
                && !["http://", "https://"].iter().any(|scheme| url.len() > scheme.len() && url.starts_with(scheme))
            {
                return refuse(field, "write an address like https://watch.example");
            }
        }
        if !(2..=10_000).contains(&self.incidents.storm) {
            return refuse("incidents.storm", "choose 2 to 10000");
        }
        if self.incidents.group_window > Duration::from_secs(3_600) {
            return refuse("incidents.group_window", "choose 1h at most");
        }
        if self.incidents.reopen > Duration::from_secs(86_400) {
            return refuse("incidents.reopen", "choose 1d at most");
        }
        if self.server.grace > Duration::from_secs(300) {
            return refuse("server.grace", "choose 5m at most");
        }
        if self.outbound.user_agent.is_empty() || !self.outbound.user_agent.bytes().all(|b| (b' '..=b'~').contains(&b))
        {
            return refuse("outbound.user_agent", "use visible ASCII characters");
        }
        if !(1..=1_000).contains(&self.log.keep_files) {
            return refuse("log.keep_files", "choose 1 to 1000");
        }
        if let Err(why) = self.log.level.parse::<tracing_subscriber::filter::Targets>() {
            return Err(("log.level", format!("{why}; write `info` or a filter like `info,scheduler=debug`")));
        }
        self.audits.validate()?;
        self.security.validate()?;
        platforms::validate(&self.chat, &self.discord, &self.slack, &self.telegram)?;
        self.retention.validate()
    }

    /// Where the database is.
    pub(crate) fn database_url(&self) -> String {
        let file = || format!("sqlite:{}", self.server.data_dir.join("watchword.db").display());
        self.database.url.as_ref().map_or_else(file, |url| url.expose().to_owned())
    }

    /// Where the key is, when it is in a file.
    pub(crate) fn key_file(&self) -> PathBuf {
        self.secrets.key_file.clone().unwrap_or_else(|| self.server.data_dir.join("secret.key"))
    }

    /// What is in force, without secrets.
    pub(crate) fn shown(&self, key: &str) -> String {
        let path = |path: &Option<PathBuf>| path.as_deref().map_or_else(String::new, |path| path.display().to_string());
        let text = |path: &Path| path.display().to_string();
        let duration = monitor_core::duration::format;
        let hidden = |secret: &Option<Secret>| if secret.is_some() { "***" } else { "" }.to_owned();
        let url = |url: &Option<url::Url>| url.as_ref().map_or_else(String::new, |url| without_password(url.as_str()));
        match key {
            "server.listen" => self.server.listen.to_string(),
            "server.url" => self.server.url.clone(),
            "server.data_dir" => text(&self.server.data_dir),
            "server.grace" => duration(self.server.grace),
            "database.url" => without_password(&self.database_url()),
            "database.readers" => self.database.readers.to_string(),
            "database.durability" => format!("{:?}", self.database.durability).to_lowercase(),
            "secrets.key" => hidden(&self.secrets.key),
            "secrets.key_file" if self.secrets.key.is_some() => String::new(),
            "secrets.key_file" => text(&self.key_file()),
            "checks.concurrency" => self.checks.concurrency.to_string(),
            "pings.listen" => self.pings.listen.map_or_else(String::new, |address| address.to_string()),
            "pings.url" => self.pings.url.clone(),
            "incidents.group_window" => duration(self.incidents.group_window),
            "incidents.group_by" => self.incidents.group_by.join(", "),
            "incidents.storm" => self.incidents.storm.to_string(),
            "incidents.reopen" => duration(self.incidents.reopen),
            "pings.create" => self.pings.create.to_string(),
            "audits.bridge" => text(&self.audits.bridge),
            "audits.node" => text(&self.audits.node),
            "audits.chromium" => text(&self.audits.chromium),
            "audits.isolation" => format!("{:?}", self.audits.isolation).to_lowercase(),
            "audits.scratch" => text(&self.audits.scratch),
            "audits.url" => url(&self.audits.url),
            "audits.token" => hidden(&self.audits.token),
            "audits.memory_mb" => self.audits.memory_mb.to_string(),
            "audits.keep" => duration(self.audits.keep),
            "audits.keep_files" => duration(self.audits.keep_files),
            "security.zap_url" => url(&self.security.zap_url),
            "security.zap_key" => hidden(&self.security.zap_key),
            "security.contact" => self.security.contact.clone(),
            "outbound.allow_private_targets" => self.outbound.allow_private_targets.to_string(),
            "outbound.ca_file" => path(&self.outbound.ca_file),
            "outbound.user_agent" => self.outbound.user_agent.clone(),
            "chat.listen" => self.chat.listen.map_or_else(String::new, |address| address.to_string()),
            "discord.token" => hidden(&self.discord.token),
            "discord.mode" => format!("{:?}", self.discord.mode).to_lowercase(),
            "discord.public_key" => self.discord.public_key.clone(),
            "discord.guild" => self.discord.guild.clone(),
            "discord.api_url" => url(&self.discord.api_url),
            "slack.bot_token" => hidden(&self.slack.bot_token),
            "slack.app_token" => hidden(&self.slack.app_token),
            "slack.signing_secret" => hidden(&self.slack.signing_secret),
            "slack.mode" => format!("{:?}", self.slack.mode).to_lowercase(),
            "slack.command" => self.slack.command.clone(),
            "slack.api_url" => url(&self.slack.api_url),
            "telegram.token" => hidden(&self.telegram.token),
            "telegram.mode" => format!("{:?}", self.telegram.mode).to_lowercase(),
            "telegram.webhook_url" => url(&self.telegram.webhook_url),
            "telegram.api_url" => url(&self.telegram.api_url),
            "retention.raw" => duration(self.retention.raw),
            "retention.minute" => duration(self.retention.minute),
            "retention.hour" => duration(self.retention.hour),
            "retention.day" => duration(self.retention.day),
            "log.level" => self.log.level.clone(),
            "log.format" => format!("{:?}", self.log.format).to_lowercase(),
            "log.dir" => path(&self.log.dir),
            "log.keep_files" => self.log.keep_files.to_string(),
            _ => String::new(),
        }
    }
}

impl Keep {
    fn validate(&self) -> Result<(), (&'static str, String)> {
        let hours = |hours: u64| Duration::from_secs(hours * 3_600);
        let at_least = [
            ("retention.raw", self.raw, hours(1)),
            ("retention.minute", self.minute, hours(2)),
            ("retention.hour", self.hour, hours(48)),
            ("retention.day", self.day, hours(48)),
        ];
        // A rollup is made from the finer one, which has to live until then.
        for (field, kept, least) in at_least {
            if kept < least {
                return Err((field, format!("keep {} at least", monitor_core::duration::format(least))));
            }
        }
        Ok(())
    }

    pub(crate) fn retention(&self) -> Retention {
        Retention { raw: self.raw, minute: self.minute, hour: self.hour, day: self.day }
    }
}

/// A database address with `***` for its password.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    match rest.rsplit_once('@') {
        Some((user, host)) => {
            let user = user.split_once(':').map_or(user.to_owned(), |(user, _)| format!("{user}:***"));
            format!("{scheme}://{user}@{host}")
        }
        None => url.to_owned(),
    }
}

fn listen<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    let port = text.strip_prefix("localhost:").and_then(|port| port.parse().ok());
    let address = port.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))).or_else(|| text.parse().ok());
    let wrong =
        || serde::de::Error::custom(format!("`{text}` is not an address with a port; write it like 127.0.0.1:8080"));
    address.ok_or_else(wrong)
}

/// Reads `host:port, host:port`.
fn endpoints<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Endpoint>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| part.parse().map_err(serde::de::Error::custom)).collect()
}

/// Reads `service, team`.
fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    Ok(words.map(str::to_lowercase).collect())
}

pub(super) fn listen_if_set<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() { Ok(None) } else { listen(serde::de::value::StringDeserializer::new(text)).map(Some) }
}

pub(super) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    monitor_core::duration::parse(&text).map_err(serde::de::Error::custom)
}

pub(super) fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok((!text.is_empty()).then(|| Secret::new(text)))
}

fn durability<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Durability, D::Error> {
    match String::deserialize(deserializer)?.as_str() {
        "normal" => Ok(Durability::Normal),
        "full" => Ok(Durability::Full),
        other => Err(serde::de::Error::custom(format!("`{other}` is neither `normal` nor `full`"))),
    }
}
