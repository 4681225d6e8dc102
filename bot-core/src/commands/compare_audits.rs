use monitor_core::people::Permission;

use super::audit::AUDIT;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind, Known};
use crate::present;

/// Compares two audits.
pub(crate) const COMMAND: Command = Command {
    name: "compare-audits",
    aliases: &["compare-audit", "diff-audits"],
    summary: "Compares two audits of a page: scores, metrics and sizes, what newly fails and what passes now, and what of that is more than chance.",
    examples: &["compare-audits 12", "compare-audits 12 with 7", "compare-audits https://shop.example"],
    arguments: &[&[
        AUDIT,
        Argument::new("with", Kind::Text, "The other one; without it, the one that it was held against.")
            .words(&["with", "to"])
            .of(Known::Audit)
            .like("7")
            .positional(),
    ]],
    permission: Permission::Read,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let comparison = turn.services.compare_audits(turn.actor, given.get("audit"), given.get("with")).await?;
    Ok(Answer::of(present::audit::compared(&comparison)))
}
