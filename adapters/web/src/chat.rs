//! `POST /api/v1/chat`: says something and answers with the replies.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse as _;
use bot_core::{Input, Request};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::conversation::{self, Platform};
use crate::error::ApiError;
use crate::{WebState, wire};

/// Largest body of a request: room for the longest message that is read, whose limit is the one people are told of.
pub(crate) const MOST_BYTES: usize = 64_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    text: Option<String>,
    action: Option<String>,
    answer: Option<Filled>,
    conversation: Option<String>,
    #[serde(default)]
    platform: Platform,
}

/// A form that was filled in: its token, and each field's name with what was typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filled {
    token: String,
    values: BTreeMap<String, String>,
}

pub(crate) async fn say(
    State(state): State<WebState>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Value>, ApiError> {
    let said = read(&headers, body)?;
    let input = match (said.text, said.action, said.answer) {
        (Some(text), None, None) => Input::Text(text),
        (None, Some(token), None) => Input::Action(token),
        (None, None, Some(Filled { token, values })) => Input::Answer { token, values: values.into_iter().collect() },
        _ => {
            let why = "say either a `text`, like {\"text\": \"help\"}, or an `action`, or an `answer`";
            return Err(ApiError::Invalid(why.to_owned()));
        }
    };
    let place = conversation::find(&state, said.platform, said.conversation).await?;
    let request =
        Request { platform: said.platform.as_str(), conversation: place.conversation, actor: place.actor, input };
    let replies: Vec<Value> = state.engine.handle(request).await.iter().map(wire::reply).collect();
    Ok(Json(json!({ "conversation": place.id, "replies": replies })))
}

/// JSON is insisted on, for a form of another site can send everything but that.
fn read(headers: &HeaderMap, body: Result<Bytes, BytesRejection>) -> Result<Said, ApiError> {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(ApiError::NotJson);
    }
    let body = body.map_err(|rejection| match rejection.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLong,
        _ => ApiError::Invalid("the body broke off; send it again".to_owned()),
    })?;
    serde_json::from_slice(&body).map_err(|error| ApiError::Invalid(format!("that is not a message: {error}")))
}
