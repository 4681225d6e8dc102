use monitor_core::people::Permission;

use super::YES;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind};
use crate::reply::Block;

/// Shows the address below which heartbeats are pinged by name.
pub(crate) const COMMAND: Command = Command {
    name: "ping-key",
    aliases: &["show-ping-key"],
    summary: "Shows the address below which every heartbeat can be pinged by its name, or makes another key for it.",
    examples: &["ping-key", "ping-key renew"],
    arguments: &[&[
        Argument::new(
            "renew",
            Kind::Flag,
            "Makes another key; addresses with the one before stop working. I ask before I do.",
        ),
        YES,
    ]],
    permission: Permission::Edit,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    if given.has("renew") && !turn.confirmed && !given.has("yes") {
        let text = "Shall I make another ping key? Jobs that ping by name with the present one are not heard any more. `yes` or `no`.";
        return Ok(Answer::question(vec![Block::text(text)], "Shall I make another ping key?", Given::default()));
    }
    let url = match given.has("renew") {
        true => turn.services.renew_ping_key(turn.actor).await?,
        false => turn.services.ping_key_url(turn.actor).await?,
    };
    Ok(Answer::of(vec![
        Block::text(
            "Whoever has this address may report for every heartbeat. A heartbeat's name comes after it, and `?create=1` adds one that is not there:",
        ),
        Block::Code { text: format!("curl -fsS {url}/nightly-backup?create=1") },
    ]))
}
