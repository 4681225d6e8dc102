//! What a workspace keeps.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::socket::Order;
use super::{ADA, ADA_DIRECT, BETWEEN, BOB, BOT, OPS, RANDOM};

/// All of it.
#[derive(Debug)]
pub struct State {
    /// Every call, in the order in which they came.
    pub calls: Vec<Call>,
    /// Every message, in the order in which they were posted.
    pub messages: Vec<Message>,
    /// Modals that were opened.
    pub views: Vec<View>,
    /// The app home of each person.
    pub homes: BTreeMap<String, Value>,
    /// Files, shared or not.
    pub files: BTreeMap<String, File>,
    /// What was acknowledged, in the order in which it was.
    pub acks: Vec<Ack>,
    /// The scopes of the bot's token.
    pub scopes: Vec<String>,
    pub(super) channels: BTreeMap<String, Channel>,
    pub(super) users: BTreeMap<String, String>,
    pub(super) revoked: bool,
    pub(super) failures: HashMap<String, VecDeque<Failure>>,
    pub(super) always: Option<Failure>,
    pub(super) triggers: Vec<String>,
    pub(super) responses: BTreeMap<String, Response>,
    pub(super) tickets: Vec<String>,
    pub(super) sockets: Vec<(u64, UnboundedSender<Order>)>,
    clock: u64,
}

/// A call of the Web API.
#[derive(Debug, Clone)]
pub struct Call {
    /// The method; `respond` for what was sent to a `response_url`.
    pub method: String,
    /// What it was called with.
    pub body: Value,
    /// When it came, in the order of all that happens here.
    pub at: u64,
}

/// A message.
#[derive(Debug, Clone)]
pub struct Message {
    /// Where.
    pub channel: String,
    /// Its id.
    pub ts: String,
    /// The thread that it stands in.
    pub thread: Option<String>,
    /// Whether the bot said it.
    pub by_bot: bool,
    /// Who alone sees it.
    pub only: Option<String>,
    /// Its text.
    pub text: String,
    /// Its blocks.
    pub blocks: Vec<Value>,
    /// How often it was changed.
    pub edits: usize,
}

/// A modal.
#[derive(Debug, Clone)]
pub struct View {
    /// Its id.
    pub id: String,
    /// What it was opened as.
    pub view: Value,
}

/// A file.
#[derive(Debug, Clone)]
pub struct File {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub alt: String,
    /// How long it was said to be.
    pub length: usize,
    /// Its bytes, once they were brought.
    pub data: Vec<u8>,
    /// Where it was shared, and in which thread.
    pub shared: Option<(String, Option<String>)>,
}

/// An acknowledgement.
#[derive(Debug, Clone)]
pub struct Ack {
    /// Of which envelope.
    pub envelope: String,
    /// What came with it.
    pub payload: Value,
    /// When it came, in the order of all that happens here.
    pub at: u64,
}

/// How a call fails.
#[derive(Debug, Clone)]
pub enum Failure {
    /// With 429, and a pause in seconds.
    RateLimited(u32),
    /// With a status and no JSON, as what stands between answers.
    Status(u16),
    /// With `ok: false` and a code; at a `response_url` with 404.
    Code(&'static str),
    /// It is never answered.
    Hang,
    /// The connection breaks.
    Reset,
}

#[derive(Debug)]
pub(super) struct Channel {
    pub(super) name: String,
    pub(super) member: bool,
    pub(super) direct_with: Option<String>,
}

#[derive(Debug)]
pub(super) struct Response {
    pub(super) channel: String,
    pub(super) user: String,
    pub(super) uses: u8,
}

impl State {
    pub(super) fn new() -> Self {
        let channel = |name: &str, member, direct_with: Option<&str>| Channel {
            name: name.to_owned(),
            member,
            direct_with: direct_with.map(str::to_owned),
        };
        let scopes =
            "commands,chat:write,files:write,app_mentions:read,im:history,users:read,channels:read,groups:read";
        Self {
            calls: Vec::new(),
            messages: Vec::new(),
            views: Vec::new(),
            homes: BTreeMap::new(),
            files: BTreeMap::new(),
            acks: Vec::new(),
            scopes: scopes.split(',').map(str::to_owned).collect(),
            channels: BTreeMap::from([
                (OPS.to_owned(), channel("ops", true, None)),
                (RANDOM.to_owned(), channel("random", false, None)),
                (ADA_DIRECT.to_owned(), channel("directmessage", true, Some(ADA))),
                (BETWEEN.to_owned(), channel("directmessage", false, None)),
            ]),
            users: [(ADA, "Ada Lovelace"), (BOB, "Bob"), (BOT, "watchword")]
                .map(|(id, name)| (id.to_owned(), name.to_owned()))
                .into(),
            revoked: false,
            failures: HashMap::new(),
            always: None,
            triggers: Vec::new(),
            responses: BTreeMap::new(),
            tickets: Vec::new(),
            sockets: Vec::new(),
            clock: 0,
        }
    }

    /// The next moment.
    pub(super) fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    /// An id that nothing else has.
    pub(super) fn id(&mut self, begins: &str) -> String {
        format!("{begins}{}", self.tick())
    }

    /// The id of a new message.
    pub(super) fn ts(&mut self) -> String {
        format!("1790000000.{:06}", self.tick())
    }

    pub(super) fn failure(&mut self, method: &str) -> Option<Failure> {
        let next = self.failures.get_mut(method).and_then(VecDeque::pop_front);
        next.or_else(|| self.always.clone())
    }

    /// The channel that a message goes to: its id, or that of the person whom it is for.
    pub(super) fn channel(&self, named: &str) -> Result<String, &'static str> {
        let direct = || self.channels.iter().find(|(_, channel)| channel.direct_with.as_deref() == Some(named));
        match self.channels.get_key_value(named).or_else(direct) {
            Some((id, channel)) if channel.member => Ok(id.clone()),
            Some((_, channel)) if channel.name == "directmessage" => Err("channel_not_found"),
            Some(_) => Err("not_in_channel"),
            None => Err("channel_not_found"),
        }
    }

    /// A message as events and answers hold it.
    pub(super) fn shown(&self, message: &Message) -> Value {
        let mut shown = json!({
            "type": "message", "ts": message.ts, "text": message.text, "team": super::TEAM, "blocks": message.blocks,
            "user": BOT, "bot_id": "B0BOT", "app_id": super::APP,
        });
        if let Some(thread) = &message.thread {
            shown["thread_ts"] = thread.as_str().into();
        }
        shown
    }
}

impl Message {
    /// The words of its blocks, one line each.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = Vec::new();
        self.blocks.iter().for_each(|block| gather(block, &mut words));
        words.concat()
    }

    /// The button with that label.
    #[must_use]
    pub fn button(&self, label: &str) -> Option<&Value> {
        button(&self.blocks, label)
    }
}

pub(super) fn button<'a>(blocks: &'a [Value], label: &str) -> Option<&'a Value> {
    let elements =
        blocks.iter().filter(|block| block["type"] == "actions").filter_map(|block| block["elements"].as_array());
    elements.flatten().find(|button| button["text"]["text"] == label)
}

fn gather(value: &Value, words: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            words.extend(fields.get("text").and_then(Value::as_str).map(str::to_owned));
            if fields.get("type").is_some_and(|kind| kind == "emoji") {
                words.extend(fields.get("name").and_then(Value::as_str).map(|name| format!(":{name}:")));
            }
            fields.values().filter(|value| !value.is_string()).for_each(|value| gather(value, words));
            if fields.get("type").is_some_and(|kind| kind == "rich_text" || kind == "section") {
                words.push("\n".to_owned());
            }
        }
        Value::Array(values) => values.iter().for_each(|value| gather(value, words)),
        _ => {}
    }
}
