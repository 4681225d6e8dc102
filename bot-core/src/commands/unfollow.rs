use monitor_core::people::Permission;
use services::platforms::Followed;

use super::follow::{WHOSE, what};
use super::selection::{none, these};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::Given;

/// Has cards appear here no more.
pub(crate) const COMMAND: Command = Command {
    name: "unfollow",
    aliases: &[],
    summary: "Has the cards of new incidents appear in this conversation no more; those that are here stay up to date.",
    examples: &["unfollow shop", "unfollow env=staging", "unfollow everything"],
    arguments: &[WHOSE],
    permission: Permission::Respond,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let what = what(&given)?;
    let names = turn.services.unfollow(turn.actor, turn.conversation, &what).await?;
    Ok(Answer::text(match &what {
        Followed::Everything => "I tell nothing here by myself any more. `follow` begins again.".to_owned(),
        Followed::Filter(filter) if names.is_empty() => return Err(none(filter)),
        Followed::Filter(_) => format!("I tell nothing here any more of {}.", these(&names)),
        Followed::Monitor(_) => format!("I tell nothing here any more of `{}`.", names.join(", ")),
    }))
}
