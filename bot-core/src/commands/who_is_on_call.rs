use monitor_core::alerting::Zone;
use monitor_core::people::Permission;
use services::{RotationView, Turn as OnCall};

use super::list_rotations::NONE;
use super::route::{ROTATION, at, time};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind};
use crate::reply::{Block, Field};

/// Says who is on call.
pub(crate) const COMMAND: Command = Command {
    name: "who-is-on-call",
    aliases: &["on-call", "oncall"],
    summary: "Says who is on call, and who is next, now or at a time.",
    examples: &["who-is-on-call", "who-is-on-call primary", "who-is-on-call primary at 2026-12-24"],
    arguments: &[&[
        ROTATION,
        Argument::new("at", Kind::Time, "When; of one rotation in its time zone, else in UTC.").words(&["at", "on"]),
    ]],
    permission: Permission::Read,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let name = given.get("rotation");
    let mut rotations = turn.services.rotations(turn.actor, name, turn.now).await?;
    let zone = match rotations.as_slice() {
        [only] => only.zone.clone(),
        _ => Zone::new("UTC")?,
    };
    if let Some((when, _)) = time(&given, "at", &zone, turn.now)? {
        rotations = turn.services.rotations(turn.actor, name, when).await?;
    }
    if rotations.is_empty() {
        return Ok(Answer::text(NONE));
    }
    Ok(Answer::of(rotations.iter().map(block).collect()))
}

fn block(rotation: &RotationView) -> Block {
    let who = |turn: &OnCall| match turn.stands_in {
        true => format!("{} (stands in)", turn.name),
        false => turn.name.clone(),
    };
    let mut fields = vec![Field::new("on call", who(&rotation.on_call))];
    let next = rotation.next.iter().map(|(when, next)| format!("{} {}", rotation.zone.to_minute(*when), who(next)));
    fields.push(Field::new("next", next.collect::<Vec<_>>().join("\n")));
    fields.push(Field::new("hand-over", format!("{} {}", rotation.handover, rotation.zone)));
    let overrides = rotation.overrides.iter().map(|(name, from, to)| {
        format!("{name} from {} to {}", rotation.zone.to_minute(*from), at(&rotation.zone, *to))
    });
    fields.push(Field::new("stand in", overrides.collect::<Vec<_>>().join("\n")));
    fields.retain(|field| !field.value.is_empty());
    Block::fields(format!("@{}", rotation.name), fields)
}
