use monitor_core::duration::humanize;
use monitor_core::people::Permission;
use services::view::SilenceRow;

use crate::command::{Answer, Command, Failure, Turn};
use crate::present::count;
use crate::reply::Block;

/// Lists silences.
pub(crate) const COMMAND: Command = Command {
    name: "list-silences",
    aliases: &["silences"],
    summary: "Lists of what nobody is told for a while, why, and until when.",
    examples: &["list-silences"],
    arguments: &[],
    permission: Permission::Read,
    run: |turn, _| Box::pin(run(turn)),
};

async fn run(turn: Turn<'_>) -> Result<Answer, Failure> {
    let silences = turn.services.silences(turn.actor).await?;
    if silences.is_empty() {
        return Ok(Answer::text("Nothing is silent."));
    }
    let row = |silence: &SilenceRow| {
        vec![
            silence.id.to_string(),
            silence.words.clone(),
            silence.until.to_minute(),
            humanize(silence.until.since(turn.now)),
            silence.by.clone().unwrap_or_default(),
            silence.reason.clone(),
        ]
    };
    let title = format!("Silences ({})", count(silences.len() as u64));
    let columns = [">number", "what", "until", "for", "by", "because"];
    Ok(Answer::of(vec![Block::table(title, &columns, silences.iter().map(row).collect())]))
}
