//! Discord's objects as it sends them.

use serde_json::{Value, json};

use super::{ADA, APPLICATION, BOT, GUILD, ROLE};

/// When everything happens.
pub(super) const WHEN: &str = "2026-01-01T00:00:00.000000+00:00";

pub(super) fn id(object: &Value) -> u64 {
    object["id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default()
}

pub(super) fn user(id: u64) -> Value {
    let (name, bot) = if id == BOT { ("watchword", true) } else { ("ada", false) };
    json!({
        "id": id.to_string(), "username": name, "discriminator": if bot { "1100" } else { "0" }, "global_name": null, "avatar": null,
        "bot": bot, "public_flags": 0, "flags": 0, "mfa_enabled": false, "locale": "en-US", "verified": true, "email": null,
        "premium_type": 0,
    })
}

/// A member without its user, as it stands in messages.
pub(super) fn partial_member(id: u64) -> Value {
    let (nick, roles) = if id == ADA { (json!("Ada L."), json!([ROLE.to_string()])) } else { (Value::Null, json!([])) };
    json!({
        "nick": nick, "roles": roles, "joined_at": WHEN, "premium_since": null, "deaf": false, "mute": false, "pending": false,
        "flags": 0, "avatar": null, "banner": null, "communication_disabled_until": null,
    })
}

pub(super) fn member(id: u64) -> Value {
    let mut member = partial_member(id);
    member["user"] = user(id);
    member["permissions"] = json!("2248473465835073");
    member
}

pub(super) fn application(public_key: &str, endpoint: Option<&str>) -> Value {
    json!({
        "id": APPLICATION.to_string(), "name": "Watchword", "icon": null, "description": "", "summary": "", "type": null,
        "is_monetized": false, "is_verified": false, "is_discoverable": false, "bot_public": true, "bot_require_code_grant": false,
        "hook": true, "verify_key": public_key, "flags": 0, "owner": user(ADA), "team": null, "rpc_origins": [], "install_params": null,
        "integration_types_config": { "0": {} }, "bot": user(BOT), "redirect_uris": [], "tags": [],
        "interactions_endpoint_url": endpoint,
    })
}

fn role(id: u64, name: &str, permissions: u64) -> Value {
    json!({
        "id": id.to_string(), "name": name, "color": 0, "colors": { "primary_color": 0, "secondary_color": null, "tertiary_color": null },
        "hoist": false, "icon": null, "unicode_emoji": null, "position": 0, "permissions": permissions.to_string(), "managed": false,
        "mentionable": false, "flags": 0,
    })
}

pub(super) fn roles(permissions: u64) -> Value {
    json!([role(GUILD, "@everyone", permissions), role(ROLE, "operators", 0)])
}

/// The guild as REST gives it.
pub(super) fn guild(permissions: u64) -> Value {
    let guild = json!({
        "id": GUILD.to_string(), "name": "Shop", "icon": null, "icon_hash": null, "splash": null, "discovery_splash": null,
        "owner_id": ADA.to_string(), "region": "deprecated", "afk_channel_id": null, "afk_timeout": 300, "widget_enabled": false,
        "widget_channel_id": null, "verification_level": 0, "default_message_notifications": 0, "explicit_content_filter": 0,
        "roles": roles(permissions), "emojis": [], "features": [], "mfa_level": 0, "application_id": null,
    });
    let more = json!({
        "system_channel_id": null, "system_channel_flags": 0, "rules_channel_id": null, "max_presences": null, "max_members": 250_000,
        "vanity_url_code": null, "description": null, "banner": null, "premium_tier": 0, "premium_subscription_count": 0,
        "preferred_locale": "en-US", "public_updates_channel_id": null, "max_video_channel_users": 25, "nsfw_level": 0, "nsfw": false,
        "stickers": [], "premium_progress_bar_enabled": false, "safety_alerts_channel_id": null, "home_header": null,
        "hub_type": null, "latest_onboarding_question_id": null, "incidents_data": null,
    });
    with(guild, more)
}

fn with(mut object: Value, more: Value) -> Value {
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
    object
}

/// The guild as the gateway gives it.
pub(super) fn guild_create(permissions: u64, channels: Vec<Value>) -> Value {
    let more = json!({
        "joined_at": WHEN, "large": false, "unavailable": false, "member_count": 2, "voice_states": [],
        "members": [member(BOT), member(ADA)], "channels": channels, "threads": [], "presences": [], "stage_instances": [],
        "guild_scheduled_events": [], "soundboard_sounds": [],
    });
    with(guild(permissions), more)
}

/// A message with what a request says of it.
pub(super) fn message(id: u64, channel: u64, author: u64, body: &Value) -> Value {
    let list = |name: &str| body[name].as_array().cloned().unwrap_or_default();
    let embeds: Vec<Value> = list("embeds")
        .into_iter()
        .map(|mut embed| {
            embed["type"] = json!("rich");
            embed
        })
        .collect();
    let mut message = json!({
        "id": id.to_string(), "channel_id": channel.to_string(), "author": user(author), "content": body["content"].as_str().unwrap_or_default(),
        "timestamp": WHEN, "edited_timestamp": null, "tts": false, "mention_everyone": false, "mentions": [], "mention_roles": [],
        "attachments": [], "embeds": embeds, "pinned": false, "type": if body["message_reference"].is_object() { 19 } else { 0 },
        "flags": body["flags"].as_u64().unwrap_or_default(), "components": list("components"),
    });
    // Who answers nothing has no reference.
    let answered = &body["message_reference"]["message_id"];
    if answered.is_string() {
        message["message_reference"] = json!({ "type": 0, "channel_id": channel.to_string(), "message_id": answered });
    }
    message
}
