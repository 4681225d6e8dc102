use bot_core::{Encounter, Input, Place, Visitor};

use crate::line;
use crate::wire::{CallbackQuery, Me, Membership, Message, User};

/// The platform's name.
pub(crate) const PLATFORM: &str = "telegram";

/// Something that somebody said or pressed.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) address: Address,
    /// What people call the group.
    group: String,
    /// What people call the conversation.
    title: String,
    /// Who it was, by Telegram's id.
    pub(crate) user: String,
    name: String,
    /// The message that was written, or that has the button.
    pub(crate) message: i32,
    /// The message of the bot that it answers, unless it is a command.
    pub(crate) answers: Option<i32>,
    pub(crate) deed: Deed,
}

#[derive(Debug)]
pub(crate) enum Deed {
    /// Said this, at that many seconds since 1970.
    Said(String, i64),
    /// Pressed the button with this token, below a message of that many seconds since 1970; 0: that cannot be seen any more.
    Pressed(String, i64),
    /// Said something as the group itself, so that nobody knows who it was.
    Anonymous,
    /// Made a supergroup of the group that had this id.
    Moved(i64),
    /// Let the bot write there, where it may not have been able to.
    LetIn,
}

/// A chat, or a topic in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Address {
    pub(crate) chat: i64,
    pub(crate) topic: Option<i32>,
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.topic {
            Some(topic) => write!(f, "{}/{topic}", self.chat),
            None => write!(f, "{}", self.chat),
        }
    }
}

impl Address {
    /// Reads what [`Address::to_string`] wrote.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.split_once('/') {
            Some((chat, topic)) => Some(Self { chat: chat.parse().ok()?, topic: Some(topic.parse().ok()?) }),
            None => Some(Self { chat: text.parse().ok()?, topic: None }),
        }
    }

    /// Groups have ids below zero, persons above. Source: <https://core.telegram.org/api/bots/ids>.
    pub(crate) fn is_group(self) -> bool {
        self.chat < 0
    }
}

impl Heard {
    /// What a message says; `None`: it is not for the bot, or nobody said it.
    pub(crate) fn said(message: &Message, me: &Me) -> Option<Self> {
        if message.chat.r#type == "channel" {
            return None;
        }
        if let Some((from, to)) = message.moved() {
            return Some(Self::of_place(Address { chat: to, topic: None }, message.message_id, Deed::Moved(from)));
        }
        if message.lets_in(me) {
            let address = Address { chat: message.chat.id, topic: message.topic() };
            return Some(Self::of_place(address, message.message_id, Deed::LetIn));
        }
        let line = line::for_bot(message, me)?;
        let answers = line::answered(message, me).filter(|_| !line::is_command(&line));
        let from = message.from.as_ref()?;
        if from.is_anonymous() || message.sender_chat.is_some() {
            return Some(Self::new(message, from, Deed::Anonymous));
        }
        (!from.is_bot).then(|| Self { answers, ..Self::new(message, from, Deed::Said(line, message.date)) })
    }

    /// What the bot is somewhere now; `None`: nothing that lets it write there.
    pub(crate) fn member(membership: &Membership) -> Option<Self> {
        let address = Address { chat: membership.chat.id, topic: None };
        membership.may_write().then(|| Self::of_place(address, 0, Deed::LetIn))
    }

    /// What happened to a place. It stands before what is said there.
    fn of_place(address: Address, message: i32, deed: Deed) -> Self {
        Self {
            address,
            group: String::new(),
            title: String::new(),
            user: String::new(),
            name: String::new(),
            message,
            answers: None,
            deed,
        }
    }

    /// What a press says; `None`: it is of no button of ours.
    pub(crate) fn pressed(query: CallbackQuery) -> Option<Self> {
        let message = query.message?;
        Some(Self::new(&message, &query.from, Deed::Pressed(query.data?, message.date)))
    }

    fn new(message: &Message, from: &User, deed: Deed) -> Self {
        let address = Address { chat: message.chat.id, topic: message.topic() };
        let group = message.chat.title.clone().unwrap_or_default();
        let topic = message.reply_to_message.as_ref().and_then(|root| root.forum_topic_created.as_ref());
        let title = match (address.topic, topic) {
            _ if !address.is_group() => from.name(),
            (Some(_), Some(topic)) => format!("{group} / {}", topic.name),
            (Some(topic), None) => format!("{group} / topic {topic}"),
            (None, _) => group.clone(),
        };
        let (user, name) = (from.id.to_string(), from.name());
        Self { address, group, title, user, name, message: message.message_id, answers: None, deed }
    }

    /// Where nobody but whoever it was reads along: a private chat has the id of its person.
    /// Source: <https://core.telegram.org/api/bots/ids>.
    pub(crate) fn alone(&self) -> Option<Address> {
        Address::parse(&self.user).filter(|address| !address.is_group())
    }

    /// Lets the engine answer.
    pub(crate) async fn answer(&self, engine: &bot_core::Engine, input: Input) -> Vec<bot_core::Reply> {
        let (chat, conversation) = (self.address.chat.to_string(), self.address.to_string());
        let place = Place {
            platform: PLATFORM,
            workspace: self.address.is_group().then_some(chat.as_str()),
            workspace_name: &self.group,
            conversation: &conversation,
            title: &self.title,
        };
        // User ids are unique on all of Telegram, and its groups have no roles of their own.
        let visitor = Visitor { scope: "", user: &self.user, name: &self.name, roles: &[] };
        Box::pin(engine.receive(Encounter { place, visitor, input })).await
    }
}
