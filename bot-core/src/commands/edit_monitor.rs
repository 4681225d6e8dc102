use monitor_core::code::ErrorCode;
use monitor_core::monitor::{CheckSpec, MonitorName, Settings};
use monitor_core::people::Permission;

use super::MONITOR;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind};
use crate::present;
use crate::reply::Block;
use crate::settings;

const OWN: &[Argument] = &[
    MONITOR,
    Argument::new("name", Kind::Name, "A new name.").words(&["name", "rename"]),
    Argument::new("url", Kind::Address, "A new address.").words(&["url", "address"]),
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
    ],
    arguments: &[OWN, settings::ARGUMENTS],
    permission: Permission::Edit,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let name = given.get("monitor").unwrap_or_default();
    let monitor = turn.services.monitor(turn.actor, name).await?;
    let mut changed = monitor.settings.clone();
    if let Some(name) = given.get("name") {
        changed.name = MonitorName::new(name)?;
    }
    if let Some(address) = given.get("url") {
        move_to(address, &mut changed)?;
    }
    settings::apply(&given, &mut changed)?;
    if changed == monitor.settings {
        return Ok(Answer::of(vec![
            Block::text(format!(
                "Nothing to change: `{}` is like that already. Name what should be different, like `edit-monitor {} every 10s`.",
                changed.name, changed.name
            )),
            Block::fields("Settings", present::settings(&changed)),
        ]));
    }
    let monitor = turn.services.edit_monitor(turn.actor, name, &changed).await?;
    let name = &monitor.settings.name;
    Ok(Answer::of(vec![
        Block::text(format!("I changed `{name}`.")),
        Block::fields("Settings", present::settings(&monitor.settings)),
    ]))
}

/// Gives the check another address. User information in it is authentication, as when a monitor is added. What was sent
/// along as a secret stays with the old host, so that nobody can have it sent to a host of their choice.
fn move_to(address: &str, changed: &mut Settings) -> Result<(), Failure> {
    let moved = settings::spec_of(address)?;
    let CheckSpec::Http(spec) = &mut changed.spec;
    if spec.url.origin() != moved.url.origin() && !CheckSpec::Http(spec.clone()).secrets_mut().is_empty() {
        let text = format!(
            "`{}` sends secrets to {}, which I do not send elsewhere. Take them away first (`bearer none`, `basic none`, `secret-header none`), or add a new monitor.",
            changed.name,
            spec.url.host_str().unwrap_or_default()
        );
        return Err(Failure::new(ErrorCode::SecretsStay, text));
    }
    spec.url = moved.url;
    spec.auth = moved.auth.or_else(|| spec.auth.take());
    Ok(())
}
