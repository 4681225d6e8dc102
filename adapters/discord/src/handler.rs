//! What becomes of what somebody says, whichever way it came: by the gateway or by the signed endpoint.

mod written;

use std::sync::Arc;
use std::time::Duration;

use adapter_common::Lanes;
use bot_core::{Choice, Encounter, Engine, Input, Reply, may_hold_secret};
use monitor_core::code::ErrorCode;
use serde_json::{Value, json};
use serenity::model::application::{CommandInteraction, Interaction};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::api::Api;
use crate::directory::Directory;
use crate::render::{self, EPHEMERAL, File, Message};
use crate::scene::{Origin, Scene};
use crate::{limits, said};

/// After this a first answer is put off: Discord waits for 3 s.
/// Source: <https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-callback>.
const DEFER_AFTER: Duration = Duration::from_secs(2);
/// How long values are looked for, which cannot be put off.
const SUGGEST_WITHIN: Duration = Duration::from_millis(2500);
/// How long after its arrival an interaction can be answered, less a minute.
/// Source: <https://discord.com/developers/docs/interactions/receiving-and-responding#followup-messages>.
const ANSWER_WITHIN: Duration = Duration::from_secs(14 * 60);
/// How much of that is kept for bringing the answer.
const BRING_WITHIN: Duration = Duration::from_secs(60);
/// How many are answered at the same time; the others wait.
const AT_ONCE: usize = 64;

/// How long what is being answered may still take when the program stops.
const FINISH: Duration = Duration::from_secs(5);

/// The types of first answers.
/// Source: <https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object-interaction-callback-type>.
mod callback {
    pub(super) const PONG: u8 = 1;
    pub(super) const MESSAGE: u8 = 4;
    pub(super) const DEFERRED: u8 = 5;
    pub(super) const CHOICES: u8 = 8;
    pub(super) const MODAL: u8 = 9;
}

/// Answers whatever comes from Discord.
pub(crate) struct Handler {
    engine: Arc<Engine>,
    pub(crate) api: Api,
    pub(crate) directory: Directory,
    turns: Semaphore,
    tasks: TaskTracker,
    /// One for each channel and person, in the order of Discord's ids, which grow with time.
    lanes: Lanes<(u64, u64), u64>,
    /// The same for what is brought to them in answer to messages, which is no reason to leave undone what is said next.
    bringing: Lanes<(u64, u64), u64>,
}

/// What an interaction is answered with at first, and what follows.
pub(crate) struct First {
    pub(crate) callback: Value,
    pub(crate) files: Vec<File>,
    pub(crate) rest: Option<Rest>,
}

/// What follows a first answer.
pub(crate) struct Rest {
    application: u64,
    token: String,
    until: Instant,
    what: What,
}

/// An interaction that was answered, and until when more can be said to it.
#[derive(Clone, Copy)]
struct To<'a> {
    interaction: (u64, &'a str),
    until: Instant,
}

enum What {
    /// More messages.
    More(Vec<Message>),
    /// All of the answer, which was put off.
    All(oneshot::Receiver<Answer>, Heard),
}

/// An answer, drawn.
struct Answer {
    messages: Vec<Message>,
    /// It is for the person alone.
    quiet: bool,
}

/// Whether a first answer that was put off is shown to one person alone.
#[derive(Clone, Copy)]
struct Heard {
    quiet: bool,
}

/// Until when what arrives now can be answered.
pub(crate) fn deadline() -> Instant {
    Instant::now() + ANSWER_WITHIN
}

impl Handler {
    /// What is answered is answered among the tasks.
    pub(crate) fn new(engine: Arc<Engine>, api: Api, tasks: TaskTracker) -> Arc<Self> {
        let directory = Directory::new(api.clone());
        let (lanes, bringing) = (Lanes::from(tasks.clone()), Lanes::from(tasks.clone()));
        Arc::new(Self { engine, api, directory, turns: Semaphore::new(AT_ONCE), tasks, lanes, bringing })
    }

    /// As long as what is answered has it, it is among the tasks.
    pub(crate) fn under_way(&self) -> TaskTrackerToken {
        self.tasks.token()
    }

    /// The first answer to an interaction, which can be answered until that time; `files`: whether files can go with it.
    pub(crate) async fn first(
        self: &Arc<Self>,
        interaction: Interaction,
        files: bool,
        until: Instant,
    ) -> Option<First> {
        let input = match &interaction {
            Interaction::Ping(_) => return Some(First::only(json!({ "type": callback::PONG }))),
            Interaction::Autocomplete(typing) => {
                return Some(First::only(self.suggest(typing, said::origin(&interaction)?).await));
            }
            Interaction::Command(command) => said::by_command(command),
            Interaction::Component(component) => match said::by_component(component)? {
                Ok(input) => input,
                Err(modal) => return Some(First::only(json!({ "type": callback::MODAL, "data": modal }))),
            },
            Interaction::Modal(modal) => said::by_modal(modal)?,
            _ => return None,
        };
        Some(self.answer(interaction, input, files, until).await)
    }

    async fn suggest(&self, typing: &CommandInteraction, from: Origin<'_>) -> Value {
        let offered = tokio::time::timeout(SUGGEST_WITHIN, async {
            let option = typing.data.autocomplete()?;
            let scene = Scene::of_interaction(from, &self.directory).await;
            let (place, visitor) = (scene.place(), scene.visitor());
            Some(self.engine.suggest(&place, &visitor, &typing.data.name, option.name, option.value).await)
        });
        let choices = offered.await.ok().flatten().unwrap_or_default();
        // A value that is too long cannot be shortened and still be the value.
        let fits = |choice: &Choice| (1..=limits::CHOICE_TEXT).contains(&choice.text.chars().count());
        let shown = |choice: Choice| {
            let name = if choice.about.is_empty() {
                choice.text.clone()
            } else {
                format!("{} — {}", choice.text, choice.about)
            };
            let name = adapter_common::Units::Chars.shorten(&name, limits::CHOICE_TEXT).into_owned();
            json!({ "name": name, "value": choice.text })
        };
        let choices: Vec<Value> = choices.into_iter().filter(fits).take(limits::CHOICES).map(shown).collect();
        json!({ "type": callback::CHOICES, "data": { "choices": choices } })
    }

    /// Answers at once what is answered soon, and puts off the rest.
    async fn answer(self: &Arc<Self>, interaction: Interaction, input: Input, files: bool, until: Instant) -> First {
        let (application, token) = (interaction.application_id().get(), interaction.token().to_owned());
        let quiet = match &input {
            Input::Text(text) => may_hold_secret(text, false),
            Input::Answer { values, .. } => values.iter().any(|(_, value)| may_hold_secret(value, false)),
            Input::Action(_) => false,
        };
        let rest = |what| Some(Rest { application, token, until, what });
        let mut work = self.work(interaction, input, until);
        let answer = match tokio::time::timeout(DEFER_AFTER, &mut work).await {
            Err(_) => {
                let callback = put_off(quiet);
                return First { callback, files: Vec::new(), rest: rest(What::All(work, Heard { quiet })) };
            }
            Ok(done) => done.unwrap_or_else(|_| Answer::broken()),
        };
        let quiet = answer.quiet;
        let mut messages = answer.messages;
        if !files && messages.first().is_some_and(|first| !first.files.is_empty()) {
            let callback = put_off(quiet);
            let ready = ready(Answer { messages, quiet });
            return First { callback, files: Vec::new(), rest: rest(What::All(ready, Heard { quiet })) };
        }
        let mut first = if messages.is_empty() { Message::text("—") } else { messages.remove(0) };
        let files = std::mem::take(&mut first.files);
        let callback = json!({ "type": callback::MESSAGE, "data": first.quiet(quiet) });
        let more: Vec<Message> = messages.into_iter().map(|message| message.quiet(quiet)).collect();
        First { callback, files, rest: if more.is_empty() { None } else { rest(What::More(more)) } }
    }

    /// Has an interaction answered, after what the same person said in the same channel before.
    fn work(self: &Arc<Self>, interaction: Interaction, input: Input, until: Instant) -> oneshot::Receiver<Answer> {
        let Some(Origin { channel_id, user, .. }) = said::origin(&interaction) else { return ready(Answer::broken()) };
        let (lane, place) = ((channel_id.get(), user.id.get()), interaction.id().get());
        let (done, answer) = oneshot::channel();
        let handler = Arc::clone(self);
        let taken = self.lanes.put(lane, place, async move {
            let answer = match said::origin(&interaction) {
                Some(from) => {
                    let scene = Scene::of_interaction(from, &handler.directory).await;
                    handler.replies(&scene, input, until).await.into()
                }
                None => Answer::broken(),
            };
            // Nobody waits any more when the program stops.
            drop(done.send(answer));
        });
        if taken { answer } else { ready(Answer::too_much()) }
    }

    async fn replies(&self, scene: &Scene, input: Input, until: Instant) -> Vec<Reply> {
        let encounter = Encounter { place: scene.place(), visitor: scene.visitor(), input };
        let answered = tokio::time::timeout_at(until - BRING_WITHIN, async {
            let _turn = self.turns.acquire().await;
            self.engine.receive(encounter).await
        });
        answered
            .await
            .unwrap_or_else(|_| vec![Reply::failure(ErrorCode::Internal.as_str(), "That took too long, so I gave up.")])
    }

    /// Waits for what is being answered, for a while.
    pub(crate) async fn finish(&self) {
        self.lanes.finish(FINISH).await;
    }

    /// Says what follows a first answer.
    pub(crate) async fn follow(&self, rest: Rest) {
        let Rest { application, token, until, what } = rest;
        let to = To { interaction: (application, token.as_str()), until };
        let done = match what {
            What::More(messages) => self.add(to, messages).await,
            What::All(work, heard) => {
                self.put_in_place(to, work.await.unwrap_or_else(|_| Answer::broken()), heard).await
            }
        };
        if let Err(error) = done {
            tracing::warn!(%error, "could not answer an interaction on Discord");
        }
    }

    async fn put_in_place(&self, to: To<'_>, answer: Answer, heard: Heard) -> Result<(), crate::api::ApiError> {
        let Answer { mut messages, quiet } = answer;
        // What everybody sees waiting cannot be made something that one person alone sees.
        if quiet && !heard.quiet {
            let others = Message::text("The answer is for you alone.");
            self.api.edit_answer(to.interaction, &others, to.until).await?;
        } else {
            let first = if messages.is_empty() { Message::text("—") } else { messages.remove(0) };
            self.api.edit_answer(to.interaction, &first, to.until).await?;
        }
        let messages = messages.into_iter().map(|message| message.quiet(quiet || heard.quiet)).collect();
        self.add(to, messages).await
    }

    async fn add(&self, to: To<'_>, messages: Vec<Message>) -> Result<(), crate::api::ApiError> {
        for message in messages {
            self.api.add_answer(to.interaction, &message, to.until).await?;
        }
        Ok(())
    }
}

impl First {
    fn only(callback: Value) -> Self {
        Self { callback, files: Vec::new(), rest: None }
    }
}

impl From<Vec<Reply>> for Answer {
    fn from(replies: Vec<Reply>) -> Self {
        let for_one = |reply: &Reply| reply.sensitive || reply.private || reply.about_rights;
        let quiet = replies.is_empty() || replies.iter().any(for_one);
        Self { messages: replies.iter().flat_map(render::messages).collect(), quiet }
    }
}

impl Answer {
    fn broken() -> Self {
        Self::failed("Something broke in Watchword; its log says what.")
    }

    fn too_much() -> Self {
        Self::failed("You say more here at once than I can take. Wait for the answers, then say this again.")
    }

    fn failed(why: &str) -> Self {
        let reply = Reply::failure(ErrorCode::Internal.as_str(), why);
        Self { quiet: true, ..vec![reply].into() }
    }
}

/// An answer that is there already.
fn ready(answer: Answer) -> oneshot::Receiver<Answer> {
    let (done, ready) = oneshot::channel();
    drop(done.send(answer));
    ready
}

fn put_off(quiet: bool) -> Value {
    json!({ "type": callback::DEFERRED, "data": { "flags": if quiet { EPHEMERAL } else { 0 } } })
}
