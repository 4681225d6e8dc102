use monitor_core::people::Permission;

use crate::command::{Answer, Command, Failure, Turn};

/// Ends a dialog.
pub(crate) const COMMAND: Command = Command {
    name: "cancel",
    aliases: &["abort", "nevermind"],
    summary: "Forgets the question I asked.",
    examples: &["cancel"],
    arguments: &[],
    permission: Permission::Read,
    run: |turn, _| Box::pin(run(turn)),
};

async fn run(turn: Turn<'_>) -> Result<Answer, Failure> {
    let ended = turn.services.end_dialog(turn.actor, turn.conversation).await?;
    Ok(Answer::text(if ended { "All right, forgotten." } else { "There is nothing to cancel." }))
}
