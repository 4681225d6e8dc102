//! What people do.

use serde_json::{Value, json};

use super::html::{Formatted, units};
use super::state::{Chat, State, Topic};
use super::{BOT, BOT_ID, Fake};

impl Fake {
    /// A person who has a private chat with the bot, whose id is the person's.
    pub fn person(&self, id: i64, name: &str) {
        self.change(|state| {
            state.users.insert(id, json!({ "id": id, "is_bot": false, "first_name": name, "language_code": "en" }));
            state.add(id, json!({ "id": id, "type": "private", "first_name": name }));
        });
    }

    /// A group: a supergroup when its id says so (`-100…`), with topics when it is to be a forum.
    pub fn group(&self, id: i64, title: &str, is_forum: bool) {
        let kind = if id <= -1_000_000_000_000 { "supergroup" } else { "group" };
        let mut chat = json!({ "id": id, "type": kind, "title": title });
        if is_forum {
            chat["is_forum"] = json!(true);
        }
        self.change(|state| state.add(id, chat));
    }

    /// A topic in a forum; its id.
    ///
    /// # Panics
    /// When there is no such chat.
    pub fn topic(&self, chat: i64, name: &str) -> i64 {
        self.change(|state| {
            let root = state.number();
            let topic = Topic { name: name.to_owned(), closed: false, root };
            state.chats.get_mut(&chat).expect("the chat is there").topics.insert(root, topic);
            root
        })
    }

    /// Closes a topic.
    ///
    /// # Panics
    /// When there is no such chat.
    pub fn close_topic(&self, chat: i64, topic: i64) {
        self.alter(chat, |chat| {
            chat.topics.entry(topic).and_modify(|topic| topic.closed = true);
        });
    }

    /// Keeps the bot from writing in a chat, and says so in those words: `bot was blocked by the user`.
    ///
    /// # Panics
    /// When there is no such chat.
    pub fn shut_out(&self, chat: i64, words: &'static str) {
        self.alter(chat, |chat| chat.closed = Some(words));
    }

    /// Lets the bot write in a chat again, of which it is not told.
    ///
    /// # Panics
    /// When there is no such chat.
    pub fn let_in(&self, chat: i64) {
        self.alter(chat, |chat| chat.closed = None);
    }

    /// Opens a topic again, of which the bot is told.
    ///
    /// # Panics
    /// When there is no such topic.
    pub fn open_topic(&self, chat: i64, topic: i64, person: i64) {
        self.change(|state| {
            state
                .chats
                .get_mut(&chat)
                .and_then(|chat| chat.topics.get_mut(&topic))
                .expect("the topic is there")
                .closed = false;
            let number = state.number();
            let message = json!({ "message_id": number, "from": state.users[&person], "chat": state.chats[&chat].value,
                "date": state.now, "message_thread_id": topic, "is_topic_message": true, "forum_topic_reopened": {} });
            state.update("message", &message);
        });
    }

    /// Lets the bot delete what others wrote in a group.
    ///
    /// # Panics
    /// When there is no such chat.
    pub fn let_delete(&self, chat: i64) {
        self.alter(chat, |chat| chat.deletes = true);
    }

    /// Lets the bot hear everything that is said in groups.
    pub fn let_read_all(&self) {
        self.change(|state| state.reads_all = true);
    }

    /// Makes a group a supergroup of another id, as it happens when it gets its first topic, public name or many members.
    ///
    /// # Panics
    /// When there is no such chat.
    pub fn move_group(&self, from: i64, to: i64, title: &str) {
        self.move_group_unheard(from, to, title);
        self.change(|state| {
            let (user, number) =
                (json!({ "id": 1_087_968_824, "is_bot": true, "first_name": "Group" }), state.number());
            let old = state.chats[&from].value.clone();
            let message =
                json!({ "message_id": number, "from": user, "chat": old, "date": state.now, "migrate_to_chat_id": to });
            state.update("message", &message);
            let (new, number) = (state.chats[&to].value.clone(), state.number());
            let message = json!({ "message_id": number, "from": message["from"], "chat": new, "date": state.now,
                "migrate_from_chat_id": from });
            state.update("message", &message);
        });
    }

    /// Makes a group a supergroup, of which the bot is not told.
    ///
    /// # Panics
    /// When there is no such chat.
    pub fn move_group_unheard(&self, from: i64, to: i64, title: &str) {
        self.group(to, title, false);
        self.alter(from, |chat| chat.moved_to = Some(to));
    }

    /// Gives the next update that id. They begin anew anywhere after a week without any.
    /// Source: <https://core.telegram.org/bots/api#update>.
    pub fn number_updates_from(&self, id: i64) {
        self.change(|state| state.next_update = id);
    }

    /// Sets the clock to so many seconds since 1970.
    pub fn set_time(&self, now: i64) {
        self.change(|state| state.now = now);
    }

    /// A person says something in a chat: the message's number. In groups the bot hears of it what privacy mode lets through.
    pub fn say(&self, chat: i64, person: i64, text: &str) -> i64 {
        self.say_with(chat, person, text, &json!({}))
    }

    /// A person answers a message of the chat.
    ///
    /// # Panics
    /// When there is no such message.
    pub fn answer(&self, chat: i64, person: i64, to: i64, text: &str) -> i64 {
        let answered = self.state().message(chat, to).cloned().expect("the message is there");
        let mut more = json!({ "reply_to_message": answered });
        if let Some(topic) = answered.get("message_thread_id") {
            more["message_thread_id"] = topic.clone();
            more["is_topic_message"] = json!(true);
        }
        self.say_with(chat, person, text, &more)
    }

    /// A person says something in a topic.
    ///
    /// # Panics
    /// When there is no such topic.
    pub fn say_in_topic(&self, chat: i64, topic: i64, person: i64, text: &str) -> i64 {
        let root = {
            let state = self.state();
            let Topic { name, root, .. } = state.chats[&chat].topics[&topic].clone();
            json!({ "message_id": root, "date": state.now, "chat": state.chats[&chat].value, "from": state.users[&person],
                "message_thread_id": topic, "is_topic_message": true,
                "forum_topic_created": { "name": name, "icon_color": 7_322_096 } })
        };
        let more = json!({ "message_thread_id": topic, "is_topic_message": true, "reply_to_message": root });
        self.say_with(chat, person, text, &more)
    }

    /// A person says something, the message having these fields besides.
    ///
    /// # Panics
    /// When there is no such chat or person.
    pub fn say_with(&self, chat: i64, person: i64, text: &str, more: &Value) -> i64 {
        self.change(|state| {
            let Formatted { text, entities } = Formatted::plain(text).finished();
            let number = state.number();
            let mut message = json!({
                "message_id": number,
                "from": state.users[&person],
                "chat": state.chats[&chat].value,
                "date": state.now,
                "text": text,
            });
            if !entities.is_empty() {
                message["entities"] = Value::from(entities);
            }
            for (name, value) in more.as_object().into_iter().flatten() {
                message[name] = value.clone();
            }
            state.messages.push(message.clone());
            if state.hears(&message) {
                state.update("message", &message);
            }
            number
        })
    }

    /// A person changes what was said.
    ///
    /// # Panics
    /// When there is no such message.
    pub fn change_words(&self, chat: i64, message: i64, text: &str) {
        self.change(|state| {
            let now = state.now;
            let message = state.message(chat, message).expect("the message is there");
            (message["text"], message["edit_date"]) = (json!(text), json!(now));
            let edited = message.clone();
            state.update("edited_message", &edited);
        });
    }

    /// A person presses the button with that label below a message: the id of the press.
    ///
    /// # Panics
    /// When the message has no such button.
    pub fn press(&self, chat: i64, person: i64, message: i64, label: &str) -> String {
        self.change(|state| {
            let message = state.message(chat, message).cloned().expect("the message is there");
            let rows = message["reply_markup"]["inline_keyboard"].as_array().cloned().unwrap_or_default();
            let buttons: Vec<&Value> = rows.iter().filter_map(Value::as_array).flatten().collect();
            let button = buttons.iter().find(|button| button["text"] == label);
            let data = button.unwrap_or_else(|| panic!("there is no button {label} among {buttons:?}"))["callback_data"].clone();
            let id = format!("{}{}", state.now, state.presses.len());
            state.presses.insert(id.clone(), false);
            let query = json!({ "id": id, "from": state.users[&person], "message": message, "chat_instance": "-331", "data": data });
            state.update("callback_query", &query);
            id
        })
    }

    /// Lets a press grow too old to be answered.
    pub fn forget(&self, press: &str) {
        self.change(|state| state.presses.insert(press.to_owned(), true));
    }

    fn alter<T>(&self, chat: i64, alter: impl FnOnce(&mut Chat) -> T) {
        self.change(|state| {
            alter(state.chats.get_mut(&chat).expect("the chat is there"));
        });
    }

    /// Something that happened, as it is.
    pub fn happen(&self, kind: &str, value: &Value) {
        self.change(|state| state.update(kind, value));
    }
}

impl State {
    fn add(&mut self, id: i64, value: Value) {
        let chat = Chat { value, topics: Default::default(), closed: None, deletes: false, moved_to: None };
        self.chats.insert(id, chat);
    }

    /// Whether the bot is sent a message: in groups with privacy mode its commands and what answers it.
    /// Source: <https://core.telegram.org/bots/features#privacy-mode>.
    fn hears(&self, message: &Value) -> bool {
        let chat = message["chat"]["id"].as_i64().unwrap_or(0);
        if chat > 0 || self.reads_all {
            return true;
        }
        let text = message["text"].as_str().unwrap_or_default();
        let entities = message["entities"].as_array().cloned().unwrap_or_default();
        let command = entities.iter().find(|entity| entity["type"] == "bot_command" && entity["offset"] == 0);
        let named = command.is_some_and(|entity| {
            let long = entity["length"].as_u64().and_then(|long| usize::try_from(long).ok()).unwrap_or(0);
            let word: String = text
                .chars()
                .scan(0, |at, c| {
                    *at += c.len_utf16();
                    (*at <= long).then_some(c)
                })
                .collect();
            debug_assert!(units(&word) <= long);
            word.split_once('@').is_none_or(|(_, name)| name.eq_ignore_ascii_case(BOT))
        });
        let root = message["reply_to_message"].get("forum_topic_created").is_some();
        named || (!root && message["reply_to_message"]["from"]["id"] == BOT_ID)
    }
}
