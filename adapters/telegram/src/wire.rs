//! What comes in, as far as it matters here.
//!
//! Read leniently: a field or a kind of entity that a later Bot API adds, or an update that makes no sense, must not swallow what
//! somebody said beside it.

use serde::Deserialize;
use serde_json::Value;

/// The id that everybody has who speaks as the group itself.
/// Source: <https://core.telegram.org/bots/api#message>, `sender_chat`, and <https://t.me/GroupAnonymousBot>.
const ANONYMOUS_ADMINISTRATOR: i64 = 1_087_968_824;

/// Something that happened.
#[derive(Debug)]
pub(crate) struct Update {
    pub(crate) id: i64,
    pub(crate) what: Option<What>,
}

/// What happened. Edited messages are not asked for: a line counts as it was first said.
#[derive(Debug)]
pub(crate) enum What {
    Said(Box<Message>),
    Pressed(Box<CallbackQuery>),
    /// What the bot is in a chat has changed.
    Member(Box<Membership>),
}

impl Update {
    /// Reads an update; `None`: it has no id.
    pub(crate) fn read(mut value: Value) -> Option<Self> {
        let id = value["update_id"].as_i64()?;
        let said = serde_json::from_value(value["message"].take()).ok().map(What::Said);
        let pressed = || serde_json::from_value(value["callback_query"].take()).ok().map(What::Pressed);
        let what = said.or_else(pressed);
        let what = what.or_else(|| serde_json::from_value(value["my_chat_member"].take()).ok().map(What::Member));
        Some(Self { id, what })
    }
}

/// The bot itself.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Me {
    pub(crate) id: i64,
    pub(crate) username: String,
    #[serde(default = "yes")]
    pub(crate) can_join_groups: bool,
    #[serde(default)]
    pub(crate) can_read_all_group_messages: bool,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct User {
    pub(crate) id: i64,
    #[serde(default)]
    pub(crate) is_bot: bool,
    #[serde(default)]
    pub(crate) first_name: String,
    pub(crate) last_name: Option<String>,
}

impl User {
    /// The name that others see.
    pub(crate) fn name(&self) -> String {
        [Some(self.first_name.as_str()), self.last_name.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn is_anonymous(&self) -> bool {
        self.id == ANONYMOUS_ADMINISTRATOR
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Chat {
    pub(crate) id: i64,
    pub(crate) r#type: String,
    pub(crate) title: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Message {
    pub(crate) message_id: i32,
    pub(crate) message_thread_id: Option<i32>,
    /// A thread's id stands at replies outside of forums as well; only this says that it is a topic.
    #[serde(default)]
    pub(crate) is_topic_message: bool,
    /// When it was sent, in seconds; 0 when the bot cannot see it any more.
    #[serde(default)]
    pub(crate) date: i64,
    pub(crate) chat: Chat,
    pub(crate) from: Option<User>,
    pub(crate) sender_chat: Option<Chat>,
    pub(crate) text: Option<String>,
    #[serde(default)]
    pub(crate) entities: Vec<Entity>,
    pub(crate) caption: Option<String>,
    #[serde(default)]
    pub(crate) caption_entities: Vec<Entity>,
    pub(crate) reply_to_message: Option<Box<Message>>,
    pub(crate) forum_topic_created: Option<Topic>,
    forum_topic_reopened: Option<Value>,
    /// Who was added to the group.
    #[serde(default)]
    new_chat_members: Vec<User>,
    /// The id that the group of this message has as a supergroup.
    migrate_to_chat_id: Option<i64>,
    /// The id that the supergroup of this message had as a group.
    migrate_from_chat_id: Option<i64>,
}

/// What the bot is in a chat now.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Membership {
    pub(crate) chat: Chat,
    new_chat_member: Member,
}

#[derive(Debug, Clone, Deserialize)]
struct Member {
    status: String,
    /// Told of those alone whose rights are restricted.
    #[serde(default)]
    can_send_messages: bool,
}

impl Membership {
    /// Whether the bot may write there.
    pub(crate) fn may_write(&self) -> bool {
        match self.new_chat_member.status.as_str() {
            "creator" | "administrator" | "member" => true,
            "restricted" => self.new_chat_member.can_send_messages,
            _ => false,
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Topic {
    pub(crate) name: String,
}

/// A part of a text that is something, by UTF-16 code units.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Entity {
    pub(crate) r#type: String,
    pub(crate) offset: usize,
    pub(crate) length: usize,
    pub(crate) url: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct CallbackQuery {
    pub(crate) id: String,
    pub(crate) from: User,
    pub(crate) message: Option<Message>,
    pub(crate) data: Option<String>,
}

/// What is needed of a message that was sent.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Posted {
    pub(crate) message_id: i32,
}

/// Where Telegram delivers updates.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct WebhookInfo {
    #[serde(default)]
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) pending_update_count: u64,
    pub(crate) last_error_date: Option<i64>,
    pub(crate) last_error_message: Option<String>,
}

impl Message {
    /// What was written, in a message or under a file, with what of it is something.
    pub(crate) fn written(&self) -> Option<(&str, &[Entity])> {
        let text = self.text.as_deref().map(|text| (text, self.entities.as_slice()));
        text.or_else(|| self.caption.as_deref().map(|text| (text, self.caption_entities.as_slice())))
    }

    /// Which id the group has no more, and which it has now, when the message says that; the message says nothing else then.
    pub(crate) fn moved(&self) -> Option<(i64, i64)> {
        let to = self.migrate_to_chat_id.map(|to| (self.chat.id, to));
        to.or_else(|| self.migrate_from_chat_id.map(|from| (from, self.chat.id)))
    }

    /// Whether it says that the bot, which was not there, or whose topic was closed, may write there now; it says nothing else then.
    pub(crate) fn lets_in(&self, me: &Me) -> bool {
        self.forum_topic_reopened.is_some() || self.new_chat_members.iter().any(|user| user.id == me.id)
    }

    /// The topic that it stands in; `None`: none, or the general one.
    pub(crate) fn topic(&self) -> Option<i32> {
        self.message_thread_id.filter(|_| self.is_topic_message)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_later_versions_add_does_not_swallow_a_message() {
        let update = json!({
            "update_id": 7,
            "message": {
                "message_id": 1, "date": 1, "chat": { "id": 5, "type": "private", "first_name": "Ada" },
                "from": { "id": 5, "is_bot": false, "first_name": "Ada" },
                "text": "status", "entities": [{ "type": "hologram", "offset": 0, "length": 6, "depth": 3 }],
                "novelty": { "a": 1 },
            },
        });
        let Some(Update { id: 7, what: Some(What::Said(message)) }) = Update::read(update) else { panic!("not read") };
        assert_eq!(message.written().unwrap().0, "status");
    }

    #[test]
    fn a_press_needs_no_chat_instance_and_its_message_may_be_out_of_sight() {
        let query = json!({
            "id": "9", "from": { "id": 5, "is_bot": false, "first_name": "Ada" }, "data": "t",
            "message": { "message_id": 1, "date": 0, "chat": { "id": -5, "type": "group", "title": "Ops" } },
        });
        let update = Update::read(json!({ "update_id": 8, "callback_query": query }));
        assert!(matches!(update, Some(Update { id: 8, what: Some(What::Pressed(_)) })));
    }

    #[test]
    fn what_cannot_be_read_is_passed_over_and_has_its_id() {
        for value in [json!({ "update_id": 1, "poll": {} }), json!({ "update_id": 1, "message": { "text": 3 } })] {
            assert!(matches!(Update::read(value), Some(Update { id: 1, what: None })));
        }
        assert!(Update::read(json!({ "message": {} })).is_none());
    }
}
