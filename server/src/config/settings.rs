//! Every setting, declared once.

use toml::Value;

/// What a setting's value is, for those who write it as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    Switch,
}

/// A setting: its key in the file, its environment variable, its default and what it is.
#[derive(Debug)]
pub(crate) struct Setting {
    /// `section.name`.
    pub(crate) key: &'static str,
    pub(crate) env: &'static str,
    pub(crate) kind: Kind,
    /// As it is written in the file; empty: none.
    pub(crate) default: &'static str,
    pub(crate) about: &'static str,
}

impl Setting {
    /// Section and name.
    pub(crate) fn parts(&self) -> (&'static str, &'static str) {
        self.key.split_once('.').unwrap_or(("", self.key))
    }

    /// The long flag, without dashes before it: the environment variable's words.
    pub(crate) fn flag(&self) -> String {
        words(self.env)
    }

    /// The value of a text from the environment or a flag. What does not fit stays a text, which the section refuses
    /// with the field's name.
    pub(crate) fn parse(&self, text: &str) -> Value {
        let text = text.trim();
        let typed = match self.kind {
            Kind::Text => None,
            Kind::Number => text.parse().ok().map(Value::Integer),
            Kind::Switch => match text {
                "true" | "1" | "yes" | "on" => Some(Value::Boolean(true)),
                "false" | "0" | "no" | "off" => Some(Value::Boolean(false)),
                _ => None,
            },
        };
        typed.unwrap_or_else(|| Value::String(text.to_owned()))
    }

    fn written_default(&self) -> String {
        match (self.default, self.kind) {
            ("", _) => String::new(),
            (default, Kind::Text) => format!("\"{default}\""),
            (default, _) => default.to_owned(),
        }
    }
}

/// What the names of all variables begin with.
pub(super) const PREFIX: &str = "WATCHWORD_";

/// A variable's name as words: `data-dir`.
pub(super) fn words(env: &str) -> String {
    env.trim_start_matches(PREFIX).to_lowercase().replace('_', "-")
}

macro_rules! settings {
    ($($key:literal $env:literal $kind:ident $default:literal $about:literal;)+) => {
        /// All settings, in the order of the sample file.
        pub(crate) const SETTINGS: &[Setting] = &[
            $(Setting { key: $key, env: $env, kind: Kind::$kind, default: $default, about: $about }),+
        ];
    };
}

settings! {
    "server.listen" "WATCHWORD_LISTEN" Text "127.0.0.1:8080" "The address to listen on. Loopback only until accounts exist.";
    "server.url" "WATCHWORD_URL" Text "" "How people reach it, like https://watch.example, for links to files. Default: what is listened on.";
    "server.data_dir" "WATCHWORD_DATA_DIR" Text "data" "The folder for the database, the key and the history.";
    "server.grace" "WATCHWORD_GRACE" Text "10s" "How long running checks may take to end at shutdown.";
    "database.url" "WATCHWORD_DATABASE_URL" Text "" "`sqlite:PATH` or `postgres://USER:PASSWORD@HOST/NAME`. Default: `watchword.db` in the data folder.";
    "database.readers" "WATCHWORD_DATABASE_READERS" Number "4" "Connections for reading, 1 to 64.";
    "database.durability" "WATCHWORD_DATABASE_DURABILITY" Text "normal" "SQLite: `normal` survives a killed process, `full` a power failure too, at a cost.";
    "secrets.key" "WATCHWORD_SECRET_KEY" Text "" "The key that encrypts secrets at rest: 32 bytes in base64.";
    "secrets.key_file" "WATCHWORD_SECRET_KEY_FILE" Text "" "A file with that key. Default: `secret.key` in the data folder, made at first start.";
    "checks.concurrency" "WATCHWORD_CHECKS_CONCURRENCY" Number "1000" "Most checks that run at once, 1 to 20000.";
    "checks.witnesses" "WATCHWORD_WITNESSES" Text "" "Hosts and ports that answer whenever this machine has a network, like `192.0.2.1:53, one.example:443`. While none answers, failed checks are inconclusive.";
    "pings.listen" "WATCHWORD_PINGS_LISTEN" Text "" "An address for heartbeats' pings alone, like 0.0.0.0:8081, so that jobs elsewhere can report in. Default: only `server.listen` takes them.";
    "pings.url" "WATCHWORD_PINGS_URL" Text "" "How jobs reach it, like https://watch.example; shown in ping addresses. Default: what is listened on.";
    "pings.create" "WATCHWORD_PINGS_CREATE" Switch "true" "Whether a ping with `?create=1` and the ping key may add its heartbeat.";
    "incidents.group_window" "WATCHWORD_INCIDENTS_GROUP_WINDOW" Text "1m" "How long after its last alert others that belong together still join an incident: of monitors that share a parent, a group, or one of the labels of `group_by`.";
    "incidents.group_by" "WATCHWORD_INCIDENTS_GROUP_BY" Text "service" "Labels whose value makes alerts of several monitors one incident, like `service, team`.";
    "incidents.storm" "WATCHWORD_INCIDENTS_STORM" Number "10" "How many alerts within ten seconds are one incident, whatever their monitors have in common.";
    "incidents.reopen" "WATCHWORD_INCIDENTS_REOPEN" Text "10m" "How soon after its end an incident is opened again when its monitor fails again, instead of a new one.";
    "audits.bridge" "WATCHWORD_AUDITS_BRIDGE" Text "" "The folder `lighthouse-bridge` with its packages, see [Audits](audits.md). Default: the one beside the program or its checkout, or where it is started.";
    "audits.node" "WATCHWORD_AUDITS_NODE" Text "" "Node.js 22.19 or later. Default: the one among those packages, else `node`.";
    "audits.chromium" "WATCHWORD_AUDITS_CHROMIUM" Text "" "The browser. Default: `chromium`, `chromium-browser` or `google-chrome`.";
    "audits.isolation" "WATCHWORD_AUDITS_ISOLATION" Text "namespaces" "`namespaces`: a page that breaks out of the browser reaches nothing. `flags`: where the system gives no namespaces, the browser alone keeps it in.";
    "audits.scratch" "WATCHWORD_AUDITS_SCRATCH" Text "" "A folder for what audits are made in, 40 bytes long at most. Default: one of its own where temporary files are.";
    "audits.url" "WATCHWORD_AUDITS_URL" Text "" "A worker that runs elsewhere, like http://lighthouse:9090, instead of one that is started here.";
    "audits.token" "WATCHWORD_AUDITS_TOKEN" Text "" "That worker's token.";
    "audits.memory_mb" "WATCHWORD_AUDITS_MEMORY_MB" Number "1500" "Most memory of an audit with its browser, 500 to 64000 MB.";
    "audits.keep" "WATCHWORD_AUDITS_KEEP" Text "365d" "How long audits and security checks are kept.";
    "audits.keep_files" "WATCHWORD_AUDITS_KEEP_FILES" Text "30d" "How long their files are kept: reports, screenshots, what Lighthouse measured.";
    "security.zap_url" "WATCHWORD_SECURITY_ZAP_URL" Text "" "Where the API of an OWASP ZAP listens, like http://127.0.0.1:8090, for deep scans, see [Security checks](security-check.md). Default: none are made.";
    "security.zap_key" "WATCHWORD_SECURITY_ZAP_KEY" Text "" "That ZAP's API key.";
    "security.contact" "WATCHWORD_SECURITY_CONTACT" Text "" "A mail address or a link that security checks name in `User-Agent`, for whoever wonders who looks.";
    "outbound.allow_private_targets" "WATCHWORD_ALLOW_PRIVATE_TARGETS" Switch "false" "Whether loopback and private addresses may be watched. `make run` switches it on.";
    "outbound.ca_file" "WATCHWORD_CA_FILE" Text "" "PEM certificates that are trusted beside the system's.";
    "outbound.user_agent" "WATCHWORD_USER_AGENT" Text "" "What checks call themselves. Default: `Watchword/VERSION`.";
    "chat.listen" "WATCHWORD_CHAT_LISTEN" Text "" "An address for the signed requests of chat platforms in their modes `http` and `webhook`, like 0.0.0.0:8082. Put HTTPS before it. Default: none, platforms are called from here.";
    "discord.token" "WATCHWORD_DISCORD_TOKEN" Text "" "The bot's token. With it Watchword speaks on Discord, see [Discord](discord.md).";
    "discord.mode" "WATCHWORD_DISCORD_MODE" Text "gateway" "`gateway`: we call Discord, no public address is needed. `http`: Discord calls `chat.listen` at /discord/interactions; mentions and direct messages are not heard then.";
    "discord.public_key" "WATCHWORD_DISCORD_PUBLIC_KEY" Text "" "The application's public key, which the mode `http` verifies requests with.";
    "discord.guild" "WATCHWORD_DISCORD_GUILD" Text "" "The id of one server to register the commands in, where they appear at once. Default: everywhere.";
    "discord.api_url" "WATCHWORD_DISCORD_API_URL" Text "" "Another address than Discord's own, of a proxy that keeps its rate limits.";
    "slack.bot_token" "WATCHWORD_SLACK_BOT_TOKEN" Text "" "The bot token, `xoxb-…`. With it Watchword speaks on Slack, see [Slack](slack.md).";
    "slack.app_token" "WATCHWORD_SLACK_APP_TOKEN" Text "" "The app-level token, `xapp-…`, for the mode `socket`.";
    "slack.signing_secret" "WATCHWORD_SLACK_SIGNING_SECRET" Text "" "The signing secret, for the mode `http`.";
    "slack.mode" "WATCHWORD_SLACK_MODE" Text "socket" "`socket`: we call Slack, no public address is needed. `http`: Slack calls `chat.listen` at /slack/commands, /slack/interactions and /slack/events.";
    "slack.command" "WATCHWORD_SLACK_COMMAND" Text "/watchword" "The slash command.";
    "slack.api_url" "WATCHWORD_SLACK_API_URL" Text "" "Another address than Slack's own, of a proxy.";
    "telegram.token" "WATCHWORD_TELEGRAM_TOKEN" Text "" "The bot's token. With it Watchword speaks on Telegram, see [Telegram](telegram.md).";
    "telegram.mode" "WATCHWORD_TELEGRAM_MODE" Text "polling" "`polling`: we call Telegram, no public address is needed. `webhook`: Telegram calls `chat.listen` at /telegram/webhook.";
    "telegram.webhook_url" "WATCHWORD_TELEGRAM_WEBHOOK_URL" Text "" "How Telegram reaches `chat.listen`, like https://watch.example, on port 443, 80, 88 or 8443.";
    "telegram.api_url" "WATCHWORD_TELEGRAM_API_URL" Text "" "Another address than Telegram's own, of a Bot API server that you run.";
    "retention.raw" "WATCHWORD_RETENTION_RAW" Text "1d" "How long single results are kept, 1h at least.";
    "retention.minute" "WATCHWORD_RETENTION_MINUTE" Text "7d" "How long rollups by the minute are kept.";
    "retention.hour" "WATCHWORD_RETENTION_HOUR" Text "90d" "How long rollups by the hour are kept.";
    "retention.day" "WATCHWORD_RETENTION_DAY" Text "1095d" "How long rollups by the day, incidents and changes of status are kept.";
    "log.level" "WATCHWORD_LOG" Text "info,sea_orm_migration=warn,apalis_core=warn" "`error`, `warn`, `info`, `debug`, `trace`, or a filter like `info,scheduler=debug`.";
    "log.format" "WATCHWORD_LOG_FORMAT" Text "auto" "`text`, `json`, or `auto`: text on a terminal, JSON otherwise.";
    "log.dir" "WATCHWORD_LOG_DIR" Text "" "A folder for log files, a new one each day. Default: standard error only.";
    "log.keep_files" "WATCHWORD_LOG_KEEP_FILES" Number "14" "How many of those files are kept, 1 to 1000.";
}

/// A commented sample of the file.
pub(crate) fn sample() -> String {
    let mut out =
        String::from("# Watchword's configuration. Every line is optional; what is commented out shows the default.\n");
    let mut last = "";
    for setting in SETTINGS {
        let (section, name) = setting.parts();
        if section != last {
            out.push_str(&format!("\n[{section}]\n"));
            last = section;
        }
        out.push_str(&format!("# {} ({})\n# {name} = {}\n", setting.about, setting.env, setting.written_default()));
    }
    out
}

/// `docs/configuration.md`.
pub(crate) fn docs() -> String {
    let mut out = String::from(
        "# Configuration\n\nWatchword needs none. What is set counts in this order: flags, the environment, `watchword.toml` \
         in the folder where it is started (or the file that `--config` or `WATCHWORD_CONFIG` names), defaults. Wrong \
         configuration stops the start, with the field's name. `watchword config` shows what is in force, `watchword config \
         --sample` prints a commented file.\n\nDurations are written like `30s`, `5m`, `1h30m`, `7d`.\n\n\
         | key in the file | environment | flag | default | what it is |\n|---|---|---|---|---|\n",
    );
    for setting in SETTINGS {
        let default = setting.written_default();
        let default = if default.is_empty() { String::new() } else { format!("`{default}`") };
        out.push_str(&format!(
            "| `{}` | `{}` | `--{}` | {default} | {} |\n",
            setting.key,
            setting.env,
            setting.flag(),
            setting.about
        ));
    }
    out
}
