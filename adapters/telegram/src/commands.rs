//! The commands that Telegram offers while somebody types `/`, from the declarations.

use adapter_common::Units;
use bot_core::commands::COMMANDS;
use serde_json::Value;
use teloxide_core::payloads::{
    DeleteMyCommands, DeleteMyCommandsSetters as _, GetMyCommands, GetMyCommandsSetters as _, SetMyCommands,
    SetMyCommandsSetters as _,
};
use teloxide_core::types::{BotCommand, BotCommandScope};
use tokio_util::sync::CancellationToken;

use crate::api::{Api, ApiError};
use crate::patience::persist;

/// Most commands of a scope. Source: <https://core.telegram.org/bots/api#setmycommands>.
const MAX_COMMANDS: usize = 100;

/// Longest name. Source: <https://core.telegram.org/bots/api#botcommand>.
const MAX_NAME: usize = 32;

/// Longest description, from the same place.
const MAX_DESCRIPTION: usize = 256;

/// Not offered in groups: what they answer is a code, and whoever reads it there could use it.
const PRIVATE: [&str; 3] = ["connect", "invite", "link"];

/// The language in which another program is most likely to have left commands. Nobody tells which languages have some.
const ENGLISH: &str = "en";

/// Has Telegram offer the commands, where it offers others. What is offered in a narrower scope, or in somebody's language, comes
/// first and may be left over from another program, so it is looked at too. Ours have no language: they are for everybody.
pub(crate) async fn register(api: &Api, shutdown: &CancellationToken) {
    for scope in [
        BotCommandScope::Default,
        BotCommandScope::AllPrivateChats,
        BotCommandScope::AllGroupChats,
        BotCommandScope::AllChatAdministrators,
    ] {
        let up_to_date = || async {
            bring_up_to_date(api, &scope).await?;
            leave_none(api, &scope, ENGLISH).await
        };
        if let Some(Err(error)) = persist("register the commands", shutdown, up_to_date).await {
            tracing::warn!(%error, ?scope, "telegram does not take the commands");
        }
    }
}

async fn bring_up_to_date(api: &Api, scope: &BotCommandScope) -> Result<(), ApiError> {
    // Administrators are offered what others in their groups are.
    if *scope == BotCommandScope::AllChatAdministrators {
        return leave_none(api, scope, "").await;
    }
    let wanted = declared(scope);
    let there: Vec<BotCommand> = api.call(&GetMyCommands::new().scope(scope.clone())).await?;
    if there == wanted {
        return Ok(());
    }
    tracing::info!(?scope, commands = wanted.len(), "telegram is told the commands");
    api.call::<_, Value>(&SetMyCommands::new(wanted).scope(scope.clone())).await.map(drop)
}

/// Takes away what is offered there in a language; an empty one: to all who have none of their own.
async fn leave_none(api: &Api, scope: &BotCommandScope, language: &str) -> Result<(), ApiError> {
    let there = GetMyCommands::new().scope(scope.clone()).language_code(language);
    if api.call::<_, Vec<BotCommand>>(&there).await?.is_empty() {
        return Ok(());
    }
    tracing::info!(?scope, language, "telegram forgets commands that another program left");
    let payload = DeleteMyCommands::new().scope(scope.clone()).language_code(language);
    api.call::<_, Value>(&payload).await.map(drop)
}

/// The commands of a scope as Telegram writes them: `/add_monitor`.
fn declared(scope: &BotCommandScope) -> Vec<BotCommand> {
    let is_group = *scope == BotCommandScope::AllGroupChats;
    let there = COMMANDS.iter().filter(|command| !(is_group && PRIVATE.contains(&command.name)));
    let command = |command: &&bot_core::Command| {
        let name = command.name.replace('-', "_");
        BotCommand::new(name, Units::Utf16.shorten(command.summary, MAX_DESCRIPTION))
    };
    there.map(command).filter(|command| command.command.len() <= MAX_NAME).take(MAX_COMMANDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_offered_in_a_way_that_telegram_takes() {
        let commands = declared(&BotCommandScope::Default);
        assert_eq!(commands.len(), COMMANDS.len(), "the declarations have outgrown what Telegram takes");
        for BotCommand { command, description } in &commands {
            let letters = command.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            assert!((1..=MAX_NAME).contains(&command.len()) && letters, "{command}");
            assert!((1..=MAX_DESCRIPTION).contains(&Units::Utf16.of(description)), "{command}");
            assert!(bot_core::commands::find(command).is_some(), "{command} is read as it is offered");
        }
    }
}
