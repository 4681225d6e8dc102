use monitor_core::people::{Permission, Role};

use super::people::role;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind};

const LEVELS: &[&str] = &["nothing", "read", "viewer", "responder", "editor", "admin", "owner"];

/// Sets what others may do.
pub(crate) const COMMAND: Command = Command {
    name: "set-access",
    aliases: &[],
    summary: "Sets what people may do in this conversation whom I do not know: nothing, read, or what a role may that is not above yours.",
    examples: &["set-access read", "set-access responder", "set-access nothing"],
    arguments: &[&[Argument::new("access", Kind::Choice(LEVELS), "What they may do.")
        .words(&["access", "to"])
        .like("read")
        .positional()
        .required("What may people do here whom I do not know? Say nothing, read, or a role.")]],
    permission: Permission::Manage,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let may = role(&given, "access");
    turn.services.set_access(turn.actor, turn.conversation, may).await?;
    Ok(Answer::text(match may {
        None => "Here I now do nothing for people whom I do not know.".to_owned(),
        Some(Role::Viewer) => {
            "Everybody here may now look at everything of this organisation, and change nothing.".to_owned()
        }
        Some(role) => format!("Everybody here may now do what {} may.", crate::present::with_article(role.as_str())),
    }))
}
