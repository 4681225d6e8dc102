use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use monitor_core::people::Permission;

use super::incident::INCIDENT;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::Given;
use crate::reply::Block;

/// Exports an incident as Markdown.
pub(crate) const COMMAND: Command = Command {
    name: "postmortem",
    aliases: &["export-incident"],
    summary: "Gives an incident as a Markdown file: what happened, what was affected, the timeline, the cause.",
    examples: &["postmortem #12"],
    arguments: &[&[INCIDENT]],
    permission: Permission::Read,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let (number, markdown) = turn.services.postmortem(turn.actor, given.get("incident")).await?;
    let file = Block::File {
        name: format!("incident-{number}.md"),
        media_type: "text/markdown".to_owned(),
        data: STANDARD.encode(markdown),
    };
    Ok(Answer::of(vec![Block::text(format!("The postmortem of incident #{number}:")), file]))
}
