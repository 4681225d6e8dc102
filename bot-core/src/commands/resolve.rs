use monitor_core::duration;
use monitor_core::incident::Grouping;
use monitor_core::people::Permission;

use super::YES;
use super::incident::{INCIDENT, TEXT, answer, called, text};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind};
use crate::present;
use crate::reply::Block;

/// Resolves an incident.
pub(crate) const COMMAND: Command = Command {
    name: "resolve",
    aliases: &["close", "resolve-incident"],
    summary: "Says that an incident is over, and what caused it.",
    examples: &["resolve #12", "resolve shop cause \"a full disk\"", "resolve #12 rolled back the release"],
    arguments: &[&[
        INCIDENT,
        TEXT,
        Argument::new("cause", Kind::Text, "What caused it.").words(&["cause", "root-cause"]).like("\"a full disk\""),
        YES,
    ]],
    permission: Permission::Respond,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let row = turn.services.incident(turn.actor, given.get("incident")).await?;
    if row.failing > 0 && row.incident.resolved.is_none() && !turn.confirmed && !given.has("yes") {
        let still = match &row.only {
            Some(name) => format!("{name} still fails."),
            None if row.failing == 1 => "1 monitor of it still fails.".to_owned(),
            None => format!("{} of it still fail.", present::plural(row.failing, "monitor")),
        };
        let again = duration::humanize(Grouping::BY_HAND_FOR);
        let text = format!("{still} If that is still so {again} from now, the incident is opened again.");
        let mut proposed = Given::default();
        proposed.put("incident", Some(&row.incident.id.to_string()));
        let question = "Shall I resolve it anyway?";
        return Ok(Answer::question(vec![Block::text(text), Block::text(question)], question, proposed));
    }
    let which = row.incident.id.to_string();
    let row = turn.services.resolve(turn.actor, Some(&which), &text(&given, "text"), given.get("cause")).await?;
    let answer = answer(turn, format!("You have resolved {}.", called(&row)), &row);
    Ok(answer.offering("Postmortem", format!("postmortem #{which}")))
}
