use monitor_core::health::Status;
use monitor_core::people::Permission;
use services::view::MaintenanceRow;

use crate::command::{Answer, Command, Failure, Turn};
use crate::present::{self, maintenance};
use crate::reply::Block;

/// Says how everything is.
pub(crate) const COMMAND: Command = Command {
    name: "status",
    aliases: &["st"],
    summary: "Says how everything is, what is in trouble first.",
    examples: &["status"],
    arguments: &[],
    permission: Permission::Read,
    run: |turn, _| Box::pin(run(turn)),
};

async fn run(turn: Turn<'_>) -> Result<Answer, Failure> {
    let view = turn.services.status(turn.actor).await?;
    let total: u64 = view.counts.iter().map(|(_, number)| number).sum();
    let number =
        |status| view.counts.iter().filter(|(other, _)| *other == status).map(|(_, number)| number).sum::<u64>();
    // What is worked on is not in trouble, and said apart.
    let (up, paused) = (number(Status::Up), number(Status::Paused) + number(Status::Maintenance));
    let on = |window: &MaintenanceRow| Some(maintenance::on(window, window.progress.on?, turn.now));
    let worked_on: Vec<String> = view.maintenance.iter().filter_map(on).collect();
    let mut answer = match total {
        0 => Answer::text("There are no monitors yet. `add-monitor https://shop.example` adds one."),
        1 if up == 1 => Answer::text("The one monitor is up."),
        _ if up == total => Answer::text(format!("All {} are up.", present::plural(total, "monitor"))),
        _ if up + paused == total => Answer::text(format!("{}; nothing is in trouble.", present::counts(&view.counts))),
        _ => {
            let mut blocks = vec![present::rows(Some(present::counts(&view.counts)), &view.troubled, turn.now)];
            if total - up - paused > view.troubled.len() as u64 {
                blocks.push(Block::text("These are the worst. `list-monitors` shows all."));
            }
            Answer::of(blocks)
        }
    };
    if !worked_on.is_empty() {
        answer.reply.blocks.push(Block::text(format!("In maintenance: {}.", worked_on.join(", "))));
    }
    Ok(answer)
}
