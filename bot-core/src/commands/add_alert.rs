use monitor_core::duration;
use monitor_core::people::Permission;
use services::ServiceError;

use super::alert::{CONDITION, COOLDOWN, SEVERITY, doing, rule, words};
use super::selection::SELECTION;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind, Known};
use crate::present;
use crate::reply::Block;

/// Adds an alert rule.
pub(crate) const COMMAND: Command = Command {
    name: "add-alert",
    aliases: &["add-rule", "alert-when"],
    summary: "Adds a rule that says when somebody is told of monitors. Where its condition holds already, it fires at once.",
    examples: &[
        "add-alert shop when p95 over 10m > 800ms for 5m severity warning notify #ops",
        "add-alert env=prod when down for 3 checks severity critical remind 1h cooldown 10m",
        "add-alert all when certificate.days < 14 severity warning",
        "add-alert shop when bytes over 1h > 200% of usual severity info",
    ],
    arguments: &[
        &[CONDITION],
        SELECTION,
        &[
            SEVERITY,
            Argument::new(
                "notify",
                Kind::Text,
                "Who is told beside those of the routes: names of destinations, or of rotations with `@`.",
            )
            .words(&["notify", "tell"])
            .of(Known::Target)
            .greedy()
            .like("#ops"),
            Argument::new("remind", Kind::Duration, "How often to be reminded while it lasts, from 1m to 30d.")
                .like("1h"),
            COOLDOWN,
        ],
    ],
    permission: Permission::Edit,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let rule = rule(turn, &given).await?;
    let view = turn.services.add_alert(turn.actor, &words(&given), &rule).await?;
    let text = format!(
        "Rule {}: `{}` {rule}. It is about {} and now: {}.",
        view.row.id,
        view.row.words,
        present::plural(view.monitors as u64, "monitor"),
        doing(&view, turn.now),
    );
    let mut blocks = vec![Block::text(text)];
    for name in unknown(turn, &rule.notify).await? {
        blocks.push(Block::text(format!("There is no `{name}` yet, so that name tells nobody until you add it.")));
    }
    let try_it = format!(
        "simulate-alert {} when \"{}\" last 7d severity {} cooldown {}",
        view.row.words,
        rule.condition,
        rule.severity.as_str(),
        duration::format(rule.cooldown)
    );
    Ok(Answer::of(blocks).offering("What would it have told?", try_it))
}

/// The names that neither a destination nor a rotation has.
async fn unknown<'a>(turn: Turn<'_>, names: &'a [String]) -> Result<Vec<&'a str>, Failure> {
    let mut unknown = Vec::new();
    for name in names {
        let found = match name.strip_prefix('@') {
            Some(rotation) => turn.services.rotations(turn.actor, Some(rotation), turn.now).await.map(drop),
            None => turn.services.destination(turn.actor, name).await.map(drop),
        };
        match found {
            Ok(()) => {}
            Err(ServiceError::DestinationNotFound { .. } | ServiceError::RotationNotFound { .. }) => {
                unknown.push(name.as_str());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(unknown)
}
