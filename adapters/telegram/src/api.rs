//! Calls of the Bot API.
//!
//! The payloads are teloxide's. What carries them is not: teloxide waits ten seconds on every 5xx before it says so, reads answers
//! without a bound, and its errors name addresses with the token in them. See `wire.rs` for what comes in.

use std::sync::Arc;
use std::time::Duration;

use monitor_core::Timestamp;
use monitor_core::secret::Secret;
use reqwest::multipart::{Form, Part};
use reqwest::{Client, RequestBuilder, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use teloxide_core::requests::Payload;

use crate::config::{Config, StartError};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);

/// How long a call may take.
const CALL: Duration = Duration::from_secs(20);

/// How long a file may take to be sent.
const UPLOAD: Duration = Duration::from_secs(60);

/// Most bytes of an answer: a hundred updates of the longest messages are far from it.
const MAX_ANSWER: usize = 16 << 20;

/// The Bot API as one bot. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    client: Client,
    /// The address before the method's name. It holds the token.
    base: Arc<Secret>,
    /// How long a call may take, beside the time for which it is held open.
    pub(crate) patience: Duration,
}

/// Why a call was not done. Never holds the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ApiError {
    /// Telegram answered, and refused in words of its own.
    #[error("answered {status}: {description}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Telegram's words.
        description: String,
        /// How long to wait before the next call.
        retry_after: Option<Duration>,
        /// The group is a supergroup with this id now.
        moved_to: Option<i64>,
    },
    /// No answer came, or none of Telegram's.
    #[error("{0}")]
    Unreachable(String),
}

/// A file to send.
pub(crate) struct Upload<'a> {
    /// The field that holds it: `photo` or `document`.
    pub(crate) field: &'static str,
    /// Its name.
    pub(crate) name: &'a str,
    /// Its media type.
    pub(crate) media_type: &'a str,
    /// What is in it.
    pub(crate) bytes: &'a [u8],
}

impl Api {
    pub(crate) fn new(config: &Config) -> Result<Self, StartError> {
        config.validate()?;
        #[expect(clippy::disallowed_methods, reason = "the Bot API is no target: its address is the operator's")]
        let builder = Client::builder();
        let client = builder.connect_timeout(CONNECT).tcp_nodelay(true).redirect(reqwest::redirect::Policy::none());
        let client = client.build().map_err(|error| StartError::Client(error.without_url().to_string()))?;
        Ok(Self { client, base: Arc::new(config.base()), patience: CALL })
    }

    /// Calls a method.
    pub(crate) async fn call<P, T>(&self, payload: &P) -> Result<T, ApiError>
    where
        P: Payload + Serialize,
        T: DeserializeOwned,
    {
        answer(self.request(P::NAME).timeout(self.patience).json(payload)).await.map(|(result, _)| result)
    }

    /// Calls a method with the fields of an object.
    pub(crate) async fn tell<T: DeserializeOwned>(&self, method: &str, fields: &Value) -> Result<T, ApiError> {
        self.listen(method, fields, Duration::ZERO).await
    }

    /// Calls a method that is held open for so long when there is nothing to answer yet.
    pub(crate) async fn listen<T: DeserializeOwned>(
        &self,
        method: &str,
        fields: &Value,
        held: Duration,
    ) -> Result<T, ApiError> {
        answer(self.request(method).timeout(self.patience + held).json(fields)).await.map(|(result, _)| result)
    }

    /// Calls a method without arguments and tells what time it is at Telegram, by the answer's `Date`.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, method: &str) -> Result<(T, Option<Timestamp>), ApiError> {
        answer(self.request(method).timeout(self.patience)).await
    }

    /// Calls a method that sends a file, with the fields of an object beside it.
    pub(crate) async fn upload<T: DeserializeOwned>(
        &self,
        method: &str,
        fields: &Value,
        file: &Upload<'_>,
    ) -> Result<T, ApiError> {
        let unsendable = |error: reqwest::Error| ApiError::Unreachable(error.without_url().to_string());
        let part = Part::bytes(file.bytes.to_vec()).file_name(file.name.to_owned());
        let mut form = Form::new().part(file.field, part.mime_str(file.media_type).map_err(unsendable)?);
        for (name, value) in fields.as_object().into_iter().flatten() {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            form = form.text(name.clone(), text);
        }
        answer(self.request(method).timeout(UPLOAD).multipart(form)).await.map(|(result, _)| result)
    }

    fn request(&self, method: &str) -> RequestBuilder {
        self.client.post(format!("{}/{method}", self.base.expose()))
    }
}

async fn answer<T: DeserializeOwned>(request: RequestBuilder) -> Result<(T, Option<Timestamp>), ApiError> {
    let response = request.send().await.map_err(|error| unreachable(&error))?;
    let status = response.status().as_u16();
    let date = response.headers().get("date").and_then(|value| http_date(value.to_str().ok()?));
    let body = read(response).await?;
    let mut body: Value = serde_json::from_slice(&body).unwrap_or_default();
    match (body["ok"].as_bool(), body["description"].as_str()) {
        (Some(true), _) => {}
        (Some(false), Some(description)) => {
            let parameters = &body["parameters"];
            return Err(ApiError::Refused {
                status,
                description: description.to_owned(),
                retry_after: parameters["retry_after"].as_u64().map(Duration::from_secs),
                moved_to: parameters["migrate_to_chat_id"].as_i64(),
            });
        }
        // Whatever its status says: a proxy's page, or that of a network that wants a password first, is no word of Telegram.
        _ => return Err(ApiError::Unreachable(format!("something on the way answers {status} in Telegram's place"))),
    }
    let result = serde_json::from_value(body["result"].take());
    let result = result.map_err(|error| ApiError::Unreachable(format!("the answer cannot be read: {error}")))?;
    Ok((result, date))
}

/// The time of an HTTP `Date`: `Sat, 21 Nov 2026 19:54:37 GMT`.
fn http_date(text: &str) -> Option<Timestamp> {
    let at = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(Timestamp::from_millis(at.timestamp().as_millisecond()))
}

async fn read(mut response: Response) -> Result<Vec<u8>, ApiError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| unreachable(&error))? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_ANSWER {
            return Err(ApiError::Unreachable(format!("the answer has more than {MAX_ANSWER} bytes")));
        }
    }
    Ok(body)
}

/// Says what went wrong on the way, without the address, which holds the token.
fn unreachable(error: &reqwest::Error) -> ApiError {
    let what = if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection broke"
    };
    let mut causes = std::iter::successors(std::error::Error::source(error), |error| error.source());
    let cause = causes.by_ref().last().map_or_else(String::new, |cause| format!(": {cause}"));
    ApiError::Unreachable(format!("{what}{cause}"))
}

impl ApiError {
    /// Whether Telegram does not know the token. It says 404 of a token with another number of characters. Source: <https://github.com/tdlib/telegram-bot-api>, `ClientManager.cpp`.
    pub(crate) fn is_token(&self) -> bool {
        match self {
            Self::Refused { status: 401, .. } => true,
            Self::Refused { status: 404, description, .. } => description == "Not Found",
            _ => false,
        }
    }

    /// Whether the same call may be done later.
    pub(crate) fn is_passing(&self) -> bool {
        match self {
            Self::Refused { status, .. } => matches!(status, 408 | 409 | 429 | 500..),
            Self::Unreachable(_) => true,
        }
    }

    /// Whether Telegram refuses with these words.
    pub(crate) fn says(&self, words: &str) -> bool {
        matches!(self, Self::Refused { status: 400, description, .. } if description.contains(words))
    }

    /// How long Telegram asks to wait.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            Self::Unreachable(_) => None,
        }
    }
}
