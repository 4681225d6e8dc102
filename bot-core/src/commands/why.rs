use monitor_core::Timestamp;
use monitor_core::incident::Entry;
use monitor_core::people::Permission;
use services::view::{StoredResult, TimelineEntry, Why, words};

use super::incident::INCIDENT;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::Given;
use crate::kinds;
use crate::present;
use crate::reply::Block;

/// Explains an alert.
pub(crate) const COMMAND: Command = Command {
    name: "why",
    aliases: &["explain"],
    summary: "Explains why you were told, or were not: which checks, how they counted, which rule, what was held back and by what, what was sent where.",
    examples: &["why", "why #12", "why shop"],
    arguments: &[&[INCIDENT]],
    permission: Permission::Read,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let why = turn.services.why(turn.actor, given.get("incident")).await?;
    let mut blocks = vec![Block::text(headline(&why, turn.now))];
    if let Some((monitor, _)) = &why.monitor {
        blocks.extend(checks(&why.checks));
        if kinds::of(&monitor.settings.spec).is_probed() {
            let counted = present::down_after(&monitor.settings);
            blocks.push(Block::text(format!(
                "How checks count for `{}`: down after {}.",
                monitor.settings.name, counted
            )));
        }
    }
    if why.incident.is_some() {
        blocks.extend(rules(&why));
        blocks.push(told(&why));
    }
    Ok(Answer::of(blocks))
}

fn headline(why: &Why, now: Timestamp) -> String {
    if let Some(view) = &why.incident {
        let incident = &view.row.incident;
        let since = incident.opened_at;
        return format!(
            "Incident #{}: {}. It was opened at {}.",
            incident.id,
            view.row.headline(),
            present::moment(since)
        );
    }
    let Some((monitor, state)) = &why.monitor else { return "There is nothing to explain any more.".to_owned() };
    let name = &monitor.settings.name;
    let stands = match state.since {
        Some(since) => format!("`{name}` is {} {}", state.status.as_str(), present::lasting(since, now)),
        None => format!("`{name}` is {}", state.status.as_str()),
    };
    match &why.untold {
        None => format!("{stands}, and has no incident, so there was nothing to tell."),
        Some(named) => match &named.withheld {
            Some(withheld) => format!("{stands}, and nobody is told: {}.", present::withheld(withheld)),
            None if !why.waiting.is_empty() => format!("{stands}, and nobody is told yet: {}.", waiting(why)),
            None => format!(
                "{stands}, and nobody is told yet: no rule says so now, or what it depends on is being looked at. \
                 `list-alerts {name}` shows its rules."
            ),
        },
    }
}

/// `rule 3 (down for 10m) waits until 2026-03-01 14:05 UTC`.
fn waiting(why: &Why) -> String {
    let waits = why.waiting.iter().map(|(row, until)| {
        let until =
            until.map_or_else(|| "for more checks".to_owned(), |until| format!("until {}", present::moment(until)));
        format!("rule {} ({}) waits {until}", row.id, row.rule.condition)
    });
    waits.collect::<Vec<_>>().join("; ")
}

/// The checks that led there.
fn checks(results: &[StoredResult]) -> Option<Block> {
    let row = |result: &StoredResult| {
        let message = if result.message.is_empty() { result.reason.about().to_owned() } else { result.message.clone() };
        vec![present::moment(result.at), result.reason.code().to_owned(), present::latency(result.duration), message]
    };
    let columns = ["when", "result", ">took", "what was seen"];
    (!results.is_empty()).then(|| Block::table("Checks that led there", &columns, results.iter().map(row).collect()))
}

/// Which rules made it an incident, and what belongs to it for which reason.
fn rules(why: &Why) -> Option<Block> {
    let row = |entry: &TimelineEntry| match &entry.entry {
        Entry::Joined { name, rule, severity, because, .. } => {
            let because = if because.is_empty() { "it opened the incident" } else { because };
            Some(vec![name.clone(), rule.clone(), severity.as_str().to_owned(), because.to_owned()])
        }
        _ => None,
    };
    let rows: Vec<_> = why.joined.iter().filter_map(row).collect();
    let columns = ["monitor", "rule", "severity", "part of it because"];
    let title = latest("Rules that fired", rows.len(), why.joined_earlier);
    (!rows.is_empty()).then(|| Block::table(title, &columns, rows))
}

/// Who was told, who was not, and what came of it.
fn told(why: &Why) -> Block {
    let rows: Vec<_> = why.told.iter().map(|entry| vec![present::moment(entry.at), words(entry)]).collect();
    if rows.is_empty() {
        return Block::text(
            "No destination was told: no route leads anywhere for it. Its card is in the conversations that watch its monitors. \
             `add-destination` and `add-route` tell others.",
        );
    }
    Block::table(latest("Who was told", rows.len(), why.told_earlier), &["when", "what"], rows)
}

/// A title that says what is not shown.
fn latest(title: &str, shown: usize, earlier: u64) -> String {
    match earlier {
        0 => title.to_owned(),
        _ => format!("{title} (the latest {shown}; {earlier} before that, which `postmortem` has)"),
    }
}
