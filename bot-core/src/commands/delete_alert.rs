use monitor_core::people::Permission;

use super::YES;
use super::alert::{NUMBER, doing, number};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::Given;
use crate::reply::Block;

/// Deletes an alert rule.
pub(crate) const COMMAND: Command = Command {
    name: "delete-alert",
    aliases: &["remove-alert", "delete-rule"],
    summary: "Deletes an alert rule; its open alerts end. I ask before I do. To change a rule, delete it and add another.",
    examples: &["delete-alert 3", "delete-alert 3 --yes"],
    arguments: &[&[NUMBER, YES]],
    permission: Permission::Edit,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let id = number(&given);
    if turn.confirmed || given.has("yes") {
        let gone = turn.services.delete_alert(turn.actor, id).await?;
        return Ok(Answer::text(format!("Rule {id} (`{}` {}) is deleted.", gone.row.words, gone.row.rule)));
    }
    let view = turn.services.alert_rule(turn.actor, id).await?;
    let text = format!(
        "Shall I delete rule {id}, `{}` {}? It is now: {}. What it has told ends with it. `yes` or `no`.",
        view.row.words,
        view.row.rule,
        doing(&view, turn.now),
    );
    Ok(Answer::question(vec![Block::text(text)], &format!("Shall I delete rule {id}?"), Given::default()))
}
