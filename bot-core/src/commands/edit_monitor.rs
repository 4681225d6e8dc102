use monitor_core::code::ErrorCode;
use monitor_core::monitor::{MonitorName, Settings};
use monitor_core::people::Permission;

use super::MONITOR;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind};
use crate::kinds::{self, CheckKind, options};
use crate::present;
use crate::reply::Block;
use crate::settings;

const OWN: &[Argument] = &[
    MONITOR,
    Argument::new("name", Kind::Name, "A new name.").words(&["name", "rename"]),
    Argument::new("url", Kind::Text, "A new address, of the same kind of check.")
        .words(&["url", "address", "target"])
        .like("https://shop.example"),
];

/// Changes a monitor.
pub(crate) const COMMAND: Command = Command {
    name: "edit-monitor",
    aliases: &["edit", "change"],
    summary: "Changes what you name and leaves the rest. Assertions given anew replace those of their kind, headers those of their name.",
    examples: &[
        "edit-monitor shop every 10s",
        "edit-monitor shop name web-shop slow 800ms",
        "edit-monitor shop contains none bearer none",
        "edit-monitor shop assert \"json $.data[0].id == 7\" label env=prod",
    ],
    arguments: &[OWN, settings::ARGUMENTS, kinds::ASSERTIONS, options::OPTIONS],
    permission: Permission::Edit,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let name = given.get("monitor").unwrap_or_default();
    let monitor = turn.services.monitor(turn.actor, name).await?;
    let kind = kinds::of(&monitor.settings.spec);
    let mut changed = monitor.settings.clone();
    if let Some(name) = given.get("name") {
        changed.name = MonitorName::new(name)?;
    }
    if let Some(target) = given.get("url") {
        move_to(kind, target, &mut changed)?;
    }
    settings::apply(kind, &given, &mut changed)?;
    settings::depend(turn, &given, Some(monitor.id), &mut changed).await?;
    kinds::secrets_stay(&monitor.settings, &changed)?;
    let parents = settings::parents(turn, &changed).await?;
    if changed == monitor.settings {
        return Ok(Answer::of(vec![
            Block::text(format!(
                "Nothing to change: `{}` is like that already. Name what should be different, like `edit-monitor {} every 10s`.",
                changed.name, changed.name
            )),
            Block::fields("Settings", present::settings(&changed, &parents)),
        ]));
    }
    let monitor = turn.services.edit_monitor(turn.actor, name, &changed).await?;
    let name = &monitor.settings.name;
    Ok(Answer::of(vec![
        Block::text(format!("I changed `{name}`.")),
        Block::fields("Settings", present::settings(&monitor.settings, &parents)),
    ]))
}

/// Gives the check another target of its kind. User information in it is a login, as when a monitor is added.
fn move_to(kind: &CheckKind, target: &str, changed: &mut Settings) -> Result<(), Failure> {
    if kind.is_named_by_target() {
        let text = format!("A {} has no address; `name` gives it another name.", kind.name);
        return Err(Failure::new(ErrorCode::UnknownArgument, text));
    }
    // An address of another kind is told apart, and a bare host is one of this kind.
    (kind.moved)(&mut changed.spec, kinds::start(kind, target)?);
    Ok(())
}
