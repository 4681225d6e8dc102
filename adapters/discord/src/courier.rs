//! Cards and what follows them, brought to Discord.

use std::time::Duration;

use adapter_common::courier::Rest;
use adapter_common::{Courier, Fault, Sent, Target, Units};
use bot_core::{Reply, TextStyle};
use serde_json::json;
use serenity::http::{LightMethod, Route};
use serenity::model::id::{ChannelId, MessageId};

use crate::api::{Api, ApiError};
use crate::render::{self, Message};
use crate::{PLATFORM, limits};

/// How long a thread stays in the list of a channel when nobody says anything, in minutes: three days.
/// Source: <https://discord.com/developers/docs/resources/channel#start-thread-from-message>.
const ARCHIVE_AFTER_MINUTES: u32 = 4320;

/// Brings messages to Discord.
#[derive(Clone)]
pub(crate) struct DiscordCourier {
    api: Api,
    rest: Rest,
}

impl DiscordCourier {
    pub(crate) fn new(api: Api) -> Self {
        Self { api, rest: Rest::default() }
    }

    /// Begins the thread below a card's message, or finds the one that is there. Discord gives it the id of that message.
    async fn begin(&self, channel: ChannelId, card: &Sent, name: String) -> Result<ChannelId, Fault> {
        let message_id = MessageId::new(number(&card.message)?);
        let route = Route::ChannelMessageThreads { channel_id: channel, message_id };
        let body = json!({ "name": name, "auto_archive_duration": ARCHIVE_AFTER_MINUTES });
        match self.api.send(LightMethod::Post, route, &body).await {
            Ok(thread) => Ok(ChannelId::new(thread["id"].as_str().map_or(Ok(message_id.get()), number)?)),
            Err(error) if error.has_thread() => Ok(ChannelId::new(message_id.get())),
            Err(error) => Err(error.fault()),
        }
    }

    /// Posts the first, whose id is answered, and sees to the others.
    async fn post_all(&self, channel: ChannelId, mut messages: Vec<Message>) -> Result<String, ApiError> {
        let rest = messages.split_off(1.min(messages.len()));
        let mut id = String::new();
        for message in &messages {
            id = self.api.post(channel, message).await?;
        }
        let api = self.api.clone();
        self.rest.bring(PLATFORM, rest, move |message| {
            let api = api.clone();
            async move { api.post(channel, &message).await.map(drop).map_err(ApiError::fault) }
        });
        Ok(id)
    }
}

impl Courier for DiscordCourier {
    const PLATFORM: &'static str = PLATFORM;
    // Five messages in five seconds are let through by a channel; the exact number is not published.
    // Source: <https://discord.com/developers/docs/topics/rate-limits>.
    const PACE: Duration = Duration::from_secs(1);

    fn rest(&self) -> &Rest {
        &self.rest
    }

    async fn post(&self, to: &Target, reply: &Reply) -> Result<Sent, Fault> {
        let channel = ChannelId::new(number(&to.conversation)?);
        let mut messages = render::messages(reply);
        // The first is the one that is changed later, so it has the buttons.
        if let [first, .., last] = messages.as_mut_slice() {
            std::mem::swap(&mut first.components, &mut last.components);
        }
        Ok(Sent { message: self.post_all(channel, messages).await.map_err(ApiError::fault)?, thread: None })
    }

    async fn edit(&self, to: &Target, sent: &Sent, reply: &Reply) -> Result<(), Fault> {
        let channel = ChannelId::new(number(&to.conversation)?);
        let message = MessageId::new(number(&sent.message)?);
        self.api.edit(channel, message, &render::card(reply)).await.map_err(ApiError::fault)
    }

    async fn follow_up(&self, to: &Target, card: &Sent, reply: &Reply) -> Result<Sent, Fault> {
        let channel = ChannelId::new(number(&to.conversation)?);
        let messages = render::messages(reply);
        // Between two people there are no threads.
        if to.workspace.is_none() {
            let answers: Vec<Message> =
                messages.into_iter().map(|message| message.answering(card.message.clone())).collect();
            self.post_all(channel, answers).await.map_err(ApiError::fault)?;
            return Ok(card.clone());
        }
        if let Some(thread) = &card.thread {
            match self.post_all(ChannelId::new(number(thread)?), messages.clone()).await {
                Ok(_) => return Ok(card.clone()),
                // Somebody has deleted it.
                Err(error) if error.is_unknown_channel() => {}
                Err(error) => return Err(error.fault()),
            }
        }
        let thread = self.begin(channel, card, thread_name(reply)).await?;
        self.post_all(thread, messages).await.map_err(ApiError::fault)?;
        Ok(Sent { message: card.message.clone(), thread: Some(thread.to_string()) })
    }
}

/// A thread is called like the first line of what it begins with.
fn thread_name(reply: &Reply) -> String {
    let text = reply.to_text(TextStyle::PLAIN);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("Incident");
    Units::Chars.shorten(line, limits::THREAD_NAME).into_owned()
}

fn number(id: &str) -> Result<u64, Fault> {
    let id = id.parse().ok().filter(|id| *id > 0);
    id.ok_or_else(|| Fault::Closed("that is no id of Discord's".to_owned()))
}

#[cfg(test)]
mod tests {
    use bot_core::reply::Block;
    use monitor_core::secret::Secret;
    use test_support::platforms::discord::{CHANNEL, DIRECT, Failure, Fake, GUILD, State, TOKEN};

    use super::*;
    use crate::Config;

    async fn start() -> (Fake, DiscordCourier, Target) {
        drop(rustls::crypto::ring::default_provider().install_default());
        let fake = Fake::start().await;
        let api_url = Some(fake.url().parse().unwrap());
        let config = Config { token: Secret::new(TOKEN), public_key: None, guild: None, api_url, client: None };
        let to = Target { workspace: Some(GUILD.to_string()), conversation: CHANNEL.to_string() };
        (fake, DiscordCourier::new(Api::new(&config)), to)
    }

    #[tokio::test]
    async fn a_card_is_one_message_with_one_thread() {
        let (fake, courier, to) = start().await;
        let card = courier.post(&to, &Reply::text("shop is down")).await.unwrap();
        courier.edit(&to, &card, &Reply::text("shop is up")).await.unwrap();
        let card = courier.follow_up(&to, &card, &Reply::text("Opened\nand more")).await.unwrap();
        let again = courier.follow_up(&to, &card, &Reply::text("Resolved")).await.unwrap();
        assert_eq!(again, card);
        // A thread that was forgotten is found again.
        let forgotten = Sent { thread: None, ..card.clone() };
        assert_eq!(courier.follow_up(&to, &forgotten, &Reply::text("Closed")).await.unwrap(), card);
        let thread: u64 = card.thread.unwrap().parse().unwrap();
        let texts =
            |channel| fake.with(|state| state.of_bot(channel)).into_iter().map(|message| message["content"].clone());
        assert_eq!(texts(CHANNEL).collect::<Vec<_>>(), ["shop is up"]);
        assert_eq!(texts(thread).collect::<Vec<_>>(), ["Opened\nand more", "Resolved", "Closed"]);
        assert_eq!(fake.with(|state| state.channels[&thread]["name"].clone()), "Opened");
    }

    #[tokio::test]
    async fn between_two_people_what_follows_answers_the_card() {
        let (fake, courier, _) = start().await;
        let to = Target { workspace: None, conversation: DIRECT.to_string() };
        let card = courier.post(&to, &Reply::text("shop is down")).await.unwrap();
        assert_eq!(courier.follow_up(&to, &card, &Reply::text("Resolved")).await.unwrap(), card);
        let sent = fake.with(|state| state.of_bot(DIRECT));
        assert_eq!(sent[1]["message_reference"]["message_id"], card.message.as_str());
    }

    #[tokio::test]
    async fn what_goes_wrong_says_what_can_be_done() {
        let (fake, courier, to) = start().await;
        let reply = Reply::text("x");
        let card = courier.post(&to, &reply).await.unwrap();
        fake.with(|state| state.messages.clear());
        assert!(matches!(courier.edit(&to, &card, &reply).await, Err(Fault::Gone(_))));
        assert!(matches!(courier.follow_up(&to, &card, &reply).await, Err(Fault::Gone(_))));
        for conversation in ["7", "0", "none"] {
            let nowhere = Target { conversation: conversation.to_owned(), ..to.clone() };
            assert!(matches!(courier.post(&nowhere, &reply).await, Err(Fault::Closed(_))));
        }
        for failure in [Failure::Status(503), Failure::RateLimited(0.1)] {
            fake.fail_next("/messages", failure);
            assert!(matches!(courier.post(&to, &reply).await, Err(Fault::Later { .. })), "{failure:?}");
        }
        fake.fail_next("/messages", Failure::Refusal(400, 50035));
        assert!(matches!(courier.post(&to, &reply).await, Err(Fault::Refused(_))));
    }

    #[tokio::test]
    async fn what_is_taken_is_told_at_once_and_not_said_again_whatever_becomes_of_the_rest() {
        let (fake, courier, to) = start().await;
        let long = Reply::of((0..60).map(|number| Block::text(format!("{number} {}", "word ".repeat(60)))).collect());
        let parts = render::messages(&long).len();
        assert!(parts > 2, "{parts}");
        let shown = |channel| fake.with(|state| state.of_bot(channel));
        // The second is refused, once the first is taken.
        let rest = async |channel| {
            assert_eq!(shown(channel).len(), 1, "nobody waits for the rest");
            fake.fail_next(&format!("{channel}/messages"), Failure::Refusal(400, 50035));
            fake.messages(channel, parts - 1).await;
            let posts = |state: &mut State| {
                let path = format!("/channels/{channel}/messages");
                state.requests.iter().filter(|request| request.method == "POST" && request.path == path).count()
            };
            assert_eq!(fake.with(posts), parts, "each is said once");
        };
        let card = courier.post(&to, &long).await.unwrap();
        assert_eq!(shown(CHANNEL)[0]["id"], card.message.as_str());
        rest(CHANNEL).await;
        let card = courier.follow_up(&to, &card, &long).await.unwrap();
        rest(card.thread.unwrap().parse().unwrap()).await;
    }

    #[tokio::test]
    async fn a_page_that_is_not_discords_refuses_nothing() {
        let (fake, courier, to) = start().await;
        let reply = Reply::text("x");
        let card = courier.post(&to, &reply).await.unwrap();
        for status in [200, 400, 401, 403, 404] {
            fake.fail_next("/messages", Failure::Status(status));
            assert!(matches!(courier.post(&to, &reply).await, Err(Fault::Later { .. })), "{status}");
            fake.fail_next("/messages", Failure::Status(status));
            assert!(matches!(courier.edit(&to, &card, &reply).await, Err(Fault::Later { .. })), "{status}");
            fake.fail_next("/threads", Failure::Status(status));
            assert!(matches!(courier.follow_up(&to, &card, &reply).await, Err(Fault::Later { .. })), "{status}");
        }
    }

    #[tokio::test]
    async fn a_thread_that_somebody_deleted_is_made_anew() {
        let (fake, courier, to) = start().await;
        let card = courier.post(&to, &Reply::text("shop is down")).await.unwrap();
        let card = courier.follow_up(&to, &card, &Reply::text("Opened")).await.unwrap();
        let thread: u64 = card.thread.clone().unwrap().parse().unwrap();
        fake.with(|state| state.channels.remove(&thread));
        assert_eq!(courier.follow_up(&to, &card, &Reply::text("Resolved")).await.unwrap(), card);
        let last = fake.with(|state| state.of_bot(thread)).pop().unwrap();
        assert_eq!(last["content"], "Resolved");

        // Discord may say that it is there still, and that it is not.
        for tries in 1..=2 {
            fake.with(|state| state.channels.remove(&thread));
            fake.fail_next("/threads", Failure::Refusal(400, 160_004));
            let told = courier.follow_up(&to, &card, &Reply::text("Closed")).await;
            assert!(matches!(told, Err(Fault::Closed(_))), "{tries}: {told:?}");
        }
    }
}
