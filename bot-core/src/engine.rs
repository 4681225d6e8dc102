//! From what was said to what is answered.

use monitor_core::code::ErrorCode;
use monitor_core::people::{Actor, ConversationId, Permission, PersonId};
use services::{ServiceError, Services};

use crate::command::{Answer, Command, Failure, Offer, Turn};
use crate::commands::{self, help};
use crate::destinations;
use crate::dialog::{self, Awaits, Consent, Dialog, Press};
use crate::form::fill_in;
use crate::grammar::{self, Given, Kind, Line, Quoted, Shape, Token};
use crate::press::press;
use crate::reply::{Action, ActionStyle, Block, Reply};
use crate::sensitive::may_hold_secret;

/// Monitors that are few enough to be offered by name.
const FEW: u64 = 10;

/// Something that a person said or pressed.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// The platform's name, such as `web`.
    pub platform: &'a str,
    /// Where it was said.
    pub conversation: ConversationId,
    /// Who said it.
    pub actor: Actor,
    /// What was said.
    pub input: Input,
}

/// What a person did.
#[derive(Debug, Clone)]
pub enum Input {
    /// Said this.
    Text(String),
    /// Pressed the button with this token.
    Action(String),
    /// Filled in a form.
    Answer {
        /// The form's token.
        token: String,
        /// What was filled into which field, by its name.
        values: Vec<(String, String)>,
    },
}

/// The conversation engine. Cheap to clone; remembers nothing itself.
#[derive(Clone)]
pub struct Engine {
    pub(crate) services: Services,
}

impl Engine {
    /// An engine over these services.
    #[must_use]
    pub fn new(services: Services) -> Self {
        Self { services }
    }

    /// Answers. What goes wrong is an answer as well, with `ok` false.
    pub async fn handle(&self, request: Request<'_>) -> Vec<Reply> {
        let Request { platform, conversation, actor, input } = request;
        tracing::debug!(platform, conversation_id = %conversation, person_id = %actor.person, "heard");
        let now = self.services.now();
        let turn = Turn { services: &self.services, actor: &actor, platform, conversation, now, confirmed: false };
        // An answer names no argument, so it does not show that it is a secret.
        let asked_for_secret = matches!(load(turn, actor.person).await, Ok(Some(dialog)) if dialog.asks_for_secret());
        let answered = match &input {
            Input::Text(text) => hear(turn, text).await,
            Input::Action(token) => press(turn, token).await,
            Input::Answer { token, values } => fill_in(turn, token, values).await,
        };
        let mut reply = answered.unwrap_or_else(Reply::from);
        reply.sensitive |= asked_for_secret
            || match &input {
                Input::Text(text) => may_hold_secret(text, !reply.ok),
                Input::Action(_) => false,
                // What answers nothing any more may be the secret that was asked for then.
                Input::Answer { values, .. } => {
                    is_settled(&reply) || values.iter().any(|(_, value)| may_hold_secret(value, !reply.ok))
                }
            };
        vec![reply]
    }
}

fn is_settled(reply: &Reply) -> bool {
    reply.code.as_deref() == Some(ErrorCode::NoQuestion.as_str())
}

pub(crate) async fn hear(turn: Turn<'_>, text: &str) -> Result<Reply, Failure> {
    let line = Line::read(text)?;
    let me = turn.actor.person;
    let dialog = load(turn, me).await?;
    match (line, dialog) {
        (Line::Command(command, tokens), dialog) => aside(turn, command, &tokens, dialog).await,
        (Line::Address(tokens), Some(dialog)) if matches!(dialog.awaits, Awaits::Argument { .. }) => {
            answer_dialog(turn, dialog, me, &tokens).await
        }
        (Line::Address(tokens), dialog) => aside(turn, &commands::add_monitor::COMMAND, &tokens, dialog).await,
        (Line::Other(_, tokens), Some(dialog)) => answer_dialog(turn, dialog, me, &tokens).await,
        (Line::Empty, Some(dialog)) => answer_dialog(turn, dialog, me, &[]).await,
        (Line::Empty, None) => Ok(help::short(turn.actor.role)),
        (Line::Other(word, tokens), None) => stray(turn, &word, &tokens),
    }
}

/// What is neither a command nor an answer.
fn stray(turn: Turn<'_>, word: &str, tokens: &[Token]) -> Result<Reply, Failure> {
    if help::is_greeting(tokens) {
        return Ok(help::short(turn.actor.role));
    }
    if Consent::of(tokens) != Consent::Neither {
        let text = "There is no question open, so nothing was done. `help` shows what I can do.";
        return Err(Failure::new(ErrorCode::NoQuestion, text));
    }
    Err(commands::unknown(word))
}

/// Runs a command while a question may be open. What only reads or fails leaves the question open; what changes something,
/// or asks, takes its place.
async fn aside(
    turn: Turn<'_>,
    command: &'static Command,
    tokens: &[Token],
    dialog: Option<Dialog>,
) -> Result<Reply, Failure> {
    let done = obey(turn, command, tokens).await;
    let Some(dialog) = dialog.filter(|_| command.name != commands::cancel::COMMAND.name) else {
        return done.map(|done| done.reply);
    };
    let Done { mut reply, asks } = done.map_err(|failure| failure.and(&dialog.still_open()))?;
    if asks || command.permission != Permission::Read {
        if !asks {
            end(turn, turn.actor.person).await?;
        }
        reply.blocks.insert(0, Block::text(format!("I dropped my question about `{}`.", dialog.command)));
    } else {
        reply.blocks.push(Block::text(dialog.still_open()));
    }
    Ok(reply)
}

/// What became of a command.
struct Done {
    reply: Reply,
    /// The reply is a question, which took the place of any other.
    asks: bool,
}

/// Runs a command with the words after it.
async fn obey(turn: Turn<'_>, command: &'static Command, tokens: &[Token]) -> Result<Done, Failure> {
    if !turn.actor.role.may(command.permission) {
        return Err(ServiceError::Denied { permission: command.permission, role: turn.actor.role }.into());
    }
    tracing::debug!(command = command.name, "understood");
    let given = grammar::parse(command.arguments, tokens, &Given::default());
    let takes = format!("`help {}` shows what it takes.", command.name);
    let given = given.map_err(|error| Failure::from(error).about_rights_of(command).and(&takes))?;
    start(turn, command, given).await
}

/// Runs a command, or asks for what is missing. The answer says whether it is about rights.
async fn start(turn: Turn<'_>, command: &'static Command, given: Given) -> Result<Done, Failure> {
    let mut done = run(turn, command, given).await.map_err(|failure| failure.about_rights_of(command))?;
    done.reply.about_rights = commands::is_about_rights(command);
    Ok(done)
}

async fn run(turn: Turn<'_>, command: &'static Command, given: Given) -> Result<Done, Failure> {
    let missing = given.missing(command.arguments).or_else(|| destinations::missing(command.arguments, &given));
    if let Some(argument) = missing {
        let known = known_answers(turn, argument.kind).await?;
        let awaits = Awaits::Argument { name: argument.name.to_owned() };
        let id = dialog::new_id();
        let reply = Reply::of(dialog::ask(argument, &given, known, &id));
        let dialog = Dialog { id, command: command.name.to_owned(), given, awaits };
        save(turn, turn.actor.person, &dialog).await?;
        return Ok(Done { reply, asks: true });
    }
    let mut answer = (command.run)(turn, given.clone()).await?;
    let mut id = None;
    if let Some(proposed) = answer.asks.take() {
        let awaits = Awaits::Confirmation { proposed };
        let dialog = Dialog { id: dialog::new_id(), command: command.name.to_owned(), given, awaits };
        save(turn, turn.actor.person, &dialog).await?;
        for block in &mut answer.reply.blocks {
            if let Block::Form { token, .. } = block {
                token.clone_from(&dialog.id);
            }
        }
        id = Some(dialog.id);
        let yes = if commands::takes_away(command) { ActionStyle::Danger } else { ActionStyle::Primary };
        for (label, say, style) in [("Yes", "yes", yes), ("No", "no", ActionStyle::Default)] {
            answer.offers.push(Offer { label: label.to_owned(), say: say.to_owned(), style });
        }
    }
    let asks = id.is_some();
    Ok(Done { reply: with_buttons(turn, answer, id).await?, asks })
}

/// What can be answered to a question for a monitor, when there are few.
async fn known_answers(turn: Turn<'_>, kind: Kind) -> Result<Vec<String>, Failure> {
    if kind != Kind::Monitor {
        return Ok(Vec::new());
    }
    let names = turn.services.monitor_names(turn.actor, "", FEW + 1).await?;
    match names.len() as u64 {
        0 => {
            let text = "There are no monitors yet. `add-monitor https://shop.example` adds one.";
            Err(Failure::new(ErrorCode::MonitorNotFound, text))
        }
        1..=FEW => Ok(names),
        _ => Ok(Vec::new()),
    }
}

/// Gives every offer its token.
async fn with_buttons(turn: Turn<'_>, answer: Answer, dialog: Option<String>) -> Result<Reply, Failure> {
    let Answer { mut reply, offers, .. } = answer;
    let asker = dialog.is_some().then_some(turn.actor.person);
    for Offer { label, say, style } in offers {
        let press = Press { dialog: dialog.clone(), asker, say };
        let press = serde_json::to_string(&press).map_err(unwritable)?;
        let token = turn.services.offer_action(turn.actor, turn.conversation, &press).await?;
        reply.actions.push(Action { label, token, style });
    }
    Ok(reply)
}

/// Takes an answer to a question. What fails leaves the question open, so that another answer can be tried.
pub(crate) async fn answer_dialog(
    turn: Turn<'_>,
    dialog: Dialog,
    asker: PersonId,
    tokens: &[Token],
) -> Result<Reply, Failure> {
    let command = asking(turn, &dialog, asker).await?;
    match (Consent::of(tokens), &dialog.awaits) {
        (Consent::No, _) => {
            end(turn, asker).await?;
            return Ok(Reply::text("All right, I did nothing."));
        }
        (Consent::Yes, Awaits::Confirmation { .. }) => {
            let work = Work { command, given: dialog.said(), or: None };
            return once(Turn { confirmed: true, ..turn }, dialog, asker, work).await;
        }
        _ if tokens.is_empty() => return Ok(Reply::text(dialog.reminder())),
        _ => {}
    }
    let words = named(&dialog, command, tokens);
    add(turn, dialog, asker, command, &words).await
}

/// The command that asks a question.
pub(crate) async fn asking(turn: Turn<'_>, dialog: &Dialog, asker: PersonId) -> Result<&'static Command, Failure> {
    if let Some(command) = commands::find(&dialog.command) {
        return Ok(command);
    }
    end(turn, asker).await?;
    Err(Failure::new(ErrorCode::NoQuestion, "My question is out of date. Please say the command again."))
}

/// Adds words to what was given, and goes on, once.
pub(crate) async fn add(
    turn: Turn<'_>,
    dialog: Dialog,
    asker: PersonId,
    command: &'static Command,
    words: &[Token],
) -> Result<Reply, Failure> {
    let reminder = dialog.reminder();
    let later = grammar::parse(command.arguments, words, &dialog.said());
    let later = later.map_err(|error| Failure::from(error).about_rights_of(command).and(&reminder))?;
    let given = dialog.given.clone().amended(later);
    once(turn, dialog, asker, Work { command, given, or: Some(reminder) }).await
}

/// An answer to a question for what cannot stand alone, with the word before it that says so.
pub(crate) fn named(dialog: &Dialog, command: &Command, tokens: &[Token]) -> Vec<Token> {
    let asked = match &dialog.awaits {
        Awaits::Argument { name } => grammar::find(command.arguments, name).filter(|argument| !argument.positional),
        Awaits::Confirmation { .. } => None,
    };
    let is_value = |token: &Token| matches!(grammar::classify(command.arguments, token, |_| true), Shape::Value);
    let asked = asked.filter(|_| tokens.first().is_some_and(is_value));
    let word = asked.map(|argument| Token { text: argument.word().to_owned(), quoted: Quoted::No, at: 0..0 });
    word.into_iter().chain(tokens.iter().cloned()).collect()
}

/// What a question was answered with.
struct Work {
    command: &'static Command,
    given: Given,
    /// What is said when that fails.
    or: Option<String>,
}

/// Does what a question was answered with, once: of two who answer it at the same time only one finds it open. It is done to its end
/// also when nobody waits for it any more. What fails leaves the question open, and so does what is never heard of again.
async fn once(turn: Turn<'_>, dialog: Dialog, asker: PersonId, work: Work) -> Result<Reply, Failure> {
    if !take(turn, &dialog, asker).await? {
        return Err(Failure::new(ErrorCode::NoQuestion, "That question is settled already."));
    }
    let Turn { conversation, now, confirmed, .. } = turn;
    let (services, actor, platform) = (turn.services.clone(), *turn.actor, turn.platform.to_owned());
    let working = tokio::spawn(async move {
        let turn = Turn { services: &services, actor: &actor, platform: &platform, conversation, now, confirmed };
        let done = Box::pin(start(turn, work.command, work.given)).await;
        // Why it could not be settled is logged where it happened, and says nothing of what was done.
        let _ = settle(turn, &dialog, asker, done.is_ok()).await;
        done.map_err(|failure| match &work.or {
            Some(or) => failure.and(or),
            None => failure,
        })
    });
    let broken = |_| Err(Failure::new(ErrorCode::Internal, "Something broke in Watchword; its log says what."));
    working.await.unwrap_or_else(broken).map(|done| done.reply)
}

/// The question that somebody was asked.
pub(crate) async fn load(turn: Turn<'_>, asked: PersonId) -> Result<Option<Dialog>, Failure> {
    let state = turn.services.dialog(&turn.of(asked), turn.conversation).await?;
    // A state that a later or earlier version wrote may not be readable: then nothing is being asked.
    Ok(state.and_then(|state| serde_json::from_str(&state).ok()))
}

async fn save(turn: Turn<'_>, asked: PersonId, dialog: &Dialog) -> Result<(), Failure> {
    let state = serde_json::to_string(dialog).map_err(unwritable)?;
    Ok(turn.services.save_dialog(&turn.of(asked), turn.conversation, &state).await?)
}

/// Takes that question, and no other that may stand in its place; tells whether it was still open.
async fn take(turn: Turn<'_>, dialog: &Dialog, asked: PersonId) -> Result<bool, Failure> {
    Ok(turn.services.take_dialog(&turn.of(asked), turn.conversation, |state| dialog.is(state)).await?)
}

/// Ends a question that was taken, or opens it again.
async fn settle(turn: Turn<'_>, dialog: &Dialog, asked: PersonId, over: bool) -> Result<(), ServiceError> {
    turn.services.settle_dialog(&turn.of(asked), turn.conversation, over, |state| dialog.is(state)).await
}

/// Tells whether something was asked. What is done may take the conversation away, and all questions with it.
async fn end(turn: Turn<'_>, asked: PersonId) -> Result<bool, Failure> {
    match turn.services.end_dialog(&turn.of(asked), turn.conversation).await {
        Err(ServiceError::ConversationNotFound) => Ok(false),
        ended => Ok(ended?),
    }
}

fn unwritable(error: serde_json::Error) -> Failure {
    Failure::new(ErrorCode::Internal, error.to_string())
}
