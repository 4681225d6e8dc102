//! What could come next while somebody types.

use monitor_core::people::Actor;
use serde::Serialize;

use crate::command::Command;
use crate::commands::{COMMANDS, find};
use crate::engine::Engine;
use crate::grammar::{self, Argument, Kind, Line, Shape, Token, all, classify, is_own_name};
use crate::kinds::{self, CheckKind};

/// What could stand in place of the word being typed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Completion {
    /// Where that word begins, in bytes of the text.
    pub start: usize,
    /// What it could be.
    pub choices: Vec<Choice>,
}

/// A word that could be meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// The word.
    pub text: String,
    /// What it is, possibly empty.
    pub about: String,
}

impl Choice {
    pub(crate) fn new(text: impl Into<String>, about: &str) -> Self {
        Self { text: text.into(), about: about.to_owned() }
    }
}

impl Engine {
    /// Completes the last word of `text`, which ends where the person is typing.
    pub async fn complete(&self, actor: &Actor, text: &str) -> Completion {
        let nothing = Completion { start: text.len(), choices: Vec::new() };
        if text.len() > grammar::MAX_CHARS {
            return nothing;
        }
        let Ok(mut tokens) = grammar::tokenize(text) else { return nothing };
        let typed = match tokens.pop_if(|token| token.at.end == text.len()) {
            Some(token) if token.is_bare() => token,
            Some(_) => return nothing,
            None => Token { text: String::new(), quoted: grammar::Quoted::No, at: text.len()..text.len() },
        };
        if tokens.iter().all(is_own_name) {
            return commands(actor, &typed);
        }
        match Line::of(tokens) {
            Line::Command(command, before) => self.argument(actor, command, &before, &typed).await,
            Line::Address(mut before) => {
                before.remove(0);
                self.argument(actor, &crate::commands::add_monitor::COMMAND, &before, &typed).await
            }
            Line::Empty | Line::Other(..) => nothing,
        }
    }

    async fn argument(&self, actor: &Actor, command: &Command, before: &[Token], typed: &Token) -> Completion {
        let Walked { given, pending, kind } = walk(command, before);
        let (start, typed) = (typed.at.start, typed.text.as_str());
        if let Some(argument) = pending {
            return Completion { start, choices: self.values(actor, argument, typed).await };
        }
        let pair = typed.split_once(':').or_else(|| typed.split_once('='));
        if let Some((name, value)) = pair
            && let Some(argument) = grammar::find(command.arguments, name.trim_start_matches('-'))
        {
            return Completion { start: start + name.len() + 1, choices: self.values(actor, argument, value).await };
        }
        let open = |argument: &&Argument| {
            (argument.repeated || !given.contains(&argument.name)) && kind.is_none_or(|kind| kind.takes(argument))
        };
        if let Some(flag) = typed.strip_prefix("--") {
            let flags = all(command.arguments).filter(open).filter(|argument| argument.name.starts_with(flag));
            return Completion {
                start,
                choices: flags.map(|argument| Choice::new(format!("--{}", argument.name), argument.about)).collect(),
            };
        }
        let mut choices = Vec::new();
        let positional = |argument: &&Argument| argument.positional && !given.contains(&argument.name);
        // Once it is known what is watched, no kind is said any more.
        let said = |argument: &&Argument| argument.kind == Kind::CheckKind && kind.is_some();
        // There are so many labels that they would hide what else could be said.
        let vast = |argument: &&Argument| argument.kind == Kind::Label && typed.is_empty();
        let offered = |argument: &&Argument| !said(argument) && !vast(argument);
        for argument in all(command.arguments).filter(positional).filter(offered) {
            choices.extend(self.values(actor, argument, typed).await);
        }
        let words = all(command.arguments).filter(|argument| !argument.positional).filter(open);
        let lower = typed.to_ascii_lowercase();
        let word = |argument: &Argument| {
            let best = std::iter::once(argument.word()).chain(argument.names());
            best.into_iter().find(|name| name.starts_with(&lower)).map(|name| Choice::new(name, argument.about))
        };
        choices.extend(words.filter_map(word));
        Completion { start, choices }
    }
}

fn commands(actor: &Actor, typed: &Token) -> Completion {
    let bare = typed.text.trim_start_matches(['/', '!']);
    let lower = bare.to_lowercase().replace('_', "-");
    let possible =
        COMMANDS.iter().filter(|command| actor.role.may(command.permission) && command.name.starts_with(&lower));
    let choices: Vec<Choice> = possible.map(|command| Choice::new(command.name, command.summary)).collect();
    let by_alias = || find(bare).map(|command| Choice::new(command.name, command.summary));
    let start = typed.at.end - bare.len();
    Completion { start, choices: if choices.is_empty() { by_alias().into_iter().collect() } else { choices } }
}

/// What the words before say.
struct Walked {
    /// The arguments that were given.
    given: Vec<&'static str>,
    /// The one whose value comes next.
    pending: Option<&'static Argument>,
    /// The check kind that was said or follows from the address.
    kind: Option<&'static CheckKind>,
}

fn walk(command: &Command, tokens: &[Token]) -> Walked {
    let mut given = Vec::new();
    let mut pending = None;
    let mut kind = None;
    for token in tokens {
        if pending.take().is_some() {
            continue;
        }
        match classify(command.arguments, token, |name| given.contains(&name)) {
            Shape::Named(argument, value) => {
                given.push(argument.name);
                pending = Some(argument).filter(|_| value.is_none() && argument.kind != Kind::Flag);
            }
            Shape::Value => {
                let mut free =
                    all(command.arguments).filter(|argument| argument.positional && !given.contains(&argument.name));
                let fits = |argument: &&Argument| match argument.kind {
                    Kind::Address => kinds::may_be_target(kind.map(|kind: &CheckKind| kind.name), &token.text),
                    kind => kind.fits(&token.text),
                };
                let Some(argument) = free.find(fits) else { continue };
                given.push(argument.name);
                match argument.kind {
                    Kind::CheckKind => kind = kinds::find(&token.text),
                    Kind::Address => kind = kind.or_else(|| kinds::meant(None, &token.text).ok()),
                    _ => {}
                }
            }
            Shape::UnknownFlag | Shape::Filler => {}
        }
    }
    Walked { given, pending, kind }
}
