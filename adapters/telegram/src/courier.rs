use std::time::Duration;

use adapter_common::courier::Rest;
use adapter_common::{Courier, Fault, Sent, Target};
use bot_core::Reply;
use services::Services;

use crate::api::{Api, ApiError};
use crate::heard::{Address, PLATFORM};
use crate::moved::moved;
use crate::render::{self, Body, Message};

/// Brings cards to Telegram.
#[derive(Clone)]
pub(crate) struct TelegramCourier {
    pub(crate) api: Api,
    pub(crate) services: Services,
    pub(crate) rest: Rest,
}

impl Courier for TelegramCourier {
    const PLATFORM: &'static str = PLATFORM;

    /// A group takes 20 messages a minute. A private chat would take one a second.
    /// Source: <https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this>.
    const PACE: Duration = Duration::from_secs(3);

    fn rest(&self) -> &Rest {
        &self.rest
    }

    /// All topics of a group have one limit together.
    fn unit(conversation: &str) -> &str {
        conversation.split_once('/').map_or(conversation, |(chat, _)| chat)
    }

    async fn post(&self, to: &Target, reply: &Reply) -> Result<Sent, Fault> {
        self.bring(to, None, reply).await
    }

    async fn edit(&self, to: &Target, sent: &Sent, reply: &Reply) -> Result<(), Fault> {
        let (address, message) = (address(to)?, message(sent)?);
        let messages = render::messages(reply);
        // What a card is stands in its text. A picture beside it stays as it was posted.
        let text = messages.iter().find_map(|message| match &message.body {
            Body::Text(html) => Some((html, &message.keyboard)),
            Body::Photo { .. } | Body::Document { .. } => None,
        });
        let Some((html, keyboard)) = text else { return Ok(()) };
        match self.api.edit(address, message, html, keyboard).await {
            // Messages have other numbers in the new chat, so this one is not there to be changed.
            Err(ApiError::Refused { moved_to: Some(chat), description, .. }) => {
                moved(&self.services, address.chat, chat).await;
                Err(Fault::Gone(description))
            }
            done => done.map_err(fault),
        }
    }

    async fn follow_up(&self, to: &Target, card: &Sent, reply: &Reply) -> Result<Sent, Fault> {
        // Chats have no threads: an answer to the card's message is what belongs to it.
        self.bring(to, Some(message(card)?), reply).await.map(|_| card.clone())
    }
}

impl TelegramCourier {
    async fn bring(&self, to: &Target, answers: Option<i32>, reply: &Reply) -> Result<Sent, Fault> {
        let address = address(to)?;
        let mut messages = render::messages(reply).into_iter();
        let Some(first) = messages.next() else {
            return Err(Fault::Refused("there is nothing in it that Telegram could show".to_owned()));
        };
        let posted = self.api.send(&self.services, address, answers, &first).await.map_err(fault)?;
        let (api, services, more) = (self.api.clone(), self.services.clone(), messages.collect());
        self.rest.bring(PLATFORM, more, move |message: Message| {
            let (api, services) = (api.clone(), services.clone());
            async move { api.send(&services, address, Some(posted), &message).await.map(drop).map_err(fault) }
        });
        Ok(Sent { message: posted.to_string(), thread: None })
    }
}

fn address(to: &Target) -> Result<Address, Fault> {
    Address::parse(&to.conversation).ok_or_else(|| Fault::Closed(format!("{} is no chat of Telegram", to.conversation)))
}

fn message(sent: &Sent) -> Result<i32, Fault> {
    sent.message.parse().map_err(|_| Fault::Gone(format!("{} is no message of Telegram", sent.message)))
}

/// Telegram's words for a message that is not there to be changed or answered.
const GONE: [&str; 4] =
    ["message to edit not found", "message can't be edited", "MESSAGE_ID_INVALID", "message to be replied not found"];

/// Telegram's words for a chat that cannot be written in.
const CLOSED: [&str; 9] = [
    "chat not found",
    "message thread not found",
    "TOPIC_CLOSED",
    "TOPIC_DELETED",
    "not enough rights",
    "have no rights",
    "CHAT_WRITE_FORBIDDEN",
    "PEER_ID_INVALID",
    "group chat was deactivated",
];

/// What a failed call means for a card.
pub(crate) fn fault(error: ApiError) -> Fault {
    let is = |words: &[&str]| words.iter().any(|words| error.says(words));
    let why = error.to_string();
    match &error {
        ApiError::Unreachable(_) => Fault::Later { after: None, why },
        ApiError::Refused { status: 403, .. } => Fault::Closed(why),
        ApiError::Refused { status: 400, .. } if is(&GONE) => Fault::Gone(why),
        ApiError::Refused { status: 400, .. } if is(&CLOSED) => Fault::Closed(why),
        ApiError::Refused { status: 400 | 413, .. } => Fault::Refused(why),
        // A token that is not valid any more may be renewed; 409, 429 and 5xx pass.
        ApiError::Refused { retry_after, .. } => Fault::Later { after: *retry_after, why },
    }
}

#[cfg(test)]
mod tests;
