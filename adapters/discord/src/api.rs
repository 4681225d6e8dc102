//! Requests to Discord's REST API: through serenity, whose rate limiter waits where Discord asks for it, each within a time of its
//! own, and with what goes wrong sorted by what can be done about it.

use std::sync::Arc;
use std::time::Duration;

use adapter_common::{Backoff, Fault};
use serde::Serialize;
use serde_json::{Value, json};
use serenity::builder::CreateAttachment;
use serenity::http::{
    Http, HttpBuilder, HttpError, LightMethod, Multipart, MultipartUpload, Request, Route, StatusCode,
};
use serenity::model::id::{ApplicationId, ChannelId, InteractionId, MessageId, UserId};
use tokio::time::Instant;

use crate::Config;
use crate::render::{File, Message};

/// How long a request may take, with what the rate limiter waits before and after it.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long the first answer to an interaction is tried to be brought. Discord takes one for 3 s; the rest is for one that it took and
/// of which nothing was heard.
/// Source: <https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-callback>.
const RESPOND_WITHIN: Duration = Duration::from_secs(6);

/// Codes of Discord's errors.
/// Source: <https://discord.com/developers/docs/topics/opcodes-and-status-codes#json-json-error-codes>.
mod code {
    pub(super) const UNKNOWN_CHANNEL: isize = 10003;
    pub(super) const UNKNOWN_GUILD: isize = 10004;
    pub(super) const UNKNOWN_MESSAGE: isize = 10008;
    pub(super) const UNKNOWN_WEBHOOK: isize = 10015;
    pub(super) const ALREADY_ACKNOWLEDGED: isize = 40060;
    pub(super) const MISSING_ACCESS: isize = 50001;
    pub(super) const CANNOT_MESSAGE_USER: isize = 50007;
    pub(super) const MISSING_PERMISSIONS: isize = 50013;
    pub(super) const THREAD_EXISTS: isize = 160_004;
}

/// Why a request was not answered with what was asked for. The text never holds the token.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub(crate) struct ApiError {
    /// The status of Discord's answer; `None`: there was none, or it was not Discord's own.
    pub(crate) status: Option<u16>,
    code: isize,
    message: String,
}

impl ApiError {
    /// Discord did not answer, or something else did in its place.
    pub(crate) fn unreachable(message: &str) -> Self {
        Self { status: None, code: 0, message: message.to_owned() }
    }

    /// Whether Discord does not know the token.
    pub(crate) fn is_wrong_token(&self) -> bool {
        self.status == Some(401)
    }

    /// Whether there is no such channel or thread.
    pub(crate) fn is_unknown_channel(&self) -> bool {
        self.code == code::UNKNOWN_CHANNEL
    }

    /// Whether a first answer has not arrived yet, so that nothing can follow it.
    fn is_too_early(&self) -> bool {
        self.code == code::UNKNOWN_WEBHOOK
    }

    /// Whether another try may do better.
    fn is_passing(&self) -> bool {
        matches!(self.status, None | Some(429 | 500..))
    }

    /// Whether an interaction has its first answer already.
    fn is_answered(&self) -> bool {
        self.code == code::ALREADY_ACKNOWLEDGED
    }

    /// Whether the bot is not in the guild.
    pub(crate) fn is_elsewhere(&self) -> bool {
        matches!(self.code, code::UNKNOWN_GUILD | code::MISSING_ACCESS)
    }

    pub(crate) fn has_thread(&self) -> bool {
        self.code == code::THREAD_EXISTS
    }

    /// What can be done about it.
    pub(crate) fn fault(self) -> Fault {
        match (self.status, self.code) {
            (None | Some(429 | 401 | 500..), _) => Fault::Later { after: None, why: self.message },
            (_, code::UNKNOWN_MESSAGE) => Fault::Gone(self.message),
            (
                _,
                code::UNKNOWN_CHANNEL | code::MISSING_ACCESS | code::MISSING_PERMISSIONS | code::CANNOT_MESSAGE_USER,
            ) => Fault::Closed(self.message),
            _ => Fault::Refused(self.message),
        }
    }
}

impl From<serenity::Error> for ApiError {
    fn from(error: serenity::Error) -> Self {
        match error {
            serenity::Error::Http(HttpError::UnsuccessfulRequest(response)) => {
                let status = response.status_code.as_u16();
                // A page of something that stands before Discord, such as a proxy, refuses nothing in Discord's name.
                if response.error.code < 0 {
                    return Self::unreachable(&format!("something that is not Discord answered with {status}"));
                }
                let code = response.error.code;
                Self { status: Some(status), code, message: HttpError::UnsuccessfulRequest(response).to_string() }
            }
            serenity::Error::Http(HttpError::Request(error)) if error.is_connect() => {
                Self::unreachable("no connection to Discord")
            }
            serenity::Error::Http(error) => Self::unreachable(&error.to_string()),
            _ => Self::unreachable("Discord's answer could not be read"),
        }
    }
}

type Result<T> = std::result::Result<T, ApiError>;

/// Discord's REST API. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Api {
    http: Arc<Http>,
}

impl Api {
    pub(crate) fn new(config: &Config) -> Self {
        Self { http: Arc::new(http(config)) }
    }

    /// Requests something.
    pub(crate) async fn get(&self, route: Route<'_>) -> Result<Value> {
        self.call(LightMethod::Get, route, None::<&()>, &[]).await
    }

    /// Sends something.
    pub(crate) async fn send(&self, method: LightMethod, route: Route<'_>, body: &impl Serialize) -> Result<Value> {
        self.call(method, route, Some(body), &[]).await
    }

    /// Takes something away.
    pub(crate) async fn delete(&self, route: Route<'_>) -> Result<()> {
        self.call(LightMethod::Delete, route, None::<&()>, &[]).await.map(drop)
    }

    /// Posts a message, and answers its id.
    pub(crate) async fn post(&self, channel: ChannelId, message: &Message) -> Result<String> {
        let route = Route::ChannelMessages { channel_id: channel };
        let posted = self.call(LightMethod::Post, route, Some(message), &message.files).await?;
        posted["id"].as_str().map(str::to_owned).ok_or_else(|| ApiError::unreachable("the message got no id"))
    }

    /// Changes a message that was posted.
    pub(crate) async fn edit(&self, channel: ChannelId, id: MessageId, message: &Message) -> Result<()> {
        let route = Route::ChannelMessage { channel_id: channel, message_id: id };
        self.call(LightMethod::Patch, route, Some(message), &message.files).await.map(drop)
    }

    /// The direct conversation with somebody.
    pub(crate) async fn direct(&self, user: UserId) -> Result<ChannelId> {
        let body = json!({ "recipient_id": user.to_string() });
        let channel = self.send(LightMethod::Post, Route::UserMeDmChannels, &body).await?;
        let id = channel["id"].as_str().and_then(|id| id.parse().ok()).filter(|id| *id > 0);
        id.map(ChannelId::new).ok_or_else(|| ApiError::unreachable("the direct conversation has no id"))
    }

    /// Answers a message with a message, as often as it takes until that time.
    pub(crate) async fn answer(&self, channel: ChannelId, message: &Message, until: Instant) -> Result<()> {
        patiently(until, |_| self.post(channel, message)).await.map(drop)
    }

    /// Gives an interaction its first answer, which nothing can come of much later.
    pub(crate) async fn respond(&self, (id, token): (u64, &str), callback: &Value, files: &[File]) -> Result<()> {
        let respond = |tries| async move {
            let route = Route::InteractionResponse { interaction_id: InteractionId::new(id), token };
            match self.call(LightMethod::Post, route, Some(callback), files).await {
                // By the last try, of which nothing was heard.
                Err(error) if tries > 0 && error.is_answered() => Ok(()),
                other => other.map(drop),
            }
        };
        patiently(Instant::now() + RESPOND_WITHIN, respond).await
    }

    /// Puts a message in place of an interaction's first answer.
    pub(crate) async fn edit_answer(&self, to: (u64, &str), message: &Message, until: Instant) -> Result<()> {
        let (application_id, token) = (ApplicationId::new(to.0), to.1);
        let route = || Route::WebhookOriginalInteractionResponse { application_id, token };
        let edit = |_| self.call(LightMethod::Patch, route(), Some(message), &message.files);
        patiently(until, edit).await.map(drop)
    }

    /// Says more to an interaction that was answered.
    pub(crate) async fn add_answer(&self, to: (u64, &str), message: &Message, until: Instant) -> Result<()> {
        let (application_id, token) = (ApplicationId::new(to.0), to.1);
        let route = || Route::WebhookFollowupMessages { application_id, token };
        let add = |_| self.call(LightMethod::Post, route(), Some(message), &message.files);
        patiently(until, add).await.map(drop)
    }

    async fn call(
        &self,
        method: LightMethod,
        route: Route<'_>,
        body: Option<&impl Serialize>,
        files: &[File],
    ) -> Result<Value> {
        let body = body.map(serde_json::to_string).transpose();
        let body = body.map_err(|error| ApiError::unreachable(&error.to_string()))?;
        let request = Request::new(route, method);
        let request = if files.is_empty() {
            request.body(body.map(String::into_bytes))
        } else {
            let attachments = files.iter().map(|file| CreateAttachment::bytes(file.data.clone(), file.name.clone()));
            let upload = MultipartUpload::Attachments(attachments.collect());
            request.multipart(Some(Multipart { upload, fields: Vec::new(), payload_json: body }))
        };
        let answered = tokio::time::timeout(PATIENCE, async {
            let response = self.http.request(request).await?;
            let empty = response.status() == StatusCode::NO_CONTENT;
            let bytes = response.bytes().await.map_err(|error| serenity::Error::Http(HttpError::Request(error)))?;
            let answer = if empty { Ok(Value::Null) } else { serde_json::from_slice(&bytes) };
            answer.map_err(|_| ApiError::unreachable("something that is not Discord answered"))
        });
        answered
            .await
            .unwrap_or_else(|_| Err(ApiError::unreachable("Discord does not answer, or wants to be let alone")))
    }
}

/// Tries again until then what may do better: `call` is told how often it was tried. A first answer that went as the response to a
/// request may be on its way still when something follows it. At the end of the program who waits for the tasks ends this.
async fn patiently<T, F>(until: Instant, call: impl Fn(u32) -> F) -> Result<T>
where
    F: Future<Output = Result<T>>,
{
    let (mut backoff, mut tries) = (Backoff::default(), 0);
    let trying = async {
        loop {
            let error = match call(tries).await {
                Err(error) if error.is_passing() || error.is_too_early() => error,
                done => return done,
            };
            tries += 1;
            tracing::debug!(%error, tries, "an answer is to be brought to Discord once more");
            tokio::time::sleep(backoff.pause()).await;
        }
    };
    let late = || Err(ApiError::unreachable("there is no time left to answer"));
    tokio::time::timeout_at(until, trying).await.unwrap_or_else(|_| late())
}

/// A client of Discord's. With an address in place of Discord's there is no rate limiter, for serenity would not use the address
/// then: whatever is at that address limits.
pub(crate) fn http(config: &Config) -> Http {
    let builder = HttpBuilder::new(config.token.expose());
    let builder = match &config.client {
        Some(client) => builder.client(client.clone()),
        None => builder,
    };
    match &config.api_url {
        Some(url) => builder.proxy(url.as_str()).ratelimiter_disabled(true).build(),
        None => builder.build(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Takes as long as the first pauses do.
    #[tokio::test]
    async fn an_answer_is_tried_as_long_as_it_can_be_given() {
        let tried = AtomicU32::new(0);
        let call = |well_after| {
            let tried = &tried;
            move |tries| async move {
                tried.fetch_add(1, Ordering::Relaxed);
                if tries < well_after { Err(ApiError::unreachable("no connection to Discord")) } else { Ok(()) }
            }
        };
        let within = |time| Instant::now() + time;
        assert!(patiently(within(Duration::from_secs(14 * 60)), call(5)).await.is_ok());
        assert_eq!(tried.swap(0, Ordering::Relaxed), 6);
        assert!(patiently(within(Duration::from_millis(100)), call(u32::MAX)).await.is_err());
        assert_eq!(tried.load(Ordering::Relaxed), 1);
    }
}
