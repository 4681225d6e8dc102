use monitor_core::people::Permission;

use super::verify_host::HOST;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::Given;

/// Forgets that a host is one's own.
pub(crate) const COMMAND: Command = Command {
    name: "forget-host",
    aliases: &["unverify-host"],
    summary: "Forgets that a host is yours: security checks send it no more than a browser would.",
    examples: &["forget-host shop.example"],
    arguments: &[&[HOST]],
    permission: Permission::Manage,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let gone = turn.services.forget_host(turn.actor, given.get("host").unwrap_or_default()).await?;
    Ok(Answer::text(format!(
        "`{0}` is forgotten, and its record or file can go. `verify-host {0}` begins anew, with another token.",
        gone.host
    )))
}
