use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::gateway::{Event, Order};
use super::{ADA, APPLICATION, BOT, CHANNEL, DIRECT, Deed, GUILD, TOKEN, objects};

/// The flag of a message that waits for its text.
const LOADING: u64 = 1 << 7;

/// What becomes of a request that is to fail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Failure {
    /// 429, with the seconds after which it may be tried again; the time that serenity has to wait.
    RateLimited(f64),
    /// An answer of that status, from something that stands before Discord.
    Status(u16),
    /// A refusal of Discord's own: its status and its code.
    Refusal(u16, u32),
    /// It is never answered.
    Hang,
    /// The connection ends in the middle of the answer.
    Broken,
    /// The same, after what was asked for was done.
    Lost,
}

/// A request that came.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// Its method.
    pub method: String,
    /// Its path after `/api/v10`.
    pub path: String,
    /// Its body; null: it had none.
    pub body: Value,
    /// The files that came with it.
    pub files: Vec<Upload>,
}

/// A file that came with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The name of its part.
    pub part: String,
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub data: Vec<u8>,
}

/// Everything that the fake knows.
#[derive(Debug)]
pub struct State {
    /// The token that is right.
    pub token: String,
    /// What the bot may do in the guild.
    pub permissions: u64,
    /// Where the application has interactions posted.
    pub endpoint: Option<String>,
    /// Requests, in their order.
    pub requests: Vec<Received>,
    /// What happened at the gateway.
    pub events: Vec<Event>,
    /// Which requests will fail, and how.
    pub failures: Vec<(String, Failure)>,
    /// Commands of all guilds (0) and of single ones, by their names.
    pub commands: HashMap<u64, BTreeMap<String, Value>>,
    /// Messages by their ids.
    pub messages: BTreeMap<u64, Value>,
    /// Channels and threads by their ids.
    pub channels: BTreeMap<u64, Value>,
    pub(super) gateway: String,
    pub(super) public_key: String,
    pub(super) sessions: HashMap<String, Session>,
    interactions: HashMap<u64, Asked>,
    next: u64,
}

/// A session of the gateway, which outlives its connection.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) intents: u64,
    pub(super) sent: Vec<Value>,
    pub(super) connection: Option<mpsc::UnboundedSender<Order>>,
}

#[derive(Debug, Clone, Default)]
struct Asked {
    token: String,
    channel: u64,
    callback: Option<Value>,
    message: Option<u64>,
}

impl State {
    pub(super) fn new(gateway: String, public_key: String) -> Self {
        let ops = json!({
            "id": CHANNEL.to_string(), "type": 0, "guild_id": GUILD.to_string(), "name": "ops", "position": 0, "permission_overwrites": [],
            "topic": null, "nsfw": false, "parent_id": null, "last_message_id": null, "rate_limit_per_user": 0, "flags": 0,
        });
        let direct = json!({
            "id": DIRECT.to_string(), "type": 1, "recipients": [objects::user(ADA)], "last_message_id": null, "flags": 0,
        });
        Self {
            token: TOKEN.to_owned(),
            permissions: 1 << 3,
            endpoint: None,
            requests: Vec::new(),
            events: Vec::new(),
            failures: Vec::new(),
            commands: HashMap::new(),
            messages: BTreeMap::new(),
            channels: BTreeMap::from([(CHANNEL, ops), (DIRECT, direct)]),
            gateway,
            public_key,
            sessions: HashMap::new(),
            interactions: HashMap::new(),
            next: 1_200_000_000_000_000_000,
        }
    }

    /// An id that nothing has.
    pub(super) fn id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(super) fn log(&self) -> Vec<String> {
        let line = |request: &Received| {
            let body: String = request.body.to_string().chars().take(200).collect();
            format!("{} {} {body}", request.method, request.path)
        };
        self.requests.iter().map(line).collect()
    }

    /// Whether a bot is connected to the gateway.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.sessions.values().any(|session| session.connection.is_some())
    }

    /// The channels of the guild.
    pub(super) fn guild_channels(&self) -> Vec<Value> {
        self.channels.values().filter(|channel| channel["type"] == 0).cloned().collect()
    }

    pub(super) fn is_direct(&self, channel: u64) -> bool {
        self.channels.get(&channel).is_some_and(|channel| channel["type"] == 1)
    }

    /// Tells every session, connected or not, of an event.
    pub fn dispatch(&mut self, name: &str, data: Value) {
        self.dispatch_to(name, &data, 0);
    }

    fn dispatch_to(&mut self, name: &str, data: &Value, intent: u64) {
        for session in self.sessions.values_mut().filter(|session| session.intents & intent == intent) {
            session.send(name, data.clone());
        }
    }

    /// A message of [`ADA`].
    pub(super) fn written(&mut self, channel: u64, text: &str) -> Value {
        let id = self.id();
        let mut message = objects::message(id, channel, ADA, &json!({ "content": text }));
        if text.contains(&format!("<@{BOT}>")) || text.contains(&format!("<@!{BOT}>")) {
            message["mentions"] = json!([objects::user(BOT)]);
        }
        self.messages.insert(id, message.clone());
        message
    }

    /// Tells the bot of a message, without its text where it has no right to read it.
    pub(super) fn tell_of(&mut self, mut message: Value) {
        let channel = message["channel_id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default();
        message["channel_type"] = self.channels.get(&channel).map_or(Value::Null, |channel| channel["type"].clone());
        if self.is_direct(channel) {
            self.dispatch_to("MESSAGE_CREATE", &message, 1 << 12);
            return;
        }
        message["guild_id"] = json!(GUILD.to_string());
        message["member"] = objects::partial_member(ADA);
        if message["mentions"].as_array().is_none_or(Vec::is_empty) {
            message["content"] = json!("");
        }
        self.dispatch_to("MESSAGE_CREATE", &message, 1 << 9);
    }

    /// An interaction as the bot is told of it.
    pub(super) fn interaction(&mut self, channel: u64, deed: Deed<'_>) -> (u64, Value) {
        let id = self.id();
        let token = format!("interaction-token-{id}");
        let (kind, data, message) = self.deed(deed);
        let mut interaction = json!({
            "id": id.to_string(), "application_id": APPLICATION.to_string(), "type": kind, "data": data, "token": token, "version": 1,
            "channel_id": channel.to_string(), "channel": self.channels.get(&channel), "locale": "en-US", "entitlements": [],
            "app_permissions": self.permissions.to_string(), "authorizing_integration_owners": { "0": GUILD.to_string() },
            "attachment_size_limit": 10_485_760, "context": if self.is_direct(channel) { 1 } else { 0 },
        });
        if self.is_direct(channel) {
            interaction["user"] = objects::user(ADA);
        } else {
            interaction["guild_id"] = json!(GUILD.to_string());
            interaction["guild"] = json!({ "id": GUILD.to_string(), "locale": "en-US", "features": [] });
            interaction["guild_locale"] = json!("en-US");
            interaction["member"] = objects::member(ADA);
        }
        if let Some(message) = message {
            interaction["message"] = message;
        }
        self.interactions.insert(id, Asked { token, channel, ..Asked::default() });
        (id, interaction)
    }

    fn deed(&mut self, deed: Deed<'_>) -> (u8, Value, Option<Value>) {
        let command = |state: &mut Self, name: &str, options: Vec<Value>| {
            let known = state.commands.values().find_map(|commands| commands.get(name));
            let id = known.and_then(|known| known["id"].as_str()).unwrap_or("1").to_owned();
            json!({ "id": id, "name": name, "type": 1, "options": options })
        };
        match deed {
            Deed::Slash(name, options) => {
                let option = |(name, value): &(&str, Value)| json!({ "name": name, "type": if value.is_boolean() { 5 } else { 3 }, "value": value });
                let options = options.iter().map(option).collect();
                (2, command(self, name, options), None)
            }
            Deed::Types(name, option, typed) => {
                let option = json!({ "name": option, "type": 3, "value": typed, "focused": true });
                (4, command(self, name, vec![option]), None)
            }
            Deed::Press(message, id) => {
                (3, json!({ "custom_id": id, "component_type": 2 }), self.messages.get(&message).cloned())
            }
            Deed::Pick(message, id, value) => {
                let data = json!({ "custom_id": id, "component_type": 3, "values": [value] });
                (3, data, self.messages.get(&message).cloned())
            }
            Deed::Submit(id, text) => {
                let input = json!({ "type": 4, "id": 2, "custom_id": "answer", "value": text });
                (5, json!({ "custom_id": id, "components": [{ "type": 1, "id": 1, "components": [input] }] }), None)
            }
        }
    }

    /// The id of the interaction with that token.
    pub(super) fn asked(&self, token: &str) -> Option<u64> {
        self.interactions.iter().find(|(_, asked)| asked.token == token).map(|(id, _)| *id)
    }

    /// Takes a first answer; `false`: there is one already.
    pub(super) fn called_back(&mut self, id: u64, callback: Value, files: Vec<Upload>) -> bool {
        let Some(asked) = self.interactions.get(&id).cloned() else { return false };
        if asked.callback.is_some() {
            return false;
        }
        let mut data = callback["data"].clone();
        let message = match callback["type"].as_u64() {
            Some(4) => Some(self.keep(asked.channel, &data, &files)),
            Some(5) => {
                data["flags"] = json!(data["flags"].as_u64().unwrap_or_default() | LOADING);
                Some(self.keep(asked.channel, &data, &files))
            }
            _ => None,
        };
        self.interactions.insert(id, Asked { callback: Some(callback), message, ..asked });
        true
    }

    /// The first answer to an interaction.
    #[must_use]
    pub fn callback(&self, id: u64) -> Option<Value> {
        self.interactions.get(&id)?.callback.clone()
    }

    /// The message that answers an interaction, once it has a text.
    #[must_use]
    pub fn answered(&self, id: u64) -> Option<Value> {
        let message = self.messages.get(&self.interactions.get(&id)?.message?)?;
        (message["flags"].as_u64().unwrap_or_default() & LOADING == 0).then(|| message.clone())
    }

    /// The channel and the message of an interaction that was answered.
    pub(super) fn original(&self, id: u64) -> Option<(u64, u64)> {
        let asked = self.interactions.get(&id)?;
        asked.callback.is_some().then_some((asked.channel, asked.message?))
    }

    /// Keeps a message of the bot, and answers its id.
    pub(super) fn keep(&mut self, channel: u64, body: &Value, files: &[Upload]) -> u64 {
        let id = self.id();
        let mut message = objects::message(id, channel, BOT, body);
        message["attachments"] = self.attachments(files);
        self.messages.insert(id, message);
        id
    }

    fn attachments(&mut self, files: &[Upload]) -> Value {
        let one = |file: &Upload| {
            let id = self.id();
            json!({
                "id": id.to_string(), "filename": file.name, "size": file.data.len(), "url": format!("https://cdn.test/{id}"),
                "proxy_url": format!("https://cdn.test/{id}"),
            })
        };
        files.iter().map(one).collect()
    }

    /// Changes a message of the bot as a request says.
    pub(super) fn change(&mut self, id: u64, body: &Value, files: &[Upload]) -> Option<Value> {
        let attachments = self.attachments(files);
        let old = self.messages.get_mut(&id)?;
        let channel = old["channel_id"].as_str().and_then(|id| id.parse().ok()).unwrap_or_default();
        let mut said = json!({
            "content": old["content"], "embeds": old["embeds"], "components": old["components"], "flags": old["flags"],
        });
        for name in ["content", "embeds", "components"] {
            if !body[name].is_null() {
                said[name] = body[name].clone();
            }
        }
        said["flags"] = json!(said["flags"].as_u64().unwrap_or_default() & !LOADING);
        let mut new = objects::message(id, channel, BOT, &said);
        new["edited_timestamp"] = json!(objects::WHEN);
        new["attachments"] = attachments;
        *old = new.clone();
        Some(new)
    }

    /// The bot's messages in a channel.
    #[must_use]
    pub fn of_bot(&self, channel: u64) -> Vec<Value> {
        let (bot, channel) = (BOT.to_string(), channel.to_string());
        let own =
            |message: &&Value| message["author"]["id"] == bot.as_str() && message["channel_id"] == channel.as_str();
        self.messages.values().filter(own).cloned().collect()
    }

    /// Ends all connections to the gateway in that way.
    pub fn disconnect(&mut self, how: Order) {
        for session in self.sessions.values_mut() {
            if let Some(connection) = session.connection.take() {
                drop(connection.send(how.clone()));
            }
        }
    }
}

impl Session {
    /// Sends an event, or keeps it until the bot resumes.
    pub(super) fn send(&mut self, name: &str, data: Value) {
        let event = json!({ "op": 0, "s": self.sent.len() + 1, "t": name, "d": data });
        self.sent.push(event.clone());
        if let Some(connection) = &self.connection {
            drop(connection.send(Order::Send(event)));
        }
    }
}
