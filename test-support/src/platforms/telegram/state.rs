//! What the server remembers.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde_json::{Value, json};

use super::{BOT, BOT_ID, Call, Failure};

/// What the server remembers.
#[derive(Debug)]
pub(super) struct State {
    /// Seconds since 1970.
    pub(super) now: i64,
    pub(super) revoked: bool,
    pub(super) calls: Vec<Call>,
    pub(super) failures: Vec<(String, Failure)>,
    pub(super) chats: BTreeMap<i64, Chat>,
    pub(super) users: BTreeMap<i64, Value>,
    pub(super) messages: Vec<Value>,
    next_message: i64,
    pub(super) updates: VecDeque<Value>,
    pub(super) next_update: i64,
    /// Which updates are asked for; none: all but those that have to be asked for.
    pub(super) allowed: Vec<String>,
    /// Tells whoever waits for updates that another one asks for them.
    pub(super) asking: u64,
    pub(super) webhook: Webhook,
    /// Presses by id, and whether they were answered.
    pub(super) presses: HashMap<String, bool>,
    /// Commands by scope and language.
    pub(super) commands: HashMap<(String, String), Value>,
    /// Files by id: path and content.
    pub(super) files: BTreeMap<String, (String, Vec<u8>)>,
    /// Whether the bot is sent everything that is said in groups.
    pub(super) reads_all: bool,
}

/// Where updates are delivered.
#[derive(Debug, Default)]
pub(super) struct Webhook {
    pub(super) url: String,
    pub(super) secret: String,
    pub(super) answers: Vec<u16>,
    pub(super) last_error: Option<(i64, String)>,
}

/// A chat.
#[derive(Debug, Clone)]
pub(super) struct Chat {
    pub(super) value: Value,
    /// Its topics that are open, and those that are closed.
    pub(super) topics: BTreeMap<i64, Topic>,
    /// Whether the bot may write there.
    pub(super) closed: Option<&'static str>,
    /// Whether the bot may delete what others wrote.
    pub(super) deletes: bool,
    /// The id that the group has as a supergroup.
    pub(super) moved_to: Option<i64>,
}

/// A topic of a group.
#[derive(Debug, Clone)]
pub(super) struct Topic {
    pub(super) name: String,
    pub(super) closed: bool,
    /// The message that made it.
    pub(super) root: i64,
}

impl State {
    pub(super) fn new(now: i64) -> Self {
        Self {
            now,
            revoked: false,
            calls: Vec::new(),
            failures: Vec::new(),
            chats: BTreeMap::new(),
            users: BTreeMap::new(),
            messages: Vec::new(),
            next_message: 1,
            updates: VecDeque::new(),
            next_update: 700_000_001,
            allowed: Vec::new(),
            asking: 0,
            webhook: Webhook::default(),
            presses: HashMap::new(),
            commands: HashMap::new(),
            files: BTreeMap::new(),
            reads_all: false,
        }
    }

    /// The bot as others see it.
    pub(super) fn bot() -> Value {
        json!({ "id": BOT_ID, "is_bot": true, "first_name": "Watchword", "username": BOT })
    }

    /// The number of the next message. Groups that are no supergroups and private chats share theirs, which does no harm.
    pub(super) fn number(&mut self) -> i64 {
        self.next_message += 1;
        self.next_message - 1
    }

    /// Something that happened, if it is asked for.
    pub(super) fn update(&mut self, kind: &str, value: &Value) {
        let to_be_asked_for = ["chat_member", "message_reaction", "message_reaction_count"];
        let wanted = if self.allowed.is_empty() {
            !to_be_asked_for.contains(&kind)
        } else {
            self.allowed.iter().any(|allowed| allowed == kind)
        };
        if wanted {
            self.updates.push_back(json!({ "update_id": self.next_update, kind: value }));
            self.next_update += 1;
        }
    }

    /// The message of that number in a chat.
    pub(super) fn message(&mut self, chat: i64, id: i64) -> Option<&mut Value> {
        self.messages.iter_mut().find(|message| message["chat"]["id"] == chat && message["message_id"] == id)
    }

    /// How the next call of a method fails.
    pub(super) fn failure(&mut self, method: &str) -> Option<Failure> {
        let method = method.to_ascii_lowercase();
        let at = self.failures.iter().position(|(of, _)| *of == method || of == "*")?;
        Some(self.failures.remove(at).1)
    }
}
