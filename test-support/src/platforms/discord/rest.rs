//! The REST API: <https://discord.com/developers/docs/reference>.

use std::future::pending;
use std::sync::Arc;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest as _, Multipart, Request, State as Extract};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::state::{Failure, Received, State, Upload};
use super::{ADA, APPLICATION, BOT, DIRECT, GUILD, Shared, objects};

/// Most bytes of a request.
const MAX_BYTES: usize = 64 << 20;

/// An answer: its status and its body, null for none.
type Answer = (u16, Value);

pub(super) async fn answer(Extract(shared): Extract<Arc<Shared>>, request: Request) -> Response {
    let Some(path) = request.uri().path().strip_prefix("/api/v10/").map(|path| path.replace("%40", "@")) else {
        return write((404, json!({ "message": "404: Not Found", "code": 0 })));
    };
    let with_response = request.uri().query().is_some_and(|query| query.contains("with_response=true"));
    let method = request.method().clone();
    let authorization =
        request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let known = shared.with(|state| authorization == format!("Bot {}", state.token));
    let (body, files) = read(request).await;
    let failure = shared.with(|state| {
        let received =
            Received { method: method.to_string(), path: format!("/{path}"), body: body.clone(), files: files.clone() };
        state.requests.push(received);
        let line = format!("{method} /{path}");
        let at = state.failures.iter().position(|(text, _)| line.contains(text.as_str()));
        at.map(|at| state.failures.remove(at).1)
    });
    match failure {
        Some(Failure::Hang) => pending().await,
        Some(Failure::Lost) | None => {}
        Some(failure) => return fail(failure),
    }
    let segments: Vec<&str> = path.split('/').collect();
    // Who has the token of an interaction needs no other.
    let open = matches!(segments.as_slice(), ["interactions" | "webhooks", ..]);
    if !known && !open {
        return write((401, json!({ "message": "401: Unauthorized", "code": 0 })));
    }
    let said = Said { method: &method, segments: &segments, body: &body, files: &files, with_response };
    let answer = shared.with(|state| said.answer(state));
    if failure == Some(Failure::Lost) { fail(Failure::Lost) } else { write(answer) }
}

fn fail(failure: Failure) -> Response {
    match failure {
        Failure::RateLimited(seconds) => {
            let body = json!({ "message": "You are being rate limited.", "retry_after": seconds, "global": false })
                .to_string();
            let headers = [
                ("content-type", "application/json".to_owned()),
                ("retry-after", seconds.to_string()),
                ("x-ratelimit-limit", "5".to_owned()),
                ("x-ratelimit-remaining", "0".to_owned()),
                ("x-ratelimit-reset-after", seconds.to_string()),
                ("x-ratelimit-scope", "user".to_owned()),
            ];
            (StatusCode::TOO_MANY_REQUESTS, headers, body).into_response()
        }
        Failure::Status(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            (status, [("content-type", "text/html")], "<html>upstream</html>").into_response()
        }
        Failure::Refusal(status, code) => write((status, json!({ "message": "That is refused", "code": code }))),
        Failure::Broken | Failure::Lost | Failure::Hang => {
            let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
            Body::from_stream(futures_util::stream::iter([Ok(Bytes::from_static(b"{")), Err(broken)])).into_response()
        }
    }
}

fn write((status, body): Answer) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    // An answer without a body has no type either: clients read one with.
    if body.is_null() { status.into_response() } else { (status, axum::Json(body)).into_response() }
}

/// The body of a request, and the files that came with it.
async fn read(request: Request) -> (Value, Vec<Upload>) {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("multipart/form-data") {
        let bytes = to_bytes(request.into_body(), MAX_BYTES).await.unwrap_or_default();
        return (serde_json::from_slice(&bytes).unwrap_or(Value::Null), Vec::new());
    }
    let (mut body, mut files) = (Value::Null, Vec::new());
    let Ok(mut parts) = Multipart::from_request(request, &()).await else { return (body, files) };
    while let Ok(Some(part)) = parts.next_field().await {
        let (name, file) = (part.name().unwrap_or_default().to_owned(), part.file_name().map(str::to_owned));
        let data = part.bytes().await.unwrap_or_default();
        match file {
            Some(file) => files.push(Upload { part: name, name: file, data: data.to_vec() }),
            None if name == "payload_json" => body = serde_json::from_slice(&data).unwrap_or(Value::Null),
            None => {}
        }
    }
    (body, files)
}

fn gone(code: u32, what: &str) -> Answer {
    (404, json!({ "message": format!("Unknown {what}"), "code": code }))
}

fn refused(code: u32, message: &str) -> Answer {
    (400, json!({ "message": message, "code": code }))
}

/// A request.
struct Said<'a> {
    method: &'a Method,
    segments: &'a [&'a str],
    body: &'a Value,
    files: &'a [Upload],
    with_response: bool,
}

impl Said<'_> {
    fn answer(&self, state: &mut State) -> Answer {
        let get = self.method == Method::GET;
        match self.segments {
            ["gateway"] if get => (200, json!({ "url": state.gateway })),
            ["gateway", "bot"] if get => {
                let limit = json!({ "total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1 });
                (200, json!({ "url": state.gateway, "shards": 1, "session_start_limit": limit }))
            }
            ["oauth2", "applications", "@me"] | ["applications", "@me"] if get => {
                (200, objects::application(&state.public_key, state.endpoint.as_deref()))
            }
            ["users", "@me"] if get => (200, objects::user(BOT)),
            ["users", "@me", "channels"] if self.body["recipient_id"].as_str().and_then(number) == Some(ADA) => {
                (200, state.channels[&DIRECT].clone())
            }
            ["users", "@me", "channels"] => refused(50033, "Invalid Recipient(s)"),
            ["users", "@me", "guilds"] if get => {
                let permissions = state.permissions.to_string();
                let guild = json!({
                    "id": GUILD.to_string(), "name": "Shop", "icon": null, "banner": null, "owner": false, "permissions": permissions,
                    "features": [],
                });
                (200, json!([guild]))
            }
            ["guilds", id, ..] if *id != GUILD.to_string() => gone(10004, "Guild"),
            ["guilds", _] if get => (200, objects::guild(state.permissions)),
            ["guilds", _, "roles"] if get => (200, objects::roles(state.permissions)),
            ["guilds", _, "members", id] if get => {
                let known = [ADA, BOT].into_iter().find(|known| *id == known.to_string());
                known.map_or_else(|| gone(10007, "Member"), |id| (200, objects::member(id)))
            }
            ["channels", channel, rest @ ..] => match number(channel).filter(|id| state.channels.contains_key(id)) {
                Some(channel) => self.channel(state, channel, rest),
                None => gone(10003, "Channel"),
            },
            ["applications", id, rest @ ..] if *id == APPLICATION.to_string() => match rest {
                ["commands", rest @ ..] => self.commands(state, 0, rest),
                ["guilds", guild, "commands", rest @ ..] => {
                    self.commands(state, number(guild).unwrap_or_default(), rest)
                }
                _ => (404, json!({ "message": "404: Not Found", "code": 0 })),
            },
            ["interactions", id, token, "callback"] => self.callback(state, id, token),
            ["webhooks", _, token, rest @ ..] => self.webhook(state, token, rest),
            _ => (404, json!({ "message": "404: Not Found", "code": 0 })),
        }
    }

    /// Whether a message can be sent.
    fn message_is_wrong(&self) -> Option<Answer> {
        let content = self.body["content"].as_str().unwrap_or_default();
        let none = |name: &str| self.body[name].as_array().is_none_or(Vec::is_empty);
        if content.chars().count() > 2000 {
            return Some(refused(50035, "Invalid Form Body"));
        }
        let empty = content.trim().is_empty() && none("embeds") && self.files.is_empty();
        empty.then(|| refused(50006, "Cannot send an empty message"))
    }

    fn channel(&self, state: &mut State, channel: u64, rest: &[&str]) -> Answer {
        let message = |id: &str, state: &State| number(id).filter(|id| state.messages.contains_key(id));
        match (self.method.as_str(), rest) {
            ("GET", []) => (200, state.channels[&channel].clone()),
            ("POST", ["messages"]) => self.message_is_wrong().unwrap_or_else(|| {
                let id = state.keep(channel, self.body, self.files);
                (200, state.messages[&id].clone())
            }),
            ("POST", ["typing"]) => (204, Value::Null),
            (method, ["messages", id, rest @ ..]) => {
                let Some(id) = message(id, state) else { return gone(10008, "Message") };
                match (method, rest) {
                    ("GET", []) => (200, state.messages[&id].clone()),
                    ("PATCH", []) => (200, state.change(id, self.body, self.files).unwrap_or_default()),
                    ("DELETE", []) => {
                        state.messages.remove(&id);
                        (204, Value::Null)
                    }
                    ("POST", ["threads"]) => self.thread(state, channel, id),
                    _ => (405, json!({ "message": "405: Method Not Allowed", "code": 0 })),
                }
            }
            _ => (404, json!({ "message": "404: Not Found", "code": 0 })),
        }
    }

    /// A thread has the id of the message that it begins at.
    fn thread(&self, state: &mut State, channel: u64, message: u64) -> Answer {
        if state.channels.contains_key(&message) {
            return refused(160_004, "A thread has already been created for this message");
        }
        let thread = json!({
            "id": message.to_string(), "type": 11, "guild_id": GUILD.to_string(), "parent_id": channel.to_string(), "name": self.body["name"],
            "owner_id": BOT.to_string(), "last_message_id": null, "rate_limit_per_user": 0, "message_count": 0, "member_count": 1,
            "total_message_sent": 0, "flags": 0, "bitrate": 64000, "user_limit": 0,
            "thread_metadata": {
                "archived": false, "archive_timestamp": objects::WHEN, "auto_archive_duration": self.body["auto_archive_duration"],
                "locked": false,
            },
        });
        state.channels.insert(message, thread.clone());
        (201, thread)
    }

    fn commands(&self, state: &mut State, guild: u64, rest: &[&str]) -> Answer {
        let keep = |state: &mut State, id: u64, body: &Value| {
            let command = command(id, guild, body);
            let name = command["name"].as_str().unwrap_or_default().to_owned();
            state.commands.entry(guild).or_default().insert(name, command.clone());
            command
        };
        let named = |state: &State, id: &str| {
            let known = state.commands.get(&guild)?;
            known.iter().find(|(_, command)| command["id"] == id).map(|(name, command)| (name.clone(), command.clone()))
        };
        match (self.method.as_str(), rest) {
            ("GET", []) => {
                (200, state.commands.get(&guild).into_iter().flat_map(|known| known.values().cloned()).collect())
            }
            ("POST", []) => {
                let id = state.id();
                (201, keep(state, id, self.body))
            }
            ("PUT", []) => {
                state.commands.remove(&guild);
                let mut all = Vec::new();
                for body in self.body.as_array().into_iter().flatten() {
                    let id = state.id();
                    all.push(keep(state, id, body));
                }
                (200, all.into())
            }
            ("PATCH", [id]) => match named(state, id) {
                Some((name, mut old)) => {
                    state.commands.entry(guild).or_default().remove(&name);
                    for (key, value) in self.body.as_object().into_iter().flatten() {
                        old[key] = value.clone();
                    }
                    (200, keep(state, number(id).unwrap_or_default(), &old))
                }
                None => gone(10063, "application command"),
            },
            ("DELETE", [id]) => match named(state, id) {
                Some((name, _)) => {
                    state.commands.entry(guild).or_default().remove(&name);
                    (204, Value::Null)
                }
                None => gone(10063, "application command"),
            },
            _ => (405, json!({ "message": "405: Method Not Allowed", "code": 0 })),
        }
    }

    fn callback(&self, state: &mut State, id: &str, token: &str) -> Answer {
        let Some(id) = number(id).filter(|id| state.asked(token) == Some(*id)) else {
            return gone(10062, "interaction");
        };
        if !state.called_back(id, self.body.clone(), self.files.to_vec()) {
            return refused(40060, "Interaction has already been acknowledged.");
        }
        if !self.with_response {
            return (204, Value::Null);
        }
        let message = state.original(id).and_then(|(_, message)| state.messages.get(&message));
        let resource = json!({ "type": self.body["type"], "message": message });
        (200, json!({ "interaction": { "id": id.to_string(), "type": 2 }, "resource": resource }))
    }

    fn webhook(&self, state: &mut State, token: &str, rest: &[&str]) -> Answer {
        let Some((channel, original)) = state.asked(token).and_then(|id| state.original(id)) else {
            return gone(10015, "Webhook");
        };
        match (self.method.as_str(), rest) {
            ("POST", []) => self.message_is_wrong().unwrap_or_else(|| {
                let id = state.keep(channel, self.body, self.files);
                (200, state.messages[&id].clone())
            }),
            ("GET", ["messages", "@original"]) => (200, state.messages[&original].clone()),
            ("PATCH", ["messages", id]) => {
                let id = if *id == "@original" { Some(original) } else { number(id) };
                let changed = id.and_then(|id| state.change(id, self.body, self.files));
                changed.map_or_else(|| gone(10008, "Message"), |message| (200, message))
            }
            ("DELETE", ["messages", "@original"]) => {
                state.messages.remove(&original);
                (204, Value::Null)
            }
            _ => (404, json!({ "message": "404: Not Found", "code": 0 })),
        }
    }
}

/// A command as Discord tells it, with what it fills in itself.
fn command(id: u64, guild: u64, body: &Value) -> Value {
    let mut command = body.clone();
    command["id"] = json!(id.to_string());
    command["application_id"] = json!(APPLICATION.to_string());
    command["version"] = json!(id.to_string());
    command["default_member_permissions"] = Value::Null;
    command["nsfw"] = json!(false);
    command["type"] = json!(body["type"].as_u64().unwrap_or(1));
    // Who has no options has no list of them.
    if let Some(command) = command.as_object_mut() {
        command.retain(|name, value| name != "options" || value.as_array().is_some_and(|options| !options.is_empty()));
    }
    for option in command.get_mut("options").and_then(Value::as_array_mut).into_iter().flatten() {
        // What is false is left out.
        if let Some(option) = option.as_object_mut() {
            option.retain(|_, value| *value != json!(false));
        }
    }
    if guild != 0 {
        command["guild_id"] = json!(guild.to_string());
        command["contexts"] = Value::Null;
    }
    command
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok()
}
