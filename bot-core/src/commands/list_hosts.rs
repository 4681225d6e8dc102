use monitor_core::people::Permission;
use services::view::OwnedHostRow;

use super::verify_host::place;
use crate::command::{Answer, Command, Failure, Turn};
use crate::present;
use crate::reply::Block;

/// Lists the hosts that are shown to be one's own.
pub(crate) const COMMAND: Command = Command {
    name: "list-hosts",
    aliases: &["hosts"],
    summary: "Lists the hosts that are, or are to be, shown to be yours.",
    examples: &["list-hosts"],
    arguments: &[],
    permission: Permission::Read,
    run: |turn, _| Box::pin(run(turn)),
};

async fn run(turn: Turn<'_>) -> Result<Answer, Failure> {
    let hosts = turn.services.owned_hosts(turn.actor).await?;
    if hosts.is_empty() {
        return Ok(Answer::text("No host is shown to be yours. `verify-host shop.example` says how to show it."));
    }
    let row = |row: &OwnedHostRow| {
        let (shown, seen) = match row.proved {
            Some((proof, at)) => (place(proof), present::ago(at, turn.now)),
            None => ("nothing yet", String::new()),
        };
        vec![row.host.clone(), shown.to_owned(), seen, row.by.clone().unwrap_or_default()]
    };
    let title = present::plural(hosts.len() as u64, "host");
    let columns = ["host", "shown by", "seen", "added by"];
    Ok(Answer::of(vec![Block::table(title, &columns, hosts.iter().map(row).collect())]))
}
