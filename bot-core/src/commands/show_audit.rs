use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use monitor_core::audit::summary::Summary;
use monitor_core::code::ErrorCode;
use monitor_core::people::Permission;

use super::audit::AUDIT;
use crate::cards::{self, audit};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind};
use crate::present;
use crate::reply::Block;

/// Shows an audit in full.
pub(crate) const COMMAND: Command = Command {
    name: "show-audit",
    aliases: &["audit-report"],
    summary: "Shows what an audit found: scores, core metrics, what to mend and where, and how it was over time; or gives its report as PDF.",
    examples: &["show-audit 12", "show-audit https://shop.example", "show-audit 12 as pdf"],
    arguments: &[&[
        AUDIT,
        Argument::new(
            "as",
            Kind::Choice(&["text", "pdf", "json"]),
            "How to show it: here, as the report to pass on, or the figures as JSON.",
        )
        .words(&["as", "format"])
        .default("text"),
    ]],
    permission: Permission::Read,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let which = given.get("audit");
    match given.get("as").map(str::to_ascii_lowercase).as_deref() {
        Some("pdf") => pdf(turn, which).await,
        Some("json") => json(turn, which).await,
        _ => text(turn, which).await,
    }
}

async fn pdf(turn: Turn<'_>, which: Option<&str>) -> Result<Answer, Failure> {
    let report = turn.services.audit_report(turn.actor, which).await?;
    let mut blocks =
        vec![Block::text(audit::plain(&format!("The report of audit {}: {}", report.row.id, report.row.spec.url)))];
    if let Some((link, until)) = &report.link {
        blocks
            .push(Block::text(format!("Whoever has this address can download it until {}: {link}", until.to_minute())));
    }
    blocks.push(audit::file_block(&report.file, &report.bytes));
    Ok(Answer::of(blocks))
}

async fn json(turn: Turn<'_>, which: Option<&str>) -> Result<Answer, Failure> {
    let view = turn.services.show_audit(turn.actor, which).await?;
    let Some(summary) = view.summary else { return Ok(cards::audit(&view.row, turn.now).into()) };
    let bare = Summary { screenshot: None, filmstrip: Vec::new(), ..summary };
    let text =
        serde_json::to_string_pretty(&bare).map_err(|error| Failure::new(ErrorCode::Internal, error.to_string()))?;
    let name = format!("audit-{}.json", view.row.id);
    Ok(Answer::of(vec![Block::File { name, media_type: "application/json".to_owned(), data: STANDARD.encode(text) }]))
}

async fn text(turn: Turn<'_>, which: Option<&str>) -> Result<Answer, Failure> {
    let view = turn.services.show_audit(turn.actor, which).await?;
    let id = view.row.id;
    let mut blocks = cards::audit(&view.row, turn.now).blocks;
    let Some(summary) = &view.summary else { return Ok(Answer::of(blocks)) };
    blocks.extend(present::audit::found(summary));
    blocks.extend(present::audit::trend(&view));
    blocks.push(present::audit::measured(summary, &view.row));
    let answer = Answer::of(blocks).offering("Report PDF", format!("show-audit {id} as pdf"));
    Ok(match view.past.is_empty() {
        true => answer,
        false => answer.offering("Compare", format!("compare-audits {id}")),
    })
}
