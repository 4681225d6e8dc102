use monitor_core::people::Permission;

use super::route::ROTATION;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::Given;

/// Deletes a rotation.
pub(crate) const COMMAND: Command = Command {
    name: "delete-rotation",
    aliases: &["remove-rotation"],
    summary: "Deletes a rotation that no route tells. I say how to make it again.",
    examples: &["delete-rotation primary"],
    arguments: &[&[ROTATION.required("Which rotation?")]],
    permission: Permission::Edit,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let gone = turn.services.delete_rotation(turn.actor, given.get("rotation").unwrap_or_default()).await?;
    let again = format!("add-rotation {} {} {} {}", gone.name, gone.participants.join(" "), gone.handover, gone.zone);
    Ok(Answer::text(format!("`@{}` is deleted. `{again}` makes it again.", gone.name)))
}
