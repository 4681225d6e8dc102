use monitor_core::people::{Permission, Role};

use monitor_core::duration;
use notifiers::DestinationKind;

use super::{COMMANDS, by_topic, find, unknown};
use crate::command::{Answer, Command, Failure, Turn, sentence};
use crate::destinations::FIELDS;
use crate::grammar::{Argument, Given, Kind, Token, all};
use crate::kinds::{self, CheckKind, options};
use crate::reply::{Block, Field, Reply};

/// Says what can be said.
pub(crate) const COMMAND: Command = Command {
    name: "help",
    aliases: &["?", "h", "commands"],
    summary: "Shows what I can do, or all about one command, kind of check or kind of destination.",
    examples: &["help", "help add-monitor", "help tls", "help email"],
    arguments: &[&[Argument::new("command", Kind::Command, "The command or the kind to explain.").positional()]],
    permission: Permission::Read,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let Some(word) = given.get("command") else { return Ok(overview(turn.actor.role).into()) };
    let plain = word.trim_start_matches(['/', '!']).replace(' ', "-");
    match (find(&plain), kinds::find(&plain), notifiers::kind(&plain.to_lowercase())) {
        (Some(command), ..) => Ok(about(command).into()),
        (None, Some(kind), _) => Ok(about_kind(kind).into()),
        (None, None, Some(kind)) => Ok(about_destination(kind).into()),
        (None, None, None) => Err(unknown(word)),
    }
}

/// What a person of that role can say.
fn overview(role: Role) -> Reply {
    let possible = |(topic, commands): (&str, &[&Command])| {
        let possible = commands.iter().filter(|command| role.may(command.permission));
        let fields: Vec<Field> = possible.map(|command| Field::new(command.name, command.summary)).collect();
        (!fields.is_empty()).then(|| Block::fields(topic, fields))
    };
    let mut blocks: Vec<Block> = by_topic().filter_map(possible).collect();
    if COMMANDS.iter().any(|command| !role.may(command.permission)) {
        blocks.push(Block::text(format!("That is what you may do as {}.", role.as_str())));
    }
    blocks.push(Block::text("`help add-monitor` tells all about one command. An address alone, like `https://shop.example`, is taken as one to watch."));
    Reply::of(blocks)
}

/// A first answer to somebody who does not know what to say.
pub(crate) fn short(role: Role) -> Reply {
    let mut ways = vec![
        ("status", "how everything is"),
        ("show-report 7d", "uptime, latency and traffic of a week"),
        ("help", "all I can do"),
    ];
    if role.may(Permission::Edit) {
        ways.insert(0, ("https://shop.example", "watch that address"));
    }
    let ways = ways.into_iter().map(|(say, about)| Field::new(say, about)).collect();
    Reply::of(vec![
        Block::text("Hello! I watch websites, servers and jobs, and tell you when they fail. Say for example:"),
        Block::Fields { title: None, fields: ways },
    ])
}

/// Whether somebody greets or asks instead of saying a command.
pub(crate) fn is_greeting(tokens: &[Token]) -> bool {
    const OPENINGS: [&str; 18] = [
        "hi", "hello", "hey", "hallo", "moin", "yo", "good", "what", "how", "who", "why", "where", "can", "could",
        "please", "thanks", "thank", "start",
    ];
    let first = tokens.first().map(|token| token.text.to_lowercase()).unwrap_or_default();
    let question = tokens.last().is_some_and(|token| token.text.ends_with('?'));
    question || OPENINGS.contains(&first.trim_start_matches('/').trim_end_matches(['!', ',', '.', '\'']))
}

/// All about a command.
fn about(command: &Command) -> Reply {
    let mut blocks = vec![Block::text(format!("`{}` {}", usage(command), command.summary))];
    if !command.aliases.is_empty() {
        let aliases: Vec<String> = command.aliases.iter().map(|alias| format!("`{alias}`")).collect();
        blocks.push(Block::text(format!("Also: {}.", aliases.join(", "))));
    }
    let fields: Vec<Field> =
        all(command.arguments).filter(|own| !options::is_option(own) && !FIELDS.contains(own)).map(field).collect();
    if !fields.is_empty() {
        blocks.push(Block::fields("It takes", fields));
    }
    if all(command.arguments).any(options::is_option) {
        let kinds = kinds::KINDS.iter().map(|kind| Field::new(kind.name, kind.about())).collect();
        blocks.push(Block::fields("It checks, each kind with options that `help KIND` shows", kinds));
    }
    if all(command.arguments).any(|argument| FIELDS.contains(argument)) {
        let kinds = notifiers::KINDS.iter().map(|kind| Field::new(kind.name, kind.summary)).collect();
        blocks.push(Block::fields("It can tell, each kind with fields that `help KIND` shows", kinds));
    }
    blocks.push(examples(command.examples));
    Reply::of(blocks)
}

/// All about a kind of destination.
fn about_destination(kind: &DestinationKind) -> Reply {
    let field = |field: &notifiers::Field| {
        let needed = if field.required { " Needed." } else { "" };
        Field::new(&format!("{} {}", field.name, field.example), format!("{}{needed}", sentence(field.help)))
    };
    let fields = kind.fields.iter().map(field).collect();
    Reply::of(vec![
        Block::text(format!("`add-destination NAME {} …` {}", kind.name, sentence(kind.summary))),
        Block::fields("It takes, beside what `help add-destination` shows", fields),
        examples(&[kind.example]),
    ])
}

/// All about a check kind.
fn about_kind(kind: &CheckKind) -> Reply {
    let plain = kind.schemes.is_empty() || kind.target.contains("://");
    let target = if plain { kind.target.to_owned() } else { format!("{} or {}://…", kind.target, kind.schemes[0]) };
    let interval = duration::format(kind.interval);
    let mut blocks = vec![Block::text(format!("`add-monitor {} …` {}", kind.name, kind.about()))];
    let mut about = vec![Field::new("watches", target)];
    about
        .extend(kind.is_probed().then(|| Field::new("interval", format!("every {interval} unless you say otherwise"))));
    let facts: Vec<&str> = kind.facts().iter().map(|fact| fact.usage()).collect();
    about.push(Field::new("assert", facts.join(", ")));
    blocks.push(Block::Fields { title: None, fields: about });
    let options = kind.options.iter().filter_map(|name| options::named(name));
    let options = options.map(|option| field(&options::of_kind(kind.name, option))).collect();
    blocks.push(Block::fields("It takes, beside what `help add-monitor` shows", options));
    blocks.push(examples(kind.examples));
    Reply::of(blocks)
}

fn field(argument: &Argument) -> Field {
    Field::new(&form(argument), description(argument))
}

fn examples(examples: &[&str]) -> Block {
    let examples: Vec<String> = examples.iter().map(|example| format!("`{example}`")).collect();
    Block::text(format!("For example: {}", examples.join(", ")))
}

/// How a command is said, with what it needs and what can stand alone.
pub(crate) fn usage(command: &Command) -> String {
    let arguments = all(command.arguments).filter(|argument| argument.positional);
    let parts = arguments.map(|argument| {
        if argument.required { format!(" <{}>", argument.name) } else { format!(" [{}]", argument.name) }
    });
    let more = if all(command.arguments).any(|argument| !argument.positional) { " …" } else { "" };
    format!("{}{}{more}", command.name, parts.collect::<String>())
}

/// How an argument is said.
pub(crate) fn form(argument: &Argument) -> String {
    match (argument.kind, argument.positional) {
        (Kind::Flag, _) => argument.word().to_owned(),
        (_, true) => format!("[{}] {}", argument.word(), argument.example),
        (_, false) => format!("{} {}", argument.word(), argument.example),
    }
}

/// What there is to know about an argument.
pub(crate) fn description(argument: &Argument) -> String {
    let mut parts = vec![argument.about.to_owned()];
    if let Kind::Choice(choices) = argument.kind {
        parts.push(format!("One of {}.", choices.join(", ")));
    }
    if argument.repeated {
        parts.push("Can be given more than once.".to_owned());
    }
    if argument.removable {
        parts.push("`none` takes it away.".to_owned());
    }
    if let Some(default) = argument.default {
        parts.push(format!("Default: {default}."));
    }
    parts.join(" ")
}
