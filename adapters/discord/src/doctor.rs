//! What `watchword doctor` looks at.

use adapter_common::Finding;
use serde_json::Value;
use serenity::http::Route;
use serenity::model::permissions::Permissions;

use crate::api::{Api, ApiError};
use crate::{Config, PATH, PERMISSIONS, endpoint};

/// Most guilds of which the permissions are looked at.
const GUILDS: usize = 100;

/// Looks whether the token works, which application it is of, whether the public key is that application's and interactions are sent
/// where they are taken, which guilds the bot is in and what it lacks there. Nothing is changed.
pub async fn examine(config: &Config) -> Vec<Finding> {
    let api = Api::new(config);
    let application = match api.get(Route::Oauth2ApplicationCurrent).await {
        Ok(application) => application,
        Err(error) => return vec![unknown(&error)],
    };
    let text = |name: &str| application[name].as_str().unwrap_or("?").to_owned();
    let (id, name) = (text("id"), text("name"));
    let mut found = vec![
        Finding::ok(format!("the token is that of the application {name} ({id})")),
        Finding::ok("no privileged intent is needed: the bot reads what is said to it alone"),
    ];
    found.extend(public_key(config, &text("verify_key")));
    found.extend(interactions(config, &application));
    found.extend(guilds(&api, config, &id).await);
    found
}

fn unknown(error: &ApiError) -> Finding {
    if error.is_wrong_token() {
        return Finding::wrong(
            "Discord does not know the bot's token",
            "copy it anew from the page Bot of your application at https://discord.com/developers, and put it in discord.token",
        );
    }
    Finding::wrong(
        format!("Discord cannot be asked: {error}"),
        "look whether https://discord.com can be reached from here",
    )
}

fn public_key(config: &Config, theirs: &str) -> Option<Finding> {
    let ours = config.public_key.as_deref()?.trim();
    let mend =
        format!("put the key from the page General Information of your application in discord.public_key: {theirs}");
    Some(if endpoint::verifier(config).is_err() {
        Finding::wrong("discord.public_key is no key", mend)
    } else if !ours.eq_ignore_ascii_case(theirs) {
        Finding::wrong("discord.public_key is that of another application", mend)
    } else {
        Finding::ok("discord.public_key is that of the application")
    })
}

/// Where Discord sends interactions: to an address of the application's, if it has one, and none by the gateway then.
fn interactions(config: &Config, application: &Value) -> Option<Finding> {
    // What is not told is not known.
    let url = application.get("interactions_endpoint_url")?.as_str().unwrap_or_default();
    let field = "the Interactions Endpoint URL on the page General Information of your application";
    match (config.public_key.is_some(), url) {
        (false, "") => None,
        (false, url) => Some(Finding::wrong(
            format!("Discord posts interactions to {url}, so that no command arrives by the gateway"),
            format!("empty {field}, or take interactions there: discord.mode = \"http\""),
        )),
        (true, "") => Some(Finding::wrong(
            "Discord posts interactions to no address, so that no command arrives",
            format!("start the program, then put the address that leads to it in {field}: https://…{PATH}"),
        )),
        (true, url) if !url.ends_with(PATH) => Some(Finding::wrong(
            format!("Discord posts interactions to {url}, and they are taken at {PATH}"),
            format!("mend {field}: it ends in {PATH}, unless a proxy of yours changes that"),
        )),
        (true, url) => Some(Finding::ok(format!("Discord posts interactions to {url}"))),
    }
}

async fn guilds(api: &Api, config: &Config, application: &str) -> Vec<Finding> {
    let invite = format!(
        "https://discord.com/oauth2/authorize?client_id={application}&scope=bot%20applications.commands&permissions={PERMISSIONS}"
    );
    let guilds = match api.get(Route::UserMeGuilds).await {
        Ok(guilds) => guilds.as_array().cloned().unwrap_or_default(),
        Err(error) => return vec![Finding::wrong(format!("the guilds cannot be listed: {error}"), "try again later")],
    };
    let mut found = Vec::new();
    if guilds.is_empty() {
        found.push(Finding::wrong("the bot is in no guild", format!("open {invite} and choose one")));
    }
    let configured = config.guild.map(|id| id.to_string());
    if let Some(id) = configured.filter(|id| !guilds.iter().any(|guild| guild["id"] == id.as_str())) {
        let what = format!("the bot is not in the guild {id} of discord.guild");
        found.push(Finding::wrong(what, format!("open {invite} and choose it, or take discord.guild away")));
    }
    for guild in guilds.iter().take(GUILDS) {
        found.push(permissions(guild, &invite));
    }
    found
}

/// What the bot lacks in a guild. Channels may take away more.
fn permissions(guild: &Value, invite: &str) -> Finding {
    let name = guild["name"].as_str().unwrap_or("?");
    // All that the bot's roles allow together.
    let granted = guild["permissions"].as_str().and_then(|bits| bits.parse().ok()).unwrap_or(0);
    let granted = Permissions::from_bits_truncate(granted);
    let missing = Permissions::from_bits_truncate(PERMISSIONS) - granted;
    if granted.administrator() || missing.is_empty() {
        return Finding::ok(format!("in {name} the bot may do what it has to"));
    }
    let mend = format!("give its role these permissions, or invite it again: {invite}");
    Finding::wrong(format!("in {name} the bot lacks: {missing}"), mend)
}
