use monitor_core::people::Permission;

use super::YES;
use super::schedule_audit::when;
use crate::cards::audit::plain;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind, Known};
use crate::reply::Block;

/// Ends a schedule of audits.
pub(crate) const COMMAND: Command = Command {
    name: "delete-audit-schedule",
    aliases: &["end-audit-schedule"],
    summary: "Ends a schedule of audits; the audits that were made stay. I ask before I do.",
    examples: &["delete-audit-schedule shop-home", "delete-audit-schedule shop-home --yes"],
    arguments: &[&[
        Argument::new("schedule", Kind::Text, "Its name.")
            .of(Known::AuditSchedule)
            .like("shop-home")
            .positional()
            .required("Which schedule? `list-audit-schedules` shows those there are."),
        YES,
    ]],
    permission: Permission::Edit,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let which = given.get("schedule").unwrap_or_default();
    if turn.confirmed || given.has("yes") {
        let gone = turn.services.delete_audit_schedule(turn.actor, which).await?;
        return Ok(Answer::text(format!("`{}` is ended. Its audits stay; `list-audits` shows them.", gone.name)));
    }
    let row = turn.services.audit_schedule(turn.actor, which).await?;
    let text = format!(
        "Shall I end `{}`, which audits {} {}? `yes` or `no`.",
        row.name,
        plain(row.spec.url.as_str()),
        when(&row)
    );
    Ok(Answer::question(vec![Block::text(text)], &format!("Shall I end {}?", row.name), Given::default()))
}
