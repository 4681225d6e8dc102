//! The Web API. Source: <https://docs.slack.dev/reference/methods>.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, Path, RawQuery, Request, State as Shares};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{any, post};
use axum::{Json, Router};
use futures_util::stream;
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::blocks::{check, check_view};
use super::state::{Call, Failure, File, Message, State, View};
use super::{APP_TOKEN, BOT, BOT_TOKEN, Shared, TEAM};

/// What a call comes to: fields of the answer, or a code and what is wrong.
type Outcome = Result<Value, (&'static str, String)>;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/api/{method}", any(call))
        .route("/respond/{id}", post(respond))
        .route("/upload/{id}", post(upload))
        .layer(DefaultBodyLimit::max(64 << 20))
        .with_state(shared)
}

async fn call(
    Shares(shared): Shares<Arc<Shared>>,
    Path(method): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut arguments = arguments(&headers, &body);
    arguments.extend(pairs(query.unwrap_or_default().as_bytes()));
    let in_body = arguments.remove("token").and_then(|token| token.as_str().map(str::to_owned));
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let token = bearer.map(str::to_owned).or(in_body).unwrap_or_default();
    let failure = shared.change(|state| {
        let at = state.tick();
        state.calls.push(Call { method: method.clone(), body: Value::Object(arguments.clone()), at });
        state.failure(&method)
    });
    if let Some(failure) = failure {
        return fail(failure).await;
    }
    let outcome = shared.change(|state| answer(state, &shared, &token, &method, &Value::Object(arguments)));
    let scopes = shared.state().scopes.join(",");
    let body = match outcome {
        Ok(mut answer) => {
            answer["ok"] = true.into();
            answer
        }
        Err((code, why)) => json!({ "ok": false, "error": code, "response_metadata": { "messages": [why] } }),
    };
    ([("x-oauth-scopes", scopes)], Json(body)).into_response()
}

/// What a call is called with: JSON, or a form whose structured values are JSON.
fn arguments(headers: &HeaderMap, body: &[u8]) -> Map<String, Value> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match kind.starts_with("application/json") {
        true => serde_json::from_slice(body).unwrap_or_default(),
        false => pairs(body).collect(),
    }
}

fn pairs(text: &[u8]) -> impl Iterator<Item = (String, Value)> {
    form_urlencoded::parse(text).map(|(name, value)| {
        let structured = matches!(&*name, "blocks" | "view" | "files" | "attachments" | "metadata");
        let text = || Value::String(value.clone().into_owned());
        let value = if structured { serde_json::from_str(&value).unwrap_or_else(|_| text()) } else { text() };
        (name.into_owned(), value)
    })
}

async fn fail(failure: Failure) -> Response {
    match failure {
        Failure::RateLimited(pause) => {
            let body = Json(json!({ "ok": false, "error": "ratelimited" }));
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", pause.to_string())], body).into_response()
        }
        Failure::Status(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, Html("<html><body>Please sign in to this network.</body></html>")).into_response()
        }
        Failure::Code(code) => Json(json!({ "ok": false, "error": code })).into_response(),
        Failure::Hang => std::future::pending().await,
        Failure::Reset => {
            // A body that breaks off before its end takes the connection with it.
            let broken = stream::iter([Ok(Bytes::from("{")), Err(std::io::Error::other("reset"))]);
            Body::from_stream(broken).into_response()
        }
    }
}

fn answer(state: &mut State, shared: &Shared, token: &str, method: &str, given: &Value) -> Outcome {
    let wanted = if method == "apps.connections.open" { APP_TOKEN } else { BOT_TOKEN };
    if token.is_empty() {
        return refuse("not_authed");
    }
    if token != wanted || state.revoked {
        return refuse("invalid_auth");
    }
    match method {
        "api.test" => Ok(json!({})),
        "auth.test" => Ok(json!({
            "url": "https://example.slack.com/", "team": "Example", "user": "watchword", "team_id": TEAM, "user_id": BOT,
            "bot_id": "B0BOT", "is_enterprise_install": false,
        })),
        "apps.connections.open" => {
            let ticket = state.id("ticket-");
            let url = format!("{}link?ticket={ticket}", shared.base).replacen("http", "ws", 1);
            state.tickets.push(ticket);
            Ok(json!({ "url": url }))
        }
        "chat.postMessage" => post_message(state, given, None),
        "chat.postEphemeral" => post_message(state, given, Some(text(given, "user")?)),
        "chat.update" => update(state, given),
        "chat.delete" => {
            let at = find(state, given)?;
            state.messages.remove(at);
            Ok(json!({ "channel": given["channel"], "ts": given["ts"] }))
        }
        "views.open" | "views.update" => open(state, given),
        "views.publish" => {
            let (user, view) = (text(given, "user_id")?, &given["view"]);
            check_view(view).map_err(|why| ("invalid_arguments", why))?;
            state.homes.insert(user.to_owned(), view.clone());
            Ok(json!({ "view": view }))
        }
        "conversations.info" => match state.channels.get(text(given, "channel")?) {
            Some(channel) => Ok(json!({ "channel": { "id": given["channel"], "name": channel.name } })),
            None => refuse("channel_not_found"),
        },
        // The bot may read what is said to it directly, and no more.
        "conversations.history" => match state.channels.get(text(given, "channel")?) {
            Some(channel) if channel.direct_with.is_some() => Ok(json!({ "messages": [], "has_more": false })),
            Some(channel) if channel.name != "directmessage" => refuse("missing_scope"),
            _ => refuse("channel_not_found"),
        },
        "users.info" => match state.users.get(text(given, "user")?) {
            Some(name) => Ok(json!({ "user": {
                "id": given["user"], "name": name.to_lowercase(), "real_name": name, "profile": { "display_name": name },
            } })),
            None => refuse("user_not_found"),
        },
        "files.getUploadURLExternal" => place_for_file(state, shared, given),
        "files.completeUploadExternal" => share(state, given),
        _ => refuse("unknown_method"),
    }
}

fn refuse(code: &'static str) -> Outcome {
    Err((code, String::new()))
}

fn text<'a>(given: &'a Value, name: &str) -> Result<&'a str, (&'static str, String)> {
    given[name].as_str().filter(|text| !text.is_empty()).ok_or(("invalid_arguments", format!("{name} is missing")))
}

fn thread(given: &Value) -> Option<String> {
    given["thread_ts"].as_str().map(str::to_owned)
}

fn blocks(given: &Value) -> Result<Vec<Value>, (&'static str, String)> {
    let blocks = given["blocks"].as_array().cloned().unwrap_or_default();
    check(&blocks, 50)?;
    if blocks.is_empty() && given["text"].as_str().is_none_or(str::is_empty) {
        return Err(("no_text", String::new()));
    }
    Ok(blocks)
}

fn post_message(state: &mut State, given: &Value, only: Option<&str>) -> Outcome {
    let channel = state.channel(text(given, "channel")?).map_err(|code| (code, String::new()))?;
    let message = Message {
        ts: state.ts(),
        thread: thread(given),
        by_bot: true,
        only: only.map(str::to_owned),
        text: given["text"].as_str().unwrap_or_default().to_owned(),
        blocks: blocks(given)?,
        edits: 0,
        channel,
    };
    let (channel, ts) = (message.channel.clone(), message.ts.clone());
    let shown = state.shown(&message);
    state.messages.push(message);
    match only {
        Some(_) => Ok(json!({ "message_ts": ts })),
        None => Ok(json!({ "channel": channel, "ts": ts, "message": shown })),
    }
}

fn find(state: &State, given: &Value) -> Result<usize, (&'static str, String)> {
    let channel = state.channel(text(given, "channel")?).map_err(|code| (code, String::new()))?;
    let ts = text(given, "ts")?;
    let own =
        |message: &Message| message.channel == channel && message.ts == ts && message.by_bot && message.only.is_none();
    state.messages.iter().position(own).ok_or(("message_not_found", String::new()))
}

fn update(state: &mut State, given: &Value) -> Outcome {
    let at = find(state, given)?;
    let blocks = blocks(given)?;
    let message = &mut state.messages[at];
    message.blocks = blocks;
    message.text = given["text"].as_str().unwrap_or_default().to_owned();
    message.edits += 1;
    let shown = state.shown(&state.messages[at]);
    Ok(json!({ "channel": given["channel"], "ts": given["ts"], "text": given["text"], "message": shown }))
}

fn open(state: &mut State, given: &Value) -> Outcome {
    let view = &given["view"];
    check_view(view).map_err(|why| ("invalid_arguments", why))?;
    if let Some(trigger) = given["trigger_id"].as_str() {
        let Some(at) = state.triggers.iter().position(|own| own == trigger) else {
            return refuse("expired_trigger_id");
        };
        state.triggers.remove(at);
    }
    let id = state.id("V");
    state.views.push(View { id: id.clone(), view: view.clone() });
    let mut shown = view.clone();
    shown["id"] = id.into();
    Ok(json!({ "view": shown }))
}

fn place_for_file(state: &mut State, shared: &Shared, given: &Value) -> Outcome {
    let length = text(given, "length")?.parse().map_err(|_| ("invalid_arguments", "length".to_owned()))?;
    if length == 0 {
        return Err(("invalid_arguments", "a file is not empty".to_owned()));
    }
    let name = text(given, "filename")?.to_owned();
    let alt = given["alt_txt"].as_str().unwrap_or_default().to_owned();
    if alt.chars().count() > 1_000 {
        return refuse("alt_txt_too_large");
    }
    let id = state.id("F");
    let url = format!("{}upload/{id}", shared.base);
    state.files.insert(id.clone(), File { name, alt, length, data: Vec::new(), shared: None });
    Ok(json!({ "upload_url": url, "file_id": id }))
}

fn share(state: &mut State, given: &Value) -> Outcome {
    let channel = state.channel(text(given, "channel_id")?).map_err(|code| (code, String::new()))?;
    let files = given["files"].as_array().cloned().unwrap_or_default();
    for file in &files {
        let known = state.files.get_mut(file["id"].as_str().unwrap_or_default());
        match known {
            Some(known) if known.data.len() == known.length => known.shared = Some((channel.clone(), thread(given))),
            _ => return refuse("file_not_found"),
        }
    }
    Ok(json!({ "files": files }))
}

/// Takes the bytes of a file: bare, or as the part of a form, as Slack's own clients send them.
async fn upload(Shares(shared): Shares<Arc<Shared>>, Path(id): Path<String>, request: Request) -> Response {
    if let Some(failure) = shared.change(|state| state.failure("upload")) {
        return fail(failure).await;
    }
    let Some(data) = bytes_of(request).await else { return StatusCode::BAD_REQUEST.into_response() };
    let length = data.len();
    let taken = shared.change(|state| state.files.get_mut(&id).map(|file| file.data = data.into()));
    match taken {
        Some(()) => format!("OK - {length}").into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn bytes_of(request: Request) -> Option<Bytes> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("multipart/") {
        return Bytes::from_request(request, &()).await.ok();
    }
    let mut form = Multipart::from_request(request, &()).await.ok()?;
    form.next_field().await.ok()??.bytes().await.ok()
}

/// Answers an event at the address that it came with: five times at most.
async fn respond(Shares(shared): Shares<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> Response {
    let given: Value = serde_json::from_slice(&body).unwrap_or_default();
    let failure = shared.change(|state| {
        let at = state.tick();
        state.calls.push(Call { method: "respond".to_owned(), body: given.clone(), at });
        state.failure("respond")
    });
    match failure {
        Some(Failure::Code(code)) => {
            return (StatusCode::NOT_FOUND, Json(json!({ "ok": false, "error": code }))).into_response();
        }
        Some(failure) => return fail(failure).await,
        None => {}
    }
    let outcome = shared.change(|state| {
        let Some(response) = state.responses.get_mut(&id).filter(|response| response.uses < 5) else {
            return Err(("used_url", String::new()));
        };
        response.uses += 1;
        let (channel, user) = (response.channel.clone(), response.user.clone());
        let in_channel = given["response_type"] == "in_channel";
        let message = Message {
            channel,
            ts: state.ts(),
            thread: thread(&given),
            by_bot: true,
            only: (!in_channel).then_some(user),
            text: given["text"].as_str().unwrap_or_default().to_owned(),
            blocks: blocks(&given)?,
            edits: 0,
        };
        state.messages.push(message);
        Ok(())
    });
    match outcome {
        Ok(()) => Json(json!({ "ok": true })).into_response(),
        Err((code, why)) => {
            (StatusCode::NOT_FOUND, Json(json!({ "ok": false, "error": code, "why": why }))).into_response()
        }
    }
}
