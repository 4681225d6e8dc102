use monitor_core::people::Permission;
use services::platforms::Myself;

use super::list_connections::{access, cards};
use super::people::called;
use crate::command::{Answer, Command, Failure, Turn};
use crate::reply::{Block, Field};

/// Says who one is.
pub(crate) const COMMAND: Command = Command {
    name: "whoami",
    aliases: &["who-am-i"],
    summary: "Says who you are to me, what you may do here, and whose cards appear here.",
    examples: &["whoami"],
    arguments: &[],
    permission: Permission::Read,
    run: |turn, _| Box::pin(run(turn)),
};

async fn run(turn: Turn<'_>) -> Result<Answer, Failure> {
    let Myself { name, role, member, platforms, place } = turn.services.myself(turn.actor, turn.conversation).await?;
    let from = match member {
        None => format!("{}, as a guest of this conversation", role.as_str()),
        Some(own) if own != role => format!("{}, by your role here; as a member, {}", role.as_str(), own.as_str()),
        Some(_) => role.as_str().to_owned(),
    };
    let linked: Vec<&str> = platforms.iter().map(|platform| called(platform)).collect();
    let mut fields = vec![Field::new("name", name), Field::new("role", from)];
    if !linked.is_empty() {
        fields.push(Field::new("linked on", linked.join(", ")));
    }
    let access = access(&place);
    if !access.is_empty() {
        fields.push(Field::new("others may do here", access));
    }
    fields.push(Field::new("cards here", cards(&place)));
    Ok(Answer::of(vec![Block::Fields { title: None, fields }]))
}
