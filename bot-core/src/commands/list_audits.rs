use monitor_core::audit::Category;
use monitor_core::people::Permission;
use services::view::{AuditRow, AuditState};

use crate::cards::audit::plain;
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind, Known};
use crate::present;
use crate::reply::Block;

/// Audits on a page.
const PAGE: u64 = 20;

/// Lists audits.
pub(crate) const COMMAND: Command = Command {
    name: "list-audits",
    aliases: &["audits"],
    summary: "Lists audits with their scores, the latest first.",
    examples: &["list-audits", "list-audits https://shop.example", "list-audits shop-home page 2"],
    arguments: &[&[
        Argument::new("of", Kind::Text, "Only those of this page or schedule.")
            .words(&["of", "url"])
            .of(Known::AuditSchedule)
            .like("https://shop.example")
            .positional(),
        Argument::new("page", Kind::Number(1, 9_999), "Which page; a page has 20 audits.").default("1"),
    ]],
    permission: Permission::Read,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let filter = turn.services.audits_of(turn.actor, given.get("of")).await?;
    let page: u64 = given.number("page").unwrap_or(1);
    let (total, rows) = turn.services.audits(turn.actor, &filter, (page - 1) * PAGE, PAGE).await?;
    let noun = present::plural(total, "audit");
    if total == 0 {
        return Ok(Answer::text("There is no such audit yet. `audit https://shop.example` makes one."));
    }
    let pages = total.div_ceil(PAGE);
    if rows.is_empty() {
        let text = format!("There is no page {page}; {noun} are on {}.", present::plural(pages, "page"));
        return Err(Failure::new(monitor_core::code::ErrorCode::PageNotFound, text));
    }
    let title = if pages > 1 { format!("{noun}, page {page} of {pages}") } else { noun };
    let columns = [">number", "page", "as", "when", ">perf", ">a11y", ">best", ">seo", ">pwa", "state"];
    let rows = rows.iter().map(|row| cells(row, turn)).collect();
    Ok(Answer::of(vec![Block::table(title, &columns, rows)]))
}

fn cells(row: &AuditRow, turn: Turn<'_>) -> Vec<String> {
    let score = |category| {
        let score = row.digest.as_ref().and_then(|digest| digest.scores.get(&category));
        score.map_or_else(|| "–".to_owned(), ToString::to_string)
    };
    let head = [
        row.id.to_string(),
        monitor_core::http::shorten(row.spec.url.as_str(), 60),
        row.spec.device.word().to_owned(),
        present::ago(row.asked_at, turn.now),
    ];
    head.into_iter().chain(Category::ALL.map(score)).chain([plain(&state(row))]).collect()
}

/// How far an audit is, in a few words.
fn state(row: &AuditRow) -> String {
    match (row.state, &row.digest, &row.error) {
        (AuditState::Done, Some(digest), _) if digest.is_bad() => {
            let broken = match digest.breaches.len() {
                0 => None,
                broken => Some(present::plural(broken as u64, "budget") + " broken"),
            };
            let worse = (!digest.worse.is_empty()).then(|| "worse than before".to_owned());
            broken.into_iter().chain(worse).collect::<Vec<_>>().join(", ")
        }
        (AuditState::Failed, _, Some((code, _))) => format!("failed: {code}"),
        (AuditState::Running, ..) => format!("running, {:.0} %", row.doing.0 * 100.0),
        (state, ..) => state.as_str().to_owned(),
    }
}
