use monitor_core::people::Permission;
use services::RotationView;

use super::route::at;
use crate::command::{Answer, Command, Failure, Turn};
use crate::present::count;
use crate::reply::Block;

/// Lists rotations.
pub(crate) const COMMAND: Command = Command {
    name: "list-rotations",
    aliases: &["rotations"],
    summary: "Lists who takes turns in being on call.",
    examples: &["list-rotations"],
    arguments: &[],
    permission: Permission::Read,
    run: |turn, _| Box::pin(run(turn)),
};

/// What is said when there is none.
pub(super) const NONE: &str =
    "There is no rotation. `add-rotation primary ada-phone bob-sms weekly monday 09:00 Europe/Berlin` makes one.";

async fn run(turn: Turn<'_>) -> Result<Answer, Failure> {
    let rotations = turn.services.rotations(turn.actor, None, turn.now).await?;
    if rotations.is_empty() {
        return Ok(Answer::text(NONE));
    }
    let row = |rotation: &RotationView| {
        let until = rotation.next.first().map_or_else(String::new, |(when, _)| at(&rotation.zone, *when));
        vec![
            format!("@{}", rotation.name),
            rotation.participants.join(", "),
            format!("{} {}", rotation.handover, rotation.zone),
            rotation.on_call.name.clone(),
            until,
        ]
    };
    let title = format!("Rotations ({})", count(rotations.len() as u64));
    let columns = ["name", "who", "hand-over", "on call", "until"];
    Ok(Answer::of(vec![Block::table(title, &columns, rotations.iter().map(row).collect())]))
}
