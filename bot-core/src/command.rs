//! What a command is, and what it has to work with.

use std::pin::Pin;

use monitor_core::Timestamp;
use monitor_core::alerting::RoutingError;
use monitor_core::alerting::rule::RuleError;
use monitor_core::assertion::AssertionError;
use monitor_core::code::ErrorCode;
use monitor_core::http::SpecError;
use monitor_core::monitor::MonitorError;
use monitor_core::people::{Actor, ConversationId, Permission, PersonId};
use services::{ServiceError, Services};

use crate::commands;
use crate::grammar::{Arguments, Given, GrammarError, Invalid};
use crate::reply::{ActionStyle, Block, FormField, FormKind, Reply};

/// A command, declared once.
pub struct Command {
    /// What it is called.
    pub name: &'static str,
    /// What else it may be called.
    pub aliases: &'static [&'static str],
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// Ways to say it.
    pub examples: &'static [&'static str],
    /// What can be said with it.
    pub arguments: Arguments,
    /// What a person has to be allowed. The services hold to it; here it keeps people from being asked for nothing.
    pub permission: Permission,
    pub(crate) run: for<'a> fn(Turn<'a>, Given) -> Running<'a>,
}

impl std::fmt::Debug for Command {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// A command being run.
pub(crate) type Running<'a> = Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send + 'a>>;

/// One turn of a conversation: who speaks, where, when.
#[derive(Clone, Copy)]
pub(crate) struct Turn<'a> {
    pub(crate) services: &'a Services,
    pub(crate) actor: &'a Actor,
    /// The platform's name.
    pub(crate) platform: &'a str,
    pub(crate) conversation: ConversationId,
    pub(crate) now: Timestamp,
    /// Whether the person has seen what the command asks back, and said yes.
    pub(crate) confirmed: bool,
}

impl Turn<'_> {
    /// The actor in another person's place, for what is remembered of that person.
    pub(crate) fn of(&self, person: PersonId) -> Actor {
        Actor { person, ..*self.actor }
    }
}

/// What a command answers.
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    pub(crate) offers: Vec<Offer>,
    /// The answer is a question, to be answered with yes or no; on yes the command runs again with what it proposed.
    pub(crate) asks: Option<Given>,
}

/// A button, before it has a token.
pub(crate) struct Offer {
    pub(crate) label: String,
    /// What pressing it says.
    pub(crate) say: String,
    pub(crate) style: ActionStyle,
}

impl Answer {
    /// Blocks, and nothing asked.
    pub(crate) fn of(blocks: Vec<Block>) -> Self {
        Reply::of(blocks).into()
    }

    /// A text, and nothing asked.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Reply::text(text).into()
    }

    /// A question, to be answered with yes or no.
    pub(crate) fn question(mut blocks: Vec<Block>, question: &str, proposed: Given) -> Self {
        let field = FormField {
            name: "yes".to_owned(),
            label: question.to_owned(),
            kind: FormKind::Confirm,
            required: true,
            placeholder: None,
            choices: vec!["yes".to_owned(), "no".to_owned()],
            secret: false,
        };
        // The question gets its token when it is asked.
        blocks.push(Block::Form { title: question.to_owned(), token: String::new(), fields: vec![field] });
        Self { asks: Some(proposed), ..Self::of(blocks) }
    }

    /// With a button that says something.
    pub(crate) fn offering(mut self, label: &str, say: String) -> Self {
        self.offers.push(Offer { label: label.to_owned(), say, style: ActionStyle::Default });
        self
    }
}

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self { reply, offers: Vec::new(), asks: None }
    }
}

/// Why a command was not done: a code for programs and sentences for the person.
#[derive(Debug)]
pub(crate) struct Failure {
    code: ErrorCode,
    text: String,
    /// What is wrong, with a mark under it: shown in a fixed width.
    pointed: String,
    about_rights: bool,
}

impl Failure {
    pub(crate) fn new(code: ErrorCode, text: impl Into<String>) -> Self {
        let about_rights = matches!(code, ErrorCode::Denied | ErrorCode::Unlinked | ErrorCode::Unconnected);
        Self { code, text: text.into(), pointed: String::new(), about_rights }
    }

    /// Of a command that may be about rights.
    pub(crate) fn about_rights_of(self, command: &Command) -> Self {
        Self { about_rights: self.about_rights || commands::is_about_rights(command), ..self }
    }

    /// With what it is about before it.
    pub(crate) fn about(self, what: &str) -> Self {
        Self { text: format!("{what}: {}", self.text), ..self }
    }

    /// With a sentence that says what to do next.
    pub(crate) fn and(self, sentence: &str) -> Self {
        Self { text: format!("{} {sentence}", self.text), ..self }
    }
}

impl From<Failure> for Reply {
    fn from(failure: Failure) -> Self {
        let mut reply = Self::failure(failure.code.as_str(), failure.text);
        reply.about_rights = failure.about_rights;
        reply.blocks.extend((!failure.pointed.is_empty()).then_some(Block::Code { text: failure.pointed }));
        reply
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Invalid(error) => error.into(),
            ServiceError::InvalidRule(error) => error.into(),
            error => Self::new(error.code(), sentence(&error.to_string())),
        }
    }
}

impl From<GrammarError> for Failure {
    fn from(error: GrammarError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

impl From<AssertionError> for Failure {
    fn from(error: AssertionError) -> Self {
        Self { pointed: error.pointed().to_owned(), ..Self::new(error.code(), sentence(error.message())) }
    }
}

impl From<MonitorError> for Failure {
    fn from(error: MonitorError) -> Self {
        match error {
            MonitorError::Assertion(error) => error.into(),
            error => Self::new(error.code(), sentence(&error.to_string())),
        }
    }
}

impl From<RuleError> for Failure {
    fn from(error: RuleError) -> Self {
        match error {
            RuleError::Condition(error) => error.into(),
            error => Self::new(error.code(), sentence(&error.to_string())),
        }
    }
}

impl From<SpecError> for Failure {
    fn from(error: SpecError) -> Self {
        Self::new(error.code(), sentence(&error.to_string()))
    }
}

impl From<RoutingError> for Failure {
    fn from(error: RoutingError) -> Self {
        Self::new(error.code(), sentence(&error.to_string()))
    }
}

impl From<Invalid> for Failure {
    fn from(invalid: Invalid) -> Self {
        Self::new(invalid.code, sentence(&invalid.why))
    }
}

/// The text with a capital at its beginning and a full stop at its end.
pub(crate) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let capital: String = chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect();
    if capital.ends_with(['.', '!', '?', ':']) { capital } else { format!("{capital}.") }
}
