use monitor_core::people::Permission;
use services::view::{IncidentView, TimelineEntry};

use super::incident::INCIDENT;
use crate::cards;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind};
use crate::present;
use crate::reply::{Block, Field};

/// Timeline entries that are shown, unless all are asked for.
const LATEST: usize = 10;

/// Members shown.
const MEMBERS: usize = 20;

/// Shows one incident.
pub(crate) const COMMAND: Command = Command {
    name: "show-incident",
    aliases: &["incident"],
    summary: "Shows an incident: how it stands, what is affected, what happened, and who was told.",
    examples: &["show-incident #12", "show-incident shop", "show-incident #12 all"],
    arguments: &[&[
        INCIDENT,
        Argument::new("all", Kind::Flag, "Shows the whole timeline, not only the latest 10 lines."),
    ]],
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
    let which = format!("#{}", view.row.incident.id);
    blocks.push(timeline(&view.timeline, &which, given.has("all")));
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
    if let Some(silence) = &view.row.silence {
        let because = if silence.reason.is_empty() { String::new() } else { format!(": {}", silence.reason) };
        let until = present::silenced(silence, &silence.until.to_minute());
        let words = format!("{until}{because} (silence {})", silence.id);
        fields.push(Field::new("silenced", words));
    }
    if let Some((at, _)) = incident.resolved {
        fields.push(Field::new("over", at.to_minute()));
    }
    if let Some(cause) = &incident.root_cause {
        fields.push(Field::new("root cause", cause.clone()));
    }
    fields
}

/// The latest of what happened, or all.
fn timeline(entries: &[TimelineEntry], which: &str, all: bool) -> Block {
    let earlier = if all { 0 } else { entries.len().saturating_sub(LATEST) };
    let title = match earlier {
        0 => "Timeline".to_owned(),
        _ => format!(
            "Timeline, the latest {LATEST} lines, and {earlier} earlier; `show-incident {which} all` shows them"
        ),
    };
    let rows = entries
        .iter()
        .skip(earlier)
        .map(|entry| vec![present::moment(entry.at), services::view::words(entry)])
        .collect();
    Block::table(title, &["when", "what"], rows)
}
