//! Brings messages where they belong: to where an event came from, or to a channel.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use bot_core::Reply;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use crate::api::{Api, Refusal};
use crate::event::is_direct;
use crate::render::{self, Attachment, Message, escape};

/// Attempts to bring an answer.
const ATTEMPTS: u32 = 5;

/// Uses of a `response_url` for an answer: of five, for the last says what became of the rest where the app is no member.
/// Source: <https://docs.slack.dev/interactivity/handling-user-interaction#message_responses>.
const RESPONSES: u8 = 4;

/// What is said where no more can be.
const REST: &str = "The rest of the answer cannot be shown here, for I am no member of this channel. Invite me, or ask me in a direct message.";

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
    /// How often that address was used before.
    #[serde(rename = "s", default, skip_serializing_if = "is_zero")]
    pub(crate) said: u8,
    #[serde(skip)]
    pub(crate) user: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
fn is_zero(number: &u8) -> bool {
    *number == 0
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
        Self { api, origin, quiet, responses: AtomicU8::new(origin.said) }
    }

    /// Brings messages with their files, in order. What cannot be brought is told in the log, and, where the app is no member and so
    /// can bring nothing more, to the person who asked.
    pub(crate) async fn bring(&self, messages: Vec<Message>) {
        for message in messages {
            let Err(refusal) = self.bring_one(message).await else { continue };
            tracing::warn!(channel = self.origin.channel, %refusal, "an answer could not be brought to slack");
            if matches!(refusal.code(), "not_in_channel" | "channel_not_found") {
                self.tell_of_rest().await;
                return;
            }
        }
    }

    async fn tell_of_rest(&self) {
        let Some(url) = &self.origin.response_url else { return };
        for message in render::messages(&Reply::text(REST)) {
            if let Err(refusal) = self.respond(url, &message, true).await {
                tracing::debug!(%refusal, "nobody is told that an answer was cut in slack");
            }
        }
    }

    async fn respond(&self, url: &Url, message: &Message, quiet: bool) -> Result<(), Refusal> {
        let mut response = self.body(message);
        response["response_type"] = if quiet { "ephemeral" } else { "in_channel" }.into();
        response["replace_original"] = false.into();
        patiently(|| self.api.respond(url, &response)).await
    }

    /// A message in the thread of what it answers.
    fn body(&self, message: &Message) -> Value {
        let mut body = body(message);
        if let Some(thread) = &self.origin.thread {
            body["thread_ts"] = thread.as_str().into();
        }
        body
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
        let Origin { channel, response_url, user, .. } = self.origin;
        if let Some(url) = response_url
            && self.responses.fetch_add(1, Ordering::Relaxed) < RESPONSES
        {
            match self.respond(url, message, self.quiet).await {
                Ok(()) => return Ok(()),
                // The address may have been used up, or be too old.
                Err(refusal) => tracing::debug!(%refusal, "slack takes no answer at the event's address"),
            }
        }
        let mut body = self.body(message);
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
    if let Some(note) = &file.note {
        done["initial_comment"] = escape(note).into();
    }
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

#[cfg(test)]
mod tests {
    use bot_core::reply::Block;
    use monitor_core::secret::Secret;
    use test_support::platforms::slack::{ADA, APP_TOKEN, BOT_TOKEN, Failure, Fake, OPS, RANDOM};

    use super::*;
    use crate::config::{Config, Mode};

    /// The origin of a slash command, and what speaks to the fake.
    async fn asked(channel: &str) -> (Fake, Api, Origin) {
        drop(rustls::crypto::ring::default_provider().install_default());
        let fake = Fake::start().await;
        let config = Config {
            bot_token: Secret::new(BOT_TOKEN),
            mode: Mode::Socket { app_token: Secret::new(APP_TOKEN) },
            command: "/watchword".to_owned(),
            api_url: Some(fake.api_url()),
        };
        let url = fake.command_payload(channel, ADA, "help")["response_url"].as_str().unwrap().parse().unwrap();
        let origin = Origin {
            channel: channel.to_owned(),
            channel_name: String::new(),
            thread: None,
            response_url: Some(url),
            said: 0,
            user: ADA.to_owned(),
        };
        (fake, Api::new(&config).unwrap(), origin)
    }

    fn lines(count: usize) -> Vec<Message> {
        (0..count).flat_map(|number| render::messages(&Reply::text(format!("line {number}")))).collect()
    }

    #[tokio::test]
    async fn who_asks_where_the_app_is_no_member_is_told_that_the_rest_cannot_be_shown() {
        let (fake, api, origin) = asked(RANDOM).await;
        Answering::new(&api, &origin, false).bring(lines(8)).await;
        let shown = fake.messages(RANDOM, 5).await;
        let words: Vec<String> = shown.iter().map(|message| message.words().trim().to_owned()).collect();
        assert_eq!(words, ["line 0", "line 1", "line 2", "line 3", REST]);
        assert_eq!(shown[4].only.as_deref(), Some(ADA));

        // Of a form's address a part was used before it was filled in.
        let (fake, api, origin) = asked(RANDOM).await;
        Answering::new(&api, &origin, true).bring(lines(1)).await;
        Answering::new(&api, &Origin { said: 1, ..origin }, false).bring(lines(8)).await;
        let shown = fake.messages(RANDOM, 5).await;
        assert_eq!((shown.len(), shown[4].words().trim()), (5, REST));
    }

    #[tokio::test]
    async fn a_short_answer_is_followed_by_nothing() {
        let (fake, api, origin) = asked(RANDOM).await;
        Answering::new(&api, &origin, false).bring(lines(4)).await;
        assert_eq!(fake.messages(RANDOM, 4).await.len(), 4);
        let (fake, api, origin) = asked(OPS).await;
        Answering::new(&api, &origin, false).bring(lines(8)).await;
        assert!(fake.messages(OPS, 8).await.iter().all(|message| message.only.is_none()));
    }

    #[tokio::test]
    async fn a_message_that_is_refused_keeps_back_none_of_the_others() {
        let (fake, api, origin) = asked(OPS).await;
        fake.fail("chat.postMessage", Failure::Code("msg_too_long"));
        Answering::new(&api, &origin, false).bring(lines(8)).await;
        let shown = fake.messages(OPS, 7).await;
        let words: Vec<String> = shown.iter().map(|message| message.words().trim().to_owned()).collect();
        assert_eq!(words, ["line 0", "line 1", "line 2", "line 3", "line 5", "line 6", "line 7"]);
    }

    #[tokio::test]
    async fn a_file_is_spoken_of_once_it_is_shared() {
        let long = Reply::of(vec![Block::Code { text: "line\n".repeat(2_000) }]);
        let (fake, api, origin) = asked(OPS).await;
        Answering::new(&api, &origin, false).bring(render::messages(&long)).await;
        let comment = fake.calls("files.completeUploadExternal").remove(0).body["initial_comment"].clone();
        assert_eq!(comment, "The text is too long for a message: it is in the file output.txt.");
        let (fake, api, origin) = asked(RANDOM).await;
        Answering::new(&api, &origin, false).bring(render::messages(&long)).await;
        let shown = fake.messages(RANDOM, 1).await;
        assert!(shown.iter().all(|message| !message.words().contains("in the file")), "{shown:#?}");
    }
}
