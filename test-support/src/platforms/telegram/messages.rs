//! Messages: sent, changed, taken away.

use serde_json::{Value, json};

use super::html::{self, Formatted, units};
use super::http::Refusal;
use super::params::Params;
use super::state::{Chat, State};
use super::{BOT_ID, Upload, markup};

/// Longest text, in UTF-16 units, which is the stricter reading. Source: <https://core.telegram.org/bots/api#sendmessage>.
const MAX_TEXT: usize = 4_096;

/// Longest caption. Source: <https://core.telegram.org/bots/api#sendphoto>.
const MAX_CAPTION: usize = 1_024;

/// What a message shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Text,
    Photo,
    Document,
}

pub(super) fn send(state: &mut State, params: &Params, content: Content) -> Result<Value, Refusal> {
    let chat = chat(state, params)?;
    let id = chat.value["id"].as_i64().unwrap_or(0);
    let mut message = json!({ "from": State::bot(), "chat": chat.value, "date": state.now });
    if let Some(topic) = params.int("message_thread_id") {
        match chat.topics.get(&topic) {
            None => return Err(Refusal::bad("message thread not found")),
            Some(topic) if topic.closed => return Err(Refusal::bad("TOPIC_CLOSED")),
            Some(_) => (message["message_thread_id"], message["is_topic_message"]) = (json!(topic), json!(true)),
        }
    }
    if let Some(answered) = answered(state, id, params)? {
        message["reply_to_message"] = answered;
    }
    if let Some(keyboard) = markup::checked(params.json("reply_markup")).map_err(Refusal::bad)? {
        message["reply_markup"] = keyboard;
    }
    match content {
        Content::Text => put_text(&mut message, &text(params)?),
        Content::Photo | Content::Document => {
            let file = params.file(if content == Content::Photo { "photo" } else { "document" });
            let file = file.cloned().ok_or_else(|| Refusal::bad("there is no file in the request"))?;
            attach(state, &mut message, &file, content)?;
            caption(&mut message, params)?;
        }
    }
    message["message_id"] = json!(state.number());
    state.messages.push(message.clone());
    Ok(message)
}

pub(super) fn edit_text(state: &mut State, params: &Params) -> Result<Value, Refusal> {
    let text = text(params)?;
    let keyboard = markup::checked(params.json("reply_markup")).map_err(Refusal::bad)?;
    let now = state.now;
    let message = own(state, params)?;
    if message.get("text").is_none() {
        return Err(Refusal::bad("there is no text in the message to edit"));
    }
    let mut changed = message.clone();
    put_text(&mut changed, &text);
    set(&mut changed, "reply_markup", keyboard);
    finish(message, changed, now)
}

pub(super) fn edit_markup(state: &mut State, params: &Params) -> Result<Value, Refusal> {
    let keyboard = markup::checked(params.json("reply_markup")).map_err(Refusal::bad)?;
    let now = state.now;
    let message = own(state, params)?;
    let mut changed = message.clone();
    set(&mut changed, "reply_markup", keyboard);
    finish(message, changed, now)
}

pub(super) fn delete(state: &mut State, params: &Params) -> Result<Value, Refusal> {
    let chat = chat(state, params)?;
    let (id, number) = (chat.value["id"].clone(), params.int("message_id").unwrap_or(0));
    let found =
        state.messages.iter().position(|message| message["chat"]["id"] == id && message["message_id"] == number);
    let at = found.ok_or_else(|| Refusal::bad("message to delete not found"))?;
    let own = state.messages[at]["from"]["id"] == BOT_ID;
    let private = chat.value["type"] == "private";
    if !own && !private && !chat.deletes {
        return Err(Refusal::bad("message can't be deleted"));
    }
    state.messages.remove(at);
    Ok(json!(true))
}

/// The chat that a call is about, if the bot may write there.
fn chat(state: &State, params: &Params) -> Result<Chat, Refusal> {
    let chat =
        params.int("chat_id").and_then(|id| state.chats.get(&id)).ok_or_else(|| Refusal::bad("chat not found"))?;
    if let Some(to) = chat.moved_to {
        let mut refusal = Refusal::bad("group chat was upgraded to a supergroup chat");
        refusal.parameters = Some(json!({ "migrate_to_chat_id": to }));
        return Err(refusal);
    }
    match chat.closed {
        Some(words) => Err(Refusal::new(403, format!("Forbidden: {words}"))),
        None => Ok(chat.clone()),
    }
}

fn answered(state: &mut State, chat: i64, params: &Params) -> Result<Option<Value>, Refusal> {
    let Some(parameters) = params.json("reply_parameters") else { return Ok(None) };
    let number = parameters["message_id"].as_i64().unwrap_or(0);
    match state.message(chat, number).cloned() {
        Some(mut answered) => {
            // What it answers itself is not told again.
            answered.as_object_mut().map(|message| message.remove("reply_to_message"));
            Ok(Some(answered))
        }
        None if parameters["allow_sending_without_reply"] == true => Ok(None),
        None => Err(Refusal::bad("message to be replied not found")),
    }
}

/// A message of the bot that is to be changed.
fn own<'a>(state: &'a mut State, params: &Params) -> Result<&'a mut Value, Refusal> {
    let chat = chat(state, params)?.value["id"].as_i64().unwrap_or(0);
    let number = params.int("message_id").unwrap_or(0);
    let message = state.message(chat, number).ok_or_else(|| Refusal::bad("message to edit not found"))?;
    if message["from"]["id"] != BOT_ID {
        return Err(Refusal::bad("message can't be edited"));
    }
    Ok(message)
}

fn finish(message: &mut Value, mut changed: Value, now: i64) -> Result<Value, Refusal> {
    if *message == changed {
        return Err(Refusal::bad(
            "message is not modified: specified new message content and reply markup are exactly the same as a current content \
             and reply markup of the message",
        ));
    }
    changed["edit_date"] = json!(now);
    *message = changed;
    Ok(message.clone())
}

fn text(params: &Params) -> Result<Formatted, Refusal> {
    let formatted = formatted(params, "text", "entities")?;
    if formatted.text.is_empty() {
        return Err(Refusal::bad("message text is empty"));
    }
    if units(&formatted.text) > MAX_TEXT {
        return Err(Refusal::bad("message is too long"));
    }
    Ok(formatted)
}

fn formatted(params: &Params, name: &str, entities: &str) -> Result<Formatted, Refusal> {
    let text = params.text(name).unwrap_or_default();
    let formatted = match params.text("parse_mode").unwrap_or_default() {
        "" => {
            let given = params.json(entities).and_then(|given| given.as_array().cloned()).unwrap_or_default();
            Formatted { entities: given, ..Formatted::plain(text) }
        }
        mode if mode.eq_ignore_ascii_case("html") => {
            html::parse(text).map_err(|words| Refusal::bad(format!("can't parse entities: {words}")))?
        }
        _ => return Err(Refusal::bad("unsupported parse_mode")),
    };
    Ok(formatted.finished())
}

fn put_text(message: &mut Value, formatted: &Formatted) {
    message["text"] = json!(formatted.text);
    set(message, "entities", Some(json!(formatted.entities)).filter(|_| !formatted.entities.is_empty()));
}

fn caption(message: &mut Value, params: &Params) -> Result<(), Refusal> {
    let formatted = formatted(params, "caption", "caption_entities")?;
    if units(&formatted.text) > MAX_CAPTION {
        return Err(Refusal::bad("message caption is too long"));
    }
    if !formatted.text.is_empty() {
        message["caption"] = json!(formatted.text);
        set(message, "caption_entities", Some(json!(formatted.entities)).filter(|_| !formatted.entities.is_empty()));
    }
    Ok(())
}

fn set(message: &mut Value, name: &str, value: Option<Value>) {
    match (value, message.as_object_mut()) {
        (Some(value), _) => message[name] = value,
        (None, Some(message)) => drop(message.remove(name)),
        (None, None) => {}
    }
}

fn attach(state: &mut State, message: &mut Value, file: &Upload, content: Content) -> Result<(), Refusal> {
    if file.bytes.is_empty() {
        return Err(Refusal::bad("file must be non-empty"));
    }
    let id = format!("F{}", state.files.len() + 1);
    let about = json!({ "file_id": id, "file_unique_id": format!("u{id}"), "file_size": file.bytes.len() });
    let kind = if content == Content::Photo { "photo" } else { "document" };
    if content == Content::Photo {
        let (width, height) = dimensions(&file.bytes).ok_or_else(|| Refusal::bad("IMAGE_PROCESS_FAILED"))?;
        // Source: <https://core.telegram.org/bots/api#sendphoto>.
        if width + height > 10_000 || width > 20 * height || height > 20 * width {
            return Err(Refusal::bad("PHOTO_INVALID_DIMENSIONS"));
        }
        let mut size = about;
        (size["width"], size["height"]) = (json!(width), json!(height));
        message[kind] = json!([size]);
    } else {
        let mut document = about;
        (document["file_name"], document["mime_type"]) = (json!(file.name), json!(file.media_type));
        message[kind] = document;
    }
    state.files.insert(id.clone(), (format!("{kind}s/{id}"), file.bytes.clone()));
    Ok(())
}

/// Width and height of a PNG.
fn dimensions(png: &[u8]) -> Option<(u32, u32)> {
    let size = png.strip_prefix(b"\x89PNG\r\n\x1a\n")?.get(8..16)?;
    let number = |bytes: &[u8]| bytes.try_into().ok().map(u32::from_be_bytes);
    Some((number(&size[..4])?, number(&size[4..])?))
}
