//! The app's manifest: what Slack has to know to make the app, derived from what is declared elsewhere.

use bot_core::commands::COMMANDS;
use serde_json::{Value, json};
use url::Url;

/// A scope that the bot needs, and what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// Its name.
    pub name: &'static str,
    /// What it is needed for.
    pub why: &'static str,
}

const fn scope(name: &'static str, why: &'static str) -> Scope {
    Scope { name, why }
}

/// The scopes that the bot needs, and no more.
pub const SCOPES: [Scope; 8] = [
    scope("commands", "the slash command"),
    scope("chat:write", "answers and the cards of incidents, in channels that it is invited to"),
    scope("files:write", "charts as pictures, long tables as files"),
    scope(
        "app_mentions:read",
        "hearing what it is told with a mention; nothing else that is said in channels is heard",
    ),
    scope("im:history", "hearing what it is told in a direct message"),
    scope("users:read", "the name of whoever acknowledges, for the others to see"),
    scope("channels:read", "the name of a public channel, beside what was said there"),
    scope("groups:read", "the name of a private channel that it is invited to"),
];

/// What Slack tells the bot of.
const EVENTS: [&str; 3] = ["app_home_opened", "app_mention", "message.im"];

/// Longest usage hint of a command that people see whole.
const HINT: usize = 1_000;

/// The manifest for an app with this slash command, such as `/watchword`. `http`: where the program is reached from outside,
/// for signed requests; `None`: Socket Mode.
/// Source: <https://docs.slack.dev/reference/app-manifest>.
#[must_use]
pub fn manifest(command: &str, http: Option<&Url>) -> Value {
    let request = |kind: &str| http.map(|base| format!("{}/slack/{kind}", base.as_str().trim_end_matches('/')));
    let mut declared = json!({
        "command": slash(command),
        "description": "Talk to Watchword: monitors, incidents, reports",
        "usage_hint": usage_hint(),
        "should_escape": false,
    });
    let mut interactivity = json!({ "is_enabled": true });
    let mut events = json!({ "bot_events": EVENTS });
    if let (Some(commands), Some(interactions), Some(told)) =
        (request("commands"), request("interactions"), request("events"))
    {
        declared["url"] = commands.into();
        interactivity["request_url"] = interactions.into();
        events["request_url"] = told.into();
    }
    json!({
        "display_information": {
            "name": "Watchword",
            "description": "Monitoring you talk to",
            "background_color": "#1f3a4d",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": true,
                "messages_tab_enabled": true,
                "messages_tab_read_only_enabled": false,
            },
            "bot_user": { "display_name": "Watchword", "always_online": true },
            "slash_commands": [declared],
        },
        "oauth_config": { "scopes": { "bot": SCOPES.map(|scope| scope.name) } },
        "settings": {
            "event_subscriptions": events,
            "interactivity": interactivity,
            "org_deploy_enabled": false,
            "socket_mode_enabled": http.is_none(),
            "token_rotation_enabled": false,
        },
    })
}

/// The command as it is typed.
pub(crate) fn slash(command: &str) -> String {
    format!("/{}", command.trim_start_matches('/'))
}

/// What can be said: the names of the commands, as many as people see.
fn usage_hint() -> String {
    let mut hint = String::new();
    for command in COMMANDS {
        if hint.len() + command.name.len() + 3 > HINT {
            break;
        }
        if !hint.is_empty() {
            hint.push_str(" | ");
        }
        hint.push_str(command.name);
    }
    hint
}
