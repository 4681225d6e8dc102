//! What people do: the payloads are those that Slack documents, with all their fields.

use serde_json::{Value, json};

use super::state::{Response, button};
use super::{ADA_DIRECT, APP, Ack, BOT, Fake, Message, State, TEAM};

impl Fake {
    /// The payload of the slash command `/watchword`.
    #[must_use]
    pub fn command_payload(&self, channel: &str, user: &str, text: &str) -> Value {
        let (trigger, response, name) = self.shared.change(|state| {
            let name = state.channels.get(channel).map_or(String::new(), |channel| channel.name.clone());
            (trigger(state), self.response_url(state, channel, user), name)
        });
        json!({
            "token": "verification", "team_id": TEAM, "team_domain": "example", "channel_id": channel,
            "channel_name": name, "user_id": user, "user_name": user.to_lowercase(), "command": "/watchword",
            "text": text, "api_app_id": APP, "is_enterprise_install": "false", "response_url": response,
            "trigger_id": trigger,
        })
    }

    /// Somebody gives the slash command.
    ///
    /// # Panics
    /// When it is not acknowledged.
    pub async fn command(&self, channel: &str, user: &str, text: &str) -> Ack {
        self.deliver("slash_commands", self.command_payload(channel, user, text)).await
    }

    /// The payload of a message: a mention in a channel, a message in a direct conversation. `changes` are fields of the event.
    #[must_use]
    pub fn message_payload(&self, channel: &str, user: &str, text: &str, changes: Value) -> Value {
        let (ts, id) = self.shared.change(|state| {
            let ts = state.ts();
            state.messages.push(Message {
                channel: channel.to_owned(),
                ts: ts.clone(),
                thread: None,
                by_bot: false,
                only: None,
                text: text.to_owned(),
                blocks: Vec::new(),
                edits: 0,
            });
            (ts, state.id("Ev"))
        });
        let kind = if channel.starts_with('D') { "message" } else { "app_mention" };
        let mut event = json!({
            "type": kind, "user": user, "ts": ts, "client_msg_id": id, "text": text, "team": TEAM, "channel": channel,
            "event_ts": ts, "blocks": [{ "type": "rich_text", "block_id": "b", "elements": [] }],
        });
        if kind == "message" {
            event["channel_type"] = "im".into();
        }
        if let (Some(event), Value::Object(changes)) = (event.as_object_mut(), changes) {
            event.extend(changes);
        }
        callback(&id, &event)
    }

    /// Somebody says something to the bot: with a mention in a channel, or directly.
    ///
    /// # Panics
    /// When it is not acknowledged.
    pub async fn say(&self, channel: &str, user: &str, text: &str) -> Ack {
        let text = if channel.starts_with('D') { text.to_owned() } else { format!("<@{BOT}> {text}") };
        self.deliver("events_api", self.message_payload(channel, user, &text, json!({}))).await
    }

    /// Somebody looks at the app home.
    ///
    /// # Panics
    /// When it is not acknowledged.
    pub async fn open_home(&self, user: &str) -> Ack {
        let id = self.shared.change(|state| state.id("Ev"));
        let event = json!({
            "type": "app_home_opened", "user": user, "channel": ADA_DIRECT, "tab": "home", "event_ts": "1790000000.000001",
        });
        self.deliver("events_api", callback(&id, &event)).await
    }

    /// The payload of a pressed button of a message.
    ///
    /// # Panics
    /// When the message has no such button.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test that misses a button has failed")]
    pub fn press_payload(&self, user: &str, message: &Message, label: &str) -> Value {
        let button = message.button(label).expect("the button is there");
        let (trigger, response, shown, name) = self.shared.change(|state| {
            let name = state.channels.get(&message.channel).map_or(String::new(), |channel| channel.name.clone());
            (trigger(state), self.response_url(state, &message.channel, user), state.shown(message), name)
        });
        let mut payload = interaction("block_actions", user, &trigger);
        payload["container"] = json!({
            "type": "message", "message_ts": message.ts, "channel_id": message.channel, "is_ephemeral": message.only.is_some(),
        });
        payload["channel"] = json!({ "id": message.channel, "name": name });
        payload["message"] = shown;
        payload["state"] = json!({ "values": {} });
        payload["response_url"] = response.into();
        payload["actions"] = json!([action(button)]);
        payload
    }

    /// Somebody presses a button of a message.
    ///
    /// # Panics
    /// When the message has no such button, or when it is not acknowledged.
    pub async fn press(&self, user: &str, message: &Message, label: &str) -> Ack {
        self.deliver("interactive", self.press_payload(user, message, label)).await
    }

    /// Somebody presses a button of the app home.
    ///
    /// # Panics
    /// When there is no such button, or when it is not acknowledged.
    #[expect(clippy::expect_used, reason = "a test that misses a button has failed")]
    pub async fn press_home(&self, user: &str, label: &str) -> Ack {
        let (view, trigger) = self.shared.change(|state| {
            let view = state.homes.get(user).cloned().expect("the home is shown");
            (view, trigger(state))
        });
        let blocks = view["blocks"].as_array().cloned().unwrap_or_default();
        let button = button(&blocks, label).expect("the button is there");
        let mut payload = interaction("block_actions", user, &trigger);
        payload["container"] = json!({ "type": "view", "view_id": "V0HOME" });
        payload["view"] = stateful(&view, "V0HOME", &json!({}));
        payload["actions"] = json!([action(button)]);
        self.deliver("interactive", payload).await
    }

    /// The payload of a submitted modal, with an answer for each of its blocks.
    ///
    /// # Panics
    /// When there is no such modal.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test that misses a modal has failed")]
    pub fn submit_payload(&self, user: &str, view: &str, answers: &[(&str, &str)]) -> Value {
        let (known, trigger) = self.shared.change(|state| {
            let at = state.views.iter().position(|known| known.id == view).expect("the modal is open");
            (state.views[at].view.clone(), trigger(state))
        });
        let mut values = json!({});
        for block in known["blocks"].as_array().into_iter().flatten() {
            let (id, element) = (block["block_id"].as_str().unwrap_or_default(), &block["element"]);
            let answer = answers.iter().find(|(name, _)| *name == id).map(|(_, answer)| *answer);
            let value = match element["type"].as_str() {
                Some("static_select") => json!({ "type": "static_select", "selected_option": answer.map(|answer| {
                    json!({ "text": { "type": "plain_text", "text": answer, "emoji": false }, "value": answer })
                }) }),
                _ => json!({ "type": "plain_text_input", "value": answer }),
            };
            values[id] = json!({ element["action_id"].as_str().unwrap_or_default(): value });
        }
        let mut payload = interaction("view_submission", user, &trigger);
        payload["view"] = stateful(&known, view, &json!({ "values": values }));
        payload["response_urls"] = json!([]);
        payload
    }

    /// Somebody submits a modal.
    ///
    /// # Panics
    /// When there is no such modal, or when it is not acknowledged.
    pub async fn submit(&self, user: &str, view: &str, answers: &[(&str, &str)]) -> Ack {
        self.deliver("interactive", self.submit_payload(user, view, answers)).await
    }

    fn response_url(&self, state: &mut State, channel: &str, user: &str) -> String {
        let id = state.id("r");
        let response = Response { channel: channel.to_owned(), user: user.to_owned(), uses: 0 };
        state.responses.insert(id.clone(), response);
        format!("{}respond/{id}", self.shared.base)
    }
}

/// Something that a modal can be opened with, once.
fn trigger(state: &mut State) -> String {
    let trigger = state.id("trigger.");
    state.triggers.push(trigger.clone());
    trigger
}

fn callback(id: &str, event: &Value) -> Value {
    let authorization = json!({
        "enterprise_id": null, "team_id": TEAM, "user_id": BOT, "is_bot": true, "is_enterprise_install": false,
    });
    json!({
        "token": "verification", "team_id": TEAM, "api_app_id": APP, "event": event, "type": "event_callback",
        "event_id": id, "event_time": 1_790_000_000, "authorizations": [authorization],
        "is_ext_shared_channel": false, "event_context": "4-context",
    })
}

fn interaction(kind: &str, user: &str, trigger: &str) -> Value {
    json!({
        "type": kind, "user": { "id": user, "username": user.to_lowercase(), "name": user.to_lowercase(), "team_id": TEAM },
        "api_app_id": APP, "token": "verification", "trigger_id": trigger, "team": { "id": TEAM, "domain": "example" },
        "enterprise": null, "is_enterprise_install": false,
    })
}

/// A button as the press tells of it.
fn action(button: &Value) -> Value {
    let mut action = button.clone();
    action["block_id"] = "b".into();
    action["action_ts"] = "1790000000.000001".into();
    action
}

fn stateful(view: &Value, id: &str, state: &Value) -> Value {
    let mut shown = view.clone();
    let more = json!({
        "id": id, "team_id": TEAM, "state": state, "hash": "1790000000.abc", "root_view_id": id, "previous_view_id": null,
        "clear_on_close": false, "notify_on_close": false, "external_id": "", "app_id": APP, "bot_id": "B0BOT",
        "app_installed_team_id": TEAM,
    });
    if let (Some(shown), Value::Object(more)) = (shown.as_object_mut(), more) {
        shown.extend(more);
    }
    shown
}
