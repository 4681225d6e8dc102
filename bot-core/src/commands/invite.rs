use monitor_core::people::{Permission, Role};

use super::people::{PLATFORM, ROLES, called, platform, role, to_say};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind};

/// Invites somebody.
pub(crate) const COMMAND: Command = Command {
    name: "invite",
    aliases: &[],
    summary: "Makes a code by which somebody becomes a member, with a role that is not above yours.",
    examples: &["invite ada responder", "invite \"Ada Lovelace\" editor discord"],
    arguments: &[&[
        PLATFORM,
        Argument::new("role", Kind::Choice(ROLES), "What they may do.")
            .words(&["role", "as"])
            .positional()
            .default("viewer"),
        Argument::new("name", Kind::Text, "What they are called.")
            .words(&["name"])
            .like("ada")
            .positional()
            .required("Who is invited? Say a name."),
    ]],
    permission: Permission::Manage,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let platform = platform(turn, &given, "invite ada responder discord")?;
    let (name, role) = (given.get("name").unwrap_or_default(), role(&given, "role").unwrap_or(Role::Viewer));
    let code = turn.services.invite(turn.actor, name, role, &platform).await?;
    let text =
        format!("To become {} of your organisation, {name} says this to me on {}:", role.as_str(), called(&platform));
    Ok(to_say(text, "link", &code, "Whoever says it first is let in, so tell nobody else."))
}
