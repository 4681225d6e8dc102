use monitor_core::http::shorten;
use monitor_core::people::Permission;
use monitor_core::security::Depth;
use services::view::{SecurityRow, TaskState};

use crate::cards::audit::plain;
use crate::cards::security::risks;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind, Known};
use crate::present;
use crate::reply::Block;

/// Checks on a page.
const PAGE: u64 = 20;

/// Lists security checks.
pub(crate) const COMMAND: Command = Command {
    name: "list-security-checks",
    aliases: &["security-checks"],
    summary: "Lists security checks with their grades, the latest first.",
    examples: &["list-security-checks", "list-security-checks shop.example", "list-security-checks page 2"],
    arguments: &[&[
        Argument::new("of", Kind::Text, "Only those of this host.")
            .words(&["of", "host"])
            .of(Known::Host)
            .like("shop.example")
            .positional(),
        Argument::new("page", Kind::Number(1, 9_999), "Which page; a page has 20 checks.").default("1"),
    ]],
    permission: Permission::Read,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let filter = turn.services.security_checks_of(turn.actor, given.get("of")).await?;
    let page: u64 = given.number("page").unwrap_or(1);
    let (total, rows) = turn.services.security_checks(turn.actor, &filter, (page - 1) * PAGE, PAGE).await?;
    if total == 0 {
        return Ok(Answer::text(
            "There is no such security check yet. `check-security https://shop.example` makes one.",
        ));
    }
    let noun = present::plural(total, "security check");
    let pages = total.div_ceil(PAGE);
    if rows.is_empty() {
        let text = format!("There is no page {page}; {noun} are on {}.", present::plural(pages, "page"));
        return Err(Failure::new(monitor_core::code::ErrorCode::PageNotFound, text));
    }
    let title = if pages > 1 { format!("{noun}, page {page} of {pages}") } else { noun };
    let columns = [">number", "page", "when", "grade", "findings", "looked at", "state"];
    Ok(Answer::of(vec![Block::table(title, &columns, rows.iter().map(|row| cells(row, turn)).collect())]))
}

fn cells(row: &SecurityRow, turn: Turn<'_>) -> Vec<String> {
    let (grade, found) = match &row.digest {
        Some(digest) => (digest.grade.to_string(), risks(&digest.risks)),
        None => ("–".to_owned(), String::new()),
    };
    let depth = match row.depth {
        None => "",
        Some(Depth::Passive) => "as a browser",
        Some(Depth::Active) => "as its owner",
        Some(Depth::Deep) => "with ZAP",
    };
    let state = match (row.state, &row.error) {
        (TaskState::Failed, Some((code, _))) => format!("failed: {code}"),
        (state, _) => state.as_str().to_owned(),
    };
    vec![
        row.id.to_string(),
        plain(&shorten(&row.url, 60)),
        present::ago(row.asked_at, turn.now),
        grade,
        found,
        depth.to_owned(),
        state,
    ]
}
