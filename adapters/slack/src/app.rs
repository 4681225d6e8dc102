//! What becomes of an event: somebody says something, the engine answers, the answer is brought. The same for both modes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use adapter_common::Lanes;
use bot_core::cards;
use bot_core::reply::Block;
use bot_core::{Encounter, Engine, Input, Place, Reply, Visitor};
use monitor_core::code::ErrorCode;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::api::Api;
use crate::event::{Command, Event, HomeOpened, Press, Said, Submission, is_direct};
use crate::home;
use crate::manifest::slash;
use crate::markup::heard;
use crate::names::Names;
use crate::render::{self, Message, modal};
use crate::seen::Seen;
use crate::send::{Answering, Origin};

/// Events that are worked on at the same time; one more is refused, so that memory is bounded.
const AT_A_TIME: usize = 256;

/// How long after an event a modal may still be opened. Slack gives 3 s, which the way there and back are part of.
/// Source: <https://docs.slack.dev/interactivity/handling-user-interaction#modal_responses>.
const TRIGGER: Duration = Duration::from_millis(2_500);

const WHO_READS: &str =
    "Slack does not tell me who reads along here, so I have done nothing. Say it again in a moment.";

/// The app as both modes see it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Inner>);

struct Inner {
    api: Arc<Api>,
    engine: Arc<Engine>,
    command: String,
    names: Names,
    seen: Seen,
    places: Arc<Semaphore>,
    lanes: Lanes<(String, String), u64>,
    taken: AtomicU64,
}

/// What a modal brings back.
#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(flatten)]
    origin: Origin,
    /// The token of its form.
    #[serde(rename = "k", default)]
    token: String,
}

/// Who did something, and where.
struct Met<'a> {
    team: &'a str,
    user: &'a str,
    user_name: &'a str,
    origin: Origin,
    /// What a modal can be opened with, and when it came.
    trigger: Option<(&'a str, Instant)>,
}

impl App {
    /// What is worked on is among the tasks.
    pub(crate) fn new(api: Arc<Api>, engine: Arc<Engine>, command: &str, tasks: TaskTracker) -> Self {
        Self(Arc::new(Inner {
            api,
            engine,
            command: slash(command),
            names: Names::default(),
            seen: Seen::default(),
            places: Arc::new(Semaphore::new(AT_A_TIME)),
            lanes: Lanes::from(tasks),
            taken: AtomicU64::new(0),
        }))
    }

    /// Takes an event that is acknowledged, works on it and returns at once. What one person does in one conversation is worked on
    /// in its order.
    pub(crate) fn take(&self, event: Event) {
        let since = Instant::now();
        if !self.0.seen.is_new(event.key()) {
            tracing::debug!(key = event.key(), "slack delivers an event again");
            return;
        }
        let Ok(place) = Arc::clone(&self.0.places).try_acquire_owned() else {
            tracing::warn!("more events come from slack than are worked on: one is dropped");
            return;
        };
        let (inner, lane) = (Arc::clone(&self.0), lane(&event));
        let work = async move {
            match event {
                Event::Command(command) => inner.command(command, since).await,
                Event::Press(press) => inner.press(press, since).await,
                Event::Submission(submission) => inner.submission(submission, since).await,
                Event::Said(said) => inner.said(said).await,
                Event::HomeOpened(opened) => inner.home(opened).await,
            }
            drop(place);
        };
        match lane {
            Some(lane) => {
                let taken = self.0.taken.fetch_add(1, Ordering::Relaxed);
                if !self.0.lanes.put(lane, taken, work) {
                    tracing::warn!("somebody says too much at once in slack: some of it is dropped");
                }
            }
            None => self.0.lanes.beside(work),
        }
    }

    /// Waits until what was taken is done, but no longer than that.
    pub(crate) async fn finish(&self, limit: Duration) {
        self.0.lanes.finish(limit).await;
    }
}

impl Inner {
    async fn command(&self, command: Command, since: Instant) {
        let origin = Origin {
            channel: command.channel_id,
            channel_name: command.channel_name,
            thread: None,
            response_url: Some(command.response_url),
            said: 0,
            user: command.user_id.clone(),
        };
        let text = heard(&command.text, &[]);
        let met = Met {
            team: &command.team_id,
            user: &command.user_id,
            user_name: &command.user_name,
            origin,
            trigger: Some((&command.trigger_id, since)),
        };
        let replies = self.ask(&met, Input::Text(text)).await;
        let quiet = for_one_or_failed(&replies);
        self.answer(met, replies, quiet).await;
    }

    async fn press(&self, press: Press, since: Instant) {
        let origin = match (press.channel, &press.metadata) {
            (Some(channel), _) => Origin {
                // What a card's button says belongs in the thread of the card.
                thread: press.thread.or(press.message.filter(|_| press.value.starts_with(cards::TOKEN))),
                channel: channel.id,
                channel_name: channel.name,
                response_url: press.response_url,
                said: 0,
                user: press.user.id.clone(),
            },
            (None, Some(kept)) => match serde_json::from_str::<Origin>(kept) {
                Ok(origin) => Origin { user: press.user.id.clone(), ..origin },
                Err(_) => direct(&press.user.id),
            },
            (None, None) => direct(&press.user.id),
        };
        let met = Met {
            team: &press.team,
            user: &press.user.id,
            user_name: &press.user.name,
            origin,
            trigger: Some((&press.trigger_id, since)),
        };
        if press.action_id.starts_with(modal::ANSWER) {
            self.open_form(&met, &press.value).await;
            return;
        }
        let input = match press.action_id.starts_with(home::SAYS) {
            true => Input::Text(press.value),
            false => Input::Action(press.value),
        };
        let replies = self.ask(&met, input).await;
        let quiet = press.ephemeral || for_one_or_failed(&replies);
        self.answer(met, replies, quiet).await;
    }

    async fn submission(&self, submission: Submission, since: Instant) {
        let kept = serde_json::from_str::<Kept>(&submission.metadata).ok();
        let (origin, token) = match kept {
            Some(Kept { origin, token }) => (origin, token),
            None => (direct(&submission.user.id), String::new()),
        };
        let met = Met {
            team: &submission.team,
            user: &submission.user.id,
            user_name: &submission.user.name,
            origin: Origin { user: submission.user.id.clone(), ..origin },
            trigger: Some((&submission.trigger_id, since)),
        };
        let replies = self.ask(&met, Input::Answer { token, values: submission.values }).await;
        let quiet = for_one_or_failed(&replies);
        self.answer(met, replies, quiet).await;
    }

    async fn said(&self, said: Said) {
        let bots: Vec<&str> = said.bots.iter().map(String::as_str).collect();
        let text = heard(&said.text, &bots);
        let thread = said.thread.or_else(|| (!said.direct).then_some(said.ts));
        let channel = said.channel;
        // Of what people say to each other directly Slack tells nothing.
        if said.direct {
            self.names.remember_own(&channel, true);
        }
        let met = Met {
            team: &said.team,
            user: &said.user,
            user_name: "",
            origin: Origin {
                channel,
                channel_name: String::new(),
                thread,
                response_url: None,
                said: 0,
                user: said.user.clone(),
            },
            trigger: None,
        };
        let mut replies = self.ask(&met, Input::Text(text)).await;
        let quiet = for_one(&replies);
        let sensitive = replies.iter().any(|reply| reply.sensitive);
        if let Some(reply) = replies.first_mut().filter(|_| sensitive) {
            let way = format!("say such things with `{}`, which nobody else sees.", self.command);
            let text = format!("What you wrote may hold a secret. Only you can delete it here: please do, and {way}");
            reply.blocks.insert(0, Block::text(text));
        }
        self.answer(met, replies, quiet).await;
    }

    async fn home(&self, opened: HomeOpened) {
        self.names.remember_own(&opened.channel, true);
        let origin = Origin { channel: opened.channel, ..direct(&opened.user) };
        let met = Met { team: &opened.team, user: &opened.user, user_name: "", origin, trigger: None };
        let replies = self.ask(&met, Input::Text("status".to_owned())).await;
        let kept = serde_json::to_string(&met.origin).unwrap_or_default();
        let view = home::view(&replies, &kept, &self.command);
        let body = json!({ "user_id": opened.user, "view": view });
        if let Err(refusal) = self.api.call("views.publish", &body).await {
            tracing::warn!(%refusal, "the app home could not be shown in slack");
        }
    }

    /// Has the engine answer.
    async fn ask(&self, met: &Met<'_>, input: Input) -> Vec<Reply> {
        let Origin { channel, channel_name, .. } = &met.origin;
        let is_direct = match is_direct(channel) {
            false => channel == met.user,
            true => match self.names.is_own(&self.api, channel).await {
                Ok(own) => own,
                Err(refusal) => {
                    tracing::warn!(channel, %refusal, "slack does not tell who reads along");
                    return vec![Reply::failure(ErrorCode::Internal.as_str(), WHO_READS)];
                }
            },
        };
        let user = self.names.user(&self.api, met.user, met.user_name).await;
        let (title, workspace) = match is_direct {
            true => (user.clone(), String::new()),
            false => (
                self.names.channel(&self.api, channel, channel_name).await,
                self.names.workspace(&self.api, met.team).await,
            ),
        };
        let place = Place {
            platform: crate::PLATFORM,
            workspace: (!is_direct).then_some(met.team),
            workspace_name: &workspace,
            conversation: channel,
            title: &title,
        };
        let visitor = Visitor { scope: met.team, user: met.user, name: &user, roles: &[] };
        self.engine.receive(Encounter { place, visitor, input }).await
    }

    /// Brings what the engine answered. A question is a modal when there is still time to open one, and stands in the
    /// conversation with a button all the same, for a modal can be closed.
    async fn answer(&self, met: Met<'_>, replies: Vec<Reply>, quiet: bool) {
        let form = replies.iter().flat_map(|reply| &reply.blocks).find_map(modal::Form::of);
        let opened = match form {
            // The question itself is said at the address that the event came with.
            Some(form) => self.open(&met, &form, 1).await,
            None => false,
        };
        let drawn = tokio::task::spawn_blocking(move || replies.iter().flat_map(render::messages).collect());
        let messages: Vec<Message> = drawn.await.unwrap_or_default();
        Answering::new(&self.api, &met.origin, quiet || opened).bring(messages).await;
    }

    /// Opens the form of an `Answer` button, or says how else to answer.
    async fn open_form(&self, met: &Met<'_>, value: &str) {
        let opened = match modal::Form::from_value(value) {
            Some(form) => self.open(met, &form, 0).await,
            None => false,
        };
        if !opened {
            let text = "The form could not be opened. Say your answer instead, or press the button again.";
            Answering::new(&self.api, &met.origin, true).bring(render::messages(&Reply::text(text))).await;
        }
    }

    /// Opens a form; `said`: how often the address of the event will have been used when it is submitted.
    async fn open(&self, met: &Met<'_>, form: &modal::Form, said: u8) -> bool {
        let Some((trigger, _)) = met.trigger.filter(|(id, since)| !id.is_empty() && since.elapsed() < TRIGGER) else {
            return false;
        };
        let origin = Origin { said: met.origin.said + said, ..met.origin.clone() };
        let kept = Kept { origin, token: form.token.clone() };
        let Some(view) = form.view(&serde_json::to_string(&kept).unwrap_or_default()) else { return false };
        let opened = self.api.call("views.open", &json!({ "trigger_id": trigger, "view": view })).await;
        if let Err(refusal) = &opened {
            tracing::info!(%refusal, "a form could not be opened in slack");
        }
        opened.is_ok()
    }
}

/// The conversation and the person whose doings are worked on in their order. A form has to open soon, and the app home is only
/// looked at: neither waits for anything.
fn lane(event: &Event) -> Option<(String, String)> {
    let kept = |metadata: &str| serde_json::from_str::<Origin>(metadata).ok().map(|origin| origin.channel);
    let (user, channel) = match event {
        Event::Command(command) => (&command.user_id, Some(command.channel_id.clone())),
        Event::Press(press) if press.action_id.starts_with(modal::ANSWER) => return None,
        Event::Press(press) => {
            let here = press.channel.as_ref().map(|channel| channel.id.clone());
            (&press.user.id, here.or_else(|| press.metadata.as_deref().and_then(kept)))
        }
        Event::Submission(submission) => (&submission.user.id, kept(&submission.metadata)),
        Event::Said(said) => (&said.user, Some(said.channel.clone())),
        Event::HomeOpened(_) => return None,
    };
    Some((channel.unwrap_or_default(), user.clone()))
}

/// The direct conversation with somebody, whose id Slack knows.
fn direct(user: &str) -> Origin {
    Origin {
        channel: user.to_owned(),
        channel_name: String::new(),
        thread: None,
        response_url: None,
        said: 0,
        user: user.to_owned(),
    }
}

/// Whether answers are for who asked alone: about rights, or about what may hold a secret.
fn for_one(replies: &[Reply]) -> bool {
    replies.iter().any(|reply| reply.sensitive || reply.private || reply.about_rights)
}

/// A slip of the finger is nobody else's concern either, where the others did not see it.
fn for_one_or_failed(replies: &[Reply]) -> bool {
    for_one(replies) || replies.iter().any(|reply| !reply.ok)
}
