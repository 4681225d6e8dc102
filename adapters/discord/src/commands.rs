//! Slash commands, derived from the declarations of the commands, and registered where they differ from what Discord knows.

use std::num::NonZeroU64;

use bot_core::Command;
use bot_core::commands::COMMANDS;
use bot_core::grammar::{Argument, Kind, all};
use serde::{Deserialize, Serialize};
use serenity::http::{LightMethod, Route};
use serenity::model::id::{ApplicationId, CommandId, GuildId};

use crate::api::{Api, ApiError};
use crate::limits;
use crate::line::MORE;

/// The types of commands and of options.
/// Source: <https://discord.com/developers/docs/interactions/application-commands>.
const CHAT_INPUT: u8 = 1;
const STRING: u8 = 3;
const BOOLEAN: u8 = 5;
/// Where a command can be said: in a guild, and to the bot alone.
const CONTEXTS: [u8; 2] = [0, 1];

/// A slash command as Discord takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// What it is called.
    pub name: String,
    /// What it does.
    pub description: String,
    /// 1: it is typed.
    #[serde(rename = "type", default = "chat_input")]
    pub kind: u8,
    /// What can be said with it.
    #[serde(default)]
    pub options: Vec<DeclaredOption>,
    /// Where it can be said. A command of one guild has none: it can be said there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contexts: Option<Vec<u8>>,
}

/// An option of a slash command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredOption {
    /// 3: text, 5: yes or no.
    #[serde(rename = "type")]
    pub kind: u8,
    /// What it is called.
    pub name: String,
    /// What it is.
    pub description: String,
    /// Whether it has to be said.
    #[serde(default)]
    pub required: bool,
    /// Whether values are offered while it is typed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub autocomplete: bool,
}

/// A command that Discord knows.
#[derive(Debug, Deserialize)]
struct Registered {
    id: CommandId,
    #[serde(flatten)]
    declared: Declared,
}

fn chat_input() -> u8 {
    CHAT_INPUT
}

/// All commands, as they are registered for all guilds; `for_guild`: for one guild.
#[must_use]
pub fn declarations(for_guild: bool) -> Vec<Declared> {
    COMMANDS.iter().take(limits::COMMANDS).map(|command| declared(command, for_guild)).collect()
}

fn declared(command: &Command, for_guild: bool) -> Declared {
    let mut arguments: Vec<&Argument> = all(command.arguments).collect();
    // What is required has to stand before what is not, and of too many those that need a word to be said come last.
    arguments.sort_by_key(|argument| (!is_required(argument), !argument.positional));
    let more = arguments.len() > limits::COMMAND_OPTIONS || arguments.iter().any(|argument| argument.repeated);
    let room = limits::COMMAND_OPTIONS - usize::from(more);
    let mut options: Vec<DeclaredOption> = arguments.into_iter().take(room).map(option).collect();
    if more {
        let description = "What else there is to say, as it would be typed after the command.".to_owned();
        options.push(DeclaredOption {
            kind: STRING,
            name: MORE.to_owned(),
            description,
            required: false,
            autocomplete: false,
        });
    }
    let contexts = (!for_guild).then(|| CONTEXTS.to_vec());
    Declared {
        name: command.name.to_owned(),
        description: described(command.summary),
        kind: CHAT_INPUT,
        options,
        contexts,
    }
}

fn option(argument: &Argument) -> DeclaredOption {
    let kind = if matches!(argument.kind, Kind::Flag | Kind::Switch) { BOOLEAN } else { STRING };
    DeclaredOption {
        kind,
        name: argument.name.to_owned(),
        description: described(argument.about),
        required: is_required(argument),
        autocomplete: kind == STRING && !argument.secret,
    }
}

/// What another argument can make needless is asked for when it is missing, and not demanded before.
fn is_required(argument: &Argument) -> bool {
    argument.required && argument.unless.is_empty()
}

fn described(text: &str) -> String {
    adapter_common::Units::Chars.shorten(text, limits::COMMAND_DESCRIPTION).into_owned()
}

/// What registering has changed.
#[derive(Debug, PartialEq, Eq, Default)]
pub(crate) struct Changes {
    pub(crate) added: usize,
    pub(crate) changed: usize,
    pub(crate) removed: usize,
}

/// Makes what Discord knows be what is declared: for one guild, or for all. Where commands are registered for one guild there are
/// none for all, for people would see each twice.
pub(crate) async fn register(api: &Api, application: u64, guild: Option<NonZeroU64>) -> Result<Changes, ApiError> {
    let application_id = ApplicationId::new(application);
    if let Some(guild) = guild {
        let at = At { application_id, guild: None };
        at.register(api, Vec::new()).await?;
        let at = At { application_id, guild: Some(GuildId::from(guild)) };
        return at.register(api, declarations(true)).await;
    }
    At { application_id, guild: None }.register(api, declarations(false)).await
}

/// Where commands are registered.
struct At {
    application_id: ApplicationId,
    guild: Option<GuildId>,
}

impl At {
    fn all(&self) -> Route<'static> {
        let application_id = self.application_id;
        match self.guild {
            Some(guild_id) => Route::GuildCommands { application_id, guild_id },
            None => Route::Commands { application_id },
        }
    }

    fn one(&self, command_id: CommandId) -> Route<'static> {
        let application_id = self.application_id;
        match self.guild {
            Some(guild_id) => Route::GuildCommand { application_id, guild_id, command_id },
            None => Route::Command { application_id, command_id },
        }
    }

    async fn register(&self, api: &Api, wanted: Vec<Declared>) -> Result<Changes, ApiError> {
        let known = api.get(self.all()).await?;
        let known: Vec<Registered> = known
            .as_array()
            .into_iter()
            .flatten()
            // A command of another type, or one that cannot be read, is none of ours.
            .filter_map(|command| serde_json::from_value(command.clone()).ok())
            .filter(|command: &Registered| command.declared.kind == CHAT_INPUT)
            .collect();
        let mut changes = Changes::default();
        for old in &known {
            if !wanted.iter().any(|new| new.name == old.declared.name) {
                api.delete(self.one(old.id)).await?;
                changes.removed += 1;
            }
        }
        for new in &wanted {
            match known.iter().find(|old| old.declared.name == new.name) {
                Some(old) if is_same(&old.declared, new) => {}
                Some(old) => {
                    api.send(LightMethod::Patch, self.one(old.id), new).await?;
                    changes.changed += 1;
                }
                None => {
                    api.send(LightMethod::Post, self.all(), new).await?;
                    changes.added += 1;
                }
            }
        }
        Ok(changes)
    }
}

/// Whether Discord knows a command as it is declared. For one of a guild it may tell contexts that nobody asked for.
fn is_same(old: &Declared, new: &Declared) -> bool {
    let contexts = new.contexts.is_none() || old.contexts == new.contexts;
    contexts && (&old.name, &old.description, &old.options) == (&new.name, &new.description, &new.options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(text: &str) -> usize {
        text.chars().count()
    }

    fn is_name(name: &str) -> bool {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        (1..=limits::COMMAND_NAME).contains(&length(name)) && name.chars().all(allowed)
    }

    #[test]
    fn every_command_is_within_the_limits() {
        assert!(COMMANDS.len() <= limits::COMMANDS, "Discord takes {} commands", limits::COMMANDS);
        for command in declarations(false) {
            assert!(is_name(&command.name), "{}", command.name);
            assert!((1..=limits::COMMAND_DESCRIPTION).contains(&length(&command.description)), "{}", command.name);
            assert!(command.options.len() <= limits::COMMAND_OPTIONS, "{}", command.name);
            let mut text = length(&command.name) + length(&command.description);
            for (index, option) in command.options.iter().enumerate() {
                assert!(is_name(&option.name), "{} {}", command.name, option.name);
                assert!((1..=limits::COMMAND_DESCRIPTION).contains(&length(&option.description)), "{}", option.name);
                let earlier = &command.options[..index];
                assert!(!earlier.iter().any(|other| other.name == option.name), "{} {}", command.name, option.name);
                assert!(!option.required || earlier.iter().all(|other| other.required), "{}", option.name);
                text += length(&option.name) + length(&option.description);
            }
            assert!(text <= limits::COMMAND_TEXT, "{} has {text} characters", command.name);
        }
    }

    #[test]
    fn what_does_not_fit_goes_through_more() {
        let add = declarations(false).into_iter().find(|command| command.name == "add-monitor").unwrap();
        assert_eq!(add.options.len(), limits::COMMAND_OPTIONS);
        assert_eq!(add.options.last().unwrap().name, MORE);
    }

    #[test]
    fn a_command_looks_like_this() {
        let pause = declarations(false).into_iter().find(|command| command.name == "ack").unwrap();
        insta::assert_json_snapshot!(pause);
    }

    #[test]
    fn no_argument_is_called_like_the_option_for_the_rest() {
        let arguments = COMMANDS.iter().flat_map(|command| all(command.arguments));
        assert!(arguments.into_iter().all(|argument| argument.name != MORE));
    }
}
