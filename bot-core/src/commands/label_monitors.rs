use monitor_core::code::ErrorCode;
use monitor_core::labels::Label;
use monitor_core::people::Permission;

use super::selection::{GROUP, LABEL, filter, none, these};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind};

/// Labels many monitors at once.
pub(crate) const COMMAND: Command = Command {
    name: "label-monitors",
    aliases: &["label-monitor", "label"],
    summary: "Sets labels of many monitors at once, or takes them away. `edit-monitor shop label env=prod` labels one.",
    examples: &["label-monitors env=staging set tier=gold", "label-monitors group:shop set env=prod drop team"],
    arguments: &[&[
        LABEL,
        GROUP,
        Argument::new("set", Kind::Label, "Labels to set, each in place of one with the same key.").greedy(),
        Argument::new("drop", Kind::Text, "The keys of labels to take away.").like("team").greedy(),
    ]],
    permission: Permission::Edit,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let missing = |text: &str| Failure::new(ErrorCode::MissingValue, text);
    let filter = filter(&given)?
        .ok_or_else(|| missing("Say which monitors, by label or group: `label-monitors env=staging set tier=gold`."))?;
    let set = given.all("set").flatten().map(str::parse).collect::<Result<Vec<Label>, _>>()?;
    let drop: Vec<String> = given.all("drop").flatten().map(str::to_owned).collect();
    if let Some(label) = drop.iter().find(|key| key.contains('=')) {
        let key = label.split('=').next().unwrap_or_default();
        return Err(Failure::new(ErrorCode::InvalidLabel, format!("`drop` takes keys alone: write `drop {key}`.")));
    }
    if set.is_empty() && drop.is_empty() {
        return Err(missing("Say what to change: `set tier=gold` or `drop team`."));
    }
    let names = turn.services.label_all(turn.actor, &filter, &set, &drop).await?;
    match names.is_empty() {
        true => Err(none(&filter)),
        false => Ok(Answer::text(format!("I labelled {}.", these(&names)))),
    }
}
