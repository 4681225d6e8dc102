//! Cards of incidents: a message each, which changes as its incident does, with a thread below it.

use std::sync::Arc;
use std::time::Duration;

use adapter_common::courier::Rest;
use adapter_common::{Courier, Fault, Sent, Target};
use bot_core::Reply;
use bot_core::reply::Block;

use crate::api::{Api, Refusal};
use crate::render::{self, Message};
use crate::send::{body, share};

/// Brings cards to Slack.
#[derive(Debug, Clone)]
pub(crate) struct SlackCourier {
    api: Arc<Api>,
    rest: Rest,
}

impl From<Arc<Api>> for SlackCourier {
    fn from(api: Arc<Api>) -> Self {
        Self { api, rest: Rest::default() }
    }
}

impl Courier for SlackCourier {
    const PLATFORM: &'static str = crate::PLATFORM;

    /// Slack takes about a message a second in a channel.
    /// Source: <https://docs.slack.dev/apis/web-api/rate-limits#posting_messages>.
    const PACE: Duration = Duration::from_millis(1_100);

    fn rest(&self) -> &Rest {
        &self.rest
    }

    async fn post(&self, to: &Target, reply: &Reply) -> Result<Sent, Fault> {
        let mut messages = draw(reply, render::card).await.into_iter();
        let first = messages.next().ok_or_else(|| Fault::Refused("there is nothing to show".to_owned()))?;
        let ts = self.say(to, None, &first).await?;
        self.say_rest(to, &ts, messages.collect());
        Ok(Sent { message: ts, thread: None })
    }

    async fn edit(&self, to: &Target, sent: &Sent, reply: &Reply) -> Result<(), Fault> {
        let mut messages = draw(reply, render::card).await;
        if messages.len() > 1 {
            // Only the message that is there can be changed.
            let mut short = reply.clone();
            short.blocks.truncate(1);
            short.blocks.push(Block::text("There is more than a message can hold: `show-incident` shows all of it."));
            messages = draw(&short, render::card).await;
        }
        let Some(first) = messages.first() else { return Ok(()) };
        let mut body = body(first);
        body["channel"] = to.conversation.as_str().into();
        body["ts"] = sent.message.as_str().into();
        self.api.call("chat.update", &body).await.map(drop).map_err(fault)
    }

    async fn follow_up(&self, to: &Target, card: &Sent, reply: &Reply) -> Result<Sent, Fault> {
        let mut messages = draw(reply, render::messages).await.into_iter();
        if let Some(first) = messages.next() {
            self.say(to, Some(&card.message), &first).await?;
        }
        self.say_rest(to, &card.message, messages.collect());
        Ok(Sent { message: card.message.clone(), thread: Some(card.message.clone()) })
    }
}

impl SlackCourier {
    /// Sees to what follows the first message, in the thread.
    fn say_rest(&self, to: &Target, thread: &str, messages: Vec<Message>) {
        let (courier, to, thread) = (self.clone(), to.clone(), thread.to_owned());
        self.rest.bring(crate::PLATFORM, messages, move |message| {
            let (courier, to, thread) = (courier.clone(), to.clone(), thread.clone());
            async move { courier.say(&to, Some(&thread), &message).await.map(drop) }
        });
    }

    /// Posts a message, gives its `ts`, and sees to its files.
    async fn say(&self, to: &Target, thread: Option<&str>, message: &Message) -> Result<String, Fault> {
        let mut body = body(message);
        body["channel"] = to.conversation.as_str().into();
        if let Some(thread) = thread {
            body["thread_ts"] = thread.into();
        }
        let posted = self.api.call("chat.postMessage", &body).await.map_err(fault)?;
        let ts = posted["ts"].as_str().ok_or_else(|| Fault::Refused("slack gives no id".to_owned()))?.to_owned();
        let (api, channel, thread) = (Arc::clone(&self.api), to.conversation.clone(), thread.unwrap_or(&ts).to_owned());
        self.rest.bring(crate::PLATFORM, message.files.clone(), move |file| {
            let (api, channel, thread) = (Arc::clone(&api), channel.clone(), thread.clone());
            async move { share(&api, &channel, Some(&thread), &file).await.map_err(fault) }
        });
        Ok(ts)
    }
}

/// Draws off the threads that speak to the network, for charts take a while.
async fn draw(reply: &Reply, drawn: fn(&Reply) -> Vec<Message>) -> Vec<Message> {
    let reply = reply.clone();
    tokio::task::spawn_blocking(move || drawn(&reply)).await.unwrap_or_default()
}

/// What a refusal means for a card.
/// Source: the errors of <https://docs.slack.dev/reference/methods/chat.postMessage> and of `chat.update`.
fn fault(refusal: Refusal) -> Fault {
    match refusal {
        // Messages are counted by channel, so the others are told meanwhile, however long the pause is to be.
        Refusal::TooMany(after) => {
            Fault::Later { after: Some(after.unwrap_or_default()), why: "slack asks for a pause".to_owned() }
        }
        Refusal::Unreachable(why) => Fault::Later { after: None, why },
        Refusal::Said(code) => match code.as_str() {
            "message_not_found" | "thread_not_found" | "cant_update_message" | "edit_window_closed" => {
                Fault::Gone(code)
            }
            "channel_not_found"
            | "is_archived"
            | "is_inactive"
            | "not_in_channel"
            | "restricted_action"
            | "user_not_found"
            | "restricted_action_read_only_channel"
            | "restricted_action_thread_only_channel" => Fault::Closed(code),
            // Another token mends these, and the card is not lost until then.
            "invalid_auth" | "not_authed" | "token_revoked" | "token_expired" | "account_inactive"
            | "missing_scope" => Fault::Later { after: None, why: code },
            _ => Fault::Refused(code),
        },
    }
}

#[cfg(test)]
mod tests {
    use monitor_core::secret::Secret;
    use test_support::platforms::slack::{APP_TOKEN, BOT_TOKEN, Failure, Fake, OPS, TEAM};

    use super::*;
    use crate::config::{Config, Mode};

    async fn start() -> (Fake, SlackCourier, Target) {
        drop(rustls::crypto::ring::default_provider().install_default());
        let fake = Fake::start().await;
        let config = Config {
            bot_token: Secret::new(BOT_TOKEN),
            mode: Mode::Socket { app_token: Secret::new(APP_TOKEN) },
            command: "/watchword".to_owned(),
            api_url: Some(fake.api_url()),
        };
        let courier = SlackCourier::from(Arc::new(Api::new(&config).unwrap()));
        (fake, courier, Target { workspace: Some(TEAM.to_owned()), conversation: OPS.to_owned() })
    }

    #[tokio::test]
    async fn what_is_taken_is_told_at_once_and_not_said_again_whatever_becomes_of_the_rest() {
        let (fake, courier, to) = start().await;
        // Three messages, of which the second is refused, once the first is taken.
        let long = Reply::of((0..120).map(|number| Block::text(format!("line {number}"))).collect());
        let posts = || fake.calls("chat.postMessage").len();
        let card = courier.post(&to, &long).await.unwrap();
        assert_eq!(posts(), 1, "nobody waits for the rest");
        fake.fail("chat.postMessage", Failure::Code("invalid_blocks"));
        let shown = fake.messages(OPS, 2).await;
        assert_eq!((&shown[0].ts, shown[1].thread.as_ref()), (&card.message, Some(&card.message)));
        assert_eq!(posts(), 3, "each is said once");
        courier.follow_up(&to, &card, &long).await.unwrap();
        assert_eq!(posts(), 4, "nobody waits for the rest");
        fake.fail("chat.postMessage", Failure::Code("invalid_blocks"));
        let shown = fake.messages(OPS, 4).await;
        assert!(shown[2..].iter().all(|message| message.thread.as_ref() == Some(&card.message)));
        assert_eq!(posts(), 6, "each is said once");
    }

    #[tokio::test]
    async fn what_is_taken_is_not_said_again_because_its_file_is_refused() {
        let (fake, courier, to) = start().await;
        fake.fail("files.getUploadURLExternal", Failure::Code("file_uploads_disabled"));
        let code = Block::Code { text: "line\n".repeat(2_000) };
        courier.post(&to, &Reply::of(vec![Block::text("shop is down"), code])).await.unwrap();
        fake.until("the file is tried", |state| {
            state.calls.iter().find(|call| call.method == "files.getUploadURLExternal").map(drop)
        })
        .await;
        assert_eq!(fake.messages(OPS, 1).await.len(), 1);
    }

    #[test]
    fn what_slack_says_becomes_what_is_to_be_done() {
        let said = |code: &str| fault(Refusal::Said(code.to_owned()));
        assert!(matches!(said("message_not_found"), Fault::Gone(_)));
        // How `chat.postMessage` and `chat.update` say that a channel is archived.
        for closed in ["not_in_channel", "is_archived", "is_inactive"] {
            assert!(matches!(said(closed), Fault::Closed(_)), "{closed}");
        }
        assert!(matches!(said("token_revoked"), Fault::Later { after: None, .. }));
        assert!(matches!(said("invalid_blocks"), Fault::Refused(_)));
        let after = Some(Duration::from_secs(7));
        assert_eq!(fault(Refusal::TooMany(after)), Fault::Later { after, why: "slack asks for a pause".to_owned() });
        // What is said of one channel says nothing of the platform; what is said of Slack itself does.
        let rests = |code: &str| match fault(Refusal::from_code(code.to_owned())) {
            Fault::Later { after, .. } => after,
            fault => panic!("{code}: {fault}"),
        };
        for code in ["rate_limited", "message_limit_exceeded", "external_channel_migrating"] {
            assert_eq!(rests(code), Some(Duration::ZERO), "{code}");
        }
        assert_eq!(rests("service_unavailable"), None);
    }
}
