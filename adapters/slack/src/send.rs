//! Brings messages where they belong: to where an event came from, or to a channel.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use crate::api::{Api, Refusal};
use crate::event::is_direct;
use crate::render::{self, Attachment, Message};

/// Attempts to bring an answer.
const ATTEMPTS: u32 = 5;

/// Uses of a `response_url`, of five, that are not left for others.
/// Source: <https://docs.slack.dev/interactivity/handling-user-interaction#message_responses>.
const RESPONSES: u8 = 4;

/// Where an answer goes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Origin {
    #[serde(rename = "c")]
    pub(crate) channel: String,
    /// What the channel is called, as far as the event told.
    #[serde(rename = "n", default)]
    pub(crate) channel_name: String,
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub(crate) thread: Option<String>,
    /// The address that the event came with, at which the app answers even where it is not a member.
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub(crate) response_url: Option<Url>,
    #[serde(skip)]
    pub(crate) user: String,
}

/// An answer on its way.
#[derive(Debug)]
pub(crate) struct Answering<'a> {
    api: &'a Api,
    origin: &'a Origin,
    /// Whether only the person who asked is to see it.
    quiet: bool,
    responses: AtomicU8,
}

impl<'a> Answering<'a> {
    pub(crate) fn new(api: &'a Api, origin: &'a Origin, quiet: bool) -> Self {
        Self { api, origin, quiet, responses: AtomicU8::new(0) }
    }

    /// Brings messages with their files, in order. What cannot be brought is told in the log.
    pub(crate) async fn bring(&self, messages: Vec<Message>) {
        for message in messages {
            if let Err(refusal) = self.bring_one(message).await {
                tracing::warn!(channel = self.origin.channel, %refusal, "an answer could not be brought to slack");
            }
        }
    }

    async fn bring_one(&self, message: Message) -> Result<(), Refusal> {
        if !message.blocks.is_empty() {
            self.say(&message).await?;
        }
        for file in &message.files {
            self.share(file).await?;
        }
        Ok(())
    }

    async fn say(&self, message: &Message) -> Result<(), Refusal> {
        let Origin { channel, response_url, thread, user, .. } = self.origin;
        let mut body = body(message);
        if let Some(thread) = thread {
            body["thread_ts"] = thread.as_str().into();
        }
        if let Some(url) = response_url
            && self.responses.fetch_add(1, Ordering::Relaxed) < RESPONSES
        {
            let mut response = body.clone();
            response["response_type"] = if self.quiet { "ephemeral" } else { "in_channel" }.into();
            response["replace_original"] = false.into();
            match patiently(|| self.api.respond(url, &response)).await {
                Ok(()) => return Ok(()),
                // The address may have been used up, or be too old.
                Err(refusal) => tracing::debug!(%refusal, "slack takes no answer at the event's address"),
            }
        }
        body["channel"] = channel.as_str().into();
        let method = if self.quiet && !is_direct(channel) {
            body["user"] = user.as_str().into();
            "chat.postEphemeral"
        } else {
            "chat.postMessage"
        };
        patiently(|| self.api.call(method, &body)).await.map(drop)
    }

    /// Shares a file, or says it in words where files cannot be shared: with one person alone in a channel, and where the
    /// app is not a member.
    async fn share(&self, file: &Attachment) -> Result<(), Refusal> {
        let Origin { channel, thread, .. } = self.origin;
        if !self.quiet || is_direct(channel) {
            match share(self.api, channel, thread.as_deref(), file).await {
                Err(Refusal::Said(code)) => tracing::info!(channel, code, "slack takes no file here"),
                shared => return shared,
            }
        }
        for message in render::plain(&file.instead) {
            self.say(&message).await?;
        }
        Ok(())
    }
}

/// A message as `chat.postMessage` takes it: no address in it is looked at for a preview.
pub(crate) fn body(message: &Message) -> Value {
    json!({
        "text": message.text,
        "blocks": message.blocks,
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

/// Shares a file in a channel.
pub(crate) async fn share(api: &Api, channel: &str, thread: Option<&str>, file: &Attachment) -> Result<(), Refusal> {
    let length = file.data.len().to_string();
    let parameters = [("filename", file.name.as_str()), ("length", &length), ("alt_txt", &file.alt)];
    let place = patiently(|| api.ask("files.getUploadURLExternal", &parameters)).await?;
    let (Some(url), Some(id)) =
        (place["upload_url"].as_str().and_then(|url| Url::parse(url).ok()), place["file_id"].as_str())
    else {
        return Err(Refusal::Unreachable("it gives no place for a file".to_owned()));
    };
    patiently(|| api.upload(&url, &file.media_type, &file.data)).await?;
    let mut done = json!({ "files": [{ "id": id, "title": file.name }], "channel_id": channel });
    if let Some(thread) = thread {
        done["thread_ts"] = thread.into();
    }
    patiently(|| api.call("files.completeUploadExternal", &done)).await.map(drop)
}

/// Tries until it is done, is refused for good, or has been tried often enough.
async fn patiently<T, F>(call: impl Fn() -> F) -> Result<T, Refusal>
where
    F: Future<Output = Result<T, Refusal>>,
{
    let mut attempt = 0;
    loop {
        let refusal = match call().await {
            Ok(done) => return Ok(done),
            Err(refusal) => refusal,
        };
        attempt += 1;
        let pause: Duration = match refusal.pause(attempt) {
            Some(pause) if attempt < ATTEMPTS => pause,
            _ => return Err(refusal),
        };
        tracing::debug!(%refusal, pause_ms = pause.as_millis(), "slack is tried again");
        tokio::time::sleep(pause).await;
    }
}
