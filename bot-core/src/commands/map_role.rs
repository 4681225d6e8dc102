use monitor_core::people::Permission;

use super::people::{WORKSPACE, called, role};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind};

const LEVELS: &[&str] = &["nothing", "viewer", "responder", "editor", "admin", "owner"];

/// Longest id of a role that is kept, in characters.
const ID_CHARS: usize = 64;

/// Maps a role of a platform.
pub(crate) const COMMAND: Command = Command {
    name: "map-role",
    aliases: &[],
    summary: "Lets everybody with a role of the Discord server do what a role here may that is not above yours.",
    examples: &[
        "map-role 112233445566778899 responder",
        "map-role @oncall editor",
        "map-role 112233445566778899 nothing",
    ],
    arguments: &[&[
        Argument::new("role", Kind::Choice(LEVELS), "What they may do.")
            .words(&["role", "to"])
            .positional()
            .required("What may they do? Say a role, or nothing."),
        Argument::new("external", Kind::Text, "The role on the platform: its id, or a mention of it.")
            .words(&["external", "id"])
            .like("112233445566778899")
            .positional()
            .required("Which role of the server? Say its id, or mention it."),
        WORKSPACE,
    ]],
    permission: Permission::Manage,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let row = turn.services.workspace(turn.actor, turn.conversation, given.get(WORKSPACE.name)).await?;
    let external = given.get("external").unwrap_or_default().trim_start_matches(['<', '@', '&']).trim_end_matches('>');
    let external = monitor_core::http::shorten(external, ID_CHARS);
    let role = role(&given, "role");
    turn.services.map_role(turn.actor, row.id, &external, role).await?;
    let place = format!("{} ({})", row.name, called(&row.platform));
    Ok(Answer::text(match role {
        None => format!("Who has the role {external} in {place} may do nothing more by that."),
        Some(role) => {
            let what = crate::present::with_article(role.as_str());
            format!("Who has the role {external} in {place} may now do what {what} may.")
        }
    }))
}
