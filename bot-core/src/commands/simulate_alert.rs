use monitor_core::duration::humanize;
use monitor_core::people::Permission;
use services::{SimulatedAlert, Simulation};

use super::alert::{CONDITION, COOLDOWN, SEVERITY, rule};
use super::selection::SELECTION;
use crate::command::{Answer, Command, Failure, Turn, sentence};
use crate::grammar::{Argument, Given, Kind};
use crate::period;
use crate::present;
use crate::reply::Block;

/// Alerts that are listed; all are counted.
const MOST: usize = 30;

/// Tries a rule on what was stored.
pub(crate) const COMMAND: Command = Command {
    name: "simulate-alert",
    aliases: &["try-alert", "simulate-rule"],
    summary: "Says what an alert rule would have told in the past: when, for how long, and how often. Nothing is told or changed.",
    examples: &[
        "simulate-alert shop when error rate over 10m > 5% last 7d",
        "simulate-alert env=prod when down for 3 checks last 24h severity warning",
    ],
    arguments: &[
        &[CONDITION],
        SELECTION,
        &[
            Argument::new(
                "period",
                Kind::Period,
                "How far to look back: 7d at most, 24h where single checks are counted.",
            )
            .words(&["last", "period"])
            .default("24h"),
            SEVERITY,
            COOLDOWN,
        ],
    ],
    permission: Permission::Read,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let rule = rule(turn, &given).await?;
    let window = period::window(&given, turn.now)?;
    let simulation = turn.services.simulate_alert(turn.actor, &rule, window).await?;
    let mut blocks = vec![Block::text(summary(&simulation, &rule.condition.to_string()))];
    if !simulation.alerts.is_empty() {
        blocks.push(table(&simulation));
    }
    blocks.extend(simulation.notes.iter().map(|note| Block::text(sentence(note))));
    Ok(Answer::of(blocks))
}

fn summary(simulation: &Simulation, condition: &str) -> String {
    let Simulation { window, monitors, alerts, severity, .. } = simulation;
    let times = match alerts.len() {
        0 => "it would have told nothing".to_owned(),
        count => {
            format!("it would have told {}, {count} as {}", present::plural(count as u64, "alert"), severity.as_str())
        }
    };
    format!(
        "I tried `{condition}` on {} from {} to {}: {times}.",
        present::plural(*monitors as u64, "monitor"),
        window.from.to_minute(),
        window.to.to_minute(),
    )
}

fn table(simulation: &Simulation) -> Block {
    let row = |SimulatedAlert { monitor, episode }: &SimulatedAlert| {
        let lasted = match episode.cleared_at {
            Some(end) => humanize(end.since(episode.fired_at)),
            None => "to the end".to_owned(),
        };
        vec![monitor.clone(), episode.fired_at.to_second(), lasted, episode.why.clone()]
    };
    let more = simulation.alerts.len().saturating_sub(MOST);
    let title = if more > 0 { format!("The latest {MOST}") } else { "What it would have told".to_owned() };
    Block::table(title, &["monitor", "at", "for", "why"], simulation.alerts.iter().take(MOST).map(row).collect())
}
