use monitor_core::code::ErrorCode;
use monitor_core::health::Status;
use monitor_core::people::Permission;
use services::view::{OverviewFilter, OverviewSort};

use super::selection::{GROUP, LABEL, filter, said};
use crate::command::{Answer, Command, Failure, Turn};
use crate::grammar::{Argument, Given, Kind, Known, closest};
use crate::present;
use crate::reply::Block;

/// Monitors on a page.
const PAGE: u64 = 25;

const SORTS: &[&str] = &["status", "name", "latency"];

const STATUSES: &[&str] = &["up", "degraded", "down", "paused", "maintenance", "unknown", "inconclusive"];

/// Lists monitors.
pub(crate) const COMMAND: Command = Command {
    name: "list-monitors",
    aliases: &["list", "ls", "monitors"],
    summary: "Lists the monitors, the worst first.",
    examples: &[
        "list-monitors",
        "list-monitors down",
        "list-monitors shop page 2",
        "list-monitors down env=prod sort:latency",
    ],
    arguments: &[&[
        LABEL,
        Argument::new("status", Kind::Choice(STATUSES), "Only those with this status.").positional(),
        Argument::new("text", Kind::Text, "Only those with this in their name or address.")
            .of(Known::Monitor)
            .like("shop")
            .words(&["text", "with"])
            .positional(),
        GROUP,
        Argument::new("sort", Kind::Choice(SORTS), "In which order: the worst status, the name, the slowest first.")
            .words(&["sort", "by"])
            .default("status"),
        Argument::new("page", Kind::Number(1, 9_999), "Which page; a page has 25 monitors.").default("1"),
    ]],
    permission: Permission::Read,
    run: |turn, given| Box::pin(run(turn, given)),
};

async fn run(turn: Turn<'_>, given: Given) -> Result<Answer, Failure> {
    let status = given.get("status").and_then(|word| Status::from_word(&word.to_ascii_lowercase()));
    let sort = given.get("sort").and_then(OverviewSort::from_word).unwrap_or_default();
    let text = given.get("text").map(str::to_owned);
    let filter = OverviewFilter { status, text, sort, ..filter(&given)?.unwrap_or_default() };
    let page: u64 = given.number("page").unwrap_or(1);
    let (total, rows) = turn.services.list(turn.actor, &filter, (page - 1) * PAGE, PAGE).await?;
    let filtered = OverviewFilter { sort: OverviewSort::default(), ..filter.clone() } != OverviewFilter::default();
    if total == 0 {
        return Ok(Answer::text(match filtered {
            true => format!("No monitor is like that.{} `list-monitors` shows all.", perhaps(&filter)),
            false => "There are no monitors yet. `add-monitor https://shop.example` adds one.".to_owned(),
        }));
    }
    let pages = total.div_ceil(PAGE);
    if rows.is_empty() {
        let pages = present::plural(pages, "page");
        let text = format!("There is no page {page}; {} are on {pages}.", present::plural(total, "monitor"));
        return Err(Failure::new(ErrorCode::PageNotFound, text));
    }
    let noun = present::plural(total, "monitor");
    let title = if pages > 1 { format!("{noun}, page {page} of {pages}") } else { noun };
    let mut answer = Answer::of(vec![present::rows(Some(title), &rows, turn.now)]);
    if page < pages {
        let next = next_page(&filter, page + 1);
        answer.reply.blocks.push(Block::text(format!("`{next}` shows more.")));
        answer = answer.offering("Next page", next);
    }
    Ok(answer)
}

/// The status that was probably meant, when it was taken as a text to look for.
fn perhaps(filter: &OverviewFilter) -> String {
    let text = filter.text.as_deref().filter(|_| filter.status.is_none());
    let near = text.and_then(|text| closest(text, STATUSES.iter().copied()));
    near.map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default()
}

fn next_page(filter: &OverviewFilter, page: u64) -> String {
    let status = filter.status.map(|status| format!(" {}", status.as_str())).unwrap_or_default();
    let text = filter
        .text
        .as_ref()
        .map(|text| format!(" with \"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
        .unwrap_or_default();
    let belonging = said(filter);
    let belonging = if belonging.is_empty() { belonging } else { format!(" {belonging}") };
    let sort = match filter.sort {
        OverviewSort::Status => String::new(),
        sort => format!(" sort:{}", sort.word()),
    };
    format!("list-monitors{status}{text}{belonging}{sort} page {page}")
}
