use monitor_core::people::Permission;
use services::view::{IncidentView, TimelineEntry};

use super::incident::INCIDENT;
use crate::cards;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::Given;
use crate::present;
use crate::reply::{Block, Field};

/// Timeline entries shown of how it began.
const FIRST: usize = 5;

/// Timeline entries shown of what happened last.
const LATEST: usize = 25;

/// Members shown.
const MEMBERS: usize = 20;

/// Shows one incident.
pub(crate) const COMMAND: Command = Command {
    name: "show-incident",
    aliases: &["incident"],
    summary: "Shows an incident: how it stands, what is affected, what happened, and who was told.",
    examples: &["show-incident #12", "show-incident shop"],
    arguments: &[&[INCIDENT]],
    permission: Permission::Read,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let view = turn.services.show_incident(turn.actor, given.get("incident")).await?;
    let mut answer = Answer::of(cards::incident(&view.row, turn.now).blocks);
    let blocks = &mut answer.reply.blocks;
    blocks.push(Block::fields(format!("Incident #{}", view.row.incident.id), facts(&view)));
    if view.row.members > 1 {
        let shown = &view.alerts[..view.alerts.len().min(MEMBERS)];
        blocks.push(present::outages(&format!("Affected, {} in all", view.row.members), shown, turn.now));
    }
    blocks.push(timeline(&view.timeline));
    let which = format!("#{}", view.row.incident.id);
    if view.row.incident.resolved.is_none() {
        if view.row.incident.acknowledged.is_none() {
            answer = answer.offering("Acknowledge", format!("ack {which}"));
        }
        answer = answer.offering("Resolve", format!("resolve {which}"));
    }
    Ok(answer.offering("Why", format!("why {which}")).offering("Postmortem", format!("postmortem {which}")))
}

fn facts(view: &IncidentView) -> Vec<Field> {
    let incident = &view.row.incident;
    let mut fields = vec![
        Field::new("about", view.row.headline()),
        Field::new("severity", incident.severity.as_str()),
        Field::new("opened", incident.opened_at.to_minute()),
    ];
    if let Some((at, _)) = incident.acknowledged {
        let by = view.row.acknowledged_by.as_deref().unwrap_or("somebody");
        fields.push(Field::new("acknowledged", format!("{} by {by}", at.to_minute())));
    }
    if let Some((at, _)) = incident.resolved {
        fields.push(Field::new("over", at.to_minute()));
    }
    if let Some(cause) = &incident.root_cause {
        fields.push(Field::new("root cause", cause.clone()));
    }
    fields
}

/// How it began and the latest of what happened.
fn timeline(entries: &[TimelineEntry]) -> Block {
    let left_out = entries.len().saturating_sub(FIRST + LATEST);
    let title = match left_out {
        0 => "Timeline".to_owned(),
        _ => format!("Timeline, without {left_out} lines between the first and the latest"),
    };
    let shown = entries.iter().take(FIRST).chain(entries.iter().skip(FIRST + left_out));
    let rows = shown.map(|entry| vec![present::moment(entry.at), services::view::words(entry)]).collect();
    Block::table(title, &["when", "what"], rows)
}
