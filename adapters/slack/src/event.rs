//! What Slack tells: only what is used is read, so that a field or a block that is not known harms nothing.

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::render::modal::{Answers, CALLBACK};

/// Something that somebody did.
#[derive(Debug)]
pub(crate) enum Event {
    Command(Command),
    Press(Press),
    Submission(Submission),
    Said(Said),
    HomeOpened(HomeOpened),
}

/// The slash command. Source: <https://docs.slack.dev/interactivity/implementing-slash-commands#app_command_handling>.
#[derive(Debug, Deserialize)]
pub(crate) struct Command {
    pub(crate) team_id: String,
    pub(crate) channel_id: String,
    #[serde(default)]
    pub(crate) channel_name: String,
    pub(crate) user_id: String,
    #[serde(default)]
    pub(crate) user_name: String,
    #[serde(default)]
    pub(crate) text: String,
    pub(crate) response_url: Url,
    pub(crate) trigger_id: String,
}

/// A pressed button. Source: <https://docs.slack.dev/reference/interaction-payloads/block_actions-payload>.
#[derive(Debug)]
pub(crate) struct Press {
    pub(crate) team: String,
    pub(crate) user: User,
    pub(crate) trigger_id: String,
    pub(crate) response_url: Option<Url>,
    /// Where the button stands; nowhere on the app home.
    pub(crate) channel: Option<Channel>,
    /// The message that it stands below.
    pub(crate) message: Option<String>,
    /// The thread of that message.
    pub(crate) thread: Option<String>,
    /// Whether only this person sees that message.
    pub(crate) ephemeral: bool,
    /// What the app home keeps.
    pub(crate) metadata: Option<String>,
    pub(crate) action_id: String,
    pub(crate) value: String,
}

/// An answered modal. Source: <https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload>.
#[derive(Debug)]
pub(crate) struct Submission {
    pub(crate) team: String,
    pub(crate) user: User,
    pub(crate) trigger_id: String,
    pub(crate) metadata: String,
    /// What was filled into which field.
    pub(crate) values: Vec<(String, String)>,
}

/// A message that mentions the bot, or a direct one.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) id: String,
    pub(crate) team: String,
    pub(crate) user: String,
    pub(crate) channel: String,
    pub(crate) direct: bool,
    pub(crate) ts: String,
    pub(crate) thread: Option<String>,
    pub(crate) text: String,
    /// The user ids that the app has in the workspace.
    pub(crate) bots: Vec<String>,
}

/// Somebody looks at the app home. Source: <https://docs.slack.dev/reference/events/app_home_opened>.
#[derive(Debug)]
pub(crate) struct HomeOpened {
    pub(crate) id: String,
    pub(crate) team: String,
    pub(crate) user: String,
    /// The direct conversation with that person.
    pub(crate) channel: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct User {
    pub(crate) id: String,
    /// What the person logs in as; how others see it Slack tells when it is asked.
    #[serde(default)]
    pub(crate) name: String,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Channel {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) name: String,
}

impl Event {
    /// What tells the event from others, however often it is delivered.
    pub(crate) fn key(&self) -> &str {
        match self {
            Self::Command(command) => &command.trigger_id,
            Self::Press(press) => &press.trigger_id,
            Self::Submission(submission) => &submission.trigger_id,
            Self::Said(said) => &said.id,
            Self::HomeOpened(opened) => &opened.id,
        }
    }

    /// The event of a slash command.
    ///
    /// # Errors
    /// Something that every command has is missing.
    pub(crate) fn command(payload: Value) -> serde_json::Result<Self> {
        serde_json::from_value(payload).map(Self::Command)
    }

    /// The event of an interaction; `None`: it is of no concern.
    ///
    /// # Errors
    /// Something that every interaction of its kind has is missing.
    pub(crate) fn interaction(payload: Value) -> serde_json::Result<Option<Self>> {
        let Interaction { kind, team, user, trigger_id, response_url, channel, container, message, view, actions } =
            serde_json::from_value(payload)?;
        let team = team.id;
        Ok(match kind.as_str() {
            "block_actions" => actions.into_iter().next().map(|Action { action_id, value }| {
                let container = container.unwrap_or_default();
                let thread = message.and_then(|message| message.thread_ts).or(container.thread_ts.clone());
                let metadata = view.map(|view| view.private_metadata);
                Self::Press(Press {
                    team,
                    user,
                    trigger_id,
                    response_url,
                    channel,
                    message: container.message_ts,
                    thread,
                    ephemeral: container.is_ephemeral,
                    metadata,
                    action_id,
                    value,
                })
            }),
            "view_submission" => view.filter(|view| view.callback_id == CALLBACK).map(|view| {
                let values = view.state.unwrap_or_default().filled();
                Self::Submission(Submission { team, user, trigger_id, metadata: view.private_metadata, values })
            }),
            _ => None,
        })
    }

    /// The event of a subscription; `None`: it is of no concern. That is what bots say, edited messages and what is no message.
    ///
    /// # Errors
    /// Something that every event has is missing.
    pub(crate) fn callback(payload: Value) -> serde_json::Result<Option<Self>> {
        let Callback { team_id: team, event_id: id, event, authorizations } = serde_json::from_value(payload)?;
        let (Some(user), Some(channel)) = (event.user, event.channel) else { return Ok(None) };
        let direct = event.channel_type.as_deref() == Some("im") || is_direct(&channel);
        let by_person = event.bot_id.is_none() && event.edited.is_none();
        let new = matches!(event.subtype.as_deref(), None | Some("file_share"));
        Ok(match event.kind.as_str() {
            "app_home_opened" if event.tab.as_deref() == Some("home") => {
                Some(Self::HomeOpened(HomeOpened { id, team, user, channel }))
            }
            // In a direct conversation a mention arrives twice: as such, and as a message.
            "app_mention" if direct => None,
            "message" if !direct => None,
            "app_mention" | "message" if by_person && new => Some(Self::Said(Said {
                id,
                team,
                user,
                channel,
                direct,
                ts: event.ts,
                thread: event.thread_ts,
                text: event.text,
                bots: authorizations.into_iter().filter_map(|authorization| authorization.user_id).collect(),
            })),
            _ => None,
        })
    }
}

/// Whether a conversation is between two: a person and the bot, or two people.
pub(crate) fn is_direct(channel: &str) -> bool {
    channel.starts_with('D')
}

#[derive(Deserialize)]
struct Interaction {
    #[serde(rename = "type")]
    kind: String,
    team: Team,
    user: User,
    #[serde(default)]
    trigger_id: String,
    response_url: Option<Url>,
    channel: Option<Channel>,
    container: Option<Container>,
    message: Option<Message>,
    view: Option<View>,
    #[serde(default)]
    actions: Vec<Action>,
}

#[derive(Deserialize)]
struct Team {
    id: String,
}

#[derive(Default, Deserialize)]
struct Container {
    message_ts: Option<String>,
    thread_ts: Option<String>,
    #[serde(default)]
    is_ephemeral: bool,
}

#[derive(Deserialize)]
struct Message {
    thread_ts: Option<String>,
}

#[derive(Deserialize)]
struct View {
    #[serde(default)]
    callback_id: String,
    #[serde(default)]
    private_metadata: String,
    state: Option<Answers>,
}

#[derive(Deserialize)]
struct Action {
    action_id: String,
    #[serde(default)]
    value: String,
}

#[derive(Deserialize)]
struct Callback {
    team_id: String,
    event_id: String,
    event: Inner,
    #[serde(default)]
    authorizations: Vec<Authorization>,
}

#[derive(Deserialize)]
struct Inner {
    #[serde(rename = "type")]
    kind: String,
    user: Option<String>,
    channel: Option<String>,
    channel_type: Option<String>,
    subtype: Option<String>,
    bot_id: Option<String>,
    edited: Option<Value>,
    tab: Option<String>,
    #[serde(default)]
    ts: String,
    thread_ts: Option<String>,
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
struct Authorization {
    user_id: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(changes: Value) -> Value {
        let mut event = json!({
            "type": "message", "channel": "D1", "channel_type": "im", "user": "U1", "text": "status", "ts": "1.2",
        });
        event.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        json!({ "team_id": "T1", "event_id": "Ev1", "event": event, "authorizations": [{ "user_id": "UBOT" }] })
    }

    #[test]
    fn what_a_person_says_anew_is_heard_and_nothing_else() {
        let heard = |changes| Event::callback(message(changes)).unwrap().is_some();
        assert!(heard(json!({})));
        assert!(heard(json!({ "subtype": "file_share" })));
        assert!(heard(json!({ "type": "app_mention", "channel": "C1", "channel_type": null })));
        for unheard in [
            json!({ "bot_id": "B1" }),
            json!({ "subtype": "bot_message" }),
            json!({ "subtype": "message_changed", "message": { "text": "x" } }),
            json!({ "subtype": "message_deleted" }),
            json!({ "edited": { "user": "U1", "ts": "1.3" } }),
            json!({ "user": null }),
            json!({ "channel": "C1", "channel_type": "channel" }),
            json!({ "type": "app_mention" }),
            json!({ "type": "reaction_added" }),
        ] {
            assert!(!heard(unheard.clone()), "{unheard}");
        }
    }

    #[test]
    fn a_block_that_nobody_knows_yet_does_not_cost_the_press() {
        let press = json!({
            "type": "block_actions", "team": { "id": "T1" }, "user": { "id": "U1", "username": "ada", "name": "ada" }, "trigger_id": "1.2",
            "container": { "type": "message", "message_ts": "3.4", "channel_id": "C1" },
            "channel": { "id": "C1", "name": "ops" },
            "message": { "ts": "3.4", "thread_ts": "1.1", "blocks": [{ "type": "hologram", "volume": [1, 2] }] },
            "response_url": "https://hooks.slack.com/actions/1",
            "actions": [{ "type": "button", "action_id": "press-0", "value": "token" }],
        });
        let Some(Event::Press(press)) = Event::interaction(press).unwrap() else { panic!("it is a press") };
        assert_eq!(
            (press.value.as_str(), press.thread.as_deref(), press.user.name.as_str()),
            ("token", Some("1.1"), "ada")
        );
    }
}
