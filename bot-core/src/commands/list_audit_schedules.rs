use monitor_core::alerting::Zone;
use monitor_core::people::Permission;
use services::view::AuditScheduleRow;

use super::schedule_audit::when;
use crate::cards::audit::plain;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::Given;
use crate::present;
use crate::reply::Block;

/// Lists what is audited again and again.
pub(crate) const COMMAND: Command = Command {
    name: "list-audit-schedules",
    aliases: &["audit-schedules"],
    summary: "Lists what is audited again and again, and when next.",
    examples: &["list-audit-schedules"],
    arguments: &[],
    permission: Permission::Read,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, _given: Given) -> Result<Answer, Failure> {
    let rows = turn.services.audit_schedules(turn.actor).await?;
    if rows.is_empty() {
        return Ok(Answer::text(
            "Nothing is audited again and again. `schedule-audit https://shop.example every day at 03:00` has a page audited.",
        ));
    }
    let title = present::plural(rows.len() as u64, "audit schedule");
    let columns = ["name", "page", "as", "when", "next", "budgets", "wrong now", "by"];
    let rows = rows.iter().map(cells).collect::<Result<_, _>>()?;
    Ok(Answer::of(vec![Block::table(title, &columns, rows)]))
}

fn cells(row: &AuditScheduleRow) -> Result<Vec<String>, Failure> {
    let zone = Zone::new(&row.zone)?;
    let budgets: Vec<String> = row.spec.budgets.iter().map(ToString::to_string).collect();
    Ok(vec![
        row.name.clone(),
        plain(&monitor_core::http::shorten(row.spec.url.as_str(), 60)),
        row.spec.device.word().to_owned(),
        plain(&when(row)),
        zone.to_minute(row.next),
        budgets.join(", "),
        row.incident.map(|incident| format!("incident #{incident}")).unwrap_or_default(),
        row.by.clone().unwrap_or_default(),
    ])
}
