//! What is remembered between a question and its answer.

use monitor_core::people::PersonId;
use serde::{Deserialize, Serialize};

use crate::commands;
use crate::grammar::{self, Argument, Given, Kind, Token};
use crate::kinds;
use crate::reply::{Block, FormField, FormKind};

/// A question that waits for its answer. Stored sealed, so it may hold secrets, and survives a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dialog {
    /// Tells its buttons and its form from those of another question.
    pub(crate) id: String,
    /// The command that asks.
    pub(crate) command: String,
    /// What was said so far.
    pub(crate) given: Given,
    /// What is asked.
    pub(crate) awaits: Awaits,
}

impl Dialog {
    /// Whether a state that is stored is that of this question.
    pub(crate) fn is(&self, state: &str) -> bool {
        serde_json::from_str::<Self>(state).is_ok_and(|found| found.id == self.id)
    }

    /// What is said when an answer is none.
    pub(crate) fn reminder(&self) -> String {
        match &self.awaits {
            Awaits::Argument { .. } => format!("{} Or say `cancel`.", self.question()),
            Awaits::Confirmation { .. } if self.can_be_amended() => {
                "Please answer `yes` or `no`, or change something, like `every 10s`.".to_owned()
            }
            Awaits::Confirmation { .. } => "Please answer `yes` or `no`.".to_owned(),
        }
    }

    /// What is said when something else was said in between.
    pub(crate) fn still_open(&self) -> String {
        let ways = match &self.awaits {
            Awaits::Argument { .. } => self.question(),
            Awaits::Confirmation { .. } if self.can_be_amended() => "`yes`, `no`, or change something.".to_owned(),
            Awaits::Confirmation { .. } => "`yes` or `no`.".to_owned(),
        };
        format!("My question about `{}` is still open: {ways}", self.command)
    }

    /// All that was said so far, with what was proposed.
    pub(crate) fn said(&self) -> Given {
        match &self.awaits {
            Awaits::Argument { .. } => self.given.clone(),
            Awaits::Confirmation { proposed } => self.given.clone().amended(proposed.clone()),
        }
    }

    /// Whether the answer may be a secret.
    pub(crate) fn asks_for_secret(&self) -> bool {
        match &self.awaits {
            Awaits::Argument { name } => self.argument(name).is_some_and(|argument| argument.secret),
            Awaits::Confirmation { .. } => false,
        }
    }

    /// The argument of that name that the command takes.
    pub(crate) fn argument(&self, name: &str) -> Option<&'static Argument> {
        commands::find(&self.command).and_then(|command| grammar::find(command.arguments, name))
    }

    fn question(&self) -> String {
        match &self.awaits {
            Awaits::Argument { name } => {
                self.argument(name).map_or_else(String::new, |argument| question(argument, &self.given).0)
            }
            Awaits::Confirmation { .. } => String::new(),
        }
    }

    fn can_be_amended(&self) -> bool {
        self.argument("interval").is_some()
    }
}

/// What a question asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Awaits {
    /// An argument that is missing.
    Argument {
        /// Its name.
        name: String,
    },
    /// Yes or no.
    Confirmation {
        /// What the command proposed on its own, to be taken with a yes.
        proposed: Given,
    },
}

/// What a button does, as it is stored behind its token.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Press {
    /// The question that it answers; without one it speaks for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) dialog: Option<String>,
    /// Who was asked that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) asker: Option<PersonId>,
    /// What it says.
    pub(crate) say: String,
}

/// An id that no other question has.
pub(crate) fn new_id() -> String {
    let mut random = [0; 8];
    if let Err(error) = getrandom::fill(&mut random) {
        tracing::error!(%error, "the system gives no random numbers");
    }
    format!("{:016x}", u64::from_ne_bytes(random))
}

/// How an answer answers a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Consent {
    Yes,
    No,
    Neither,
}

impl Consent {
    /// Reads an answer.
    pub(crate) fn of(tokens: &[Token]) -> Self {
        let words: Vec<&str> = tokens.iter().take(4).map(|token| token.text.as_str()).collect();
        Self::of_words(&words.join(" "))
    }

    /// Reads the words of an answer.
    pub(crate) fn of_words(words: &str) -> Self {
        match words.to_lowercase().trim_end_matches(['.', '!', ',']) {
            "yes" | "y" | "yes please" | "yeah" | "yep" | "ok" | "okay" | "sure" | "do it" | "go ahead" | "confirm"
            | "--yes" | "-y" => Self::Yes,
            "no" | "n" | "no thanks" | "nope" | "nah" | "don't" | "don’t" | "stop" | "forget it" | "no thank you" => {
                Self::No
            }
            _ => Self::Neither,
        }
    }
}

/// The words for a missing argument, and an example: what a target is depends on the check kind that was said.
fn question(argument: &Argument, given: &Given) -> (String, String) {
    if let Some(question) = crate::destinations::question(argument, given) {
        return question;
    }
    let kind = given.get("kind").filter(|_| argument.kind == Kind::Address).and_then(kinds::find);
    kind.map_or_else(|| (argument.ask.to_owned(), argument.example.to_owned()), kinds::question)
}

/// The question of that id for an argument that is missing beside what was given; `known` are answers that are possible, when they
/// are few.
pub(crate) fn ask(argument: &Argument, given: &Given, known: Vec<String>, id: &str) -> Vec<Block> {
    let (ask, example) = question(argument, given);
    let choices: Vec<String> = match argument.kind {
        Kind::Choice(choices) => choices.iter().map(|choice| (*choice).to_owned()).collect(),
        _ => known,
    };
    let field = FormField {
        name: argument.name.to_owned(),
        label: ask.clone(),
        kind: if choices.is_empty() { FormKind::Text } else { FormKind::Choice },
        required: true,
        placeholder: Some(example),
        choices,
        secret: argument.secret,
    };
    vec![Block::text(ask.clone()), Block::Form { title: ask, token: id.to_owned(), fields: vec![field] }]
}
