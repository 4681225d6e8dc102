//! The methods that are not about messages.

use std::time::Duration;

use serde_json::{Value, json};

use super::http::Refusal;
use super::params::Params;
use super::state::{State, Webhook};
use super::{BOT_ID, Shared, messages};

/// Longest time that a question for updates is held open. Source: <https://core.telegram.org/bots/api#getupdates>.
const MAX_WAIT_S: i64 = 50;

/// Runs a method.
pub(super) async fn run(shared: &Shared, method: &str, params: Params) -> Result<Value, Refusal> {
    let method = method.to_ascii_lowercase();
    if method == "getupdates" {
        return updates(shared, &params).await;
    }
    let mut state = shared.lock();
    let state = &mut *state;
    match method.as_str() {
        "getme" => Ok(me(state)),
        "setwebhook" => set_webhook(state, &params),
        "deletewebhook" => {
            state.webhook = Webhook::default();
            drop_pending(state, &params);
            Ok(json!(true))
        }
        "getwebhookinfo" => Ok(webhook_info(state)),
        "setmycommands" => set_commands(state, &params),
        "getmycommands" => Ok(state.commands.get(&scope(&params)).cloned().unwrap_or_else(|| json!([]))),
        "deletemycommands" => {
            state.commands.remove(&scope(&params));
            Ok(json!(true))
        }
        "answercallbackquery" => answer_press(state, &params),
        "getfile" => file(state, &params),
        "getchat" => chat(state, &params),
        "getchatmember" => member(state, &params),
        "sendmessage" => messages::send(state, &params, messages::Content::Text),
        "sendphoto" => messages::send(state, &params, messages::Content::Photo),
        "senddocument" => messages::send(state, &params, messages::Content::Document),
        "editmessagetext" => messages::edit_text(state, &params),
        "editmessagereplymarkup" => messages::edit_markup(state, &params),
        "deletemessage" => messages::delete(state, &params),
        _ => Err(Refusal::new(404, "Not Found: method not found")),
    }
}

fn me(state: &State) -> Value {
    let mut me = State::bot();
    let rights = json!({
        "can_join_groups": true, "can_read_all_group_messages": state.reads_all, "supports_inline_queries": false,
        "can_connect_to_business": false, "has_main_web_app": false,
    });
    for (name, value) in rights.as_object().into_iter().flatten() {
        me[name] = value.clone();
    }
    me
}

async fn updates(shared: &Shared, params: &Params) -> Result<Value, Refusal> {
    let mut changed = shared.changed.subscribe();
    let asking = {
        let mut state = shared.lock();
        if !state.webhook.url.is_empty() {
            let words = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
            return Err(Refusal::new(409, words));
        }
        if let Some(allowed) = params.json("allowed_updates") {
            state.allowed = serde_json::from_value(allowed).map_err(|_| Refusal::bad("can't parse allowed updates"))?;
        }
        if let Some(offset) = params.int("offset") {
            state.updates.retain(|update| update["update_id"].as_i64() >= Some(offset));
        }
        state.asking += 1;
        state.asking
    };
    shared.wake();
    let limit = usize::try_from(params.int("limit").unwrap_or(100).clamp(1, 100)).unwrap_or(100);
    let wait = Duration::from_secs(params.int("timeout").unwrap_or(0).clamp(0, MAX_WAIT_S).unsigned_abs());
    let until = tokio::time::sleep(wait);
    tokio::pin!(until);
    loop {
        {
            let state = shared.lock();
            if state.asking != asking {
                let words =
                    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
                return Err(Refusal::new(409, words));
            }
            if !state.updates.is_empty() || wait.is_zero() {
                return Ok(state.updates.iter().take(limit).cloned().collect());
            }
        }
        tokio::select! {
            () = &mut until => return Ok(json!([])),
            _ = changed.changed() => {}
        }
    }
}

fn set_webhook(state: &mut State, params: &Params) -> Result<Value, Refusal> {
    let url = params.text("url").unwrap_or_default();
    let secret = params.text("secret_token").unwrap_or_default();
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if secret.len() > 256 || !secret.chars().all(word) {
        return Err(Refusal::bad("secret token contains unallowed characters"));
    }
    if !url.is_empty() && !["http://", "https://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Err(Refusal::bad("bad webhook: An HTTPS URL must be provided for webhook"));
    }
    if let Some(allowed) = params.json("allowed_updates") {
        state.allowed = serde_json::from_value(allowed).map_err(|_| Refusal::bad("can't parse allowed updates"))?;
    }
    state.webhook = Webhook { url: url.to_owned(), secret: secret.to_owned(), ..Webhook::default() };
    // Whoever asks for updates is told so.
    state.asking += 1;
    drop_pending(state, params);
    Ok(json!(true))
}

fn drop_pending(state: &mut State, params: &Params) {
    if params.flag("drop_pending_updates") {
        state.updates.clear();
    }
}

fn webhook_info(state: &State) -> Value {
    let Webhook { url, last_error, .. } = &state.webhook;
    let mut info = json!({ "url": url, "has_custom_certificate": false, "pending_update_count": state.updates.len() });
    if let Some((at, words)) = last_error {
        (info["last_error_date"], info["last_error_message"]) = (json!(at), json!(words));
    }
    info
}

/// The scope and the language of commands.
fn scope(params: &Params) -> (String, String) {
    let scope = params.json("scope").unwrap_or_else(|| json!({ "type": "default" }));
    let chat = scope.get("chat_id").map_or_else(String::new, |chat| format!(" {chat}"));
    let kind = scope["type"].as_str().unwrap_or_default();
    (format!("{kind}{chat}"), params.text("language_code").unwrap_or_default().to_owned())
}

fn set_commands(state: &mut State, params: &Params) -> Result<Value, Refusal> {
    let commands = params.json("commands").ok_or_else(|| Refusal::bad("parameter \"commands\" is required"))?;
    let list = commands.as_array().ok_or_else(|| Refusal::bad("can't parse commands JSON object"))?;
    if list.len() > 100 {
        return Err(Refusal::bad("BOT_COMMANDS_TOO_MUCH"));
    }
    for command in list {
        let name = command["command"].as_str().unwrap_or_default();
        let letters = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !(1..=32).contains(&name.len()) || !letters {
            return Err(Refusal::bad("BOT_COMMAND_INVALID"));
        }
        let description = command["description"].as_str().unwrap_or_default();
        if !(1..=256).contains(&description.chars().count()) {
            return Err(Refusal::bad("BOT_COMMAND_DESCRIPTION_INVALID"));
        }
    }
    state.commands.insert(scope(params), commands);
    Ok(json!(true))
}

fn answer_press(state: &mut State, params: &Params) -> Result<Value, Refusal> {
    if params.text("text").is_some_and(|text| text.chars().count() > 200) {
        return Err(Refusal::bad("MESSAGE_TOO_LONG"));
    }
    let id = params.text("callback_query_id").unwrap_or_default();
    match state.presses.get_mut(id) {
        Some(answered @ false) => {
            *answered = true;
            Ok(json!(true))
        }
        _ => Err(Refusal::bad("query is too old and response timeout expired or query ID is invalid")),
    }
}

fn file(state: &State, params: &Params) -> Result<Value, Refusal> {
    let id = params.text("file_id").unwrap_or_default();
    let (path, bytes) = state.files.get(id).ok_or_else(|| Refusal::bad("invalid file_id"))?;
    Ok(json!({ "file_id": id, "file_unique_id": format!("u{id}"), "file_size": bytes.len(), "file_path": path }))
}

fn chat(state: &State, params: &Params) -> Result<Value, Refusal> {
    let chat =
        params.int("chat_id").and_then(|id| state.chats.get(&id)).ok_or_else(|| Refusal::bad("chat not found"))?;
    let mut value = chat.value.clone();
    let more = json!({
        "accent_color_id": 0, "max_reaction_count": 11,
        "accepted_gift_types": { "unlimited_gifts": true, "limited_gifts": true, "unique_gifts": true,
            "premium_subscription": true, "gifts_from_channels": true },
    });
    for (name, field) in more.as_object().into_iter().flatten() {
        value[name] = field.clone();
    }
    Ok(value)
}

fn member(state: &State, params: &Params) -> Result<Value, Refusal> {
    let chat =
        params.int("chat_id").and_then(|id| state.chats.get(&id)).ok_or_else(|| Refusal::bad("chat not found"))?;
    let id = params.int("user_id").unwrap_or(0);
    if id != BOT_ID {
        let user = state.users.get(&id).ok_or_else(|| Refusal::bad("member not found"))?;
        return Ok(json!({ "status": "member", "user": user }));
    }
    if chat.closed.is_some() {
        return Ok(json!({ "status": "left", "user": State::bot() }));
    }
    if !chat.deletes {
        return Ok(json!({ "status": "member", "user": State::bot() }));
    }
    Ok(json!({
        "status": "administrator", "user": State::bot(), "can_be_edited": false, "is_anonymous": false,
        "can_manage_chat": true, "can_delete_messages": true, "can_manage_video_chats": false, "can_restrict_members": false,
        "can_promote_members": false, "can_change_info": false, "can_invite_users": false, "can_post_stories": false,
        "can_edit_stories": false, "can_delete_stories": false,
    }))
}
